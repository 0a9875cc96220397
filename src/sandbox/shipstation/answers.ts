import type { BindingError } from "./binding.ts";
import type { ShipStationOptions } from "./options.ts";

/** The shapes ShipStation V1 answers in, the many kinds of error included (facts: shipstation 1.4, payloads 2.8). */
export type AnswerStatus = 200 | 201 | 202 | 400 | 401 | 402 | 403 | 404 | 405 | 415 | 429 | 500;

/** An answer before its common headers are added. A `body` of undefined is an empty answer without a content type. */
export interface Answer {
  status: AnswerStatus;
  body?: unknown;
  /** Sent as it is, with this content type, instead of JSON. */
  raw?: { type: string; text: string };
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const done = (message: string): Answer => ({ status: 200, body: { success: true, message } });
export const emptyOk: Answer = { status: 200 };

/** The newer, lower-case shape, which gateway errors have too. */
export const gateway = (status: AnswerStatus, message: string): Answer => ({ status, body: { message } });
export const notFound = (what: string): Answer => gateway(404, `The requested ${what} could not be found.`);

/** 400 of the model binder: one list of sentences per member. */
export const modelState = (members: Record<string, string[]>): Answer => ({
  status: 400,
  body: { Message: "The request is invalid.", ModelState: members },
});

/** Binding errors of a document that the controller calls `name`. */
export function bindingRefusal(name: string, errors: readonly BindingError[]): Answer {
  const members: Record<string, string[]> = {};
  for (const { path, text } of errors) {
    const key = path === "" ? name : path.startsWith("[") ? `${name}${path}` : `${name}.${path}`;
    (members[key] ??= []).push(text);
  }
  return modelState(members);
}

/** 500 of an unhandled .NET exception: what bad input often gets. */
export const exception = (type: string, text: string, message = "An error has occurred."): Answer => ({
  status: 500,
  body: { Message: message, ExceptionMessage: text, ExceptionType: type, StackTrace: "   at SS.OpenApi.Controllers" },
});
export const nullReference = exception(
  "System.NullReferenceException",
  "Object reference not set to an instance of an object.",
);

/** A rule of the application refused: its sentences run together. */
export function ruleRefusal(sentences: readonly string[], shape: ShipStationOptions["ruleBody"]): Answer {
  const together = sentences.join(" ");
  if (shape === "text") return { status: 400, raw: { type: "text/plain; charset=utf-8", text: together } };
  if (shape === "model-state") return modelState({ apiOrder: [...sentences] });
  return { status: 400, body: { Message: together } };
}

const isError = (answer: Answer): boolean => answer.status >= 400;
/** The sentence that createorders reports for an order refused with this answer. */
export function refusalText(answer: Answer): string | null {
  if (!isError(answer)) return null;
  if (answer.raw) return answer.raw.text;
  const body = answer.body as
    | { Message?: string; message?: string; ExceptionMessage?: string; ModelState?: Record<string, string[]> }
    | undefined;
  if (body?.ModelState) return Object.values(body.ModelState).flat().join(" ");
  return body?.ExceptionMessage ?? body?.Message ?? body?.message ?? "Bad Request";
}

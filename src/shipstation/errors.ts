import type { ErrorCode } from "../lib/error-table.ts";
import { ConnectorError, type ErrorDetails } from "../lib/errors.ts";
import { problemsFromModelState, problemsFromBulkText, tidy } from "./problem-texts.ts";

/** One answer of ShipStation V1, complete. */
export interface ShipStationAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** How long to leave the account alone when a throttled answer does not say. */
export const unknownResetMs = 60_000;

/** No window is longer; a larger figure is not seconds. */
const longestResetSeconds = 3_600;

type Body =
  | { kind: "json"; value: unknown }
  /** `cut` is JSON that ends too early. */
  | { kind: "empty" | "page" | "cut" | "text" };

/**
 * The one translation of an answer: the parsed body (undefined when empty) of a good one; of any other, a ConnectorError thrown.
 * Status alone never decides: ShipStation throttles under several statuses, refuses bad input with 500, and says
 * `success: false` with 200 (facts: shipstation 1.4, payloads 2.8). A stack trace never gets into a message.
 */
export function readBody(answer: ShipStationAnswer, isWrite: boolean): unknown {
  const { status } = answer;
  const body = parse(answer.text);
  const said = sentenceOf(body, answer.text);
  const fail = (code: ErrorCode, message: string, details: ErrorDetails = {}): ConnectorError =>
    new ConnectorError(code, { status, message: withWords(message, said), ...details });
  const maybeApplied = { mayHaveApplied: isWrite };

  if (isThrottled(status, body, said, answer.text)) {
    throw fail("shipstation.rate-limited", "ShipStation asked to slow down", { retryAfterMs: retryAfterMs(answer) });
  }
  if (status === 401) throw fail("shipstation.credentials", "ShipStation refused the API key");
  if (status === 402 || status === 403) {
    throw fail("shipstation.plan", `ShipStation does not grant API access (${status})`);
  }
  if (status >= 200 && status < 300) {
    if (body.kind === "empty") return undefined;
    if (body.kind !== "json") throw fail("shipstation.unreadable", unreadable(status, body), maybeApplied);
    if (saysNo(body.value)) throw rejected(status, body.value, said);
    return body.value;
  }
  if (status === 404) {
    // A page, or a route the API does not have, comes from elsewhere: it does not tell that a record is gone.
    const elsewhere = body.kind === "page" || /^No HTTP resource was found/i.test(said);
    if (elsewhere) throw fail("shipstation.unreadable", "ShipStation's API is not at this address (404)");
    throw fail("shipstation.not-found", "ShipStation has no such record");
  }
  if (status >= 500 || status === 408 || /Execution Timeout Expired/i.test(said)) {
    const isReadable = said !== "" || body.kind === "json";
    if (!isReadable) throw fail("shipstation.unreadable", unreadable(status, body), maybeApplied);
    throw fail("shipstation.server-error", `ShipStation failed to answer (${status})`, maybeApplied);
  }
  if (status === 405 || status === 406 || status === 415) {
    throw fail("internal.defect", `ShipStation does not take such a request (${status})`);
  }
  if (status < 400 || body.kind === "page" || body.kind === "cut") {
    throw fail("shipstation.unreadable", unreadable(status, body), { mayHaveApplied: isWrite && status < 400 });
  }
  throw rejected(status, body.kind === "json" ? body.value : undefined, said);
}

/** A refusal of the values sent; with a ModelState its texts say more than the general message. */
function rejected(status: number, value: unknown, said: string): ConnectorError {
  const modelState = member(value, "ModelState");
  const problems = isObject(modelState) ? problemsFromModelState(modelState) : problemsFromBulkText(said);
  const words = isObject(modelState) ? problems.map((problem) => problem.found).join(" ") : said;
  const message = withWords("ShipStation did not accept the values", words);
  return new ConnectorError("shipstation.rejected", { status, message, problems });
}

function parse(text: string): Body {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "empty" };
  try {
    return { kind: "json", value: JSON.parse(trimmed) };
  } catch {
    // Not JSON is an ordinary case here: pages, plain sentences and cut answers are told apart by how they begin.
    if (trimmed.startsWith("<")) return { kind: "page" };
    return { kind: /^[{["]/.test(trimmed) ? "cut" : "text" };
  }
}

/** What the answer says in words: the exception's message before the general one; never the stack trace. */
function sentenceOf(body: Body, text: string): string {
  if (body.kind === "text") return tidy(text);
  if (body.kind === "cut") {
    const cut = /"ExceptionMessage"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(text)?.[1] ?? "";
    return tidy(cut.replaceAll(/\\["\\/]/g, (pair) => pair.slice(1)).replaceAll(/\\[a-z]/g, " "));
  }
  if (body.kind !== "json") return "";
  if (typeof body.value === "string") return tidy(body.value);
  for (const name of ["ExceptionMessage", "Message", "message", "errorMessage"]) {
    const words = member(body.value, name);
    if (typeof words === "string" && words.trim() !== "") return tidy(words);
  }
  return "";
}

/** The throttle's words also come with other statuses (facts: shipstation 1.3); inside a record they mean nothing. */
function isThrottled(status: number, body: Body, said: string, text: string): boolean {
  if (status === 429) return true;
  const words = body.kind === "page" ? text.slice(0, 2_000) : said;
  return status >= 200 && status < 300 ? /^Too Many Requests\W*$/i.test(words) : /Too Many Requests/i.test(words);
}

/** `X-Rate-Limit-Reset` is seconds left, not a time; `Retry-After` is undocumented and only second choice. */
function retryAfterMs(answer: ShipStationAnswer): number {
  for (const name of ["x-rate-limit-reset", "retry-after"]) {
    const seconds = answer.headers.get(name)?.trim() ?? "";
    if (/^\d{1,4}$/.test(seconds) && Number(seconds) <= longestResetSeconds)
      return Math.max(1, Number(seconds)) * 1_000;
  }
  return unknownResetMs;
}

function saysNo(value: unknown): boolean {
  return member(value, "success") === false || member(value, "approved") === false;
}

function unreadable(status: number, body: Body): string {
  const what = {
    empty: "nothing",
    page: "a web page",
    cut: "half an answer",
    text: "plain text",
    json: "something unknown",
  };
  return `ShipStation answered ${status} with ${what[body.kind]}`;
}

function withWords(message: string, said: string): string {
  return said === "" ? `${message}.` : `${message}: ${said.slice(0, 400)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

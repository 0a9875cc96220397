import type { Problem } from "./api.ts";

/** `status` 0 means that the service did not answer at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly cure: string | null;
  readonly problems: Problem[];

  constructor(status: number, code: string, message: string, cure: string | null = null, problems: Problem[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.cure = cure;
    this.problems = problems;
  }
}

/** True when nothing answered: the banner speaks for all screens, so they stay quiet. */
export const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.status === 0;

/**
 * One call to the service this page came from; throws `ApiError`.
 * The type parameter is the promise of `/api/v1`, which the service keeps by its own schemas.
 */
export async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? { accept: "application/json" } : jsonHeaders,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
  const text = await response.text().catch(() => "");
  const answer = parse(text);
  if (!response.ok) throw errorFrom(response.status, answer);
  return answer as Answer;
}

/** Posts, and hands on each JSON line of the answer as it comes; throws `ApiError`. */
export async function requestLines(path: string, take: (line: unknown) => void): Promise<void> {
  const headers = { accept: "application/x-ndjson" };
  const response = await fetch(path, { method: "POST", credentials: "same-origin", headers }).catch(() => {
    throw unreachable();
  });
  if (!response.ok || !response.body) {
    throw errorFrom(response.status, parse(await response.text().catch(() => "")));
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw unreachable();
    });
    const lines = `${rest}${value ?? ""}`.split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) if (line.trim() !== "") take(parse(line));
    if (done) return;
  }
}

export const get = <Answer>(path: string): Promise<Answer> => request<Answer>("GET", path);

/** `/records?state=Failed`, leaving out what is undefined or empty. */
export function withQuery(path: string, parameters: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query.toString()}` : path;
}

const jsonHeaders = { accept: "application/json", "content-type": "application/json" };

const unreachable = (): ApiError =>
  new ApiError(0, "console.unreachable", "The service does not answer.", "Check that ml-connector is running.");

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Our own routes wrap the error; sign-in answers `{ code, message }` at the top, the demo's systems plain text. */
function errorFrom(status: number, answer: unknown): ApiError {
  const outer = isObject(answer) ? answer : {};
  const inner = isObject(outer["error"]) ? outer["error"] : outer;
  // A proxy in front of a stopped service answers for it, without our body.
  if (Object.keys(inner).length === 0 && [502, 503, 504].includes(status)) return unreachable();
  const message = text(inner["message"]) ?? text(outer["error"]) ?? `The service answered with status ${status}.`;
  const problems = Array.isArray(inner["problems"]) ? (inner["problems"] as Problem[]) : [];
  return new ApiError(status, text(inner["code"]) ?? `http.${status}`, message, text(inner["cure"]) ?? null, problems);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

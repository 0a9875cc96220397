import type { ErrorCode } from "../../lib/error-table.ts";
import { ConnectorError, type ErrorDetails } from "../../lib/errors.ts";
import type { Problem } from "../../lib/problem.ts";

/** One answer of ShipStation V2, complete. */
export interface V2Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** How long to leave the account alone when a throttled answer does not say. */
export const unknownResetMs = 60_000;
const longestResetSeconds = 3_600;

/** Codes that say what the matter is, whatever the status and the type (facts: shipstation 6.1). */
const codes: Readonly<Record<string, ErrorCode>> = {
  rate_limit_exceeded: "shipstation.rate-limited",
  unauthorized: "shipstation.credentials",
  forbidden: "shipstation.plan",
  subscription_inactive: "shipstation.plan",
  trial_expired: "shipstation.plan",
  invalid_billing_plan: "shipstation.plan",
  terms_not_accepted: "shipstation.plan",
};

interface V2Error {
  error_source?: unknown;
  error_type?: unknown;
  error_code?: unknown;
  message?: unknown;
  field_name?: unknown;
  field_value?: unknown;
}

/**
 * The one translation of a V2 answer: the parsed body (undefined when empty) of a good one; of any other, a ConnectorError thrown.
 * Status alone never decides, and the type never does: "system" is said of callers' mistakes and of the rate limit (facts: payloads
 * 3.7). A good answer may carry an empty `errors`; a 200 or 207 that names errors, `has_errors` or `approved: false` is a failure.
 */
export function readV2Body(answer: V2Answer, isWrite: boolean): unknown {
  const { status, text } = answer;
  const body = parse(text);
  const errors = errorsIn(body.value);
  const said = errors
    .map(({ message }) => tidy(message))
    .filter((words) => words !== "")
    .join(" ");
  const fail = (code: ErrorCode, message: string, details: ErrorDetails = {}): ConnectorError =>
    new ConnectorError(code, { status, message: withWords(message, said), ...details });

  const coded = errors.map(({ error_code: code }) => codes[String(code)]).find((code) => code !== undefined);
  if (status === 429 || coded === "shipstation.rate-limited") {
    throw fail("shipstation.rate-limited", "ShipStation V2 asked to slow down", {
      retryAfterMs: retryAfterMs(answer.headers),
    });
  }
  if (status === 401 || coded === "shipstation.credentials") {
    throw fail("shipstation.credentials", "ShipStation refused the V2 API key");
  }
  if (status === 402 || status === 403 || coded === "shipstation.plan") {
    throw fail("shipstation.plan", `ShipStation does not grant access to its V2 API (${status})`);
  }
  if (status >= 200 && status < 300) return readGood(status, body, errors, fail, isWrite);
  if (status >= 500 || status === 408) {
    throw fail("shipstation.server-error", `ShipStation V2 failed to answer (${status})`, { mayHaveApplied: isWrite });
  }
  if (status === 404) {
    // A page comes from elsewhere and does not tell that a record is gone; of a label an empty answer does (its specification).
    if (errors.length === 0 && body.kind !== "empty" && body.value !== "")
      throw fail("shipstation.unreadable", "ShipStation's V2 API said nothing but 404");
    throw fail("shipstation.not-found", "ShipStation V2 has no such record");
  }
  if (status === 405 || status === 406 || status === 415) {
    throw fail("internal.defect", `ShipStation V2 does not take such a request (${status})`);
  }
  if (status < 400 || errors.length === 0) {
    throw fail("shipstation.unreadable", `ShipStation V2 answered ${status} with something unknown`, {
      mayHaveApplied: isWrite && status < 400,
    });
  }
  throw rejected(status, errors, said);
}

function readGood(
  status: number,
  body: Body,
  errors: readonly V2Error[],
  fail: (code: ErrorCode, message: string, details?: ErrorDetails) => ConnectorError,
  isWrite: boolean,
): unknown {
  if (body.kind === "empty") return undefined;
  if (body.kind === "unreadable") {
    const message = `ShipStation V2 answered ${status} with something that is not JSON`;
    throw fail("shipstation.unreadable", message, { mayHaveApplied: isWrite });
  }
  const { value } = body;
  const saysNo = errors.length > 0 || memberOf(value, "has_errors") === true || memberOf(value, "approved") === false;
  if (saysNo) throw rejected(status, errors, tidy(memberOf(value, "message")));
  return value;
}

function rejected(status: number, errors: readonly V2Error[], said: string): ConnectorError {
  const problems = errors.map(problemOf);
  const message = withWords("ShipStation V2 did not accept the values", said);
  return new ConnectorError("shipstation.rejected", { status, message, problems });
}

/** `field_name` is text, null or absent; `field_value` a scalar, a list or absent (facts: payloads 3.7). */
function problemOf({ field_name, field_value, message }: V2Error): Problem {
  const field = typeof field_name === "string" && field_name !== "" ? field_name : "request";
  const value = field_value === undefined || field_value === null ? tidy(message) : tidy(JSON.stringify(field_value));
  return { field, found: value, cure: "Correct what ShipStation's message names." };
}

interface Body {
  kind: "json" | "empty" | "unreadable";
  value: unknown;
}

function parse(text: string): Body {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "empty", value: undefined };
  try {
    return { kind: "json", value: JSON.parse(trimmed) as unknown };
  } catch {
    // Pages and cut answers are ordinary here.
    return { kind: "unreadable", value: undefined };
  }
}

/** The errors an answer names. In batches `errors` is a count, elsewhere null or an empty list: those name none. */
function errorsIn(value: unknown): V2Error[] {
  const errors = memberOf(value, "errors");
  if (!Array.isArray(errors)) return [];
  return errors.filter((each): each is V2Error => typeof each === "object" && each !== null);
}

/** Seconds to wait: `Retry-After` as documented, else what is left of the window. */
function retryAfterMs(headers: Headers): number {
  for (const name of ["retry-after", "ratelimit-reset"]) {
    const seconds = headers.get(name)?.trim() ?? "";
    if (/^\d{1,4}$/.test(seconds) && Number(seconds) <= longestResetSeconds)
      return Math.max(1, Number(seconds)) * 1_000;
  }
  return unknownResetMs;
}

export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function withWords(message: string, said: string): string {
  return said === "" ? `${message}.` : `${message}: ${said.slice(0, 400)}`;
}

const tidy = (words: unknown): string =>
  typeof words === "string"
    ? words
        .slice(0, 1_000)
        .replaceAll(/[\p{Cc}\s]+/gu, " ")
        .trim()
    : "";

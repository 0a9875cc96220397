import { errorTable, type ErrorCode } from "../lib/error-table.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { HttpAnswer } from "../lib/http.ts";
import { readErrorBody, type ErrorBody } from "./error-body.ts";

/** What was asked; it decides what a status means and whether a failure leaves a write in doubt. */
export interface Asked {
  place: "sign-in" | "entity" | "site" | "status";
  isWrite: boolean;
  /** In words, for the message. */
  subject: string;
  /** How long to leave Acumatica alone when it declines a request without saying for how long. */
  declinedWaitMs: number;
}

/** How long to wait for a licensed session: others hold them for minutes. */
export const sessionLimitWaitMs = 60_000;

type Rule = readonly [RegExp, ErrorCode];

/** Exception types do not depend on the user's language, so they are looked at first (facts: acumatica 2.5). */
const rulesByType: readonly Rule[] = [
  [/PXUndefinedCompanyException/, "acumatica.tenant"],
  [/PXSetupNotEnteredException/, "acumatica.setup-missing"],
  [/CannotOptimizeException/, "acumatica.list-unsupported"],
  [/PXLockViolationException/, "acumatica.concurrent-edit"],
  [/PXNotLoggedInException|PXForceLogOutException/, "acumatica.session-lost"],
  [/PXNotEnoughRightsException|PXAccessViolation/, "acumatica.rights"],
  [/NoEntitySatisfiesTheConditionException/, "acumatica.business-rule"],
  [/ODataException/, "acumatica.bad-request"],
];

const rulesByText: readonly Rule[] = [
  [/API Login Limit|CheckApiUsersLimits|concurrent API login|users \(SM201010\)/i, "acumatica.session-limit"],
  [/proper company ID cannot be/i, "acumatica.tenant"],
  [/required configuration data is not entered/i, "acumatica.setup-missing"],
  [/Optimization cannot be performed/i, "acumatica.list-unsupported"],
  [/Another process has (updated|added|deleted)/i, "acumatica.concurrent-edit"],
  [/not (currently )?logged in/i, "acumatica.session-lost"],
  [/(insufficient|not enough|do not have) .{0,20}rights/i, "acumatica.rights"],
  [/No entity satisfies the condition/i, "acumatica.business-rule"],
  [/incompatible types|Type conversions not supported|is not a single value/i, "acumatica.bad-request"],
  [/given key was not present in the dictionary/i, "acumatica.bad-request"],
  [/long operation|previous operation has not been completed/i, "acumatica.action-unfinished"],
  [/deadlock|timeout (period )?e[lx]|transport-level error|under maintenance/i, "acumatica.server-error"],
];

/** Why a sign-in is refused for good; trying again would lock the account. */
const refusedSignIn =
  /invalid credentials|(incorrect|wrong|invalid) (user ?name|login|password)|locked|(password|account) .{0,20}(expired|disabled)|change .{0,12}password|user .{0,60}(disabled|not (found|active|allowed))/i;

const rulesByStatus: Readonly<Record<number, ErrorCode>> = {
  400: "acumatica.bad-request",
  401: "acumatica.session-lost",
  403: "acumatica.rights",
  404: "acumatica.endpoint-missing",
  405: "acumatica.bad-request",
  406: "acumatica.bad-request",
  411: "acumatica.bad-request",
  412: "acumatica.rejected",
  415: "acumatica.bad-request",
  422: "acumatica.rejected",
  429: "acumatica.rate-limited",
};

/**
 * The one translation of an answer that is not what was asked for. The exception type is matched first, then the text, and
 * only then the status, because Acumatica answers 500 for a wrong password, a missing record, a full licence and a broken rule alike
 * (facts: acumatica 2.5, payloads 4.7).
 */
export function translate(answer: HttpAnswer, asked: Asked): ConnectorError {
  const body = readErrorBody(answer);
  const code = codeOf(answer, body, asked);
  const retryAfterMs = waitOf(code, answer, asked);
  return new ConnectorError(code, {
    message: messageOf(code, body, asked),
    status: answer.status,
    mayHaveApplied: asked.isWrite && leavesDoubt(code),
    ...(code === "acumatica.rejected" ? { problems: body.problems } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Acumatica's way to say that there is no such record: HTTP 500 (facts: acumatica 2.2). */
export function saysNoEntity(answer: HttpAnswer): boolean {
  if (answer.status < 400) return false;
  const { exceptionType, texts } = readErrorBody(answer);
  return (
    /NoEntitySatisfiesTheCondition/.test(exceptionType) || /^No entity satisfies the condition/i.test(texts[0] ?? "")
  );
}

/** An answer of 2xx that cannot be what was asked for. */
export function unreadable(asked: Asked, status: number, why: string): ConnectorError {
  return new ConnectorError("acumatica.unreadable", {
    message: `${errorTable["acumatica.unreadable"].message} ${asked.subject}: ${why}.`,
    status,
    mayHaveApplied: asked.isWrite,
  });
}

function codeOf(answer: HttpAnswer, body: ErrorBody, asked: Asked): ErrorCode {
  const byType = match(rulesByType, body.exceptionType);
  if (byType) return byType;
  for (const text of body.texts) {
    const byText = match(rulesByText, text);
    // A rule that was broken, or a record that is not there, is believed of a whole answer only.
    if (byText && !(body.kind === "cut" && byText === "acumatica.business-rule")) return byText;
  }
  // Some builds name the licence check only in the stack trace.
  if (/CheckApiUsersLimits/.test(answer.text)) return "acumatica.session-limit";
  if (asked.place === "sign-in") {
    const atSignIn = codeAtSignIn(answer, body);
    if (atSignIn) return atSignIn;
  }
  if (answer.status < 300) return "acumatica.unreadable";
  const byStatus = rulesByStatus[answer.status];
  if (byStatus) return byStatus;
  const isRule = answer.status === 500 && /^PX\./.test(body.exceptionType);
  return isRule ? "acumatica.business-rule" : "acumatica.server-error";
}

function codeAtSignIn(answer: HttpAnswer, body: ErrorBody): ErrorCode | undefined {
  if (answer.status === 429) return "acumatica.session-limit";
  if (answer.status === 401) return "acumatica.credentials";
  if (body.texts.some((text) => refusedSignIn.test(text))) return "acumatica.credentials";
  // The half that is missing may be a refusal: what it was is asked again.
  if (body.kind === "cut") return "acumatica.unreadable";
  // The refusal may come in the language of the site. Whatever else a sign-in raises as a plain PXException is
  // taken for a refusal, too: stopping wrongly costs a click, trying on may lock the account.
  return body.exceptionType === "PX.Data.PXException" ? "acumatica.credentials" : undefined;
}

const match = (rules: readonly Rule[], text: string): ErrorCode | undefined =>
  text === "" ? undefined : rules.find(([pattern]) => pattern.test(text))?.[1];

/** Refusals are certain; a server that broke, or an answer nobody can read, is not. */
const leavesDoubt = (code: ErrorCode): boolean => code === "acumatica.server-error" || code === "acumatica.unreadable";

function waitOf(code: ErrorCode, answer: HttpAnswer, asked: Asked): number | undefined {
  if (code === "acumatica.session-limit") return sessionLimitWaitMs;
  if (code !== "acumatica.rate-limited") return undefined;
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) * 1000 : asked.declinedWaitMs;
}

function messageOf(code: ErrorCode, body: ErrorBody, asked: Asked): string {
  const parts: string[] = [plainMessage(code, asked)];
  const [said] = body.texts;
  if (said) parts.push(`Acumatica says: "${said}"`);
  if (code === "acumatica.rejected") {
    for (const { field, cure } of body.problems.slice(0, 3)) parts.push(`${field}: ${cure}`);
  }
  return parts.join(" ");
}

function plainMessage(code: ErrorCode, asked: Asked): string {
  if (code === "acumatica.endpoint-missing" && asked.place !== "entity") {
    return `Nothing at this address answers like Acumatica (${asked.subject}). Check the instance URL, its virtual directory included.`;
  }
  return asked.place === "sign-in"
    ? errorTable[code].message
    : `${errorTable[code].message.replace(/\.$/, "")} (${asked.subject}).`;
}

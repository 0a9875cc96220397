import type { Claim, Outcome } from "../ledger/records.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { ConnectorError } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";

/** Attempts of one record before it is Aborted. */
export const attemptLimit = 12;
/** ShipStation answers 500 for bad input too: few attempts, then a person looks (failures 3.7). */
const doubtfulServerErrors = 3;
const backoffBaseMs = 2_000;
const backoffCapMs = 15 * 60_000;

/** Answers of a service that is down, whatever was asked of it. */
const outages: ReadonlySet<number> = new Set([502, 503, 504]);

/** Faults of the whole connection: no record is to blame, none loses an attempt. */
const connectionWide: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "network.unreachable",
  "network.tls",
  "network.redirected",
  "network.origin-refused",
  "acumatica.circuit-open",
  "shipstation.circuit-open",
  "acumatica.credentials",
  "acumatica.authorise-again",
  "acumatica.application",
  "acumatica.wrong-company",
  "acumatica.tenant",
  "acumatica.endpoint-missing",
  "acumatica.endpoint-incomplete",
  "acumatica.session-limit",
  "acumatica.session-busy",
  "acumatica.budget-spent",
  "acumatica.rate-limited",
  "acumatica.rights",
  "acumatica.setup-missing",
  "shipstation.credentials",
  "shipstation.plan",
  "shipstation.rate-limited",
  "shipstation.budget-spent",
  "connection.secret-unreadable",
  "connection.stopped",
  "database.unavailable",
]);

export function isConnectionWide(error: ConnectorError): boolean {
  return connectionWide.has(error.code);
}

/** Full jitter: anywhere between now and the growing bound, so that many records do not return together. */
export function backoffMs(attempt: number, random: Random): number {
  return Math.round(random.next() * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(attempt, 20)));
}

/** What becomes of a record after an error: its code decides (design 6.7). */
export function outcomeOfError(error: ConnectorError, claim: Claim, now: Date, random: Random, event: string): Outcome {
  const reason = { code: error.code, text: error.message };
  const problems = error.problems;
  const attempts = claim.attempts + 1;
  switch (error.disposition) {
    case "wait":
      return {
        state: "Waiting",
        reason,
        problems,
        dueAt: new Date(now.getTime() + (error.retryAfterMs ?? 60_000)),
        isTry: true,
        event,
      };
    case "retry": {
      const isDoubtful = error.code === "shipstation.server-error" && !outages.has(error.status ?? 0);
      const limit = isDoubtful ? doubtfulServerErrors : attemptLimit;
      if (attempts >= limit) return { state: "Aborted", reason, problems, attempts, event };
      return {
        state: "Failed",
        reason,
        problems,
        attempts,
        dueAt: new Date(now.getTime() + backoffMs(attempts, random)),
        isTry: true,
        event,
      };
    }
    case "person":
    case "defect":
      return { state: "Aborted", reason, problems, attempts, event };
  }
}

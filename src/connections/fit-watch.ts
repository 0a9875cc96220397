import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Fetch } from "../lib/http.ts";

export type WatchedSystem = "acumatica" | "shipstation";

/** Calls of a fit check in all, sign-in and sign-out included; ShipStation's are those of both APIs. */
export const mostCalls: Readonly<Record<WatchedSystem, number>> = { acumatica: 150, shipstation: 30 };

/** What the answers of one system showed, beside their bodies. */
export interface Seen {
  calls: number;
  slowestMs: number;
  /** Answers "too many requests". */
  declined: number;
  /** Their clock minus ours in milliseconds, by the quickest answer; the header has whole seconds. Undefined where none came. */
  skewMs: number | undefined;
  /** The call budget of the first answer that told one. */
  firstBudget: { limit: number; remaining: number; resetSeconds: number; callsBefore: number } | undefined;
}

/** Stands between a fit check's clients and the network: counts, bounds, and reads what headers tell. */
export interface FitWatch {
  fetch: Fetch;
  seen: Readonly<Record<WatchedSystem, Readonly<Seen>>>;
  /** While this work lasts, no more than so many calls more. Throws ConnectorError `fit.call-limit` out of the work's call. */
  within<T>(system: WatchedSystem, calls: number, work: () => Promise<T>): Promise<T>;
}

export function createFitWatch(ports: { fetch: Fetch; clock: Clock }, instanceUrl: string): FitWatch {
  const { clock } = ports;
  const erp = new URL(instanceUrl).origin;
  const seen: Record<WatchedSystem, Seen> = { acumatica: nothingSeen(), shipstation: nothingSeen() };
  const ends: Record<WatchedSystem, number> = { ...mostCalls };
  const quickest = { acumatica: Infinity, shipstation: Infinity };

  function noteAnswer(system: WatchedSystem, response: Response, sentAt: number): void {
    const now = clock.now();
    const here = seen[system];
    const took = now - sentAt;
    here.slowestMs = Math.max(here.slowestMs, took);
    if (response.status === 429) here.declined += 1;
    here.firstBudget ??= budgetIn(response.headers, here.calls - 1);
    const theirs = timeIn(response.headers);
    if (theirs === undefined || took >= quickest[system]) return;
    quickest[system] = took;
    // Half a second: on average the header has lost as much. Half the way: the clock was read between.
    here.skewMs = theirs + 500 - (sentAt + took / 2);
  }

  return {
    seen,
    fetch: async (request) => {
      const url = new URL(request.url);
      const system = url.origin === erp ? "acumatica" : "shipstation";
      // A session must always be given back.
      const isSignOut = system === "acumatica" && /\/auth\/logout$/i.test(url.pathname);
      if (!isSignOut && seen[system].calls >= ends[system] - (system === "acumatica" ? 1 : 0)) throw enough(system);
      seen[system].calls += 1;
      const sentAt = clock.now();
      const response = await ports.fetch(request);
      noteAnswer(system, response, sentAt);
      return response;
    },
    within: async (system, calls, work) => {
      const before = ends[system];
      ends[system] = Math.min(before, seen[system].calls + calls + (system === "acumatica" ? 1 : 0));
      try {
        return await work();
      } finally {
        ends[system] = before;
      }
    },
  };
}

const nothingSeen = (): Seen => ({ calls: 0, slowestMs: 0, declined: 0, skewMs: undefined, firstBudget: undefined });

const enough = (system: WatchedSystem): ConnectorError =>
  new ConnectorError("fit.call-limit", {
    message: `A fit check makes at most ${mostCalls[system]} calls to ${system === "acumatica" ? "Acumatica" : "ShipStation"}.`,
  });

function timeIn(headers: Headers): number | undefined {
  const ms = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

/** `X-Rate-Limit-*` of V1: seconds left, not a time (facts: shipstation 1.3). */
function budgetIn(headers: Headers, callsBefore: number): Seen["firstBudget"] {
  const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) => {
    const text = headers.get(`x-rate-limit-${name}`)?.trim() ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || remaining === undefined || resetSeconds === undefined) return undefined;
  return { limit, remaining, resetSeconds, callsBefore };
}

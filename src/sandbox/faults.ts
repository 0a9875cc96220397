import type { Clock } from "../lib/clock.ts";
import type { Fetch } from "../lib/http.ts";
import type { Random } from "../lib/random.ts";
import {
  brokenBody,
  cutInHalf,
  faultAnswer,
  htmlError,
  neverAnswers,
  sessionLimit,
  tooManyRequests,
} from "./fault-answers.ts";
import { parseFaults, type FaultRule } from "./fault-rules.ts";

/** Faults as inputs: a list of rules, the first that fires decides. The same seed draws the same faults. */
export interface Faults {
  /** Replaces all rules and forgets their counts. Throws an Error naming what is wrong. */
  set: (file: unknown) => void;
  clear: () => void;
  /** The rules, with how often each matched and fired. */
  list: () => (FaultRule & { matched: number; fired: number })[];
  /** A system's fetch with its faults. */
  around: (system: FaultRule["system"], fetch: Fetch) => Fetch;
  /** For ShipStation: the text with which this order of a createorders call is refused. */
  refuseOrder: (orderNumber: string, index: number) => string | undefined;
  isHookDropped: (resourceType: string, resourceUrl: string) => boolean;
  /** Answers 429 given by faults. */
  rateLimited: () => number;
}

interface LiveRule {
  rule: FaultRule;
  matched: number;
  fired: number;
  stormUntil: number;
}

const defaultStormMs = 20_000;

export function createFaults(ports: { clock: Clock; random: Random }): Faults {
  let rules: LiveRule[] = [];
  let rateLimited = 0;

  /** Counts the match and draws whether the rule fires. */
  function fires(live: LiveRule): boolean {
    const { rule } = live;
    if (ports.clock.now() < live.stormUntil) return true;
    live.matched++;
    const most = rule.times ?? (rule.kind === "rate-limit-storm" ? 1 : Infinity);
    if (live.matched <= rule.after || live.fired >= most) return false;
    if (rule.rate < 1 && ports.random.next() >= rule.rate) return false;
    live.fired++;
    if (rule.kind === "rate-limit-storm") live.stormUntil = ports.clock.now() + (rule.delayMs ?? defaultStormMs);
    return true;
  }

  const first = (test: (rule: FaultRule) => boolean): LiveRule | undefined =>
    rules.find((live) => test(live.rule) && fires(live));

  function stormAnswer(live: LiveRule): Response {
    rateLimited++;
    const secondsLeft = Math.max(1, Math.ceil((live.stormUntil - ports.clock.now()) / 1000));
    return tooManyRequests(live.rule.system, secondsLeft, live.rule.body);
  }

  async function hit(live: LiveRule, request: Request, fetch: Fetch): Promise<Response> {
    const { rule } = live;
    switch (rule.kind) {
      case "timeout-before":
        return neverAnswers(request.signal);
      case "timeout-after":
        await fetch(request);
        return neverAnswers(request.signal);
      case "reset":
        return brokenBody(rule.executed ? await fetch(request) : undefined);
      case "truncated":
        return cutInHalf(await fetch(request));
      case "rate-limit-storm":
        return stormAnswer(live);
      case "session-limit":
        return sessionLimit(rule.status);
      case "late": {
        // Carried out even when the caller has gone: this is what makes an outcome doubtful.
        const detached = new Request(request, { signal: new AbortController().signal });
        await ports.clock.sleep(rule.delayMs ?? 0);
        return fetch(detached);
      }
      case "html":
      case "status":
        if (rule.delayMs) await ports.clock.sleep(rule.delayMs, request.signal);
        if (rule.status === 429) rateLimited++;
        return rule.kind === "html" ? htmlError(rule.status ?? 502) : faultAnswer(rule);
      case "refuse-order":
      case "drop-hook":
        return fetch(request);
    }
  }

  return {
    set: (file) => {
      rules = parseFaults(file).map((rule) => ({ rule, matched: 0, fired: 0, stormUntil: 0 }));
    },
    clear: () => {
      rules = [];
    },
    list: () => rules.map(({ rule, matched, fired }) => ({ ...rule, matched, fired })),
    around: (system, fetch) => async (request) => {
      if (!rules.some(({ rule }) => rule.system === system)) return fetch(request);
      const { whole, body } = await readWhole(request);
      const live = first((rule) => rule.system === system && isRequestFault(rule) && isMatch(rule, whole, body));
      return live ? hit(live, whole, fetch) : fetch(whole);
    },
    refuseOrder: (orderNumber, index) => {
      const live = first((rule) => rule.kind === "refuse-order" && isMeant(rule, orderNumber, index));
      return live && (live.rule.text ?? "The order could not be saved.");
    },
    isHookDropped: (resourceType, resourceUrl) => {
      const text = `${resourceType} ${resourceUrl}`.toLowerCase();
      return (
        first(({ kind, match }) => kind === "drop-hook" && text.includes(match?.path?.toLowerCase() ?? "")) !==
        undefined
      );
    },
    rateLimited: () => rateLimited,
  };
}

const isRequestFault = ({ kind }: FaultRule): boolean => kind !== "refuse-order" && kind !== "drop-hook";

const isMeant = ({ orderNumber, index }: FaultRule, number: string, at: number): boolean =>
  (orderNumber === undefined || number.includes(orderNumber)) && (index === undefined || index === at);

function isMatch({ match, kind }: FaultRule, request: Request, body: string): boolean {
  const { pathname, search } = new URL(request.url);
  const path = `${pathname}${search}`.toLowerCase();
  if (kind === "session-limit" && !path.includes("/entity/auth/login")) return false;
  if (match?.method && match.method !== request.method) return false;
  if (match?.path && !path.includes(match.path.toLowerCase())) return false;
  return match?.bodyContains === undefined || body.includes(match.bodyContains);
}

/** The request with its body already read, so that it can be looked at, kept and sent on. */
async function readWhole(request: Request): Promise<{ whole: Request; body: string }> {
  if (request.method === "GET" || request.method === "HEAD") return { whole: request, body: "" };
  const body = await request.text();
  const { url, method, headers, signal } = request;
  return { whole: new Request(url, { method, headers, signal, ...(body === "" ? {} : { body }) }), body };
}

import type { Clock } from "../../lib/clock.ts";
import { asConnectorError, ConnectorError } from "../../lib/errors.ts";
import { exchange, exchangeBytes, type Exchange, type Fetch, type HttpRequest } from "../../lib/http.ts";
import type { Log } from "../../lib/log.ts";
import { scrub } from "../../lib/scrub.ts";
import type { CallBudget, CallPriority } from "../v1/client.types.ts";
import { readV2Body, unknownResetMs } from "./errors.ts";

/** Everything asked of V2 is an extra: nothing waits long for it. */
const readTotalMs = 20_000;
const writeTotalMs = 60_000;
const maxAnswerBytes = 10 * 1024 * 1024;
/** A label of several pages; a genuine one has some tens of kilobytes. */
const maxFileBytes = 20 * 1024 * 1024;

/** The documented limit, for a throttled answer that comes before any other (facts: shipstation 6.1). */
const documentedLimit = 200;

/** A refused key or plan is not asked again for so long: a person must change something first. */
const refusedMs = 15 * 60_000;

export type SeenBudget = Parameters<CallBudget["observe"]>[0];

export interface V2SendPorts {
  /** Scheme and host, such as `https://api.shipstation.com`. */
  origin: string;
  credentials: () => Promise<{ apiKey: string }>;
  /** The account's V2 calls of the minute: another budget than V1's. */
  budget: CallBudget;
  fetch: Fetch;
  clock: Clock;
  log: Log;
  /** Told of every finished exchange; never sees the `API-Key` header. */
  observe?: (exchange: Exchange) => void;
}

export interface V2Request {
  method: HttpRequest["method"];
  /** Already encoded. */
  path: string;
  query?: Record<string, string | number>;
  body?: unknown;
  priority: CallPriority;
}

export interface V2Sender {
  /** One call of the account's V2 budget, one parsed answer. Throws ConnectorError; never tries again by itself. */
  send(request: V2Request): Promise<unknown>;
  /** A file, as it came. Throws ConnectorError. */
  download(request: V2Request): Promise<Uint8Array<ArrayBuffer>>;
  lastSeenBudget(): SeenBudget | undefined;
}

export function createV2Sender(ports: V2SendPorts): V2Sender {
  let lastSeen: SeenBudget | undefined;
  let refusal: { error: ConnectorError; until: number } | undefined;

  async function tellBudget(seen: SeenBudget | undefined): Promise<void> {
    if (!seen) return;
    lastSeen = seen;
    try {
      await ports.budget.observe(seen);
    } catch (thrown) {
      // The answer at hand may be that of a write: losing it would cost more than a stale budget.
      ports.log.warn({ err: thrown }, "The V2 call budget could not be updated.");
    }
  }

  /** What is asked, once the budget grants it and no refusal stands. */
  async function admitted(request: V2Request, accept: string): Promise<HttpRequest> {
    if (refusal && ports.clock.now() < refusal.until) throw refusal.error;
    refusal = undefined;
    const outgoing = await prepare(ports, request, accept);
    await ports.budget.take(request.priority);
    return outgoing;
  }

  /** The translated answer; the budget learns of it either way. */
  async function judged<T>(headers: Headers, translate: () => T): Promise<T> {
    try {
      const body = translate();
      await tellBudget(budgetIn(headers));
      return body;
    } catch (thrown) {
      const error = asConnectorError(thrown);
      const isThrottle = error.code === "shipstation.rate-limited";
      await tellBudget(isThrottle ? spent(error, budgetIn(headers) ?? lastSeen) : budgetIn(headers));
      if (error.code === "shipstation.credentials" || error.code === "shipstation.plan") {
        refusal = { error, until: ports.clock.now() + refusedMs };
      }
      throw error;
    }
  }

  return {
    lastSeenBudget: () => lastSeen,
    send: async (request) => {
      const outgoing = await admitted(request, "application/json");
      const answer = await observed(
        ports,
        outgoing,
        () => exchange(ports, outgoing),
        ({ text }) => text,
      );
      return await judged(answer.headers, () => readV2Body(answer, request.method !== "GET"));
    },
    download: async (request) => {
      const outgoing = { ...(await admitted(request, "application/pdf")), maxBytes: maxFileBytes };
      const answer = await observed(
        ports,
        outgoing,
        () => exchangeBytes(ports, outgoing),
        ({ bytes }) => `(${bytes.length} bytes)`,
      );
      return await judged(answer.headers, () => {
        if (answer.status === 200) return answer.bytes;
        const text = scrub(Buffer.from(answer.bytes).toString("utf8"), outgoing.secrets ?? []);
        readV2Body({ status: answer.status, headers: answer.headers, text }, false);
        throw new ConnectorError("shipstation.unreadable", { message: `ShipStation V2 answered ${answer.status}.` });
      });
    },
  };
}

async function prepare(ports: V2SendPorts, request: V2Request, accept: string): Promise<HttpRequest> {
  const url = new URL(request.path, ports.origin);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  const { apiKey } = await ports.credentials();
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return {
    method: request.method,
    url,
    headers: {
      "api-key": apiKey,
      accept,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
    totalMs: request.method === "GET" ? readTotalMs : writeTotalMs,
    maxBytes: maxAnswerBytes,
    secrets: [apiKey],
  };
}

/** The exchange, told to the observer whether it succeeds or not. */
async function observed<T extends { status: number; tookMs: number }>(
  ports: V2SendPorts,
  outgoing: HttpRequest,
  run: () => Promise<T>,
  bodyOf: (answer: T) => string,
): Promise<T> {
  const startedAt = ports.clock.now();
  const told = {
    system: "shipstation",
    method: outgoing.method,
    url: outgoing.url.href,
    requestBody: outgoing.body,
  } as const;
  try {
    const answer = await run();
    const { status, tookMs } = answer;
    ports.observe?.({ ...told, status, responseBody: bodyOf(answer), tookMs, failure: undefined });
    return answer;
  } catch (thrown) {
    // Archived and passed on unchanged.
    const { status, code } = asConnectorError(thrown);
    const tookMs = ports.clock.now() - startedAt;
    ports.observe?.({ ...told, status, responseBody: undefined, tookMs, failure: code });
    throw thrown;
  }
}

/** Other names than V1's, and another budget (facts: payloads 3.7). */
function budgetIn(headers: Headers): SeenBudget | undefined {
  const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) => {
    const digits = headers.get(`ratelimit-${name}`)?.trim() ?? "";
    return /^\d{1,6}$/.test(digits) ? Number(digits) : undefined;
  });
  if (!limit || remaining === undefined || resetSeconds === undefined) return undefined;
  return { limit, remaining, resetSeconds };
}

/** Of a throttled account nothing is left, whatever the headers say: the pause is for all requests (facts: shipstation 6.1). */
function spent(error: ConnectorError, lastSeenBudget: SeenBudget | undefined): SeenBudget {
  const resetSeconds = Math.ceil((error.retryAfterMs ?? unknownResetMs) / 1_000);
  return { limit: lastSeenBudget?.limit ?? documentedLimit, remaining: 0, resetSeconds };
}

import type { Clock } from "../../lib/clock.ts";
import { asConnectorError, type ConnectorError } from "../../lib/errors.ts";
import {
  exchange,
  type Exchange,
  type Fetch,
  type HttpAnswer,
  type HttpRequest,
  type WriteAhead,
} from "../../lib/http.ts";
import type { Log } from "../../lib/log.ts";
import { readBody, unknownResetMs } from "../errors.ts";
import type { CallBudget, CallPriority } from "./client.types.ts";

/** Limits of one call (failures: 3.7). A write is given longer: leaving early creates doubt. */
const readTotalMs = 60_000;
const writeTotalMs = 90_000;
const readFirstByteMs = 20_000;
const writeFirstByteMs = 60_000;
const maxAnswerBytes = 10 * 1024 * 1024;

/** The documented limit, for a throttled answer that comes before any other (facts: shipstation 1.3). */
const documentedLimit = 40;

export type SeenBudget = Parameters<CallBudget["observe"]>[0];

export interface SendPorts {
  /** Scheme and host, such as `https://ssapi.shipstation.com`. */
  origin: string;
  credentials: () => Promise<{ apiKey: string; apiSecret: string }>;
  budget: CallBudget;
  fetch: Fetch;
  clock: Clock;
  log: Log;
  /** Told of every finished exchange; never sees the Authorization header. */
  observe?: (exchange: Exchange) => void;
}

export interface SendRequest {
  method: HttpRequest["method"];
  path: string;
  query?: Record<string, string | number>;
  body?: unknown;
  priority: CallPriority;
  ahead?: WriteAhead | undefined;
}

export interface Sent {
  /** The parsed JSON; undefined for an empty body. */
  body: unknown;
  /** ShipStation's clock when it answered, if it told. */
  serverTimeMs: number | undefined;
}

export interface Sender {
  /** One call of the account's budget, one answer. Throws ConnectorError; never tries again by itself. */
  send(request: SendRequest): Promise<Sent>;
  lastSeenBudget(): SeenBudget | undefined;
}

export function createSender(ports: SendPorts): Sender {
  let lastSeen: SeenBudget | undefined;

  async function tellBudget(seen: SeenBudget | undefined): Promise<void> {
    if (!seen) return;
    lastSeen = seen;
    try {
      await ports.budget.observe(seen);
    } catch (thrown) {
      // The answer at hand may be that of a write: losing it would cost more than a stale budget.
      ports.log.warn({ err: thrown }, "The call budget could not be updated.");
    }
  }

  return {
    lastSeenBudget: () => lastSeen,
    send: async (request) => {
      const isWrite = request.method !== "GET";
      const outgoing = await prepare(ports, request, isWrite);
      await ports.budget.take(request.priority);
      const lastLook = await request.ahead?.();
      const answer = await observed(ports, { ...outgoing, lastLook });
      try {
        const body = readBody(answer, isWrite);
        await tellBudget(budgetIn(answer.headers));
        return { body, serverTimeMs: serverTime(answer.headers) };
      } catch (thrown) {
        const error = asConnectorError(thrown);
        await tellBudget(
          error.code === "shipstation.rate-limited"
            ? spent(error, budgetIn(answer.headers) ?? lastSeen)
            : budgetIn(answer.headers),
        );
        ports.log.debug(
          { method: request.method, path: request.path, status: answer.status, code: error.code },
          "refused",
        );
        throw error;
      }
    },
  };
}

async function prepare(ports: SendPorts, request: SendRequest, isWrite: boolean): Promise<HttpRequest> {
  const url = new URL(request.path, ports.origin);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  const { apiKey, apiSecret } = await ports.credentials();
  const pair = Buffer.from(`${apiKey}:${apiSecret}`).toString("base64");
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return {
    method: request.method,
    url,
    headers: {
      authorization: `Basic ${pair}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
    firstByteMs: isWrite ? writeFirstByteMs : readFirstByteMs,
    totalMs: isWrite ? writeTotalMs : readTotalMs,
    maxBytes: maxAnswerBytes,
    secrets: [pair, apiKey, apiSecret],
  };
}

/** The exchange, told to the observer whether it succeeds or not. */
async function observed(ports: SendPorts, outgoing: HttpRequest): Promise<HttpAnswer> {
  const startedAt = ports.clock.now();
  const told = {
    system: "shipstation",
    method: outgoing.method,
    url: outgoing.url.href,
    requestBody: outgoing.body,
  } as const;
  try {
    const answer = await exchange(ports, outgoing);
    const { status, text, tookMs } = answer;
    ports.observe?.({ ...told, status, responseBody: text, tookMs, failure: undefined });
    return answer;
  } catch (thrown) {
    // Archived and passed on unchanged.
    const { status, code } = asConnectorError(thrown);
    const tookMs = ports.clock.now() - startedAt;
    ports.observe?.({ ...told, status, responseBody: undefined, tookMs, failure: code });
    throw thrown;
  }
}

/** `X-Rate-Limit-*`; undefined unless all three are there and are numbers. */
function budgetIn(headers: Headers): SeenBudget | undefined {
  const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) => {
    const text = headers.get(`x-rate-limit-${name}`)?.trim() ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || remaining === undefined || resetSeconds === undefined) return undefined;
  return { limit, remaining, resetSeconds };
}

/** A throttled account has nothing left, whatever the headers say: every process must stop until the window ends. */
function spent(error: ConnectorError, lastSeen: SeenBudget | undefined): SeenBudget {
  const resetSeconds = Math.ceil((error.retryAfterMs ?? unknownResetMs) / 1_000);
  return { limit: lastSeen?.limit ?? documentedLimit, remaining: 0, resetSeconds };
}

/** The `Date` header; undefined when it is missing or is not an HTTP date. */
function serverTime(headers: Headers): number | undefined {
  const text = headers.get("date") ?? "";
  const ms = / GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

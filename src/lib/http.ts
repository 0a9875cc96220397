import { momentOf, msSince, type Clock } from "./clock.ts";
import { ConnectorError } from "./errors.ts";
import { scrub } from "./scrub.ts";

/** The network as a port: global `fetch` in production, a sandbox's `app.fetch` in simulation. */
export type Fetch = (request: Request) => Promise<Response>;

/**
 * Called once everything else for a write is ready (a turn, a session, a call of the budget), as the last thing before it is sent: stores
 * the write, and throws where it may not be sent any more. What it gives is looked at once more at the socket.
 */
export type WriteAhead = () => Promise<LastLook>;

/** Throws where a write may not be sent any more, although it was stored. */
export type LastLook = () => void;

const lastLooks = new WeakMap<Request, LastLook>();

/**
 * For a network, in the moment in which nothing but the first byte is left: to connect takes time, in which a worker may stand still. Throws
 * what the request's `lastLook` throws, and ConnectorError `network.unreachable` when the request's own time is over; then nothing may be sent.
 */
export const lookLast = (request: Request): void => lastLooks.get(request)?.();

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body?: string;
  /** Until the answer begins; `totalMs` when absent. */
  firstByteMs?: number;
  /** Whole exchange, from connecting to the last byte. */
  totalMs: number;
  /** Largest body accepted, in bytes after decompression. */
  maxBytes: number;
  /** What was sent along and must not come back in the answer's text: it is replaced by `***`. */
  secrets?: readonly string[];
  signal?: AbortSignal;
  lastLook?: LastLook | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** How long the exchange took, on the clock given. */
  tookMs: number;
}

/**
 * What is under way. A `Request` follows the signal it was made with by a weak reference: a deadline reaches the socket only as long as
 * something holds the request, and a fetch need not.
 */
const underWay = new Set<Request>();

/** Statuses that mean "look elsewhere"; never followed (credentials would travel along). */
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * One exchange, complete or failed. Redirects are refused, the body is capped, the time is bounded.
 * Throws ConnectorError `network.*`; `mayHaveApplied` is true for anything but a GET once it may have left.
 */
export async function exchange(ports: HttpPorts, request: HttpRequest): Promise<HttpAnswer> {
  const { bytes, ...answer } = await exchangeBytes(ports, request);
  return { ...answer, text: scrub(Buffer.from(bytes).toString("utf8"), request.secrets ?? []) };
}

export interface HttpPorts {
  fetch: Fetch;
  clock: Clock;
}

/** The same, for what is no text. The body is as it came: whoever passes it on must know what it is. */
export async function exchangeBytes(
  ports: HttpPorts,
  request: HttpRequest,
): Promise<Omit<HttpAnswer, "text"> & { bytes: Uint8Array<ArrayBuffer> }> {
  const startedAt = ports.clock.now();
  const begunAt = momentOf(ports.clock);
  const deadline = new AbortController();
  const finished = new AbortController();
  const mayHaveApplied = request.method !== "GET";
  const answering = new AbortController();
  const abortAfter = (ms: number, unless: AbortSignal): void =>
    void ports.clock.sleep(ms, unless).then(
      () => deadline.abort(new ConnectorError("network.timeout", { mayHaveApplied })),
      () => undefined,
    );
  abortAfter(request.totalMs, finished.signal);
  if (request.firstByteMs !== undefined && request.firstByteMs < request.totalMs)
    abortAfter(request.firstByteMs, answering.signal);
  const signal = request.signal ? AbortSignal.any([deadline.signal, request.signal]) : deadline.signal;
  const outgoing = new Request(request.url, {
    method: request.method,
    headers: request.headers,
    redirect: "manual",
    signal,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  underWay.add(outgoing);
  lastLooks.set(outgoing, () => {
    request.lastLook?.();
    if (msSince(begunAt, ports.clock) > Math.min(request.firstByteMs ?? Infinity, request.totalMs)) throw tooLate();
  });
  try {
    const response = await abortable(ports.fetch(outgoing), signal);
    answering.abort(new Error("answering"));
    if (redirects.has(response.status) || response.type === "opaqueredirect") {
      void response.body?.cancel().catch(() => undefined);
      const message = `${request.url.host} answered with a redirect, which is never followed.`;
      throw new ConnectorError("network.redirected", { message, status: response.status, mayHaveApplied });
    }
    const bytes = await abortable(readCapped(response, request.maxBytes), signal);
    return { status: response.status, headers: response.headers, bytes, tookMs: ports.clock.now() - startedAt };
  } catch (thrown) {
    if (thrown instanceof ConnectorError) throw thrown;
    if (deadline.signal.aborted) throw new ConnectorError("network.timeout", { mayHaveApplied, cause: thrown });
    throw translate(thrown, mayHaveApplied);
  } finally {
    underWay.delete(outgoing);
    finished.abort(new Error("finished"));
    answering.abort(new Error("finished"));
  }
}

/** Whoever asked has given up by now, or is about to: an answer would reach nobody. */
const tooLate = (): ConnectorError =>
  new ConnectorError("network.unreachable", {
    message: "Before the connection was there the request's time was over; nothing was sent.",
    mayHaveApplied: false,
  });

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw signal.reason;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      void reader.cancel().catch(() => undefined);
      throw new ConnectorError("network.too-large", {
        message: `The answer was larger than ${maxBytes} bytes.`,
        status: response.status,
        mayHaveApplied: true,
      });
    }
    chunks.push(value);
  }
  // A small Buffer is a window on memory that others use: what leaves here has memory of its own.
  return new Uint8Array(Buffer.concat(chunks));
}

/** Node's fetch hides the cause one level down: code strings of DNS, sockets and TLS. */
function translate(thrown: unknown, mayHaveApplied: boolean): ConnectorError {
  const code = causeCode(thrown);
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL)/.test(code)) {
    return new ConnectorError("network.tls", { cause: thrown, message: `The secure connection failed (${code}).` });
  }
  const neverLeft = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"].includes(code);
  return new ConnectorError("network.unreachable", {
    cause: thrown,
    message: code ? `The host could not be reached (${code}).` : "The host could not be reached.",
    mayHaveApplied: mayHaveApplied && !neverLeft,
  });
}

function causeCode(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") return error.code;
  }
  return "";
}

/** One finished exchange, as it is archived with a record. Bodies are already free of secrets. */
export interface Exchange {
  system: "acumatica" | "shipstation";
  method: string;
  /** Without credentials; query included. */
  url: string;
  requestBody: string | undefined;
  status: number | undefined;
  responseBody: string | undefined;
  tookMs: number;
  /** Set when no complete answer came. */
  failure: string | undefined;
}

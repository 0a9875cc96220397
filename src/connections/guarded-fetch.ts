import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { Readable, type Duplex } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import { lookLast, type Fetch } from "../lib/http.ts";
import { faultOfAddress, refused, resolveChecked, systemResolve, type Resolve } from "./origin-policy.ts";
import { isPublicAddress } from "./public-addresses.ts";

/** From the name to a secure connection. */
const connectMs = 5_000;
/** An unused connection is closed before the other side would, so that no write meets a closing one. */
const idleMs = 4_000;

export interface GuardedFetchOptions {
  /** Origins the operator allows although they are not public https. */
  allowedOrigins: readonly string[];
  resolve?: Resolve;
}

/**
 * The network for connections: a fetch whose every new connection goes to exactly the addresses that were checked, so that a name
 * cannot resolve to one address for the check and to another for the call (failures T2). It stands on node:https, because
 * the built-in fetch does not let a caller choose the address. Redirects are never followed, and certificates
 * are always checked. Throws ConnectorError `network.origin-refused`, `network.tls` or `network.unreachable`; a broken
 * exchange rejects with Node's own error.
 */
export function createGuardedFetch({ allowedOrigins, resolve = systemResolve }: GuardedFetchOptions): Fetch {
  const agents = {
    "https:": new https.Agent({ keepAlive: true, timeout: idleMs, maxCachedSessions: 100 }),
    "http:": new http.Agent({ keepAlive: true, timeout: idleMs }),
  };
  return async (request) => {
    const url = new URL(request.url);
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    const isOperators = allowedOrigins.includes(url.origin);
    // A literal address is never looked up, so it must be refused here.
    const fault = faultOfAddress(url.origin, allowedOrigins);
    if (fault !== undefined) throw refused(url, fault);
    const isSecure = url.protocol === "https:";
    const answer = await send(isSecure ? https : http, {
      url,
      request,
      body,
      agent: isSecure ? agents["https:"] : agents["http:"],
      lookup: checking((hostname) => resolveChecked(new URL(url.origin), allowedOrigins, () => resolve(hostname))),
      mayConnectTo: (address) => isOperators || isPublicAddress(address),
    });
    return await toResponse(answer);
  };
}

/** The look-up of a new connection: what it answers has been checked, and is what is connected to. */
const checking =
  (addressesOf: (hostname: string) => ReturnType<typeof resolveChecked>): LookupFunction =>
  (hostname, options, done) => {
    void addressesOf(hostname).then(
      (addresses) => {
        const fit = addresses.filter(({ family }) => !options.family || family === options.family);
        const [first] = fit;
        if (!first) done(unreachable(`The host name ${hostname} has no usable address.`), "", 0);
        else if (options.all) done(null, fit);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(asConnectorError(error), "", 0),
    );
  };

interface Sending {
  url: URL;
  request: Request;
  body: Buffer | undefined;
  agent: http.Agent;
  lookup: LookupFunction;
  mayConnectTo: (address: string) => boolean;
}

function send(protocol: typeof http | typeof https, sending: Sending): Promise<http.IncomingMessage> {
  const { url, request, body, agent, lookup, mayConnectTo } = sending;
  return new Promise((resolve, reject) => {
    const outgoing = protocol.request(url, {
      method: request.method,
      headers: {
        accept: "*/*",
        "accept-encoding": "gzip, deflate, br",
        ...Object.fromEntries(request.headers),
        // Always told, also when empty: IIS refuses a POST without it (facts: acumatica 1.2).
        ...(body || request.method === "POST" || request.method === "PUT"
          ? { "content-length": String(body?.length ?? 0) }
          : {}),
      },
      agent,
      lookup,
      signal: request.signal,
      maxHeaderSize: 32 * 1024,
    });
    const leave = (): void => {
      if (outgoing.destroyed) return;
      try {
        lookLast(request);
        outgoing.end(body);
      } catch (error) {
        outgoing.destroy(asConnectorError(error));
      }
    };
    outgoing.on("socket", (socket) => {
      guard(socket, url, mayConnectTo, (error) => outgoing.destroy(error));
      if (socket.connecting) socket.once(connectedOf(url), leave);
      else leave();
    });
    outgoing.on("response", resolve);
    outgoing.on("error", (error) => reject(translated(error, url)));
  });
}

/** When nothing but the first byte is left to do. */
const connectedOf = ({ protocol }: URL): string => (protocol === "https:" ? "secureConnect" : "connect");

/** Bounds the time to connect, and looks once more at where the connection ended up, before the first byte is sent. */
function guard(
  socket: Socket,
  url: URL,
  mayConnectTo: (address: string) => boolean,
  stop: (error: Error) => void,
): void {
  if (!socket.connecting) return;
  const late = (): void => stop(unreachable("No connection within 5 seconds."));
  socket.setTimeout(connectMs, late);
  socket.once(connectedOf(url), () => {
    socket.off("timeout", late);
    socket.setTimeout(0);
  });
  socket.once("connect", () => {
    if (!mayConnectTo(socket.remoteAddress ?? "")) stop(refused(url, "It led to an address that is not public."));
  });
}

const unreachable = (message: string): ConnectorError =>
  new ConnectorError("network.unreachable", { message, mayHaveApplied: false });

/** A host that does not speak TLS is a matter for a person, not for another try. */
function translated(error: Error, url: URL): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EPROTO" && url.protocol === "https:") {
    return new ConnectorError("network.tls", { message: "The host does not answer with TLS (https).", cause: error });
  }
  return error;
}

const hasNoBody = new Set([204, 205, 304]);

async function toResponse(answer: http.IncomingMessage): Promise<Response> {
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = answer.statusCode ?? 0;
  if (hasNoBody.has(status)) {
    // Only an answer at its end gives its connection back.
    await once(answer.resume(), "end");
    return new Response(null, { status, headers });
  }
  const decompress = decompressor(answer.headers["content-encoding"]);
  // Errors travel to the reader of the body. An abandoned body closes its connection; a finished one gives it back.
  const body = decompress ? answer.on("error", (error) => decompress.destroy(error)).pipe(decompress) : answer;
  decompress?.on("close", () => (decompress.readableEnded ? answer.resume() : answer.destroy()));
  return new Response(Readable.toWeb(body) as unknown as ReadableStream, { status, headers });
}

function decompressor(encoding: string | undefined): Duplex | undefined {
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip();
  if (encoding === "deflate") return createInflate();
  if (encoding === "br") return createBrotliDecompress();
  return undefined;
}

import type { Clock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { exchange, type Exchange, type Fetch, type HttpAnswer, type WriteAhead } from "../lib/http.ts";
import type { Log } from "../lib/log.ts";
import { sessionIn, type Cookies } from "./cookies.ts";
import { limits } from "./requests.ts";
import type { TheirClock } from "./their-time.ts";

export interface WirePorts {
  fetch: Fetch;
  clock: Clock;
  log: Log;
  observe?: ((exchange: Exchange) => void) | undefined;
  /** Told what time it is there. */
  theirs?: TheirClock | undefined;
}

export interface WireRequest {
  method: "GET" | "PUT" | "POST";
  url: URL;
  headers?: Record<string, string> | undefined;
  body?: string | undefined;
  firstByteMs?: number | undefined;
  totalMs: number;
  ahead?: WriteAhead | undefined;
  cookies?: Cookies | undefined;
  /** A password in its body: the observer gets a note in place of both bodies, and the answer is rid of it. */
  secret?: string | undefined;
  /** An access token to send along; the answer is rid of it. */
  bearer?: string | undefined;
  /** Megabytes that no record is about: allowed, and not handed to the observer. */
  isDescription?: boolean;
}

export type Wire = (request: WireRequest) => Promise<HttpAnswer>;

const secretNote = "(not kept: sign-in)";
const descriptionNote = "(not kept: the endpoint's description)";

/** One exchange: cookies go out and come in, and whoever archives exchanges is told, whether it ended well or not. */
export function createWire({ fetch, clock, log, observe, theirs }: WirePorts): Wire {
  return async (request) => {
    const { method, url, body, cookies } = request;
    const cookie = cookies?.header(url) ?? "";
    // What it refuses was never sent: there is no exchange to tell of.
    const lastLook = await request.ahead?.();
    const startedAt = clock.now();
    const sentAt = theirs?.moment();
    const tell = (outcome: Pick<Exchange, "status" | "responseBody" | "failure">): void => {
      const tookMs = clock.now() - startedAt;
      log.debug(
        { method, path: url.pathname, status: outcome.status, failure: outcome.failure, tookMs },
        "acumatica call",
      );
      const kept = (text: string | undefined): string | undefined =>
        text && request.secret !== undefined ? secretNote : text;
      const exchanged: Exchange = {
        system: "acumatica",
        method,
        url: url.href,
        requestBody: kept(body),
        status: outcome.status,
        responseBody: request.isDescription ? descriptionNote : kept(outcome.responseBody),
        tookMs,
        failure: outcome.failure,
      };
      try {
        observe?.(exchanged);
      } catch (thrown) {
        // A write that was carried out must not look failed because its archive is.
        log.error({ err: thrown }, "an exchange with Acumatica could not be archived");
      }
    };
    try {
      const answer = await exchange(
        { fetch, clock },
        {
          method,
          url,
          headers: {
            accept: "application/json",
            // IIS answers 411 to an empty POST without a length (facts: acumatica 1.2).
            ...(method === "POST" && body === undefined ? { "content-length": "0" } : {}),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...(cookie === "" ? {} : { cookie }),
            ...(request.bearer === undefined ? {} : { authorization: `Bearer ${request.bearer}` }),
            ...request.headers,
          },
          ...(body === undefined ? {} : { body }),
          ...(request.firstByteMs === undefined ? {} : { firstByteMs: request.firstByteMs }),
          totalMs: request.totalMs,
          lastLook,
          maxBytes: request.isDescription ? limits.swaggerBytes : limits.maxBytes,
          secrets: [request.secret ?? "", request.bearer ?? "", ...sessionIn(cookie)],
        },
      );
      cookies?.keep(url, answer.headers);
      if (sentAt) theirs?.hear(sentAt, answer.headers);
      tell({ status: answer.status, responseBody: answer.text, failure: undefined });
      return answer;
    } catch (thrown) {
      const error = asConnectorError(thrown);
      tell({ status: error.status, responseBody: undefined, failure: `${error.code}: ${error.message}` });
      throw error;
    }
  };
}

import type { Breaker } from "../ledger/breakers.ts";
import { asConnectorError } from "../lib/errors.ts";
import type { Fetch } from "../lib/http.ts";

/**
 * A fetch that leaves a system alone while it is down. Only what says that the system is down counts: no connection, no answer in time,
 * 502, 503 and 504. A plain 500 of either system may be about the one request (design 6.7).
 */
export function createBreakerFetch(fetch: Fetch, breaker: Breaker): Fetch {
  return async (request) => {
    await breaker.pass();
    let answer: Response;
    try {
      answer = await orAborted(fetch(request), request.signal);
    } catch (thrown) {
      const error = asConnectorError(thrown);
      // It was we who stood still: nothing was asked of the system.
      if (error.code === "claim.lost") throw thrown;
      await breaker.failed(error.code === "internal.defect" ? "no connection, or no answer in time." : error.message);
      throw thrown;
    }
    if ([502, 503, 504].includes(answer.status)) await breaker.failed(`it answered ${answer.status}.`);
    else await breaker.worked();
    return answer;
  };
}

/** A fetch need not notice by itself that nobody waits for its answer any more. */
function orAborted(answer: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

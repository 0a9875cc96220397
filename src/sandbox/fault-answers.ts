import type { FaultRule } from "./fault-rules.ts";

/** How each fault looks on the wire. */
const json = { "content-type": "application/json; charset=utf-8" };

/** Never answers; fails when the caller gives up, so that nothing waits for ever in one process. */
export function neverAnswers(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Chunks that arrive before the break: servers hold the first few back, and would still answer 500 instead. */
const chunksBeforeBreak = 4;

/** Headers and the first half of the body arrive, then the connection breaks. */
export async function brokenBody(answer: Response | undefined): Promise<Response> {
  const text = (await answer?.text()) ?? "";
  const half = (text.length < 2 ? '{"message":' : text.slice(0, Math.floor(text.length / 2))).padEnd(chunksBeforeBreak);
  const size = Math.ceil(half.length / chunksBeforeBreak);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent < half.length) {
        controller.enqueue(new TextEncoder().encode(half.slice(sent, sent + size)));
        sent += size;
        return;
      }
      const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      controller.error(new TypeError("terminated", { cause }));
    },
  });
  const headers = new Headers(answer?.headers ?? json);
  headers.delete("content-length");
  // 204 and 304 may have no body to break.
  const status = answer && answer.status !== 204 && answer.status !== 304 ? answer.status : 200;
  return new Response(body, { status, headers });
}

/** The first half of the body, as if it were all. */
export async function cutInHalf(answer: Response): Promise<Response> {
  const text = await answer.text();
  if (text === "") return new Response(null, { status: answer.status, headers: answer.headers });
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return new Response(text.slice(0, Math.floor(text.length / 2)), { status: answer.status, headers });
}

/** What stands in front of the system answers instead of it. */
export function htmlError(status: number): Response {
  const title = `${status} ${status === 503 ? "Service Unavailable" : "Bad Gateway"}`;
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body>\r\n</html>\r\n`;
  return new Response(page, { status, headers: { "content-type": "text/html" } });
}

export function tooManyRequests(system: FaultRule["system"], secondsLeft: number, body: unknown): Response {
  if (system === "acumatica") {
    const text = typeof body === "string" ? body : "The custom error module does not recognize this error.";
    return new Response(text, { status: 429, headers: { "content-type": "text/plain" } });
  }
  const headers = {
    ...json,
    "X-Rate-Limit-Limit": "40",
    "X-Rate-Limit-Remaining": "0",
    "X-Rate-Limit-Reset": String(secondsLeft),
  };
  const text = typeof body === "string" ? body : JSON.stringify(body ?? { message: "Too Many Requests" });
  return new Response(text, { status: 429, headers });
}

/** Acumatica's "all licensed sessions are in use": in practice a 500 (facts: acumatica 1.4). */
export function sessionLimit(status: number | undefined): Response {
  const body = {
    message: "An error has occurred.",
    exceptionMessage: "API Login Limit",
    exceptionType: "PX.Data.PXException",
    stackTrace: "   at PX.Data.PXLicensePolicy.CheckApiUsersLimits()",
  };
  return new Response(JSON.stringify(body), { status: status ?? 500, headers: json });
}

/** A plain status, with the given body or the system's usual one. */
export function faultAnswer({ status = 500, body, system }: FaultRule): Response {
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status });
  if (typeof body === "string") return new Response(body, { status, headers: { "content-type": "text/plain" } });
  const usual =
    system === "shipstation" ? { Message: "An error has occurred." } : { message: "An error has occurred." };
  return new Response(JSON.stringify(body ?? usual), { status, headers: json });
}

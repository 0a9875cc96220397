import { Hono } from "hono";
import type { Log } from "../lib/log.ts";
import type { WebDeps } from "./deps.ts";
import { parseHookBody } from "./hook-body.ts";
import type { Metrics } from "./metrics.ts";

type HookDeps = Pick<WebDeps, "connections" | "ring" | "parseResourceUrl"> & { log: Log; metrics: Metrics };

/** A genuine body has 135 bytes (facts: payloads 2.7). */
const bodyBytes = 16 * 1024;
/** 256 bits, written in base64url or in hexadecimal. */
const tokenForm = /^[A-Za-z0-9_-]{43,64}$/;

/**
 * `POST /hooks/shipstation/<token>`: a bell, nothing more. The body only says which stream to read soon; what it does not
 * say intelligibly rings the ordinary poll of labels. Unknown tokens are answered like known ones, so that nobody learns
 * which exist. The ring is durable before the answer, and nothing else is done on the caller's time (threats T1, T6).
 */
export function hookRoutes(deps: HookDeps): Hono {
  const app = new Hono();
  app.post("/hooks/shipstation/:token", async (c) => {
    const count = (outcome: HookOutcome): void => deps.metrics.hooks.inc({ outcome });
    // Said of the request alone, before any token is looked at.
    if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
      count("refused");
      return c.body(null, 415);
    }
    const text = await readUpTo(c.req.raw, bodyBytes);
    if (text === undefined) {
      count("refused");
      return c.body(null, 413);
    }
    const body = parseHookBody(text);
    if (body === undefined) {
      count("refused");
      return c.body(null, 400);
    }
    const token = c.req.param("token");
    const connection = tokenForm.test(token) ? await deps.connections.findByHookToken(token) : undefined;
    if (!connection) {
      count("unknown");
      return c.body(null, 202);
    }
    const policy = deps.parseResourceUrl(body["resource_url"]);
    await deps.ring(connection.id, policy?.stream ?? "shipments");
    count(policy ? "rung" : "unparsed");
    return c.body(null, 202);
  });
  app.onError((error, c) => {
    // The sender may try again; were it 2xx, the bell would be lost.
    deps.log.error({ err: error }, "a hook could not be kept");
    deps.metrics.hooks.inc({ outcome: "failed" });
    return c.body(null, 503);
  });
  return app;
}

type HookOutcome = "rung" | "unparsed" | "unknown" | "refused" | "failed";

/** The body as text; undefined as soon as it is longer than `most` bytes, whatever its headers say. */
async function readUpTo(request: Request, most: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return undefined;
  if (!request.body) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString("utf8");
    size += value.byteLength;
    if (size > most) {
      void reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
}

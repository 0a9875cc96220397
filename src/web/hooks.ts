import { Hono } from "hono";
import type { Log } from "../lib/log.ts";
import type { WebDeps } from "./deps.ts";
import { isJson, parseHookBody, readUpTo } from "./hook-body.ts";
import type { HookOutcome, Metrics } from "./metrics.ts";
import { pushHookRoutes } from "./push-hooks.ts";

type HookDeps = Pick<WebDeps, "connections" | "ring" | "parseResourceUrl" | "push"> & { log: Log; metrics: Metrics };

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
  const count = (outcome: HookOutcome): void => deps.metrics.hooks.inc({ outcome });
  app.post("/hooks/shipstation/:token", async (c) => {
    if (!isJson(c.req.header("content-type"))) {
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
  app.route("/", pushHookRoutes({ push: deps.push, count }));
  app.onError((error, c) => {
    // The sender may try again; were it 2xx, the bell would be lost.
    deps.log.error({ err: error }, "a hook could not be kept");
    count("failed");
    return c.body(null, 503);
  });
  return app;
}

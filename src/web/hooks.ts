import { Hono } from "hono";
import type { Log } from "../lib/log.ts";
import { isV2Hook, streamOfV2Kind } from "../shipstation/v2/hook-kinds.ts";
import { isSigned } from "../shipstation/v2/hook-signature.ts";
import type { WebDeps } from "./deps.ts";
import { isJson, parseHookBody, readBytesUpTo } from "./hook-body.ts";
import type { HookOutcome, Metrics } from "./metrics.ts";
import { pushHookRoutes } from "./push-hooks.ts";

type HookDeps = Pick<WebDeps, "connections" | "ring" | "parseResourceUrl" | "push" | "hookSignatures"> & {
  log: Log;
  metrics: Metrics;
};

/** A genuine body has 135 bytes (facts: payloads 2.7). */
const bodyBytes = 16 * 1024;
/** 256 bits, written in base64url or in hexadecimal. */
const tokenForm = /^[A-Za-z0-9_-]{43,64}$/;

/**
 * `POST /hooks/shipstation/<token>`: a bell, nothing more. The body only says which stream to read soon; what it does not
 * say intelligibly rings the ordinary poll of labels. Unknown tokens are answered like known ones, so that nobody learns
 * which exist. The ring is durable before the answer, and nothing else is done on the caller's time (threats T1, T6).
 *
 * V2's hooks are signed: what claims to be one and is not signed, and what is signed wrongly, is answered 404 as if there were
 * nothing here (facts: shipstation 6.4). V1's are not known to be signed; where one is, its signature must hold all the same.
 */
export function hookRoutes(deps: HookDeps): Hono {
  const app = new Hono();
  const count = (outcome: HookOutcome): void => deps.metrics.hooks.inc({ outcome });
  app.post("/hooks/shipstation/:token", async (c) => {
    if (!isJson(c.req.header("content-type"))) {
      count("refused");
      return c.body(null, 415);
    }
    const raw = await readBytesUpTo(c.req.raw, bodyBytes);
    if (raw === undefined) {
      count("refused");
      return c.body(null, 413);
    }
    const body = parseHookBody(raw.toString("utf8"));
    if (body === undefined) {
      count("refused");
      return c.body(null, 400);
    }
    const { headers } = c.req.raw;
    const [signed, isV2] = [isSigned(headers), isV2Hook(body)];
    if (isV2 && !signed) {
      count("forged");
      return c.body(null, 404);
    }
    const token = c.req.param("token");
    const connection = tokenForm.test(token) ? await deps.connections.findByHookToken(token) : undefined;
    if (!connection) {
      count("unknown");
      return c.body(null, signed ? 404 : 202);
    }
    const verdict = await deps.hookSignatures.verify(connection.id, headers, raw);
    // The keys cannot be read: the sender may try again.
    if (verdict === "unverifiable") throw new Error("ShipStation's published keys could not be read");
    if (verdict === "forged" || verdict === "repeated") {
      count(verdict);
      return c.body(null, verdict === "forged" ? 404 : 202);
    }
    const stream = isV2 ? streamOfV2Kind(body["resource_type"]) : deps.parseResourceUrl(body["resource_url"])?.stream;
    await deps.ring(connection.id, stream ?? "shipments");
    if (verdict === "genuine") deps.hookSignatures.taken(headers);
    count(stream ? "rung" : "unparsed");
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

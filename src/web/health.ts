import { Hono } from "hono";
import { sql } from "kysely";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ApiError } from "./api-error.ts";
import type { Metrics } from "./metrics.ts";

const databaseMs = 2_000;
/** An answer holds this long: everybody may ask, and each look writes. */
const keptMs = 2_000;

/**
 * Whether the database takes a write, within two seconds: one whose disk is full, or that became a replica, still answers reads.
 * What is written is a line of the log and no row.
 */
export function createReadiness(db: Db, clock: Clock): () => Promise<boolean> {
  let last: { askedAt: number; answer: Promise<boolean> } | undefined;
  return () => {
    const now = clock.now();
    if (!last || now - last.askedAt >= keptMs || now < last.askedAt)
      last = { askedAt: now, answer: takesWrite(db, clock) };
    return last.answer;
  };
}

async function takesWrite(db: Db, clock: Clock): Promise<boolean> {
  const answered = new AbortController();
  const answer = sql`select pg_logical_emit_message(true, 'ml-connector', 'ready')`.execute(db).then(
    () => true,
    () => false,
  );
  const late = clock.sleep(databaseMs, answered.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}

/** For whoever watches the service: is it alive, does it take work, what does it count (with the operator token). */
export function healthRoutes(
  isReady: () => Promise<boolean>,
  metrics: Metrics,
  isOperator: (authorization: string | undefined) => boolean,
): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ alive: true }));
  app.get("/readyz", async (c) => {
    const ready = await isReady();
    return c.json({ ready }, ready ? 200 : 503);
  });
  app.get("/metrics", async (c) => {
    if (!isOperator(c.req.header("authorization"))) {
      throw new ApiError("request.signed-out", "The operator token is needed.", {
        cure: "Send `Authorization: Bearer <operator token>`.",
      });
    }
    return c.body(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType });
  });
  return app;
}

import { Hono } from "hono";
import { sql } from "kysely";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ApiError } from "./api-error.ts";
import type { Metrics } from "./metrics.ts";

const databaseMs = 2_000;

/** Whether the database answers, within two seconds. */
export function createReadiness(db: Db, clock: Clock): () => Promise<boolean> {
  return async () => {
    const answered = new AbortController();
    const answer = sql`select 1`.execute(db).then(
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
  };
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

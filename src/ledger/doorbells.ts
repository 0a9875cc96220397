import { sql } from "kysely";
import type { Db, Tx } from "./schema.ts";
import { wakeBy } from "./wakeups.ts";

/** What a doorbell may ask to look at. */
export type BellStream = "shipments" | "fulfillments" | "orders";

/**
 * Keeps a ring: one row per connection and stream, however often it rings, and a wake-up. `gapMs` spaces the runs that rings
 * cause, so that a flood of them costs at most one look per gap (failures T6).
 */
export async function ringDoorbell(
  db: Db,
  ring: { connectionId: string; stream: BellStream; flow: string; now: Date; gapMs: number },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto("doorbells")
      .values({ connection_id: ring.connectionId, stream: ring.stream, rung_at: ring.now })
      .onConflict((conflict) =>
        conflict
          .columns(["connection_id", "stream"])
          .doUpdateSet({ rung_at: ring.now, rings: sql<number>`doorbells.rings + 1` }),
      )
      .execute();
    await wakeSpaced(tx, ring);
  });
}

/** A wake-up that keeps `gapMs` from the run before. For a bell that names no stream, it is all there is to keep. */
export async function wakeSpaced(
  db: Db | Tx,
  ring: { connectionId: string; flow: string; now: Date; gapMs: number },
): Promise<void> {
  const last = await db
    .selectFrom("wakeups")
    .select("ran_at")
    .where("connection_id", "=", ring.connectionId)
    .where("flow", "=", ring.flow)
    .executeTakeFirst();
  const earliest = Math.max(ring.now.getTime(), (last?.ran_at?.getTime() ?? 0) + ring.gapMs);
  await wakeBy(db, ring.connectionId, ring.flow, new Date(earliest));
}

/** Streams that have rung; answering is deleting what was seen, so that a ring during the look stays. */
export async function rungStreams(db: Db, connectionId: string): Promise<{ stream: string; rings: number }[]> {
  return db.selectFrom("doorbells").select(["stream", "rings"]).where("connection_id", "=", connectionId).execute();
}

export async function answerDoorbell(
  tx: Tx,
  connectionId: string,
  bell: { stream: string; rings: number },
): Promise<void> {
  await tx
    .deleteFrom("doorbells")
    .where("connection_id", "=", connectionId)
    .where("stream", "=", bell.stream)
    .where("rings", "=", bell.rings)
    .execute();
}

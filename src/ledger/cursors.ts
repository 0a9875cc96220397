import type { Db, Tx } from "./schema.ts";

/** How far a stream is durably read. */
export async function readCursor(db: Db | Tx, connectionId: string, stream: string) {
  const row = await db
    .selectFrom("cursors")
    .select(["position", "polled_at"])
    .where("connection_id", "=", connectionId)
    .where("stream", "=", stream)
    .executeTakeFirst();
  return row && { position: row.position, polledAt: row.polled_at };
}

/** Moves a cursor in the transaction that stores the last rows before it (I7). It never goes back. */
export async function moveCursor(
  tx: Tx,
  connectionId: string,
  stream: string,
  position: Date,
  polledAt: Date,
  seen: number,
): Promise<void> {
  await tx
    .insertInto("cursors")
    .values({ connection_id: connectionId, stream, position, polled_at: polledAt, seen })
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "stream"]).doUpdateSet((row) => ({
        position: row.fn<Date>("greatest", ["excluded.position", "cursors.position"]),
        polled_at: polledAt,
        seen,
      })),
    )
    .execute();
}

/** Where an interrupted listing of the stream goes on; undefined when none was. What it is, the client knows. */
export async function readRest(db: Db | Tx, connectionId: string, stream: string): Promise<unknown> {
  const row = await db
    .selectFrom("listing_rests")
    .select("rest")
    .where("connection_id", "=", connectionId)
    .where("stream", "=", stream)
    .executeTakeFirst();
  return row?.rest;
}

/** Keeps where a listing goes on, in the transaction that stores its rows; undefined: it has come to its end. */
export async function saveRest(tx: Tx, connectionId: string, stream: string, rest: unknown, now: Date): Promise<void> {
  if (rest === undefined) {
    await tx
      .deleteFrom("listing_rests")
      .where("connection_id", "=", connectionId)
      .where("stream", "=", stream)
      .execute();
    return;
  }
  const row = { rest: JSON.stringify(rest), saved_at: now };
  await tx
    .insertInto("listing_rests")
    .values({ connection_id: connectionId, stream, ...row })
    .onConflict((conflict) => conflict.columns(["connection_id", "stream"]).doUpdateSet(row))
    .execute();
}

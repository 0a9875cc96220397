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

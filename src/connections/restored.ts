import { appendAudit } from "../ledger/audit.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import { errorTable } from "../lib/error-table.ts";
import { ConnectorError } from "../lib/errors.ts";

const code = "connection.restored";

/**
 * Lets every connection of a restored database rest, with the reason shown on it: what was written to the two systems since the
 * backup is not remembered, so nothing may be written before a person looked. Returns their ids.
 */
export async function pauseRestored(db: Db, at: Date, actor: string): Promise<string[]> {
  return db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom("connections")
      .select(["id", "state", "stop_code", "stop_text"])
      .orderBy("id")
      .forUpdate()
      .execute();
    await tx
      .updateTable("connections")
      .set({
        ...restoredRest,
        updated_at: at,
        restored_at: at,
        reconciled_at: null,
      })
      .execute();
    await appendAudit(
      tx,
      at,
      actor,
      rows.map(({ id, state, stop_code, stop_text }) => ({
        connectionId: id,
        event: code,
        detail: { state: "paused", was: { state, code: stop_code, text: stop_text } },
      })),
    );
    return rows.map(({ id }) => id);
  });
}

/**
 * Keeps that a restored connection's two systems were compared, which its resumption waits for. `theirTime`: what Acumatica's clock has
 * passed by then; ours may have been wrong when the database was put back.
 */
export async function noteReconciled(
  db: Db,
  { at, theirTime }: { at: Date; theirTime: Date | undefined },
  actor: string,
  connectionId: string,
  differences: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("connections")
      .set({ reconciled_at: theirTime ?? at })
      .where("id", "=", connectionId)
      .where("restored_at", "is not", null)
      .where("reconciled_at", "is", null)
      .executeTakeFirst();
    // Of any other connection a comparison leaves nothing behind.
    if (numUpdatedRows === 0n) return;
    await appendAudit(tx, at, actor, [{ connectionId, event: "connection.reconciled", detail: { differences } }]);
  });
}

/**
 * Throws `connection.unreconciled` when the connection was restored and its two systems were not compared since, whatever else it may
 * have been stopped for meanwhile.
 */
export async function requireReconciled(db: Db, connectionId: string): Promise<void> {
  if (await isUnreconciled(db, connectionId)) throw new ConnectorError("connection.unreconciled");
}

export async function isUnreconciled(db: Db | Tx, connectionId: string): Promise<boolean> {
  const row = await connectionRow(db, connectionId);
  return row !== undefined && row.restored_at !== null && row.reconciled_at === null;
}

/** How a connection rests that waits for its comparison. */
export const restoredRest = { state: "paused", stop_code: code, stop_text: errorTable[code].message } as const;

const connectionRow = (db: Db | Tx, connectionId: string) =>
  db
    .selectFrom("connections")
    .select(["restored_at", "reconciled_at"])
    .where("id", "=", connectionId)
    .executeTakeFirst();

import { appendAudit } from "../ledger/audit.ts";
import type { Db } from "../ledger/schema.ts";
import { errorTable } from "../lib/error-table.ts";

/**
 * Lets every connection of a restored database rest, with the reason shown on it: what was written to the two systems since the
 * backup is not remembered, so nothing may be written before a person looked. Returns their ids.
 */
export async function pauseRestored(db: Db, at: Date, actor: string): Promise<string[]> {
  const code = "connection.restored";
  return db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom("connections")
      .select(["id", "state", "stop_code", "stop_text"])
      .orderBy("id")
      .forUpdate()
      .execute();
    await tx
      .updateTable("connections")
      .set({ state: "paused", stop_code: code, stop_text: errorTable[code].message, updated_at: at })
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

import { sql } from "kysely";
import type { Db, RecordKind, Tx } from "./schema.ts";

/** Has the records of these names, in upper case, that wait for one reason and no time looked at now. */
export async function wakeRecords(
  tx: Tx,
  of: { connectionId: string; kind: RecordKind; reasonCode: string; names: readonly string[] },
  now: Date,
): Promise<void> {
  if (of.names.length === 0) return;
  await tx
    .updateTable("records")
    .set({ due_at: now })
    .where("connection_id", "=", of.connectionId)
    .where("kind", "=", of.kind)
    .where("state", "=", "Waiting")
    .where("reason_code", "=", of.reasonCode)
    .where("due_at", "is", null)
    .where(sql<boolean>`upper(key) = any(${[...of.names]}::text[])`)
    .execute();
}

/** When the next record of a kind is due; undefined when none is. */
export async function nextDueRecord(db: Db, connectionId: string, kind: RecordKind): Promise<Date | undefined> {
  const row = await db
    .selectFrom("records")
    .select((select) => select.fn.min("due_at").as("at"))
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("due_at", "is not", null)
    .executeTakeFirst();
  return row?.at ?? undefined;
}

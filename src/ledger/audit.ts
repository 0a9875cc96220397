import type { Db, RecordKind, Tx } from "./schema.ts";

/** Who did it: a flow of ours, or a person by e-mail address. */
export type Actor = string;

export interface AuditEntry {
  connectionId: string | undefined;
  kind?: RecordKind;
  key?: string;
  /** `<noun>.<past participle>`, e.g. `order.pushed`. */
  event: string;
  detail?: object;
}

/** Appends entries. Called in the transaction of the change they tell (I11). */
export async function appendAudit(db: Db | Tx, at: Date, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await db
    .insertInto("audit")
    .values(
      entries.map((entry) => ({
        connection_id: entry.connectionId ?? null,
        at,
        actor,
        kind: entry.kind ?? null,
        key: entry.key ?? null,
        event: entry.event,
        detail: JSON.stringify(entry.detail ?? {}),
      })),
    )
    .execute();
}

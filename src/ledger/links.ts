import type { Db, RecordKind, SystemName, Tx } from "./schema.ts";

/** "This there is that here." */
export interface Link {
  kind: RecordKind;
  key: string;
  system: SystemName;
  remoteId: string;
  /** Content hash of what was last sent, where we write the remote side. */
  sentHash: string | undefined;
}

/** Adds a link, or updates the hash of what was last sent. */
export async function saveLink(tx: Tx, connectionId: string, now: Date, link: Link): Promise<void> {
  await tx
    .insertInto("links")
    .values({
      connection_id: connectionId,
      kind: link.kind,
      key: link.key,
      system: link.system,
      remote_id: link.remoteId,
      sent_hash: link.sentHash ?? null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["connection_id", "kind", "key", "system", "remote_id"])
        .doUpdateSet({ sent_hash: link.sentHash ?? null, updated_at: now }),
    )
    .execute();
}

export async function linksOf(
  db: Db | Tx,
  connectionId: string,
  kind: RecordKind,
  keys: readonly string[],
): Promise<Link[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom("links")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "in", keys)
    .orderBy("created_at")
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    key: row.key,
    system: row.system,
    remoteId: row.remote_id,
    sentHash: row.sent_hash ?? undefined,
  }));
}

/** Which of our records these remote documents are: remote id → record key. */
export async function recordsByRemote(
  db: Db | Tx,
  connectionId: string,
  system: SystemName,
  kind: RecordKind,
  remoteIds: readonly string[],
): Promise<Map<string, string>> {
  if (remoteIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("links")
    .select(["remote_id", "key"])
    .where("connection_id", "=", connectionId)
    .where("system", "=", system)
    .where("kind", "=", kind)
    .where("remote_id", "in", remoteIds)
    .execute();
  return new Map(rows.map((row) => [row.remote_id, row.key]));
}

import { holdClaim, type Claim } from "./records.ts";
import type { Db, RecordKind, SystemName, Tx } from "./schema.ts";
import { holdPlan, type PlanHold } from "./shipment-plans.ts";

/** "This there is that here." */
export interface Link {
  kind: RecordKind;
  key: string;
  system: SystemName;
  remoteId: string;
  /** Content hash of what was last sent, where we write the remote side. */
  sentHash: string | undefined;
}

/** Adds a link of the claimed record, or updates the hash of what was last sent. Throws `claim.lost` (I9). */
export async function saveLink(tx: Tx, claim: Claim, now: Date, link: Omit<Link, "kind" | "key">): Promise<void> {
  await holdClaim(tx, claim);
  await tx
    .insertInto("links")
    .values({
      connection_id: claim.connectionId,
      kind: claim.kind,
      key: claim.key,
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

/** Links the labels of a plan to its ERP shipment, for the plan's holder. Throws `claim.lost` (I9). */
export async function saveLabelLinks(
  tx: Tx,
  hold: PlanHold,
  now: Date,
  labelIds: readonly string[],
  shipmentNbr: string,
): Promise<void> {
  await holdPlan(tx, hold);
  await tx
    .insertInto("links")
    .values(
      labelIds.map((key) => ({
        connection_id: hold.connectionId,
        kind: "label" as const,
        key,
        system: "acumatica" as const,
        remote_id: shipmentNbr,
        sent_hash: null,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "kind", "key", "system", "remote_id"]).doUpdateSet({ updated_at: now }),
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

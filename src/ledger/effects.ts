import { sql } from "kysely";
import { ConnectorError } from "../lib/errors.ts";
import { holdClaim, type Claim } from "./records.ts";
import type { Db, EffectState, RecordKind, Tx } from "./schema.ts";

/** One intended remote write (failures 3.4). */
export interface Effect {
  effectKey: string;
  kind: RecordKind;
  key: string;
  state: EffectState;
  planHash: string;
  plan: unknown;
  attempt: number;
  dispatchedAt: Date | undefined;
  quarantineUntil: Date | undefined;
  /** When it was dispatched, at the latest, by the other system's own clock. */
  theirTime: Date | undefined;
  evidence: unknown;
}

/** Sent, and not known what became of it. */
const openStates: readonly EffectState[] = ["dispatched", "in_doubt"];

export interface NewEffect {
  effectKey: string;
  planHash: string;
  plan: unknown;
  /** How long after dispatch an absent result proves nothing. */
  quarantineMs: number;
  /** The other system's own time, at most; the quarantine is judged by it where it is known. */
  theirTimeMs?: number | undefined;
  /** What it must not be in doubt beside. */
  scope?: string;
}

/**
 * Writes an effect ahead of its first byte (I8). Refuses while the same effect is dispatched or in doubt: that one is
 * resolved by reading first. Of an order or item no other version may be in doubt either, or the older body could land last.
 * Throws `claim.lost` if another worker owns the record.
 */
export async function dispatchEffect(tx: Tx, claim: Claim, now: Date, effect: NewEffect): Promise<void> {
  await holdClaim(tx, claim);
  if (claim.kind !== "label") await refuseOtherVersions(tx, claim, effect.effectKey);
  const quarantineUntil = new Date(now.getTime() + effect.quarantineMs);
  const theirTime = effect.theirTimeMs === undefined ? null : new Date(effect.theirTimeMs);
  const result = await tx
    .insertInto("effects")
    .values({
      connection_id: claim.connectionId,
      effect_key: effect.effectKey,
      kind: claim.kind,
      key: claim.key,
      state: "dispatched",
      plan_hash: effect.planHash,
      plan: JSON.stringify(effect.plan),
      attempt: 1,
      fence: claim.fence,
      dispatched_at: now,
      quarantine_until: quarantineUntil,
      settled_at: null,
      their_time: theirTime,
      evidence: null,
      scope: effect.scope ?? null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["connection_id", "effect_key"])
        .doUpdateSet({
          // A shipment may be tried again under the claim of another of its labels: the fence is that one's.
          key: claim.key,
          state: "dispatched",
          plan_hash: effect.planHash,
          plan: JSON.stringify(effect.plan),
          attempt: sql<number>`effects.attempt + 1`,
          fence: claim.fence,
          dispatched_at: now,
          quarantine_until: quarantineUntil,
          settled_at: null,
          their_time: theirTime,
          evidence: null,
          scope: effect.scope ?? null,
        })
        .where("effects.state", "not in", openStates),
    )
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) {
    throw new ConnectorError("internal.defect", { message: `Effect ${effect.effectKey} is still in doubt.` });
  }
}

/** Effects stored as dispatched at one moment count as dispatched at a later one, their quarantines with them. */
export async function restampEffects(tx: Tx, connectionId: string, from: Date, to: Date): Promise<void> {
  const laterMs = to.getTime() - from.getTime();
  await tx
    .updateTable("effects")
    .set({
      dispatched_at: to,
      quarantine_until: sql<Date>`quarantine_until + ${laterMs}::float8 * interval '1 millisecond'`,
      their_time: sql<Date>`their_time + ${laterMs}::float8 * interval '1 millisecond'`,
    })
    .where("connection_id", "=", connectionId)
    .where("state", "=", "dispatched")
    .where("dispatched_at", "=", from)
    .execute();
}

async function refuseOtherVersions(tx: Tx, claim: Claim, effectKey: string): Promise<void> {
  const others = await openEffects(tx, claim.connectionId, claim.kind, [claim.key]);
  const other = others.find((open) => open.effectKey !== effectKey);
  if (!other) return;
  throw new ConnectorError("internal.defect", { message: `Effect ${other.effectKey} is still in doubt.` });
}

/**
 * Writes the outcome of an open effect, with the evidence it rests on, under the claim of its record (I9): a worker that was taken for
 * dead cannot settle what its successor has sent. One that was settled before stays as it is.
 */
export async function settleEffect(
  tx: Tx,
  claim: Claim,
  effectKey: string,
  now: Date,
  state: Exclude<EffectState, "planned" | "dispatched">,
  evidence: object,
): Promise<void> {
  await holdClaim(tx, claim);
  await tx
    .updateTable("effects")
    .set({ state, evidence: JSON.stringify(evidence), settled_at: state === "in_doubt" ? null : now })
    .where("connection_id", "=", claim.connectionId)
    .where("effect_key", "=", effectKey)
    .where("state", "in", openStates)
    .execute();
}

/** Effects of a scope whose outcome is not known. */
export async function openInScope(db: Db | Tx, connectionId: string, scope: string): Promise<Effect[]> {
  const rows = await db
    .selectFrom("effects")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("scope", "=", scope)
    .where("state", "in", openStates)
    .orderBy("effect_key")
    .execute();
  return rows.map(fromRow);
}

/** Effects of these records whose outcome is not known: dispatched before a crash, or in doubt after a lost answer. */
export async function openEffects(
  db: Db | Tx,
  connectionId: string,
  kind: RecordKind,
  keys: readonly string[],
): Promise<Effect[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom("effects")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "in", keys)
    .where("state", "in", openStates)
    .orderBy("effect_key")
    .execute();
  return rows.map(fromRow);
}

/** Records for which a write of ours was ever dispatched: what exists under their key is ours to adopt. */
export async function everDispatched(
  db: Db | Tx,
  connectionId: string,
  kind: RecordKind,
  keys: readonly string[],
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom("effects")
    .select("key")
    .distinct()
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "in", keys)
    .where("dispatched_at", "is not", null)
    .execute();
  return new Set(rows.map((row) => row.key));
}

/** Of each record, the plan of the write that was last seen to be done. */
export async function lastDonePlans<Plan>(
  db: Db | Tx,
  connectionId: string,
  kind: RecordKind,
  keys: readonly string[],
): Promise<Map<string, Plan>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom("effects")
    .select(["key", "plan"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "in", keys)
    .where("state", "=", "done")
    .orderBy("settled_at")
    .execute();
  return new Map(rows.map((row) => [row.key, row.plan as Plan]));
}

export async function findEffect(db: Db | Tx, connectionId: string, effectKey: string): Promise<Effect | undefined> {
  const row = await db
    .selectFrom("effects")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("effect_key", "=", effectKey)
    .executeTakeFirst();
  return row && fromRow(row);
}

function fromRow(row: {
  effect_key: string;
  kind: RecordKind;
  key: string;
  state: EffectState;
  plan_hash: string;
  plan: unknown;
  attempt: number;
  dispatched_at: Date | null;
  quarantine_until: Date | null;
  their_time: Date | null;
  evidence: unknown;
}): Effect {
  return {
    effectKey: row.effect_key,
    kind: row.kind,
    key: row.key,
    state: row.state,
    planHash: row.plan_hash,
    plan: row.plan,
    attempt: row.attempt,
    dispatchedAt: row.dispatched_at ?? undefined,
    quarantineUntil: row.quarantine_until ?? undefined,
    theirTime: row.their_time ?? undefined,
    evidence: row.evidence,
  };
}

import { sql } from "kysely";
import { ConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import { appendAudit, type Actor } from "./audit.ts";
import type { Db, RecordKind, RecordState, Tx } from "./schema.ts";
import { voidPlanHolds } from "./shipment-plans.ts";
import { judgeTry } from "./tries.ts";

export interface Reason {
  /** An error code, or the id of the rule that left the record out. */
  code: string;
  text: string;
}

/** A document as a poll has just seen it. */
export interface SeenRecord {
  kind: RecordKind;
  key: string;
  source: unknown;
  hash: string;
  /** Processed when both sides agree already; Aborted when it could not be read. */
  state: "Prepared" | "Filtered" | "Processed" | "Aborted";
  reason?: Reason;
  problems?: readonly Problem[];
  parentKey?: string;
  title?: string;
  /** Lower-case words a person may search by. */
  search: string;
}

/** A record this worker may act on, until another claims it: every later write compares `fence` (I9). */
export interface Claim {
  connectionId: string;
  kind: RecordKind;
  key: string;
  fence: number;
  source: unknown;
  hash: string;
  parentKey: string | undefined;
  attempts: number;
  /** Why it was due: set after a failure or a replay, when the sources are read again. */
  reasonCode: string | undefined;
}

/** What became of a record. */
export interface Outcome {
  state: RecordState;
  reason?: Reason;
  problems?: readonly Problem[];
  /** When to look again; only for Prepared, Failed and Waiting. */
  dueAt?: Date;
  /** It came to nothing and is tried again by itself: soon if the connection's budget allows it, and for a day at most. */
  isTry?: boolean;
  /** Kept when absent. */
  attempts?: number;
  /** For the audit trail, e.g. `order.pushed`. */
  event: string;
  detail?: object;
  remoteKey?: string;
}

/**
 * Clocks of several machines differ by seconds. A record that was last changed later than this from now was changed by a clock that was
 * wrong: when it is due was told by that clock, too, and means nothing.
 */
const clockWentBackMs = 5 * 60_000;
/** Due, and not in another worker's hands. */
const claimMs = 15 * 60_000;
const keysPerStatement = 500;

/**
 * Stores what a poll saw. A record whose hash is unchanged costs nothing: no row, no audit entry (design 7). A record a
 * person skipped stays skipped. Returns the keys that are new or changed, and those that are new.
 */
export async function saveSeen(
  tx: Tx,
  connectionId: string,
  now: Date,
  seen: readonly SeenRecord[],
  actor: Actor,
): Promise<{ changed: string[]; added: Set<string> }> {
  const known = await knownHashes(tx, connectionId, seen);
  const fresh = [...new Map(seen.map((record) => [`${record.kind}:${record.key}`, record])).values()].filter(
    (record) => known.get(`${record.kind}:${record.key}`) !== record.hash,
  );
  for (let at = 0; at < fresh.length; at += keysPerStatement) {
    const slice = fresh.slice(at, at + keysPerStatement);
    await tx
      .insertInto("records")
      .values(
        slice.map((record) => ({
          connection_id: connectionId,
          kind: record.kind,
          key: record.key,
          state: record.state,
          reason_code: record.reason?.code ?? null,
          reason_text: record.reason?.text ?? null,
          problems: JSON.stringify(record.problems ?? []),
          source: JSON.stringify(record.source),
          source_hash: record.hash,
          parent_key: record.parentKey ?? null,
          remote_key: null,
          title: record.title ?? null,
          search: record.search,
          due_at: record.state === "Prepared" ? now : null,
          first_seen_at: now,
          changed_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(["connection_id", "kind", "key"]).doUpdateSet((row) => ({
          source: row.ref("excluded.source"),
          source_hash: row.ref("excluded.source_hash"),
          parent_key: row.fn.coalesce("excluded.parent_key", "records.parent_key"),
          title: row.ref("excluded.title"),
          search: row.ref("excluded.search"),
          state: keepSkipped("state"),
          reason_code: keepSkipped("reason_code"),
          reason_text: keepSkipped("reason_text"),
          due_at: keepSkipped("due_at"),
          problems: row.ref("excluded.problems"),
          attempts: 0,
          trying_since: null,
          changed_at: now,
        })),
      )
      .execute();
    await appendAudit(
      tx,
      now,
      actor,
      slice.map((record) => ({
        connectionId,
        kind: record.kind,
        key: record.key,
        event: `${record.kind}.${known.has(`${record.kind}:${record.key}`) ? "changed" : "seen"}`,
        detail: { state: record.state, ...(record.reason ? { reason: record.reason } : {}) },
      })),
    );
  }
  const added = fresh.filter((record) => !known.has(`${record.kind}:${record.key}`));
  return { changed: fresh.map((record) => record.key), added: new Set(added.map((record) => record.key)) };
}

function keepSkipped(column: "state" | "reason_code" | "reason_text" | "due_at") {
  const name = sql.ref(column);
  return sql<never>`case when records.state = 'Skipped' then records.${name} else excluded.${name} end`;
}

async function knownHashes(tx: Tx, connectionId: string, seen: readonly SeenRecord[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (let at = 0; at < seen.length; at += keysPerStatement) {
    const slice = seen.slice(at, at + keysPerStatement);
    const rows = await tx
      .selectFrom("records")
      .select(["kind", "key", "source_hash"])
      .where("connection_id", "=", connectionId)
      .where(
        "key",
        "in",
        slice.map((record) => record.key),
      )
      .execute();
    for (const row of rows) hashes.set(`${row.kind}:${row.key}`, row.source_hash);
  }
  return hashes;
}

/**
 * Takes up to `limit` due records, oldest first. `skip locked` lets workers pass each other. `reasonCode` narrows to
 * records that wait for that reason, `horizonMs` reaches a little ahead of now for them.
 */
export async function claimDue(
  db: Db,
  options: {
    connectionId: string;
    kind: RecordKind;
    now: Date;
    limit: number;
    reasonCode?: string;
    horizonMs?: number;
  },
): Promise<Claim[]> {
  const { connectionId, kind, now, limit, reasonCode } = options;
  const horizon = new Date(now.getTime() + (options.horizonMs ?? 0));
  const isOfWrongClock = sql`(due_at is not null and changed_at > ${new Date(now.getTime() + clockWentBackMs)})`;
  const narrowed = reasonCode === undefined ? sql`` : sql`and reason_code = ${reasonCode}`;
  // Materialized: as a plain subquery the planner may run it once per row, and then no limit holds.
  const { rows } = await sql<ClaimRow>`
    with due as materialized (
      select key as due_key from records
       where connection_id = ${connectionId} and kind = ${kind} and (due_at <= ${horizon} or ${isOfWrongClock}) ${narrowed}
         and (claimed_until is null or claimed_until <= ${now})
       order by due_at, key
       limit ${limit}
       for update skip locked)
    update records
       set fence = fence + 1, claimed_until = ${new Date(now.getTime() + claimMs)}
      from due
     where connection_id = ${connectionId} and kind = ${kind} and key = due.due_key
    returning key, fence, source, source_hash, parent_key, attempts, reason_code`.execute(db);
  return rows.map((row) => claimFrom(row, connectionId, kind)).toSorted(byKey);
}

/** A returning clause promises no order; a run does its work in the same one every time. */
const byKey = (left: Claim, right: Claim): number => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0);

function claimFrom(row: ClaimRow, connectionId: string, kind: RecordKind): Claim {
  return {
    connectionId,
    kind,
    key: row.key,
    fence: row.fence,
    source: row.source,
    hash: row.source_hash,
    parentKey: row.parent_key ?? undefined,
    attempts: row.attempts,
    reasonCode: row.reason_code ?? undefined,
  };
}

/** Takes every record of one kind with these parents that is not done, due or not: the labels of an order act together. */
export async function claimByParents(
  db: Db,
  options: { connectionId: string; kind: RecordKind; now: Date; parentKeys: readonly string[] },
): Promise<Claim[]> {
  const { connectionId, kind, now, parentKeys } = options;
  if (parentKeys.length === 0) return [];
  const { rows } = await sql<ClaimRow>`
    update records
       set fence = fence + 1, claimed_until = ${new Date(now.getTime() + claimMs)}
     where connection_id = ${connectionId} and kind = ${kind} and parent_key = any(${[...parentKeys]}::text[])
       and due_at is not null and (claimed_until is null or claimed_until <= ${now})
    returning key, fence, source, source_hash, parent_key, attempts, reason_code`.execute(db);
  return rows.map((row) => claimFrom(row, connectionId, kind)).toSorted(byKey);
}

interface ClaimRow {
  key: string;
  fence: number;
  source: unknown;
  source_hash: string;
  parent_key: string | null;
  attempts: number;
  reason_code: string | null;
}

/**
 * Locks the claimed record and compares its fence: what the transaction writes after it is written under the claim (I9), because nobody
 * can claim the record before it ends. Throws `claim.lost` if another worker has it.
 */
export async function holdClaim(tx: Tx, claim: Claim): Promise<void> {
  const owned = await tx
    .selectFrom("records")
    .select("fence")
    .where("connection_id", "=", claim.connectionId)
    .where("kind", "=", claim.kind)
    .where("key", "=", claim.key)
    .where("fence", "=", claim.fence)
    .forUpdate()
    .executeTakeFirst();
  if (!owned) throw new ConnectorError("claim.lost");
}

/**
 * Writes what became of a claimed record, with its audit entry, and lets go of it. If the source changed meanwhile
 * the record stays due, so that the newer version is worked on. Throws `claim.lost` if another worker has it (I9).
 */
export async function settleRecord(tx: Tx, claim: Claim, now: Date, given: Outcome, actor: Actor): Promise<void> {
  const { outcome, tryingSince } = await judgeTry(tx, claim, now, given);
  const same = sql<boolean>`source_hash = ${claim.hash}`;
  const result = await tx
    .updateTable("records")
    .set({
      state: sql<RecordState>`case when ${same} then ${outcome.state} else 'Prepared' end`,
      reason_code: sql<string | null>`case when ${same} then ${outcome.reason?.code ?? null}::text else null end`,
      reason_text: sql<string | null>`case when ${same} then ${outcome.reason?.text ?? null}::text else null end`,
      problems:
        sql`case when ${same} then ${JSON.stringify(outcome.problems ?? [])}::jsonb else '[]'::jsonb end` as never,
      due_at: sql<Date | null>`case when ${same} then ${outcome.dueAt ?? null}::timestamptz else ${now}::timestamptz end`,
      claimed_until: null,
      changed_at: now,
      trying_since: tryingSince,
      ...(outcome.attempts === undefined ? {} : { attempts: outcome.attempts }),
      ...(outcome.remoteKey === undefined ? {} : { remote_key: outcome.remoteKey }),
    })
    .where("connection_id", "=", claim.connectionId)
    .where("kind", "=", claim.kind)
    .where("key", "=", claim.key)
    .where("fence", "=", claim.fence)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw new ConnectorError("claim.lost");
  await appendAudit(tx, now, actor, [
    {
      connectionId: claim.connectionId,
      kind: claim.kind,
      key: claim.key,
      event: outcome.event,
      detail: {
        state: outcome.state,
        ...(outcome.reason ? { reason: outcome.reason } : {}),
        ...(outcome.problems?.length ? { problems: outcome.problems } : {}),
        ...outcome.detail,
      },
    },
  ]);
}

/** The key a record is about to have in the other system. */
export async function expectRemoteKey(tx: Tx, claim: Claim, remoteKey: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable("records")
    .set({ remote_key: remoteKey })
    .where("connection_id", "=", claim.connectionId)
    .where("kind", "=", claim.kind)
    .where("key", "=", claim.key)
    .where("fence", "=", claim.fence)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new ConnectorError("claim.lost");
}

/** A claimed record's source, read anew from its system. */
export async function refreshSource(tx: Tx, claim: Claim, source: unknown, hash: string): Promise<Claim> {
  await holdClaim(tx, claim);
  await tx
    .updateTable("records")
    .set({ source: JSON.stringify(source), source_hash: hash })
    .where("connection_id", "=", claim.connectionId)
    .where("kind", "=", claim.kind)
    .where("key", "=", claim.key)
    .where("fence", "=", claim.fence)
    .execute();
  return { ...claim, source, hash };
}

/**
 * Takes back claims, all of them or those on one connection's records of one kind. Only for who knows that nobody works on
 * these records.
 */
export async function voidClaims(db: Db, of?: { connectionId: string; kind: RecordKind }): Promise<void> {
  await db
    .updateTable("records")
    .set({ claimed_until: null })
    .where("claimed_until", "is not", null)
    // What is claimed is due; there is an index of what is due.
    .where("due_at", "is not", null)
    .$if(of !== undefined, (query) =>
      query.where("connection_id", "=", of?.connectionId ?? "").where("kind", "=", of?.kind ?? "order"),
    )
    .execute();
  if (of === undefined || of.kind === "label") await voidPlanHolds(db, of?.connectionId);
}

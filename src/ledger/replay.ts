import { appendAudit, type Actor } from "./audit.ts";
import { matchesSearch } from "./search.ts";
import type { Db, RecordKind, RecordState, Tx } from "./schema.ts";
import { wakeBy } from "./wakeups.ts";

export interface ReplayRequest {
  connection: string;
  kind?: RecordKind | undefined;
  keys?: string[] | undefined;
  state?: RecordState | undefined;
  search?: string | undefined;
  dryRun?: boolean | undefined;
}

/** The most records one replay touches. */
export const replayLimit = 500;

/**
 * Has records planned again from the sources. Nothing stored is sent again: the flow reads both systems and plans anew, so a
 * replay of what is already right writes nothing (I6).
 */
export async function replayRecords(
  db: Db,
  now: Date,
  request: ReplayRequest,
  flowOf: (kind: RecordKind) => string,
  actor: Actor,
): Promise<{ matched: number; replayed: number; keys: string[] }> {
  return db.transaction().execute(async (tx) => {
    const rows = await matching(tx, request);
    const chosen = rows.slice(0, replayLimit);
    const keys = chosen.slice(0, 100).map((row) => row.key);
    if (request.dryRun === true) return { matched: rows.length, replayed: 0, keys };
    for (const row of chosen) {
      await tx
        .updateTable("records")
        .set({
          state: "Prepared",
          reason_code: "replay",
          reason_text: `Replayed by ${actor}`,
          problems: "[]",
          attempts: 0,
          trying_since: null,
          due_at: now,
          claimed_until: null,
          changed_at: now,
        })
        .where("connection_id", "=", request.connection)
        .where("kind", "=", row.kind)
        .where("key", "=", row.key)
        .execute();
    }
    await appendAudit(
      tx,
      now,
      actor,
      chosen.map((row) => ({
        connectionId: request.connection,
        kind: row.kind,
        key: row.key,
        event: "record.replayed",
      })),
    );
    for (const flow of new Set(chosen.map((row) => flowOf(row.kind)))) await wakeBy(tx, request.connection, flow, now);
    return { matched: rows.length, replayed: chosen.length, keys };
  });
}

async function matching(tx: Tx, request: ReplayRequest): Promise<{ kind: RecordKind; key: string }[]> {
  let query = tx.selectFrom("records").select(["kind", "key"]).where("connection_id", "=", request.connection);
  if (request.kind !== undefined) query = query.where("kind", "=", request.kind);
  if (request.keys !== undefined) query = query.where("key", "in", request.keys.length > 0 ? request.keys : [""]);
  if (request.state !== undefined) query = query.where("state", "=", request.state);
  if (request.search !== undefined)
    query = query.where((eb) => matchesSearch(eb, request.connection, request.search ?? ""));
  return query.orderBy("kind").orderBy("key").limit(10_000).execute();
}

/** Leaves a record out by a person's decision. It stays so until that person, or another, replays it. */
export async function skipRecord(
  db: Db,
  now: Date,
  record: { connectionId: string; kind: RecordKind; key: string },
  why: string,
  actor: Actor,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const result = await tx
      .updateTable("records")
      .set({
        state: "Skipped",
        reason_code: "skipped-by-person",
        reason_text: `${actor}: ${why}`,
        due_at: null,
        claimed_until: null,
        changed_at: now,
      })
      .where("connection_id", "=", record.connectionId)
      .where("kind", "=", record.kind)
      .where("key", "=", record.key)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return false;
    await appendAudit(tx, now, actor, [
      {
        connectionId: record.connectionId,
        kind: record.kind,
        key: record.key,
        event: "record.skipped",
        detail: { why },
      },
    ]);
    return true;
  });
}

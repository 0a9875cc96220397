import type { Problem } from "../lib/problem.ts";
import type { Db, RecordKind, RecordState } from "./schema.ts";

/** A record as it stands, for those who only look. */
export interface RecordRow {
  key: string;
  state: RecordState;
  reason: { code: string; text: string } | undefined;
  problems: readonly Problem[];
  source: unknown;
  hash: string;
  dueAt: Date | undefined;
}

const keysPerStatement = 1_000;

/** These records, by key; those nobody knows are absent. */
export async function recordRows(
  db: Db,
  connectionId: string,
  kind: RecordKind,
  keys: readonly string[],
): Promise<Map<string, RecordRow>> {
  const found = new Map<string, RecordRow>();
  for (let at = 0; at < keys.length; at += keysPerStatement) {
    const rows = await ofKind(db, connectionId, kind)
      .where("key", "in", keys.slice(at, at + keysPerStatement))
      .execute();
    for (const row of rows) found.set(row.key, fromRow(row));
  }
  return found;
}

/** The records a run that starts now would take up. */
export async function dueRows(db: Db, connectionId: string, kind: RecordKind, now: Date): Promise<RecordRow[]> {
  return (await ofKind(db, connectionId, kind).where("due_at", "<=", now).orderBy("key").execute()).map(fromRow);
}

const ofKind = (db: Db, connectionId: string, kind: RecordKind) =>
  db
    .selectFrom("records")
    .select(["key", "state", "reason_code", "reason_text", "problems", "source", "source_hash", "due_at"])
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind);

function fromRow(row: {
  key: string;
  state: RecordState;
  reason_code: string | null;
  reason_text: string | null;
  problems: Problem[];
  source: unknown;
  source_hash: string;
  due_at: Date | null;
}): RecordRow {
  return {
    key: row.key,
    state: row.state,
    reason: row.reason_code === null ? undefined : { code: row.reason_code, text: row.reason_text ?? "" },
    problems: row.problems,
    source: row.source,
    hash: row.source_hash,
    dueAt: row.due_at ?? undefined,
  };
}

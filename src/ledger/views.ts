import { sql, type ExpressionBuilder, type Selectable } from "kysely";
import { errorTable, type ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { relatedOf, type Related } from "./related.ts";
import { matchesSearch } from "./search.ts";
import type { Database, Db, RecordKind, RecordState } from "./schema.ts";

/** A record as people see it; times are ISO UTC strings. */
export interface RecordView {
  connectionId: string;
  kind: RecordKind;
  key: string;
  state: RecordState;
  title: string | null;
  reason: { code: string; text: string; cure: string } | null;
  problems: Problem[];
  attempts: number;
  dueAt: string | null;
  firstSeenAt: string;
  changedAt: string;
  parentKey: string | null;
  shipstationOrderId: string | null;
  trackingNumbers: string[];
  shipmentNbrs: string[];
}

export interface RecordQuery {
  connectionId?: string | undefined;
  kind?: RecordKind | undefined;
  state?: RecordState | undefined;
  /** Order number, customer, SKU, tracking number, or ShipStation order id. */
  search?: string | undefined;
  limit: number;
  after?: PageMark | undefined;
}

/** The last record of the page before. */
export interface PageMark {
  changedAt: Date;
  connectionId: string;
  kind: string;
  key: string;
}

/** What a list needs of a row: not the source, which may be large. */
export const listColumns = [
  "connection_id",
  "kind",
  "key",
  "state",
  "reason_code",
  "reason_text",
  "problems",
  "attempts",
  "due_at",
  "first_seen_at",
  "changed_at",
  "parent_key",
  "title",
] as const;
export type ListRow = Pick<Selectable<Database["records"]>, (typeof listColumns)[number]>;

/** One page of records, newest change first. `next` is the mark of the page after, as text. */
export async function listRecords(db: Db, query: RecordQuery): Promise<{ records: RecordView[]; next: string | null }> {
  // Each connection's newest are found by its index, then merged: without a connection named, nothing is read in full either.
  let select = db.selectFrom("connections").innerJoinLateral(
    (eb) => newestOf(eb, query).as("newest"),
    (join) => join.onTrue(),
  );
  if (query.connectionId !== undefined) select = select.where("connections.id", "=", query.connectionId);
  const rows = await select
    .selectAll("newest")
    .orderBy("newest.changed_at", "desc")
    .orderBy("newest.connection_id", "desc")
    .orderBy("newest.kind", "desc")
    .orderBy("newest.key", "desc")
    .limit(query.limit + 1)
    .execute();
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    records: await viewsOf(db, page),
    next: rows.length > query.limit && last ? pageMarkOf(last) : null,
  };
}

/** The page of one connection, within a statement over `connections`. */
function newestOf(eb: ExpressionBuilder<Database, "connections">, query: RecordQuery) {
  let select = eb
    .selectFrom("records")
    .select(listColumns.map((column) => `records.${column}` as const))
    .whereRef("records.connection_id", "=", "connections.id");
  if (query.kind !== undefined) select = select.where("records.kind", "=", query.kind);
  if (query.state !== undefined) select = select.where("records.state", "=", query.state);
  const word = query.search?.trim() ?? "";
  if (word !== "") select = select.where((inner) => matchesSearch(inner, query.connectionId, word));
  if (query.after) {
    const { changedAt, connectionId, kind, key } = query.after;
    select = select.where(
      sql<boolean>`(records.changed_at, records.connection_id, records.kind, records.key) < (${changedAt}::timestamptz, ${connectionId}::text, ${kind}::text, ${key}::text)`,
    );
  }
  return select
    .orderBy("records.changed_at", "desc")
    .orderBy("records.kind", "desc")
    .orderBy("records.key", "desc")
    .limit(query.limit + 1);
}

/** One record, as in a list; undefined if there is none. */
export async function findRecordView(
  db: Db,
  connectionId: string,
  kind: RecordKind,
  key: string,
): Promise<RecordView | undefined> {
  const rows = await db
    .selectFrom("records")
    .select(listColumns)
    .where("connection_id", "=", connectionId)
    .where("kind", "=", kind)
    .where("key", "=", key)
    .execute();
  return (await viewsOf(db, rows))[0];
}

export async function viewsOf(db: Db, rows: readonly ListRow[]): Promise<RecordView[]> {
  const related = await relatedOf(db, rows);
  return rows.map((row) => viewOf(row, related(row)));
}

function viewOf(row: ListRow, related: Related): RecordView {
  return {
    connectionId: row.connection_id,
    kind: row.kind,
    key: row.key,
    state: row.state,
    title: row.title,
    reason:
      row.reason_code === null
        ? null
        : { code: row.reason_code, text: row.reason_text ?? "", cure: cureOf(row.reason_code, row.state) },
    problems: row.problems,
    attempts: row.attempts,
    dueAt: row.due_at?.toISOString() ?? null,
    firstSeenAt: row.first_seen_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    parentKey: row.parent_key,
    ...related,
  };
}

/** A reason is an error's code, or the name of the rule or person that left the record out. */
function cureOf(code: string, state: RecordState): string {
  if (Object.hasOwn(errorTable, code)) return errorTable[code as ErrorCode].cure;
  if (state === "Filtered") return "Nothing to do, unless it should not be left out: then change the rule in settings.";
  if (state === "Skipped") return "Replay it to take it up again.";
  return "";
}

function pageMarkOf(row: ListRow): string {
  return Buffer.from(JSON.stringify([row.changed_at.toISOString(), row.connection_id, row.kind, row.key])).toString(
    "base64url",
  );
}

/** Reads what `next` of a page said; undefined if it is no such mark. */
export function parsePageMark(text: string): PageMark | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((part) => typeof part === "string")) return undefined;
  const [at, connectionId, kind, key] = parts as [string, string, string, string];
  const changedAt = new Date(at);
  return Number.isNaN(changedAt.getTime()) ? undefined : { changedAt, connectionId, kind, key };
}

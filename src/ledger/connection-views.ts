import { recordStates, type Db, type RecordKind, type RecordState } from "./schema.ts";

export type RecordCounts = Record<RecordKind, Record<RecordState, number>>;

/** What a connection has been doing; times are ISO UTC strings. */
export interface Activity {
  counts: RecordCounts;
  polls: { stream: string; polledAt: string; position: string; seen: number }[];
  flows: { flow: string; dueAt: string; ranAt: string | null; outcome: string | null }[];
  /** Calls ShipStation leaves us in the current window. */
  budget: { limit: number; remaining: number; windowEndsAt: string } | null;
}

export interface AuditView {
  id: number;
  connectionId: string | null;
  at: string;
  actor: string;
  kind: string | null;
  key: string | null;
  event: string;
  detail: unknown;
  /** Its number in its connection's chain; null in entries from before there was a chain. */
  seq: number | null;
  hash: string | null;
}

export interface AuditQuery {
  connectionId?: string | undefined;
  since?: Date | undefined;
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
}

/** Records of every state, by connection; a connection without records is absent. */
export async function countRecords(db: Db, connectionIds: readonly string[]): Promise<Map<string, RecordCounts>> {
  if (connectionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("records")
    .select((eb) => ["connection_id", "kind", "state", eb.cast<number>(eb.fn.countAll(), "integer").as("count")])
    .where("connection_id", "in", connectionIds)
    .groupBy(["connection_id", "kind", "state"])
    .execute();
  const counts = new Map<string, RecordCounts>();
  for (const row of rows) {
    const own = counts.get(row.connection_id) ?? noRecords();
    own[row.kind][row.state] = row.count;
    counts.set(row.connection_id, own);
  }
  return counts;
}

export function noRecords(): RecordCounts {
  const zeros = () => Object.fromEntries(recordStates.map((state) => [state, 0])) as Record<RecordState, number>;
  return { order: zeros(), label: zeros(), item: zeros(), customer: zeros() };
}

/** One entry for each id asked for. */
export async function activityOf(db: Db, connectionIds: readonly string[]): Promise<Map<string, Activity>> {
  if (connectionIds.length === 0) return new Map();
  const [counts, cursors, wakeups, quotas] = await Promise.all([
    countRecords(db, connectionIds),
    db.selectFrom("cursors").selectAll().where("connection_id", "in", connectionIds).orderBy("stream").execute(),
    db.selectFrom("wakeups").selectAll().where("connection_id", "in", connectionIds).orderBy("flow").execute(),
    db
      .selectFrom("quotas")
      .selectAll()
      .where("connection_id", "in", connectionIds)
      .where("system", "=", "shipstation")
      .execute(),
  ]);
  return new Map(
    connectionIds.map((id) => {
      const quota = quotas.find((row) => row.connection_id === id);
      return [
        id,
        {
          counts: counts.get(id) ?? noRecords(),
          polls: cursors
            .filter((row) => row.connection_id === id)
            .map((row) => ({
              stream: row.stream,
              polledAt: row.polled_at.toISOString(),
              position: row.position.toISOString(),
              seen: row.seen,
            })),
          flows: wakeups
            .filter((row) => row.connection_id === id)
            .map((row) => ({
              flow: row.flow,
              dueAt: row.due_at.toISOString(),
              ranAt: row.ran_at?.toISOString() ?? null,
              outcome: row.outcome,
            })),
          budget: quota
            ? { limit: quota.call_limit, remaining: quota.remaining, windowEndsAt: quota.window_ends_at.toISOString() }
            : null,
        },
      ];
    }),
  );
}

/**
 * The audit trail by pages. Newest first, `before` being the id of the last entry of the page before; or oldest first with `after`,
 * which is 0 for the first page.
 */
export async function listAudit(db: Db, query: AuditQuery): Promise<{ entries: AuditView[]; next: string | null }> {
  const { connectionId, since, before, after, limit } = query;
  let select = db.selectFrom("audit").selectAll();
  if (connectionId !== undefined) select = select.where("connection_id", "=", connectionId);
  if (since !== undefined) select = select.where("at", ">=", since);
  if (before !== undefined) select = select.where("id", "<", before);
  if (after !== undefined) select = select.where("id", ">", after);
  const rows = await select
    .orderBy("id", after === undefined ? "desc" : "asc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  return {
    entries: page.map((row) => ({
      id: row.id,
      connectionId: row.connection_id,
      at: row.at.toISOString(),
      actor: row.actor,
      kind: row.kind,
      key: row.key,
      event: row.event,
      detail: row.detail,
      seq: row.seq,
      hash: row.hash,
    })),
    next: rows.length > limit ? String(page.at(-1)?.id ?? 0) : null,
  };
}

import { sql } from "kysely";
import type { Db, Tx } from "./schema.ts";

/** How far a stream is durably read. */
export interface Cursor {
  position: Date;
  polledAt: Date;
  /** How many polls were kept. */
  polls: number;
}

/** What is known of a stream before it is polled. */
export interface StreamState {
  cursor: Cursor | undefined;
  /** The largest lateness of the last 30 days; 0 where none was late. */
  latenessMs: number;
  /** Where an interrupted listing goes on; undefined when none was. What it is, the client knows. */
  rest: unknown;
}

const latenessDays = 30;

/** All of it in one statement: polls are what a connection does most. */
export async function readStreamState(
  db: Db | Tx,
  connectionId: string,
  stream: string,
  now: Date,
): Promise<StreamState> {
  const of = sql`connection_id = ${connectionId} and stream = ${stream}`;
  const { rows } = await sql<{
    position: Date | null;
    polled_at: Date | null;
    polls: number | null;
    lateness: number | null;
    rest: unknown;
  }>`
    select c.position, c.polled_at, c.polls,
           (select max(largest_ms) from stream_lateness where ${of} and day >= ${latenessSince(now)}) as lateness,
           (select rest from listing_rests where ${of}) as rest
      from (select) as one left join cursors as c on ${of}`.execute(db);
  const [row] = rows;
  return {
    cursor:
      row?.position && row.polled_at && row.polls !== null
        ? { position: row.position, polledAt: row.polled_at, polls: row.polls }
        : undefined,
    latenessMs: row?.lateness ?? 0,
    rest: row?.rest ?? undefined,
  };
}

export async function readCursor(db: Db | Tx, connectionId: string, stream: string): Promise<Cursor | undefined> {
  const row = await db
    .selectFrom("cursors")
    .select(["position", "polled_at", "polls"])
    .where("connection_id", "=", connectionId)
    .where("stream", "=", stream)
    .executeTakeFirst();
  return row && { position: row.position, polledAt: row.polled_at, polls: row.polls };
}

/**
 * Locks a stream's cursor until the transaction ends, if it is still the one a poll began with; undefined otherwise. A worker that was
 * paused over its poll holds rows that are older than what another has stored since: they are thrown away. `hasRest`: an interrupted
 * listing is kept, by this poll or by another.
 */
export async function lockCursor(
  tx: Tx,
  connectionId: string,
  stream: string,
  cursor: Cursor | undefined,
): Promise<{ hasRest: boolean } | undefined> {
  const row = await tx
    .selectFrom("cursors")
    .select((select) => [
      "polls",
      select
        .exists(
          select
            .selectFrom("listing_rests")
            .select("stream")
            .where("listing_rests.connection_id", "=", connectionId)
            .where("listing_rests.stream", "=", stream),
        )
        .as("hasRest"),
    ])
    .where("connection_id", "=", connectionId)
    .where("stream", "=", stream)
    .forUpdate()
    .executeTakeFirst();
  // Of a stream that was never read to its end there is no row to ask with.
  return row?.polls === cursor?.polls ? { hasRest: Boolean(row?.hasRest ?? true) } : undefined;
}

/** Moves a cursor in the transaction that stores the last rows before it (I7). It never goes back. */
export async function moveCursor(
  tx: Tx,
  connectionId: string,
  stream: string,
  position: Date,
  polledAt: Date,
  seen: number,
): Promise<void> {
  await tx
    .insertInto("cursors")
    .values({ connection_id: connectionId, stream, position, polled_at: polledAt, seen, polls: 1 })
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "stream"]).doUpdateSet((row) => ({
        position: row.fn<Date>("greatest", ["excluded.position", "cursors.position"]),
        polled_at: polledAt,
        seen,
        polls: sql<number>`cursors.polls + 1`,
      })),
    )
    .execute();
}

/** Notes how late a row became visible. */
export async function noteLateness(
  tx: Tx,
  connectionId: string,
  stream: string,
  now: Date,
  lateMs: number,
): Promise<void> {
  await tx
    .insertInto("stream_lateness")
    .values({ connection_id: connectionId, stream, day: dayOf(now), largest_ms: lateMs })
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "stream", "day"]).doUpdateSet((row) => ({
        largest_ms: row.fn<number>("greatest", ["excluded.largest_ms", "stream_lateness.largest_ms"]),
      })),
    )
    .execute();
}

/** The largest lateness of the last 30 days of every stream that ever was late. */
export async function largestLatenesses(
  db: Db,
  now: Date,
): Promise<{ connection: string; stream: string; ms: number }[]> {
  const rows = await db
    .selectFrom("stream_lateness")
    .select((select) => ["connection_id", "stream", select.fn.max("largest_ms").as("ms")])
    .where("day", ">=", latenessSince(now))
    .groupBy(["connection_id", "stream"])
    .execute();
  return rows.map((row) => ({ connection: row.connection_id, stream: row.stream, ms: row.ms }));
}

const latenessSince = (now: Date): string => dayOf(new Date(now.getTime() - latenessDays * 86_400_000));

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** Keeps what a sweep found that no poll had. */
export async function noteSweepFinds(
  tx: Db | Tx,
  connectionId: string,
  now: Date,
  finds: readonly { sweep: string; kind: string; key: string; what: string }[],
): Promise<void> {
  if (finds.length === 0) return;
  await tx
    .insertInto("sweep_finds")
    .values(finds.map((find) => ({ connection_id: connectionId, found_at: now, ...find })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** How much each sweep of each connection has found. */
export async function countSweepFinds(db: Db): Promise<{ connection: string; sweep: string; found: number }[]> {
  const rows = await db
    .selectFrom("sweep_finds")
    .select((select) => ["connection_id", "sweep", select.fn.countAll<number>().as("found")])
    .groupBy(["connection_id", "sweep"])
    .execute();
  return rows.map((row) => ({ connection: row.connection_id, sweep: row.sweep, found: row.found }));
}

/** Keeps where a listing goes on, in the transaction that stores its rows; undefined: it has come to its end. */
export async function saveRest(tx: Tx, connectionId: string, stream: string, rest: unknown, now: Date): Promise<void> {
  if (rest === undefined) {
    await tx
      .deleteFrom("listing_rests")
      .where("connection_id", "=", connectionId)
      .where("stream", "=", stream)
      .execute();
    return;
  }
  const row = { rest: JSON.stringify(rest), saved_at: now };
  await tx
    .insertInto("listing_rests")
    .values({ connection_id: connectionId, stream, ...row })
    .onConflict((conflict) => conflict.columns(["connection_id", "stream"]).doUpdateSet(row))
    .execute();
}

import { sql } from "kysely";
import type { Db, Tx } from "./schema.ts";

/**
 * Clocks of several machines differ by seconds. A flow that ran later than this from now ran by a clock that was wrong: when it is due
 * next was told by that clock, too, and means nothing.
 */
const clockWentBackMs = 5 * 60_000;

/** When a flow is due, as it looks at `now`. */
const dueAt = (now: Date) => {
  const horizon = new Date(now.getTime() + clockWentBackMs);
  return sql<Date>`case when wakeups.ran_at > ${horizon}::timestamptz then ${now}::timestamptz else wakeups.due_at end`;
};

/** Has a flow run at `at` or earlier. */
export async function wakeBy(db: Db | Tx, connectionId: string, flow: string, at: Date): Promise<void> {
  await db
    .insertInto("wakeups")
    .values({ connection_id: connectionId, flow, due_at: at, ran_at: null, outcome: null })
    .onConflict((conflict) =>
      conflict
        .columns(["connection_id", "flow"])
        .doUpdateSet((row) => ({ due_at: row.fn<Date>("least", ["wakeups.due_at", "excluded.due_at"]) })),
    )
    .execute();
}

export async function dueFlows(db: Db, now: Date): Promise<{ connectionId: string; flow: string }[]> {
  const rows = await db
    .selectFrom("wakeups")
    .innerJoin("connections", "connections.id", "wakeups.connection_id")
    .select(["wakeups.connection_id", "wakeups.flow"])
    .where("connections.state", "=", "active")
    .where(dueAt(now), "<=", now)
    .orderBy("wakeups.due_at")
    .orderBy("wakeups.connection_id")
    .orderBy("wakeups.flow")
    .limit(500)
    .execute();
  return rows.map((row) => ({ connectionId: row.connection_id, flow: row.flow }));
}

/** Whether a flow still wants a run: a queued job may have been overtaken by the run before it. */
export async function isDue(db: Db, connectionId: string, flow: string, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom("wakeups")
    .select("flow")
    .where("connection_id", "=", connectionId)
    .where("flow", "=", flow)
    .where(dueAt(now), "<=", now)
    .executeTakeFirst();
  return row !== undefined;
}

/** The earliest moment any flow is due; undefined when there is none. */
export async function nextDue(db: Db, now: Date): Promise<Date | undefined> {
  const row = await db
    .selectFrom("wakeups")
    .innerJoin("connections", "connections.id", "wakeups.connection_id")
    .select((select) => select.fn.min(dueAt(now)).as("at"))
    .where("connections.state", "=", "active")
    .executeTakeFirst();
  return row?.at ?? undefined;
}

/**
 * Marks a run as begun: `due_at` moves to the next regular time, so that a wake during the run asks for another. Until it
 * ends it has no outcome.
 */
export async function beginRun(db: Db, connectionId: string, flow: string, now: Date, nextAt: Date): Promise<void> {
  await db
    .updateTable("wakeups")
    .set({ due_at: nextAt, ran_at: now, outcome: null })
    .where("connection_id", "=", connectionId)
    .where("flow", "=", flow)
    .execute();
}

/** Has every flow whose run never ended run now: its process died, and the next regular time may be far. */
export async function wakeInterrupted(db: Db, now: Date): Promise<void> {
  await db
    .updateTable("wakeups")
    .set((row) => ({ due_at: row.fn<Date>("least", ["due_at", row.val(now)]) }))
    .where("ran_at", "is not", null)
    .where("outcome", "is", null)
    .execute();
}

/** Says how a run ended, and has the next one by `nextAt` at the latest. */
export async function endRun(
  db: Db,
  connectionId: string,
  flow: string,
  nextAt: Date | undefined,
  outcome: string,
): Promise<void> {
  await db
    .updateTable("wakeups")
    .set({ outcome })
    .where("connection_id", "=", connectionId)
    .where("flow", "=", flow)
    .execute();
  if (nextAt) await wakeBy(db, connectionId, flow, nextAt);
}

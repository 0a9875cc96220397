import { sql } from "kysely";
import type { Clock } from "../lib/clock.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import { ConnectorError } from "../lib/errors.ts";
import { setNotice } from "./notices.ts";
import type { Db, SystemName } from "./schema.ts";

/** Opens when at least half of at least eight calls of a minute failed (failures 3.7). */
const windowMs = 60_000;
const callsAtLeast = 8;
/** Half a minute at first, then twice as long each time. */
const firstPauseMs = 30_000;
const longestPauseMs = 15 * 60_000;
/** Within this the one call that tries must be over; then another may. */
const probeMs = 90_000;
/** How long a closed breaker is believed to be closed without asking the database. */
const believedMs = 2_000;

/** One system of one connection, as all processes know it. */
export interface Breaker {
  /** Throws `acumatica.circuit-open` or `shipstation.circuit-open` while the system is left alone; lets one call try afterwards. */
  pass(): Promise<void>;
  failed(reason: string): Promise<void>;
  worked(): Promise<void>;
}

export function createBreaker(db: Db, clock: Clock, connectionId: string, system: SystemName): Breaker {
  const code: ErrorCode = system === "acumatica" ? "acumatica.circuit-open" : "shipstation.circuit-open";
  const row = () =>
    db.selectFrom("breakers").selectAll().where("connection_id", "=", connectionId).where("system", "=", system);
  const only = sql<boolean>`connection_id = ${connectionId} and system = ${system}`;
  /** Calls that went well since the last failure: they are counted with the next one, so that a healthy system costs no write. */
  let wellMs: number[] = [];
  let closedAt: number | undefined;
  let isProbing = false;

  async function open(openings: number, reason: string): Promise<void> {
    const until = new Date(clock.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(openings, 10)));
    await db
      .updateTable("breakers")
      .set({ open_until: until, probe_until: null, opened: openings + 1, reason, calls: 0, failures: 0 })
      .where(only)
      .execute();
    const name = system === "acumatica" ? "Acumatica" : "ShipStation";
    const text = `${name} is left alone until ${until.toISOString()}: most calls failed, the last with: ${reason}`;
    await setNotice(db, connectionId, code, text, new Date(clock.now()));
  }

  return {
    pass: async () => {
      const now = clock.now();
      if (closedAt !== undefined && now - closedAt < believedMs && now >= closedAt) return;
      const known = await row().executeTakeFirst();
      if (!known?.open_until) {
        closedAt = now;
        return;
      }
      closedAt = undefined;
      const taken = await db
        .updateTable("breakers")
        .set({ probe_until: new Date(now + probeMs) })
        .where(only)
        .where("open_until", "<=", new Date(now))
        .where((probe) => probe.or([probe("probe_until", "is", null), probe("probe_until", "<=", new Date(now))]))
        .returning("opened")
        .executeTakeFirst();
      isProbing = taken !== undefined;
      if (isProbing) return;
      const openUntil = Math.max(known.open_until.getTime(), now + 1_000);
      throw new ConnectorError(code, { message: known.reason, retryAfterMs: openUntil - now });
    },
    failed: async (reason) => {
      const now = clock.now();
      const well = wellMs.filter((at) => now - at < windowMs).length;
      wellMs = [];
      closedAt = undefined;
      const over = sql<boolean>`breakers.window_ends_at <= ${new Date(now)}`;
      const { rows } = await sql<{ calls: number; failures: number; opened: number; open_until: Date | null }>`
        insert into breakers (connection_id, system, window_ends_at, calls, failures, reason)
        values (${connectionId}, ${system}, ${new Date(now + windowMs)}, ${well + 1}, 1, ${reason})
        on conflict (connection_id, system) do update set
          window_ends_at = case when ${over} then excluded.window_ends_at else breakers.window_ends_at end,
          calls = case when ${over} then ${well + 1}::int else breakers.calls + ${well + 1}::int end,
          failures = case when ${over} then 1 else breakers.failures + 1 end,
          reason = excluded.reason
        returning calls, failures, opened, open_until`.execute(db);
      const [known] = rows;
      if (!known) return;
      if (isProbing || (!known.open_until && known.calls >= callsAtLeast && known.failures * 2 >= known.calls)) {
        isProbing = false;
        await open(known.opened, reason);
      }
    },
    worked: async () => {
      const now = clock.now();
      wellMs = [...wellMs.filter((at) => now - at < windowMs), now].slice(-1_000);
      if (!isProbing) return;
      isProbing = false;
      await db.deleteFrom("breakers").where(only).execute();
      await setNotice(db, connectionId, code, undefined, new Date(now));
      closedAt = now;
    },
  };
}

/** The systems that are left alone now. */
export async function openBreakers(db: Db): Promise<{ connection: string; system: SystemName }[]> {
  const rows = await db
    .selectFrom("breakers")
    .select(["connection_id", "system"])
    .where("open_until", "is not", null)
    .execute();
  return rows.map((row) => ({ connection: row.connection_id, system: row.system }));
}

import { sql } from "kysely";
import type { Db } from "./schema.ts";

/**
 * Shares of the requests a minute that the licence grants: from half of them on Acumatica holds each request back, and others use the
 * licence, too (facts: acumatica 1.4; failures 3.7). In any minute at most the even flow and one burst, together 45 %.
 */
const evenShare = 0.36;
const burstShare = 0.09;

/** The requests to a connection's ERP, shared by all its processes. */
export interface ErpBudget {
  /** Takes one request and gives 0; or takes none, and gives how long to wait in milliseconds. */
  take(): Promise<number>;
}

/**
 * A leaky bucket in one row, by the server's own clock: `window_ends_at` is when everything taken so far would have been asked for at the
 * even pace, and it may be ahead of the present by a burst.
 */
export function createErpBudget(db: Db, connectionId: string, licensedPerMinute: number): ErpBudget {
  const paceMs = 60_000 / (licensedPerMinute * evenShare);
  const burstMs = paceMs * Math.max(1, Math.floor(licensedPerMinute * burstShare));
  const ms = (count: number) => sql`make_interval(secs => ${count / 1000})`;
  const own = sql`connection_id = ${connectionId} and system = 'acumatica'`;
  return {
    take: async () => {
      const { rows } = await sql`
        insert into quotas as q (connection_id, system, window_ends_at, call_limit, remaining, taken)
        values (${connectionId}, 'acumatica', clock_timestamp() + ${ms(paceMs)}, ${licensedPerMinute}, 0, 1)
        on conflict (connection_id, system) do update
          set window_ends_at = ${ms(paceMs)}
                + least(greatest(q.window_ends_at, clock_timestamp()), clock_timestamp() + ${ms(burstMs)}),
              call_limit = excluded.call_limit, taken = q.taken + 1
          where q.window_ends_at <= clock_timestamp() + ${ms(burstMs)}
             -- The server's clock was set back: what it told before means nothing.
             or q.window_ends_at > clock_timestamp() + ${ms(burstMs + 2 * paceMs + 60_000)}
        returning taken`.execute(db);
      if (rows.length > 0) return 0;
      const { rows: left } = await sql<{ ms: number }>`
        select extract(epoch from window_ends_at - clock_timestamp())::float8 * 1000 - ${burstMs}::float8 as ms
          from quotas where ${own}`.execute(db);
      return Math.max(1, Math.ceil(left[0]?.ms ?? 1));
    },
  };
}

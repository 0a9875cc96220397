import { sql } from "kysely";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Db } from "./schema.ts";

/** A budget of calls, and how many a minute it grants until the answers' headers say otherwise. */
export interface BudgetKind {
  system: "shipstation" | "shipstation-v2";
  documentedLimit: number;
}
/** Facts: shipstation 1.3. */
export const v1Budget: BudgetKind = { system: "shipstation", documentedLimit: 40 };
/** Facts: shipstation 6.1. */
export const v2Budget: BudgetKind = { system: "shipstation-v2", documentedLimit: 200 };

const windowMs = 60_000;
/** Shares of the limit each kind of caller may use up: 36 of 40 in all, a quarter of it kept for people and doorbells. */
const shares = { background: 0.675, doorbell: 0.825, person: 0.9 } as const;

/**
 * The ShipStation calls of the current minute, one row per connection and API shared by all processes (design 6.6). A call is taken before it is
 * made; the answer's headers correct the count downwards, because other programs share the window.
 */
export function createCallBudget(db: Db, clock: Clock, connectionId: string, kind: BudgetKind = v1Budget) {
  const { system, documentedLimit } = kind;
  return {
    take: async (priority: keyof typeof shares): Promise<void> => {
      const now = new Date(clock.now());
      const fresh = new Date(now.getTime() + windowMs);
      const over = sql<boolean>`quotas.window_ends_at <= ${now}`;
      const share = shares[priority];
      const { rows } = await sql<{ taken: number }>`
        insert into quotas (connection_id, system, window_ends_at, call_limit, remaining, taken)
        values (${connectionId}, ${system}, ${fresh}, ${documentedLimit}, ${documentedLimit - 1}, 1)
        on conflict (connection_id, system) do update set
          window_ends_at = case when ${over} then ${fresh} else quotas.window_ends_at end,
          taken = case when ${over} then 1 else quotas.taken + 1 end,
          remaining = case when ${over} then quotas.call_limit - 1 else greatest(0, quotas.remaining - 1) end
        where ${over}
           or quotas.call_limit - quotas.remaining + 1 <= floor(quotas.call_limit * ${share}::float8)
        returning taken`.execute(db);
      if (rows.length === 0)
        throw new ConnectorError("shipstation.budget-spent", { retryAfterMs: await untilWindowEnds(now) });
    },
    observe: async (seen: { limit: number; remaining: number; resetSeconds: number }): Promise<void> => {
      const now = clock.now();
      await db
        .updateTable("quotas")
        .set({
          call_limit: seen.limit,
          // Under another limit than the one counted with, what we counted means nothing.
          remaining: sql<number>`case when quotas.call_limit = ${seen.limit}::int
            then least(quotas.remaining, ${seen.remaining}::int) else ${seen.remaining}::int end`,
          window_ends_at: new Date(now + Math.max(1, seen.resetSeconds) * 1000),
        })
        .where("connection_id", "=", connectionId)
        .where("system", "=", system)
        .execute();
    },
  };

  async function untilWindowEnds(now: Date): Promise<number> {
    const row = await db
      .selectFrom("quotas")
      .select("window_ends_at")
      .where("connection_id", "=", connectionId)
      .where("system", "=", system)
      .executeTakeFirst();
    return Math.max(1000, (row?.window_ends_at.getTime() ?? now.getTime() + windowMs) - now.getTime());
  }
}

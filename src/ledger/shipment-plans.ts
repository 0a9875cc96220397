import { ConnectorError } from "../lib/errors.ts";
import type { Db, Tx } from "./schema.ts";

/** A frozen set of labels that becomes one ERP shipment (design 6.3). */
export interface StoredPlan<Plan> {
  planId: string;
  orderKey: string;
  warehouse: string;
  state: "frozen" | "confirmed" | "dropped";
  plan: Plan;
  shipmentNbr: string | undefined;
}

/** The right of one worker to act on a plan: every write of theirs compares the fence (I9). */
export interface PlanHold {
  connectionId: string;
  planId: string;
  fence: number;
}

/** As long as claims on records; it is let go of after the work. */
const holdMs = 15 * 60_000;

/**
 * Freezes a plan, and holds it. Fails if one of its labels belongs to another plan of this warehouse already (I2), or if an earlier
 * plan of this order and warehouse is not confirmed.
 */
export async function freezePlan(
  tx: Tx,
  connectionId: string,
  now: Date,
  frozen: { planId: string; orderKey: string; warehouse: string; plan: unknown; labelIds: readonly string[] },
): Promise<PlanHold> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("shipment_plans")
    .values({
      connection_id: connectionId,
      plan_id: frozen.planId,
      order_key: frozen.orderKey,
      warehouse: frozen.warehouse,
      state: "frozen",
      plan: JSON.stringify(frozen.plan),
      shipment_nbr: null,
      fence: 1,
      held_until: new Date(now.getTime() + holdMs),
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  // Another worker has frozen this plan, or one of the same order and warehouse, a moment ago.
  if (numInsertedOrUpdatedRows !== 1n) throw new ConnectorError("claim.lost");
  await tx
    .insertInto("plan_labels")
    .values(
      frozen.labelIds.map((labelId) => ({
        connection_id: connectionId,
        label_id: labelId,
        warehouse: frozen.warehouse,
        plan_id: frozen.planId,
      })),
    )
    .execute();
  return { connectionId, planId: frozen.planId, fence: 1 };
}

/** Takes a plan to act on it; undefined while another worker has it. */
export async function takePlan(db: Db, connectionId: string, planId: string, now: Date): Promise<PlanHold | undefined> {
  const row = await db
    .updateTable("shipment_plans")
    .set((plan) => ({ fence: plan("fence", "+", 1), held_until: new Date(now.getTime() + holdMs) }))
    .where("connection_id", "=", connectionId)
    .where("plan_id", "=", planId)
    .where((plan) => plan.or([plan("held_until", "is", null), plan("held_until", "<=", now)]))
    .returning("fence")
    .executeTakeFirst();
  return row && { connectionId, planId, fence: row.fence };
}

/** Locks the plan and compares the fence: what the transaction writes after it is written by its holder. Throws `claim.lost`. */
export async function holdPlan(tx: Tx, { connectionId, planId, fence }: PlanHold): Promise<void> {
  const owned = await tx
    .selectFrom("shipment_plans")
    .select("fence")
    .where("connection_id", "=", connectionId)
    .where("plan_id", "=", planId)
    .where("fence", "=", fence)
    .forUpdate()
    .executeTakeFirst();
  if (!owned) throw new ConnectorError("claim.lost");
}

/** Lets go of a plan, unless another worker has it already. */
export async function leavePlan(db: Db, { connectionId, planId, fence }: PlanHold): Promise<void> {
  await db
    .updateTable("shipment_plans")
    .set({ held_until: null })
    .where("connection_id", "=", connectionId)
    .where("plan_id", "=", planId)
    .where("fence", "=", fence)
    .execute();
}

/** Only for who knows that nobody works on these plans. */
export async function voidPlanHolds(db: Db, connectionId: string | undefined): Promise<void> {
  await db
    .updateTable("shipment_plans")
    .set({ held_until: null })
    .where("state", "=", "frozen")
    .where("held_until", "is not", null)
    .$if(connectionId !== undefined, (query) => query.where("connection_id", "=", connectionId ?? ""))
    .execute();
}

export async function updatePlan(
  tx: Tx,
  hold: PlanHold,
  now: Date,
  change: { state?: "frozen" | "confirmed"; shipmentNbr?: string },
): Promise<void> {
  await holdPlan(tx, hold);
  await tx
    .updateTable("shipment_plans")
    .set({
      updated_at: now,
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.shipmentNbr === undefined ? {} : { shipment_nbr: change.shipmentNbr }),
    })
    .where("connection_id", "=", hold.connectionId)
    .where("plan_id", "=", hold.planId)
    .execute();
}

/** Forgets a plan whose create certainly never happened, so that its labels can be planned anew. */
export async function dropPlan(tx: Tx, hold: PlanHold): Promise<void> {
  await holdPlan(tx, hold);
  await tx
    .deleteFrom("shipment_plans")
    .where("connection_id", "=", hold.connectionId)
    .where("plan_id", "=", hold.planId)
    .execute();
}

export async function plansOfOrder<Plan>(
  db: Db | Tx,
  connectionId: string,
  orderKey: string,
): Promise<StoredPlan<Plan>[]> {
  const rows = await db
    .selectFrom("shipment_plans")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("order_key", "=", orderKey)
    .orderBy("created_at")
    .orderBy("plan_id")
    .execute();
  return rows.map((row) => ({
    planId: row.plan_id,
    orderKey: row.order_key,
    warehouse: row.warehouse,
    state: row.state,
    plan: row.plan as Plan,
    shipmentNbr: row.shipment_nbr ?? undefined,
  }));
}

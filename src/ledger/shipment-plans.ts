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

/** Freezes a plan. Fails if one of its labels belongs to another plan of this warehouse already (I2). */
export async function freezePlan(
  tx: Tx,
  connectionId: string,
  now: Date,
  frozen: { planId: string; orderKey: string; warehouse: string; plan: unknown; labelIds: readonly string[] },
): Promise<void> {
  await tx
    .insertInto("shipment_plans")
    .values({
      connection_id: connectionId,
      plan_id: frozen.planId,
      order_key: frozen.orderKey,
      warehouse: frozen.warehouse,
      state: "frozen",
      plan: JSON.stringify(frozen.plan),
      shipment_nbr: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
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
}

export async function updatePlan(
  tx: Db | Tx,
  connectionId: string,
  planId: string,
  now: Date,
  change: { state?: "frozen" | "confirmed" | "dropped"; shipmentNbr?: string },
): Promise<void> {
  await tx
    .updateTable("shipment_plans")
    .set({
      updated_at: now,
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.shipmentNbr === undefined ? {} : { shipment_nbr: change.shipmentNbr }),
    })
    .where("connection_id", "=", connectionId)
    .where("plan_id", "=", planId)
    .execute();
}

/** Forgets a plan whose create certainly never happened, so that its labels can be planned anew. */
export async function dropPlan(tx: Tx, connectionId: string, planId: string): Promise<void> {
  await tx
    .deleteFrom("shipment_plans")
    .where("connection_id", "=", connectionId)
    .where("plan_id", "=", planId)
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

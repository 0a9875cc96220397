import type { Db, Tx } from "./schema.ts";

/** One ShipStation order as last seen by the polls. */
export interface MirrorOrder {
  orderId: string;
  orderKey: string | undefined;
  orderNumber: string | undefined;
  orderStatus: string | undefined;
  storeId: string | undefined;
  /** Of a part that was split off: the order it was split from. */
  parentId?: string | undefined;
  /** Orders that were combined into it. */
  combined?: readonly string[];
  modifyDate: string | undefined;
}

const rowsPerStatement = 500;

/** Updates the mirror; rows that say what is known already are not written. */
export async function saveMirror(
  tx: Tx,
  connectionId: string,
  now: Date,
  orders: readonly MirrorOrder[],
): Promise<void> {
  for (let at = 0; at < orders.length; at += rowsPerStatement) {
    await tx
      .insertInto("mirror_orders")
      .values(
        orders.slice(at, at + rowsPerStatement).map((order) => ({
          connection_id: connectionId,
          order_id: order.orderId,
          order_key: order.orderKey ?? null,
          order_number: order.orderNumber ?? null,
          order_status: order.orderStatus ?? null,
          store_id: order.storeId ?? null,
          parent_id: order.parentId ?? null,
          modify_date: order.modifyDate ?? null,
          seen_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["connection_id", "order_id"])
          .doUpdateSet((row) => ({
            order_key: row.ref("excluded.order_key"),
            order_number: row.ref("excluded.order_number"),
            order_status: row.ref("excluded.order_status"),
            store_id: row.ref("excluded.store_id"),
            parent_id: row.ref("excluded.parent_id"),
            // It is seen again.
            combined_into: null,
            modify_date: row.ref("excluded.modify_date"),
            seen_at: now,
          }))
          .whereRef("mirror_orders.modify_date", "is distinct from", "excluded.modify_date"),
      )
      .execute();
  }
  await noteCombined(tx, connectionId, now, orders);
}

async function noteCombined(tx: Tx, connectionId: string, now: Date, orders: readonly MirrorOrder[]): Promise<void> {
  // Each once: one that was separated again and combined anew may still be named by the first.
  const into = new Map(orders.flatMap(({ orderId, combined = [] }) => combined.map((absorbed) => [absorbed, orderId])));
  const rows = [...into].map(([absorbed, orderId]) => ({
    connection_id: connectionId,
    order_id: absorbed,
    combined_into: orderId,
    seen_at: now,
  }));
  if (rows.length === 0) return;
  await tx
    .insertInto("mirror_orders")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["connection_id", "order_id"])
        .doUpdateSet((row) => ({ combined_into: row.ref("excluded.combined_into") })),
    )
    .execute();
}

/** Of these orders, those that were combined into another one: ShipStation tells nothing of them any more (facts: shipstation 2.9). */
export async function combinedOrders(
  db: Db | Tx,
  connectionId: string,
  orderIds: readonly string[],
): Promise<Set<string>> {
  if (orderIds.length === 0) return new Set();
  const rows = await db
    .selectFrom("mirror_orders")
    .select("order_id")
    .where("connection_id", "=", connectionId)
    .where("order_id", "in", orderIds)
    .where("combined_into", "is not", null)
    .execute();
  return new Set(rows.map(({ order_id }) => order_id));
}

export async function mirrorByKeys(
  db: Db | Tx,
  connectionId: string,
  orderKeys: readonly string[],
): Promise<MirrorOrder[]> {
  if (orderKeys.length === 0) return [];
  const rows = await db
    .selectFrom("mirror_orders")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("order_key", "in", orderKeys)
    .orderBy("order_id")
    .execute();
  return rows.map(fromRow);
}

/** Orders of exactly these numbers, whoever made them. */
export async function mirrorByNumbers(
  db: Db | Tx,
  connectionId: string,
  orderNumbers: readonly string[],
): Promise<MirrorOrder[]> {
  if (orderNumbers.length === 0) return [];
  const rows = await db
    .selectFrom("mirror_orders")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("order_number", "in", orderNumbers)
    .orderBy("order_id")
    .execute();
  return rows.map(fromRow);
}

export async function mirrorByIds(
  db: Db | Tx,
  connectionId: string,
  orderIds: readonly string[],
): Promise<MirrorOrder[]> {
  if (orderIds.length === 0) return [];
  const rows = await db
    .selectFrom("mirror_orders")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("order_id", "in", orderIds)
    .execute();
  return rows.map(fromRow);
}

function fromRow(row: {
  order_id: string;
  order_key: string | null;
  order_number: string | null;
  order_status: string | null;
  store_id: string | null;
  parent_id: string | null;
  modify_date: string | null;
}): MirrorOrder {
  return {
    orderId: row.order_id,
    orderKey: row.order_key ?? undefined,
    orderNumber: row.order_number ?? undefined,
    orderStatus: row.order_status ?? undefined,
    storeId: row.store_id ?? undefined,
    parentId: row.parent_id ?? undefined,
    modifyDate: row.modify_date ?? undefined,
  };
}

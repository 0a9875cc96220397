import { sql } from "kysely";
import type { Db, RecordKind } from "./schema.ts";

/** Numbers of the other systems that people know a record by. */
export interface Related {
  shipstationOrderId: string | null;
  trackingNumbers: string[];
  shipmentNbrs: string[];
}

interface Subject {
  connection_id: string;
  kind: RecordKind;
  key: string;
  parent_key: string | null;
}

const orderKeyOf = (row: Subject): string | null => (row.kind === "order" ? row.key : row.parent_key);
const name = (connectionId: string, key: string): string => `${connectionId}\n${key}`;

/** For a page of records: three statements for all of them, whatever their number. */
export async function relatedOf(db: Db, rows: readonly Subject[]): Promise<(row: Subject) => Related> {
  if (rows.length === 0) return () => ({ shipstationOrderId: null, trackingNumbers: [], shipmentNbrs: [] });
  const orders = rows.flatMap((row) => {
    const key = orderKeyOf(row);
    return key === null ? [] : [{ connectionId: row.connection_id, key }];
  });
  const labels = rows
    .filter((row) => row.kind === "label")
    .map((row) => ({ connectionId: row.connection_id, key: row.key }));
  const [links, tracking, shipments] = await Promise.all([
    orderLinks(db, orders),
    trackingNumbers(db, orders, labels),
    shipmentNumbers(db, orders, labels),
  ]);
  return (row) => {
    const own = `${row.kind}:${name(row.connection_id, row.key)}`;
    const orderKey = orderKeyOf(row);
    return {
      shipstationOrderId: (orderKey === null ? undefined : links.get(name(row.connection_id, orderKey))) ?? null,
      trackingNumbers: [...new Set(tracking.get(own) ?? [])],
      shipmentNbrs: [...new Set(shipments.get(own) ?? [])],
    };
  };
}

interface Key {
  connectionId: string;
  key: string;
}

/** The newest ShipStation order of each order (a split leaves several). */
async function orderLinks(db: Db, orders: readonly Key[]): Promise<Map<string, string>> {
  if (orders.length === 0) return new Map();
  const rows = await db
    .selectFrom("links")
    .select(["connection_id", "key", "remote_id"])
    .where("kind", "=", "order")
    .where("system", "=", "shipstation")
    .where((eb) =>
      eb(
        eb.refTuple("connection_id", "key"),
        "in",
        orders.map((order) => eb.tuple(order.connectionId, order.key)),
      ),
    )
    .orderBy("created_at")
    .execute();
  return new Map(rows.map((row) => [name(row.connection_id, row.key), row.remote_id]));
}

/** Tracking numbers by `label:…` and, over all labels that count, by `order:…`. */
async function trackingNumbers(db: Db, orders: readonly Key[], labels: readonly Key[]): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom("records")
    .select(["connection_id", "key", "parent_key", "state"])
    .select([
      sql<string | null>`source->>'tracking'`.as("number"),
      sql<boolean>`coalesce(source->>'voided' = 'true', false)`.as("voided"),
    ])
    .where("kind", "=", "label")
    .where((eb) =>
      eb.or([
        ...(orders.length === 0
          ? []
          : [
              eb(
                eb.refTuple("connection_id", "parent_key"),
                "in",
                orders.map((order) => eb.tuple(order.connectionId, sql<string>`${order.key}::text`)),
              ),
            ]),
        ...(labels.length === 0
          ? []
          : [
              eb(
                eb.refTuple("connection_id", "key"),
                "in",
                labels.map((label) => eb.tuple(label.connectionId, label.key)),
              ),
            ]),
      ]),
    )
    .orderBy("first_seen_at")
    .execute();
  const numbers = new Map<string, string[]>();
  for (const row of rows) {
    if (row.number === null || row.number === "") continue;
    add(numbers, `label:${name(row.connection_id, row.key)}`, row.number);
    // A voided label, or one left out by a rule (a return, say), is not how the order travels.
    if (row.parent_key !== null && row.state !== "Filtered" && !row.voided) {
      add(numbers, `order:${name(row.connection_id, row.parent_key)}`, row.number);
    }
  }
  return numbers;
}

/** ERP shipments by `order:…` and by `label:…`. */
async function shipmentNumbers(db: Db, orders: readonly Key[], labels: readonly Key[]): Promise<Map<string, string[]>> {
  const numbers = new Map<string, string[]>();
  const [ofOrders, ofLabels] = await Promise.all([
    orders.length === 0
      ? []
      : db
          .selectFrom("shipment_plans")
          .select(["connection_id", "order_key", "shipment_nbr"])
          .where("shipment_nbr", "is not", null)
          .where((eb) =>
            eb(
              eb.refTuple("connection_id", "order_key"),
              "in",
              orders.map((order) => eb.tuple(order.connectionId, order.key)),
            ),
          )
          .orderBy("created_at")
          .execute(),
    labels.length === 0
      ? []
      : db
          .selectFrom("plan_labels")
          .innerJoin("shipment_plans", (join) =>
            join
              .onRef("shipment_plans.connection_id", "=", "plan_labels.connection_id")
              .onRef("shipment_plans.plan_id", "=", "plan_labels.plan_id"),
          )
          .select(["plan_labels.connection_id", "plan_labels.label_id", "shipment_plans.shipment_nbr"])
          .where("shipment_plans.shipment_nbr", "is not", null)
          .where((eb) =>
            eb(
              eb.refTuple("plan_labels.connection_id", "plan_labels.label_id"),
              "in",
              labels.map((label) => eb.tuple(label.connectionId, label.key)),
            ),
          )
          .execute(),
  ]);
  for (const row of ofOrders) add(numbers, `order:${name(row.connection_id, row.order_key)}`, row.shipment_nbr ?? "");
  for (const row of ofLabels) add(numbers, `label:${name(row.connection_id, row.label_id)}`, row.shipment_nbr ?? "");
  return numbers;
}

function add(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

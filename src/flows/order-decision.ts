import type { SalesOrder } from "../acumatica/entities.ts";
import type { Connection } from "../connections/store.ts";
import {
  orderContent,
  planOrder,
  type KnownOrder,
  type Order,
  type OrderPlan,
  type OrderSettings,
} from "../core/orders.ts";
import { readCursor } from "../ledger/cursors.ts";
import { everDispatched } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { ordersOfLabels } from "../ledger/label-owners.ts";
import { itemsBySku } from "../ledger/items.ts";
import { linksOf, type Link } from "../ledger/links.ts";
import { mirrorByIds, mirrorByKeys, mirrorByNumbers, type MirrorOrder } from "../ledger/mirror.ts";
import { mirrorProductsBySku } from "../ledger/mirror-products.ts";
import type { Db } from "../ledger/schema.ts";
import type { Problem } from "../lib/problem.ts";
import type { ItemData } from "../mapping/item-from-acumatica.ts";
import { orderFromAcumatica } from "../mapping/order-from-acumatica.ts";
import { gateOrder } from "../mapping/order-gate.ts";
import { lookUpItems } from "./order-items.ts";
import type { ReadDeps } from "./polls.ts";
import { productStream } from "./product-polls.ts";

/** One order of the ERP under its record's key. */
export interface OrderSource {
  key: string;
  source: SalesOrder;
}

/** What we know of both sides besides the orders themselves. */
export interface OrderKnowledge {
  links: ReadonlyMap<string, Link[]>;
  items: ReadonlyMap<string, ItemData>;
  mirror: ReadonlyMap<string, MirrorOrder[]>;
  mirrorIds: ReadonlyMap<string, MirrorOrder>;
  /** Orders of other origin that have a number of ours, under another key. */
  sameNumbers: ReadonlyMap<string, MirrorOrder>;
  dispatched: ReadonlySet<string>;
  /** SKUs of these orders that ShipStation has a product for; undefined while the mirror of products was never filled. */
  products: ReadonlySet<string> | undefined;
}

/** Read just now and not stored: it wins over what the ledger remembers. */
export interface FreshKnowledge {
  items: ReadonlyMap<string, ItemData>;
  orders: readonly MirrorOrder[];
}

export type OrderDecision =
  | { kind: "gated"; isLinked: boolean; rule: string; text: string }
  | { kind: "unmappable"; problems: Problem[] }
  | { kind: "planned"; order: Order; hash: string; plan: OrderPlan; warnings: Problem[] };

/** The one place that decides what becomes of an order: the flow acts on it, the preview shows it. */
export function decideOrder(
  { key, source }: OrderSource,
  known: OrderKnowledge,
  connection: Connection,
): OrderDecision {
  const settings = mappingSettings(connection);
  const links = known.links.get(key) ?? [];
  const gate = gateOrder(source, settings, links.length > 0);
  if (!gate.pass) return { kind: "gated", isLinked: links.length > 0, rule: gate.rule, text: gate.text };
  const mapped = orderFromAcumatica(source, settings, known.items);
  if (!mapped.ok) return { kind: "unmappable", problems: mapped.problems };
  const order = mapped.value;
  const hash = contentHash(orderContent(order));
  const plan = planOrder(order, hash, knownOrder(order, key, links, known));
  const unborn = plan.kind === "create" || plan.kind === "update" ? productsToBeBorn(order, known.products) : [];
  return { kind: "planned", order, hash, plan, warnings: [...mapped.warnings, ...unborn] };
}

/** The orders' settings with the Ship Via table, which is at home with the shipments and is read in both directions. */
const mappingSettings = ({ settings }: Connection): OrderSettings => ({
  ...settings.orders,
  services: settings.shipments.shipVia,
});

export async function loadKnowledge(
  deps: Pick<ReadDeps, "db" | "connection" | "acumatica">,
  orders: readonly OrderSource[],
  fresh?: FreshKnowledge,
): Promise<OrderKnowledge> {
  const { db, connection } = deps;
  const settings = mappingSettings(connection);
  const keys = orders.map(({ key }) => key);
  const skus = orders.flatMap(({ source }) => (source.Details ?? []).map((line) => (line.InventoryID ?? "").trim()));
  const items = await itemsBySku<ItemData>(db, connection.id, [...new Set(skus)]);
  for (const [sku, item] of fresh?.items ?? []) items.set(sku, item);
  for (const [sku, item] of await lookUpItems(deps, orders, items)) items.set(sku, item);
  const links = new Map<string, Link[]>();
  for (const link of await linksOf(db, connection.id, "order", keys)) {
    links.set(link.key, [...(links.get(link.key) ?? []), link]);
  }
  const mapped = orders.flatMap(({ source }) => {
    const order = orderFromAcumatica(source, settings, items);
    return order.ok ? [order.value] : [];
  });
  const orderKeys = mapped.map(({ orderKey }) => orderKey);
  const linkedIds = [...links.values()].flat().map((link) => link.remoteId);
  const rows = new Map<string, MirrorOrder>();
  for (const row of await mirrorByKeys(db, connection.id, orderKeys)) rows.set(row.orderId, row);
  for (const row of await mirrorByIds(db, connection.id, linkedIds)) rows.set(row.orderId, row);
  for (const row of fresh?.orders ?? []) rows.set(row.orderId, row);
  const mirror = new Map<string, MirrorOrder[]>();
  for (const row of [...rows.values()].toSorted(byId)) {
    if (row.orderKey !== undefined) mirror.set(row.orderKey, [...(mirror.get(row.orderKey) ?? []), row]);
  }
  const sameNumbers = await foreignNumbers(deps, mapped, fresh?.orders ?? []);
  const dispatched = await everDispatched(db, connection.id, "order", keys);
  // Writes of a restored connection may have been forgotten: what bears our key is taken for ours.
  if (connection.restoredAt !== undefined) {
    for (const key of forgotten(orders, settings, items, mirror)) dispatched.add(key);
  }
  return { links, items, mirror, mirrorIds: rows, sameNumbers, dispatched, products: await productsOf(deps, skus) };
}

/**
 * Orders of ours that were sent after the backup a connection was restored from: one order of ShipStation, and one alone, has both
 * their key and their number. Nobody else writes our keys; and a person has seen the comparison before work went on.
 */
function forgotten(
  orders: readonly OrderSource[],
  settings: OrderSettings,
  items: ReadonlyMap<string, ItemData>,
  mirror: ReadonlyMap<string, readonly MirrorOrder[]>,
): string[] {
  return orders.flatMap(({ key, source }) => {
    const mapped = orderFromAcumatica(source, settings, items);
    if (!mapped.ok) return [];
    const found = mirror.get(mapped.value.orderKey) ?? [];
    return found.length === 1 && found[0]?.orderNumber === mapped.value.orderNumber ? [key] : [];
  });
}

async function productsOf(
  { db, connection }: { db: Db; connection: Connection },
  skus: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  if (!(await readCursor(db, connection.id, productStream))) return undefined;
  return new Set((await mirrorProductsBySku(db, connection.id, [...new Set(skus)])).map(({ sku }) => sku));
}

/** Live orders with the number of one of these that belong to no record of ours, by number. */
async function foreignNumbers(
  { db, connection }: { db: Db; connection: Connection },
  orders: readonly Order[],
  fresh: readonly MirrorOrder[],
): Promise<Map<string, MirrorOrder>> {
  if (connection.settings.orders.allowSameNumber) return new Map();
  const keyOf = new Map(orders.map(({ orderNumber, orderKey }) => [orderNumber, orderKey]));
  const rows = new Map<string, MirrorOrder>();
  for (const row of await mirrorByNumbers(db, connection.id, [...keyOf.keys()])) rows.set(row.orderId, row);
  for (const row of fresh) rows.set(row.orderId, row);
  const suspects = [...rows.values()].filter(({ orderNumber, orderKey, orderStatus }) => {
    const ours = orderNumber === undefined ? undefined : keyOf.get(orderNumber);
    return ours !== undefined && orderKey !== ours && orderStatus !== "cancelled";
  });
  const owners = await ordersOfLabels(
    db,
    connection.id,
    suspects.map(({ orderId, orderKey }) => ({
      id: orderId,
      orderId: Number(orderId),
      ...(orderKey !== undefined && { orderKey }),
    })),
  );
  return new Map(suspects.filter((row) => !owners.has(row.orderId)).map((row) => [row.orderNumber ?? "", row]));
}

/** Lines whose SKU is new to ShipStation: no reason to wait, but a typing error is best seen before it becomes a product. */
function productsToBeBorn(order: Order, products: ReadonlySet<string> | undefined): Problem[] {
  if (products === undefined) return [];
  return order.lines
    .filter((line) => !products.has(line.sku))
    .map((line) => ({
      field: `items[${line.lineNbr}].sku`,
      found: line.sku,
      cure: "ShipStation has no product with this SKU and makes one with this order. If it has it under another SKU, make the two equal.",
    }));
}

/** The order in which the mirror itself gives its rows. */
const byId = (left: MirrorOrder, right: MirrorOrder): number =>
  left.orderId < right.orderId ? -1 : left.orderId > right.orderId ? 1 : 0;

function knownOrder(order: Order, key: string, links: readonly Link[], known: OrderKnowledge): KnownOrder {
  const link = links[0];
  const linkedRow = link && known.mirrorIds.get(link.remoteId);
  const byKey = known.mirror.get(order.orderKey) ?? [];
  const row = linkedRow ?? byKey[0];
  const sameNumber = known.sameNumbers.get(order.orderNumber);
  return {
    orderId: link === undefined ? undefined : Number(link.remoteId),
    sentHash: link?.sentHash,
    live: row && { orderStatus: row.orderStatus ?? "", orderKey: row.orderKey, orderId: Number(row.orderId) },
    keyTakenByOther: link === undefined && byKey.length > 0 && !known.dispatched.has(key),
    ...(sameNumber && {
      sameNumber: { orderId: Number(sameNumber.orderId), orderStatus: sameNumber.orderStatus ?? "" },
    }),
  };
}

/** Two orders of one batch want one key: the first goes, the other waits for a person. */
export function sharedKey(orderKey: string): { text: string; problem: Problem } {
  return {
    text: `Another order of this connection uses the key ${orderKey}.`,
    problem: {
      field: "OrderNbr",
      found: orderKey,
      cure: "Put the order type into the connection's order key template, e.g. {OrderType}-{OrderNbr}.",
    },
  };
}

import { gateOrder } from "../mapping/order-gate.ts";
import { itemFromAcumatica, type ItemData } from "../mapping/item-from-acumatica.ts";
import type { SalesOrder } from "../acumatica/entities.ts";
import { noteCodes } from "../ledger/codes-seen.ts";
import { moveCursor, readCursor } from "../ledger/cursors.ts";
import { contentHash } from "../ledger/hash.ts";
import { saveItems } from "../ledger/items.ts";
import { openEffects } from "../ledger/effects.ts";
import { linksOf } from "../ledger/links.ts";
import { saveSeen, type SeenRecord } from "../ledger/records.ts";
import type { Problem } from "../lib/problem.ts";
import { nowOf, type FlowDeps } from "./deps.ts";

/** What a poll re-reads before its cursor: transactions commit late, clocks differ (failures 3.5). */
const overlapMs = 5 * 60_000;
/** What a cursor stays behind now, for rows that are stamped but not yet visible. */
const settleMs = 30_000;
/** How far ahead of our clock a window reaches: theirs may be fast. */
export const aheadMs = 5 * 60_000;
const dayMs = 86_400_000;
/** Lines of an order whose SKUs can be searched for. */
const searchedLines = 20;

const unreadableReason = {
  code: "acumatica.unreadable",
  text: "Acumatica's record has a field that could not be read.",
};

/** The documents changed since the stream's cursor, as an instant; the connection's start for a new stream. */
export async function sinceCursor(deps: Pick<ReadDeps, "db" | "connection">, stream: string): Promise<number> {
  const cursor = await readCursor(deps.db, deps.connection.id, stream);
  if (cursor) return cursor.position.getTime() - overlapMs;
  return deps.connection.createdAt.getTime() - deps.connection.settings.flows.startFromDays * dayMs;
}

/** Where a stream's cursor moves after a complete read; `theirNow` is the other system's clock, where it told. */
export function nextPosition(deps: Pick<FlowDeps, "clock">, theirNow?: number): Date {
  return new Date(Math.min(deps.clock.now(), theirNow ?? Infinity) - settleMs);
}

/** What reading needs, and nothing that could write. */
export type ReadDeps = Pick<FlowDeps, "db" | "clock" | "connection" | "acumatica" | "shipstation">;

/** The stock items changed since the last look; all of them at first. */
export async function changedItems(deps: ReadDeps): Promise<{ sku: string; item: ItemData }[]> {
  const stream = "acumatica.items";
  const fromMs = (await readCursor(deps.db, deps.connection.id, stream)) ? await sinceCursor(deps, stream) : 0;
  const items = await deps.acumatica.listStockItems({ fromMs, toMs: deps.clock.now() + aheadMs });
  return items.flatMap((source) => {
    const item = itemFromAcumatica(source, deps.connection.settings.orders);
    return item.sku === "" ? [] : [{ sku: item.sku, item }];
  });
}

/** Acumatica's stock items into the item table: weights and codes for the order lines. */
export async function readItems(deps: FlowDeps): Promise<void> {
  const rows = await changedItems(deps);
  await deps.db.transaction().execute(async (tx) => {
    await saveItems(tx, deps.connection.id, nowOf(deps), rows);
    await moveCursor(tx, deps.connection.id, "acumatica.items", nextPosition(deps), nowOf(deps), rows.length);
  });
}

/** The sales orders changed since the cursor, or since the connection's start. */
export async function changedOrders(deps: ReadDeps): Promise<{ orders: SalesOrder[]; sinceMs: number }> {
  const fromMs = await sinceCursor(deps, "acumatica.orders");
  return {
    orders: await deps.acumatica.listSalesOrders({ fromMs, toMs: deps.clock.now() + aheadMs }),
    sinceMs: fromMs,
  };
}

/** How often every order that may still be edited is read again, changed or not. */
const sweepMs = 3_600_000;

/**
 * The orders that are in a status that goes out. Nobody has established whether a change confined to lines or addresses moves an order's
 * time stamp (facts: acumatica 2.6); of an order that is being shipped or done nothing can be changed.
 */
async function openOrders(deps: FlowDeps): Promise<SalesOrder[]> {
  const { orders, flows } = deps.connection.settings;
  const window = {
    fromMs: deps.connection.createdAt.getTime() - flows.startFromDays * dayMs,
    toMs: deps.clock.now() + aheadMs,
  };
  const found: SalesOrder[] = [];
  for (const status of orders.statuses) found.push(...(await deps.acumatica.listSalesOrdersOf(status, window)));
  return found;
}

/** Once an hour: what the polls cannot see. */
export async function sweepOrders(deps: FlowDeps): Promise<void> {
  const stream = "acumatica.open-orders";
  const last = await readCursor(deps.db, deps.connection.id, stream);
  if (last && deps.clock.now() - last.polledAt.getTime() < sweepMs) return;
  // The first poll has just read them all.
  const read = last ? () => openOrders(deps) : () => Promise.resolve([]);
  await saveOrders(deps, stream, read);
}

/** Acumatica's changed sales orders into records: each is due, or left out by a rule that is named. */
export async function readOrders(deps: FlowDeps): Promise<void> {
  await saveOrders(deps, "acumatica.orders", async () => (await changedOrders(deps)).orders);
}

async function saveOrders(deps: FlowDeps, stream: string, read: () => Promise<SalesOrder[]>): Promise<void> {
  const { result: orders, attribute } = await deps.archive.polling(read);
  const keys = orders.map(orderRecordKey);
  const linked = new Set((await linksOf(deps.db, deps.connection.id, "order", keys)).map((link) => link.key));
  const doubtful = new Set((await openEffects(deps.db, deps.connection.id, "order", keys)).map((effect) => effect.key));
  const seen = orders.map((order) => {
    const key = orderRecordKey(order);
    return seenOrder(deps, order, { isLinked: linked.has(key), isDoubtful: doubtful.has(key) });
  });
  const changed = await deps.db.transaction().execute(async (tx) => {
    const fresh = await saveSeen(tx, deps.connection.id, nowOf(deps), seen, "orders-out");
    const exported = new Set(seen.filter(({ state }) => state === "Prepared").map(({ key }) => key));
    const taken = new Set(fresh.filter((key) => exported.has(key)));
    await noteCodes(tx, deps.connection.id, nowOf(deps), codesOfOrders(orders, taken));
    await moveCursor(tx, deps.connection.id, stream, nextPosition(deps), nowOf(deps), orders.length);
    return fresh;
  });
  attribute(changed.map((key) => ({ kind: "order" as const, key })));
}

/** What the value tables should know: the codes of orders that are new or changed, each once an order. */
function codesOfOrders(orders: readonly SalesOrder[], taken: ReadonlySet<string>) {
  return orders.flatMap((order) => {
    const example = orderRecordKey(order);
    if (!taken.has(example)) return [];
    const warehouses = new Set((order.Details ?? []).map((line) => line.WarehouseID?.trim() ?? ""));
    return [
      { list: "ship-via" as const, code: order.ShipVia ?? order.ShippingSettings?.ShipVia ?? "", example },
      { list: "order-type" as const, code: order.OrderType ?? "", example },
      ...[...warehouses].map((code) => ({ list: "warehouse" as const, code, example })),
    ];
  });
}

/** `SO/000123`: the order's natural key in the ERP. */
export function orderRecordKey(order: SalesOrder): string {
  return `${(order.OrderType ?? "").trim()}/${(order.OrderNbr ?? "").trim()}`;
}

/** Stamps and the ERP's own shipment rows move without the order changing for us. */
export function orderHash(order: SalesOrder): string {
  return contentHash({ ...order, LastModified: undefined, Shipments: undefined });
}

/** Whom the order is for, as people know it. */
export function orderTitle(order: SalesOrder): string {
  const contact = order.ShipToContact;
  return contact?.BusinessName ?? contact?.Attention ?? order.CustomerID ?? "";
}

/** Fields that could not be read: such an order waits for a person. */
export function unreadableFields(order: SalesOrder): Problem[] {
  return (order.unreadable ?? []).map(({ field, reason }) => ({
    field,
    found: reason,
    cure: "Correct the field in Acumatica; if it looks right there, report it. Then replay.",
  }));
}

/** While a write is in doubt nobody knows whether ShipStation has the order: no rule leaves it out before that is looked up. */
function seenOrder(
  deps: FlowDeps,
  order: SalesOrder,
  { isLinked, isDoubtful }: { isLinked: boolean; isDoubtful: boolean },
): SeenRecord {
  const gate = gateOrder(order, deps.connection.settings.orders, isLinked);
  const contact = order.ShipToContact;
  const title = orderTitle(order);
  const broken = unreadableFields(order);
  const passed = gate.pass || isDoubtful ? "Prepared" : isLinked ? "Processed" : "Filtered";
  const state = broken.length > 0 ? "Aborted" : passed;
  const words = [
    orderRecordKey(order),
    title,
    order.CustomerID,
    order.CustomerOrder,
    order.Description,
    contact?.Attention,
    contact?.Email,
    ...(order.Details ?? []).slice(0, searchedLines).map((line) => line.InventoryID?.trim()),
  ];
  return {
    kind: "order",
    key: orderRecordKey(order),
    source: order,
    hash: orderHash(order),
    state,
    ...(state === "Filtered" && !gate.pass ? { reason: { code: gate.rule, text: gate.text } } : {}),
    ...(state === "Aborted" ? { reason: unreadableReason, problems: broken } : {}),
    title,
    search: words
      .filter((word) => word !== undefined)
      .join(" ")
      .toLowerCase(),
  };
}

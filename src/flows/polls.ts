import { itemFromAcumatica, type ItemData } from "../mapping/item-from-acumatica.ts";
import type { TimeWindow } from "../acumatica/client.types.ts";
import type { SalesOrder, StockItem } from "../acumatica/entities.ts";
import { noteCodes } from "../ledger/codes-seen.ts";
import { noteSweepFinds, readCursor, type Cursor } from "../ledger/cursors.ts";
import type { Subject } from "../ledger/exchanges.ts";
import { saveItems } from "../ledger/items.ts";
import { openEffects } from "../ledger/effects.ts";
import { linksOf } from "../ledger/links.ts";
import { saveSeen, type SeenRecord } from "../ledger/records.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { codesOfOrders, orderRecordKey, seenOrder, stamped } from "./order-records.ts";
import {
  aheadMs,
  beginPoll,
  daysOf,
  keepPoll,
  measureLateness,
  nextPosition,
  overlapFor,
  sinceCursor,
  type StreamStart,
} from "./streams.ts";

const dayMs = 86_400_000;
/** What reading needs, and nothing that could write. */
export type ReadDeps = Pick<FlowDeps, "db" | "clock" | "connection" | "acumatica" | "shipstation">;

/** The stock items changed since the last look; all of them at first. */
export async function changedItems(deps: ReadDeps): Promise<{ sku: string; item: ItemData }[]> {
  const stream = "acumatica.items";
  const fromMs = (await readCursor(deps.db, deps.connection.id, stream)) ? await sinceCursor(deps, stream) : 0;
  return itemsOf(deps, await deps.acumatica.listStockItems({ fromMs, toMs: deps.clock.now() + aheadMs }));
}

const itemsOf = (deps: ReadDeps, sources: readonly StockItem[]): { sku: string; item: ItemData }[] =>
  sources.flatMap((source) => {
    const item = itemFromAcumatica(source, deps.connection.settings.orders);
    return item.sku === "" ? [] : [{ sku: item.sku, item }];
  });

/** Acumatica's stock items into the item table: weights and codes for the order lines. */
export async function readItems(deps: FlowDeps): Promise<void> {
  await pollErp(
    deps,
    { stream: "acumatica.items", firstFromMs: 0 },
    (window) => deps.acumatica.listStockItems(window),
    (tx, rows) => saveItems(tx, deps.connection.id, nowOf(deps), itemsOf(deps, rows)),
  );
}

/** The sales orders changed since the cursor, or since the connection's start. */
export async function changedOrders(deps: ReadDeps): Promise<{ orders: SalesOrder[]; sinceMs: number }> {
  const fromMs = await sinceCursor(deps, "acumatica.orders");
  return {
    orders: await deps.acumatica.listSalesOrders({ fromMs, toMs: deps.clock.now() + aheadMs }),
    sinceMs: fromMs,
  };
}

/**
 * One poll of Acumatica: everything changed since the cursor, and the cursor with it. After a long silence in days, oldest first, each kept
 * for itself. The cursor follows Acumatica's own clock, where it tells the time.
 */
export async function pollErp<Row>(
  deps: FlowDeps,
  { stream, firstFromMs }: { stream: string; firstFromMs?: number },
  list: (window: TimeWindow) => Promise<Row[]>,
  keep: (tx: Tx, rows: Row[], start: StreamStart) => Promise<void>,
): Promise<void> {
  let start = await beginPoll(deps, stream);
  const fromMs = start.cursor === undefined ? (firstFromMs ?? start.sinceMs) : start.sinceMs;
  // A cursor that is ahead of our clock moved by theirs.
  const toMs = Math.max(deps.clock.now(), start.cursor?.position.getTime() ?? 0) + aheadMs;
  const windows = start.cursor === undefined ? [{ fromMs, toMs }] : daysOf(fromMs, toMs);
  for (const window of windows) {
    let theirNow: number | undefined;
    const rows = await list({ ...window, answeredAt: (at) => (theirNow ??= at) });
    const end = nextPosition(deps, theirNow).getTime();
    const position = new Date(window === windows.at(-1) ? end : Math.min(end, window.toMs));
    const kept = await keepPoll(deps, start, { position, rows: rows.length }, async (tx) => {
      await keep(tx, rows, start);
      return true;
    });
    if (kept === undefined) return;
    if (window === windows.at(-1)) return;
    start = { ...start, cursor: await readCursor(deps.db, deps.connection.id, stream), begunAt: nowOf(deps) };
  }
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

/** Once an hour: what the polls cannot see. What it finds that a poll ought to have brought is a fault of ours, and is counted. */
export async function sweepOrders(deps: FlowDeps): Promise<void> {
  const stream = "acumatica.open-orders";
  const { id } = deps.connection;
  const cursor = await readCursor(deps.db, id, stream);
  if (cursor && deps.clock.now() - cursor.polledAt.getTime() < sweepMs) return;
  const begunAt = nowOf(deps);
  // The first poll has just read them all.
  const { result: orders, attribute } = await deps.archive.polling(() =>
    cursor ? openOrders(deps) : Promise.resolve([]),
  );
  const seen = await seenOrders(deps, orders);
  const polled = await readCursor(deps.db, id, ordersStream);
  const start = { stream, cursor, sinceMs: 0, begunAt };
  const position = nextPosition(deps);
  const changed = await keepPoll(deps, start, { position, rows: orders.length }, async (tx) => {
    const kept = await keepOrders(tx, deps, orders, seen);
    const missed = orders.filter((order) => kept.changed.includes(orderRecordKey(order)) && isMissed(order, polled));
    await noteSweepFinds(
      tx,
      id,
      nowOf(deps),
      missed.map((order) => ({ sweep: "hourly", kind: "order", key: orderRecordKey(order), what: "changed unseen" })),
    );
    if (polled)
      await measureLateness(tx, deps, { ...start, stream: ordersStream, cursor: polled }, missed.map(stamped));
    return kept.changed;
  });
  attribute((changed ?? []).map((key) => ({ kind: "order" as const, key })));
}

/** Stamped so long before the cursor that no poll would ask for it again. */
const isMissed = (order: SalesOrder, polled: Cursor | undefined): boolean => {
  const { stampedMs } = stamped(order);
  return polled !== undefined && stampedMs !== undefined && stampedMs < polled.position.getTime() - overlapFor(0);
};

const ordersStream = "acumatica.orders";

/** Acumatica's changed sales orders into records: each is due, or left out by a rule that is named. */
export async function readOrders(deps: FlowDeps): Promise<void> {
  let attribute: ((subjects: readonly Subject[]) => void) | undefined;
  await pollErp(
    deps,
    { stream: ordersStream },
    async (window) => {
      const polled = await deps.archive.polling(() => deps.acumatica.listSalesOrders(window));
      ({ attribute } = polled);
      return polled.result;
    },
    async (tx, orders, start) => {
      const { changed, added } = await keepOrders(tx, deps, orders, await seenOrders(deps, orders, tx));
      const fresh = orders.filter((order) => added.has(orderRecordKey(order)));
      await measureLateness(tx, deps, start, fresh.map(stamped));
      attribute?.(changed.map((key) => ({ kind: "order" as const, key })));
    },
  );
}

/** What is known of these orders decides how they are kept. */
async function seenOrders(deps: FlowDeps, orders: readonly SalesOrder[], db: Db | Tx = deps.db): Promise<SeenRecord[]> {
  const keys = orders.map(orderRecordKey);
  const linked = new Set((await linksOf(db, deps.connection.id, "order", keys)).map((link) => link.key));
  const doubtful = new Set((await openEffects(db, deps.connection.id, "order", keys)).map((effect) => effect.key));
  return orders.map((order) => {
    const key = orderRecordKey(order);
    return seenOrder(deps, order, { isLinked: linked.has(key), isDoubtful: doubtful.has(key) });
  });
}

async function keepOrders(tx: Tx, deps: FlowDeps, orders: readonly SalesOrder[], seen: readonly SeenRecord[]) {
  const kept = await saveSeen(tx, deps.connection.id, nowOf(deps), seen, "orders-out");
  const exported = new Set(seen.filter(({ state }) => state === "Prepared").map(({ key }) => key));
  const taken = new Set(kept.changed.filter((key) => exported.has(key)));
  await noteCodes(tx, deps.connection.id, nowOf(deps), codesOfOrders(orders, taken));
  return kept;
}

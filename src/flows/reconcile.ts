import type { SalesOrder } from "../acumatica/entities.ts";
import { orderContent, type Order } from "../core/orders.ts";
import {
  compareSides,
  labelsMarkedOn,
  type ComparedLabel,
  type ComparedOrder,
  type ComparedShipment,
  type Difference,
  type RecordNote,
} from "../core/reconciliation.ts";
import type { ErpShipment } from "../core/shipments.ts";
import { contentHash } from "../ledger/hash.ts";
import { recordRows, type RecordRow } from "../ledger/record-rows.ts";
import { errorTable } from "../lib/error-table.ts";
import { orderFromAcumatica } from "../mapping/order-from-acumatica.ts";
import { gateOrder } from "../mapping/order-gate.ts";
import { loadKnowledge, type OrderKnowledge, type OrderSource } from "./order-decision.ts";
import { orderRecordKey } from "./order-records.ts";
import type { ReadDeps } from "./polls.ts";
import { lookUpUnseen, readBothSides, type BothSides } from "./reconcile-reading.ts";

export interface Reconciliation {
  connection: string;
  /** What changed in either system since then was compared. */
  since: string;
  compared: { orders: number; labels: number; shipments: number };
  differences: Difference[];
  /** Linked orders that no listing shows and that were not looked up one by one. */
  unchecked: number;
  /** Records a person left out: their differences are decided. */
  skipped: number;
}

/**
 * Compares the two systems over the last days and lists every difference with its cure. Reads by listings, a person's share of the call
 * budget, and writes nothing: ordinary work is done by a replay.
 */
export async function reconcileSides(deps: ReadDeps, days: number): Promise<Reconciliation> {
  return compareBoth(deps, await readBothSides(deps, days));
}

/** The same, of what was read already. */
export async function compareBoth(deps: ReadDeps, sides: BothSides): Promise<Reconciliation> {
  const { db, connection } = deps;
  const rows = await recordRows(db, connection.id, "order", sides.orderKeys);
  const labelRows = await recordRows(db, connection.id, "label", sides.labelKeys);
  const sources = sourcesOf(sides, rows);
  const known = await loadKnowledge(deps, sources, { items: new Map(), orders: sides.mirrorRows });
  const decided = [...rows.values(), ...labelRows.values()].filter((row) => row.state === "Skipped").length;

  const orders = sources
    .filter(({ key, source }) => rows.get(key)?.state !== "Skipped" && source.unreadable === undefined)
    .map((order) => comparedOrder(deps, order, rows.get(order.key), known, sides));
  const { found, unchecked } = await lookUpUnseen(deps, orders);
  const shipments = sides.shipments.map((shipment) => comparedShipment(shipment, labelRows));
  const labels = sides.labels.flatMap(({ label, orderKey }): ComparedLabel[] => {
    const row = labelRows.get(label.id);
    if (label.isReturn || row?.state === "Skipped") return [];
    const { id, tracking, voided } = label;
    return [{ id, orderKey, tracking, voided, isProcessed: row?.state === "Processed", record: noteOf(row) }];
  });
  return {
    connection: connection.id,
    since: new Date(sides.sinceMs).toISOString(),
    compared: { orders: orders.length, labels: labels.length, shipments: shipments.length },
    differences: compareSides({ orders: found, labels, shipments }),
    unchecked,
    skipped: decided,
  };
}

/** The ERP's changed orders, and our stored copies of those that changed in ShipStation alone. */
function sourcesOf(sides: BothSides, rows: ReadonlyMap<string, RecordRow>): OrderSource[] {
  const sources = new Map<string, SalesOrder>([...rows].map(([key, row]) => [key, row.source as SalesOrder]));
  for (const order of sides.erpOrders) sources.set(orderRecordKey(order), order);
  return [...sources]
    .map(([key, source]) => ({ key, source }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

function comparedOrder(
  deps: ReadDeps,
  { key, source }: OrderSource,
  row: RecordRow | undefined,
  known: OrderKnowledge,
  sides: BothSides,
): ComparedOrder {
  const settings = deps.connection.settings.orders;
  const link = known.links.get(key)?.[0];
  const isOurs = known.dispatched.has(key);
  const gate = gateOrder(source, settings, link !== undefined || isOurs);
  const mapped = orderFromAcumatica(source, settings, known.items);
  const order = mapped.ok ? mapped.value : undefined;
  const byKey = order === undefined ? undefined : known.mirror.get(order.orderKey)?.[0]?.orderId;
  const liveId = link?.remoteId ?? byKey;
  return {
    key,
    wish: gate.pass ? (order === undefined ? "ship" : wishes[order.status]) : "nothing",
    problems: mapped.ok ? [] : mapped.problems,
    lines: order === undefined ? [] : [...order.lines, ...(order.shippedLines ?? [])].map(askedLine),
    linkedId: link === undefined ? undefined : Number(link.remoteId),
    isOurs,
    isSent: order !== undefined && link?.sentHash === contentHash(orderContent(order)),
    live:
      liveId === undefined
        ? undefined
        : sides.liveOrder(liveId, link === undefined ? known.mirrorIds.get(liveId) : undefined),
    record: noteOf(row),
  };
}

const wishes = { open: "ship", held: "hold", cancelled: "cancel" } as const;

const askedLine = (line: Order["lines"][number]): ComparedOrder["lines"][number] => {
  const onShipments = line.shippedQuantity ?? 0;
  return { lineNbr: line.lineNbr, sku: line.sku, toShip: line.quantity, onShipments };
};

function comparedShipment(shipment: ErpShipment, labelRows: ReadonlyMap<string, RecordRow>): ComparedShipment {
  const labelIds = labelsMarkedOn(shipment).filter((id) => labelRows.has(id));
  return { ...shipment, labelIds, isProcessed: labelIds.every((id) => labelRows.get(id)?.state === "Processed") };
}

/** A record that waits says until when; one that gave up says how to help it. */
function noteOf(row: RecordRow | undefined): RecordNote | undefined {
  if (row === undefined) return undefined;
  const code = row.reason?.code ?? "";
  const cure = Object.hasOwn(errorTable, code) ? errorTable[code as keyof typeof errorTable].cure : undefined;
  if (row.dueAt !== undefined) {
    return { text: row.reason?.text, cure: `Work is due at ${row.dueAt.toISOString()}; a replay does it at once.` };
  }
  return { text: row.reason?.text, cure: row.state === "Aborted" ? cure : undefined };
}

import type { SalesOrder } from "../acumatica/entities.ts";
import { labelsMarkedOn, type ComparedOrder, type LiveOrder } from "../core/reconciliation.ts";
import { sameTracking } from "../core/shipment-match.ts";
import type { ErpShipment, Label } from "../core/shipments.ts";
import { ordersOfLabels } from "../ledger/label-owners.ts";
import { linksOf } from "../ledger/links.ts";
import type { MirrorOrder } from "../ledger/mirror.ts";
import { erpShipmentFrom } from "../mapping/erp-from-acumatica.ts";
import { labelFromFulfillment, labelFromShipment } from "../mapping/label-from-shipstation.ts";
import { known } from "../mapping/text.ts";
import type { CallPriority } from "../shipstation/v1/client.types.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { wholeListing } from "./listings.ts";
import { mirrorRow } from "./mirror.ts";
import { orderRecordKey } from "./order-records.ts";
import type { ReadDeps } from "./polls.ts";
import { aheadMs } from "./streams.ts";

const dayMs = 86_400_000;
/** Single reads of each system that one comparison may cost beside its listings. */
const singleReads = 10;

/** Both systems, as their listings show them. */
export interface BothSides {
  sinceMs: number;
  erpOrders: SalesOrder[];
  mirrorRows: MirrorOrder[];
  /** Labels of orders of ours, voided ones among them. */
  labels: { label: Label; orderKey: string }[];
  shipments: ErpShipment[];
  /** Records that may have something to do with what was read. */
  orderKeys: string[];
  labelKeys: string[];
  /** The order in ShipStation; where the listing does not show it, as the mirror knows it. */
  liveOrder: (orderId: string, mirrored: MirrorOrder | undefined) => LiveOrder | undefined;
}

/** Four listings of ShipStation and two of Acumatica, whatever the number of orders. */
export async function readBothSides(
  deps: ReadDeps,
  days: number,
  priority: CallPriority = "person",
): Promise<BothSides> {
  const { db, connection, shipstation, acumatica } = deps;
  const sinceMs = deps.clock.now() - days * dayMs;
  const window = { fromMs: sinceMs, toMs: deps.clock.now() + aheadMs };
  const erpOrders = await acumatica.listSalesOrders(window);
  const listed = await acumatica.listShipments(window);
  const { rows: orders } = await wholeListing(deps, sinceMs, (from) => shipstation.listOrdersModified(from, priority));
  const created = await wholeListing(deps, sinceMs, (from) => shipstation.listShipmentsCreated(from, priority));
  const voided = await wholeListing(deps, sinceMs, (from) => shipstation.listShipmentsVoided(from, priority));
  const fulfilled = await wholeListing(deps, sinceMs, (from) => shipstation.listFulfillmentsCreated(from, priority));

  const all = [...created.rows, ...voided.rows].map(labelFromShipment);
  const byId = new Map([...all, ...fulfilled.rows.map(labelFromFulfillment)].map((label) => [label.id, label]));
  const owners = await ordersOfLabels(db, connection.id, [...byId.values()]);
  const labels = [...byId.values()].flatMap((label) => {
    const orderKey = owners.get(label.id);
    return orderKey === undefined ? [] : [{ label, orderKey }];
  });
  const shipments = await withUnlisted(deps, listed.map(erpShipmentFrom), labels);
  const orderOwners = await ordersOfLabels(
    db,
    connection.id,
    orders.map(({ orderId, orderKey }) => ({
      id: String(orderId),
      orderId,
      ...(orderKey !== undefined && { orderKey }),
    })),
  );
  const live = new Map(orders.map((order) => [String(order.orderId), liveFrom(order)]));
  return {
    sinceMs,
    erpOrders,
    mirrorRows: orders.map(mirrorRow),
    labels,
    shipments,
    orderKeys: [...new Set([...erpOrders.map(orderRecordKey), ...orderOwners.values()])],
    labelKeys: [...new Set([...labels.map(({ label }) => label.id), ...shipments.flatMap(labelsMarkedOn)])],
    liveOrder: (orderId, mirrored) => live.get(orderId) ?? (mirrored && liveFromMirror(mirrored)),
  };
}

function liveFrom(order: SsOrder): LiveOrder {
  return {
    orderId: order.orderId,
    status: order.orderStatus ?? "",
    mergedOrSplit: order.advancedOptions?.mergedOrSplit === true,
    // Items without a key and discount lines are people's own.
    lines: order.items.flatMap((item) => {
      const lineKey = known(item.lineItemKey);
      return lineKey === undefined || item.adjustment === true ? [] : [{ lineKey, quantity: item.quantity ?? 0 }];
    }),
  };
}

const liveFromMirror = (row: MirrorOrder): LiveOrder => ({
  orderId: Number(row.orderId),
  status: row.orderStatus ?? "",
  mergedOrSplit: false,
  lines: undefined,
});

/**
 * A label whose package no listed shipment shows, although we know its shipment: the shipment is read by itself before anybody is
 * told that something is missing. It may be older than the time compared, and some sites leave lists of packages empty.
 */
async function withUnlisted(
  deps: ReadDeps,
  listed: ErpShipment[],
  labels: BothSides["labels"],
): Promise<ErpShipment[]> {
  const unseen = labels.filter(({ label }) => !listed.some(({ packages }) => packages.some(hasTrackingOf(label))));
  const keys = unseen.map(({ label }) => label.id);
  const links = await linksOf(deps.db, deps.connection.id, "label", keys);
  const numbers = new Set(links.filter(({ system }) => system === "acumatica").map(({ remoteId }) => remoteId));
  const shipments = new Map(listed.map((shipment) => [shipment.number, shipment]));
  for (const number of [...numbers].slice(0, singleReads)) {
    const read = await deps.acumatica.getShipment(number);
    if (read) shipments.set(number, erpShipmentFrom(read));
  }
  return [...shipments.values()];
}

const hasTrackingOf =
  (label: Label) =>
  ({ tracking }: { tracking?: string }): boolean =>
    sameTracking(label.tracking, tracking);

/**
 * Linked orders that ShipStation's listing does not show are older than the time compared, or gone. The ERP waits for them, so a few are
 * looked up one by one; the others are counted and left out.
 */
export async function lookUpUnseen(
  deps: ReadDeps,
  orders: readonly ComparedOrder[],
): Promise<{ found: ComparedOrder[]; unchecked: number }> {
  const found: ComparedOrder[] = [];
  let reads = 0;
  let unchecked = 0;
  for (const order of orders) {
    if (order.live || order.linkedId === undefined || order.wish === "nothing") found.push(order);
    else if (reads < singleReads) {
      reads += 1;
      const read = await deps.shipstation.getOrder(order.linkedId, "person");
      found.push({ ...order, live: read && liveFrom(read) });
    } else unchecked += 1;
  }
  return { found, unchecked };
}

import type { SalesOrderRow, ShipmentRow as ErpShipment } from "./acumatica/tables.ts";
import type { FulfillmentRow, OrderRow, ShipmentRow as Label, ShipStationTables } from "./shipstation/tables.ts";

/** What the two systems' own tables say about the orders that were due. */
export interface Verdict {
  /** Orders that were Open when they were made and are not cancelled or held since. */
  orders: number;
  /** Of these, in ShipStation exactly once. */
  pushed: number;
  /** Of these, shipped there, and every label right in the ERP. */
  shipped: number;
  /** Orders with at least one problem. */
  failed: number;
  /** One sentence each. */
  problems: string[];
}

export interface CheckedTables {
  salesOrders: readonly SalesOrderRow[];
  erpShipments: readonly ErpShipment[];
  shipStation: ShipStationTables;
  /** Whether an order was Open when it was made. */
  isDue: (order: SalesOrderRow) => boolean;
}

const confirmed = new Set(["Confirmed", "Invoiced", "Partially Invoiced", "Completed", "Receipted"]);
const withdrawn = new Set(["Canceled", "Cancelled", "On Hold", "Credit Hold", "Rejected", "Voided"]);

/**
 * The oracle: reads tables only, knows nothing of the connector. For every due order: exactly one live ShipStation order with
 * the same pieces; each live outbound label in exactly one package, of one confirmed shipment; quantities equal.
 */
export function checkTables(tables: CheckedTables): Verdict {
  const index = indexTables(tables);
  const verdict: Verdict = { orders: 0, pushed: 0, shipped: 0, failed: 0, problems: [] };
  for (const order of tables.salesOrders) {
    if (!tables.isDue(order) || withdrawn.has(order.Status)) continue;
    verdict.orders++;
    const { isPushed, isShipped, problems } = checkOrder(index, order);
    if (isPushed) verdict.pushed++;
    if (isPushed && isShipped && problems.length === 0) verdict.shipped++;
    if (problems.length > 0) verdict.failed++;
    verdict.problems.push(...problems.map((problem) => `${order.OrderType} ${order.OrderNbr}: ${problem}`));
  }
  return verdict;
}

interface Index {
  tables: CheckedTables;
  byKey: Map<string, OrderRow[]>;
  byNumber: Map<string, OrderRow[]>;
  labels: Map<number, Label[]>;
  fulfillments: Map<number, FulfillmentRow[]>;
  /** Shipments by the order their lines name. */
  erp: Map<string, ErpShipment[]>;
}

function indexTables(tables: CheckedTables): Index {
  const group = <T>(rows: Iterable<T>, keysOf: (row: T) => Iterable<string>): Map<string, T[]> => {
    const groups = new Map<string, T[]>();
    for (const row of rows) {
      for (const key of keysOf(row)) {
        const same = groups.get(key);
        if (same) same.push(row);
        else groups.set(key, [row]);
      }
    }
    return groups;
  };
  const byId = <T extends { orderId: number | null }>(rows: Iterable<T>): Map<number, T[]> =>
    new Map([...group(rows, ({ orderId }) => [String(orderId ?? 0)])].map(([id, same]) => [Number(id), same]));
  const live = [...tables.shipStation.orders.values()].filter(({ deletedAt }) => deletedAt === null);
  return {
    tables,
    byKey: group(live, ({ orderKey }) => [orderKey]),
    byNumber: group(live, ({ orderNumber }) => [orderNumber]),
    labels: byId(tables.shipStation.shipments.values()),
    fulfillments: byId(tables.shipStation.fulfillments.values()),
    erp: group(
      tables.erpShipments,
      ({ Details }) => new Set(Details.map((line) => `${line.OrderType} ${line.OrderNbr}`)),
    ),
  };
}

interface OrderVerdict {
  isPushed: boolean;
  isShipped: boolean;
  problems: string[];
}

function checkOrder(index: Index, order: SalesOrderRow): OrderVerdict {
  const copies = copiesOf(index, order);
  const ids = new Set(copies.map(({ orderId }) => orderId));
  const roots = copies.filter(
    ({ parentId, mergedInto }) => mergedInto !== null || parentId === null || !ids.has(parentId),
  );
  if (roots.length !== 1) {
    const found = roots.map(({ orderId }) => orderId).join(", ");
    const problem = roots.length === 0 ? "not in ShipStation" : `in ShipStation ${roots.length} times (${found})`;
    return { isPushed: false, isShipped: false, problems: [problem] };
  }
  // A merged-away order travels with the one that absorbed it.
  const carriers = copies.map((copy) =>
    copy.mergedInto === null ? copy : (index.tables.shipStation.orders.get(copy.mergedInto) ?? copy),
  );
  const isMerged = carriers.some(({ mergedIds }) => mergedIds.length > 0);
  const labels = carriers
    .flatMap(({ orderId }) => index.labels.get(orderId) ?? [])
    .filter(({ voidedAt, isReturnLabel }) => voidedAt === null && !isReturnLabel);
  const byHand = carriers.flatMap(({ orderId }) => index.fulfillments.get(orderId) ?? []);
  const erp = index.erp.get(`${order.OrderType} ${order.OrderNbr}`) ?? [];
  return {
    isPushed: true,
    isShipped: carriers.every(({ orderStatus }) => orderStatus === "shipped") && labels.length + byHand.length > 0,
    problems: [
      ...(isMerged ? [] : pieceProblems(order, copies)),
      ...trackingProblems(erp, [...labels, ...byHand]),
      ...(isMerged || byHand.length > 0 ? [] : shippedProblems(order, labels, erp)),
    ],
  };
}

/** ShipStation orders that stand for this document, whichever way the key is written. */
function copiesOf(index: Index, { OrderType, OrderNbr }: SalesOrderRow): OrderRow[] {
  const isOthers = ({ orderKey }: OrderRow): boolean => {
    const type = /^([A-Z]{2})\b/.exec(orderKey)?.[1];
    return orderKey !== OrderNbr && type !== undefined && type !== OrderType && !OrderNbr.startsWith(type);
  };
  const byKey = [OrderNbr, `${OrderType}-${OrderNbr}`].flatMap((key) => index.byKey.get(key) ?? []);
  return [...new Set([...byKey, ...(index.byNumber.get(OrderNbr) ?? [])])].filter((row) => !isOthers(row));
}

type Pieces = Map<string, number>;

function addPieces(pieces: Pieces, sku: string | null | undefined, quantity: number): void {
  const key = (sku ?? "").trim();
  pieces.set(key, (pieces.get(key) ?? 0) + quantity);
}

function differences(left: Pieces, right: Pieces): string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((sku) => Math.abs((left.get(sku) ?? 0) - (right.get(sku) ?? 0)) > 1e-6)
    .map((sku) => `${sku} ${left.get(sku) ?? 0} against ${right.get(sku) ?? 0}`);
}

/** The pieces that were ordered are those ShipStation knows of. */
function pieceProblems(order: SalesOrderRow, copies: readonly OrderRow[]): string[] {
  const ordered: Pieces = new Map();
  for (const line of order.Details) {
    const isOurs = !(line.MarkForPO && line.POSource === "Drop-Ship") && line.OrderQty > 0;
    if (isOurs) addPieces(ordered, line.InventoryID, line.OrderQty);
  }
  const known: Pieces = new Map();
  for (const { items } of copies) {
    for (const { sku, quantity, adjustment } of items) if (adjustment !== true) addPieces(known, sku, quantity);
  }
  return differences(ordered, known).map((difference) => `ordered in the ERP and in ShipStation differ: ${difference}`);
}

/** Every tracking number is in one package of one confirmed shipment, and in no other. */
function trackingProblems(erp: readonly ErpShipment[], parcels: readonly { trackingNumber: string }[]): string[] {
  return parcels.flatMap(({ trackingNumber }) => {
    if (trackingNumber === "") return [];
    const holders = erp.flatMap((shipment) =>
      shipment.Packages.filter(({ TrackingNbr }) => TrackingNbr?.trim() === trackingNumber).map(() => shipment),
    );
    const [holder] = holders;
    if (!holder) return [`tracking ${trackingNumber} is in no package`];
    if (holders.length > 1) return [`tracking ${trackingNumber} is in ${holders.length} packages`];
    return confirmed.has(holder.Status)
      ? []
      : [`shipment ${holder.ShipmentNbr} with ${trackingNumber} is ${holder.Status}`];
  });
}

/** What the labels carry is what the ERP has confirmed as shipped. */
function shippedProblems(order: SalesOrderRow, labels: readonly Label[], erp: readonly ErpShipment[]): string[] {
  const labelled: Pieces = new Map();
  for (const { items } of labels) {
    const once = new Map(items.map((item) => [item.orderItemId, item]));
    for (const { sku, quantity } of once.values()) addPieces(labelled, sku, quantity);
  }
  const shipped: Pieces = new Map();
  for (const { Status, Details } of erp) {
    if (!confirmed.has(Status)) continue;
    for (const line of Details) {
      const isHere = line.OrderType === order.OrderType && line.OrderNbr === order.OrderNbr;
      if (isHere) addPieces(shipped, line.InventoryID, line.ShippedQty);
    }
  }
  return differences(labelled, shipped).map((difference) => `on labels and shipped in the ERP differ: ${difference}`);
}

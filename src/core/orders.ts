import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { sumOf } from "./decimals.ts";
import type { CarrierService } from "./ship-via.ts";
import type { ShipViaRow } from "./shipments.ts";

export interface Address {
  name: string;
  company?: string;
  street1: string;
  street2?: string;
  city: string;
  state?: string;
  postalCode?: string;
  /** Two letters, upper case. */
  country: string;
  phone?: string;
  /** Only `true` is known; the ERP's `false` means "nobody said". */
  residential?: boolean;
}

export interface OrderLine {
  /** The line's number in the ERP, which may have gaps. It travels as the line's key and is the only way back. */
  lineNbr: number;
  sku: string;
  name: string;
  /** What is still to ship, in the order line's unit of measure: a case of twelve is one piece to ShipStation. */
  quantity: number;
  /** Already on ERP shipments, in the same unit. */
  shippedQuantity?: number;
  unitPrice?: number;
  upc?: string;
  /** Per piece of `quantity`; absent means unknown. */
  weightGrams?: number;
  warehouse?: string;
  /** An address of the web; Acumatica also keeps names of attached files there, which are none (facts: acumatica 5). */
  imageUrl?: string;
  /** The item's own, for customs papers. */
  tariffCode?: string;
  country?: string;
}

/** One sales order as far as shipping goes. */
export interface Order {
  /** Our name of the record: "SO/000123". */
  recordKey: string;
  orderType: string;
  orderNbr: string;
  /** At most 50 characters, as `orderNumber`. */
  orderKey: string;
  orderNumber: string;
  status: "open" | "held" | "cancelled";
  /** `YYYY-MM-DD`. */
  orderedOn: string;
  shipByOn?: string;
  customerId: string;
  customerName?: string;
  customerEmail?: string;
  customerPo?: string;
  shipTo: Address;
  billTo?: Address;
  /** The ERP's Ship Via code. */
  requestedService?: string;
  /** Lines with something to ship. */
  lines: OrderLine[];
  /** Lines whose whole quantity is on ERP shipments: no longer sent, still part of what was asked. */
  shippedLines?: OrderLine[];
  /** For people to see; money is never sent. */
  orderTotal?: number;
  taxTotal?: number;
  /** Where a new order is filed. ShipStation ignores it later. */
  storeId?: number;
  /** ShipStation's warehouse the parcel leaves from. */
  shipFromId?: number;
  /** What the Ship Via means in ShipStation, where the table says so. */
  carrierService?: CarrierService;
  /** The parcel crosses a border: customs papers are needed. */
  isForeign?: boolean;
  /** The prices are not in dollars, so that they are no customs values (facts: shipstation 2.1). */
  isOtherCurrency?: boolean;
}

export interface OrderSettings {
  /** Order types that are exported, e.g. `["SO"]`. */
  orderTypes: string[];
  /** Statuses that are exported, e.g. `["Open"]`. A status nobody listed is not exported. */
  statuses: string[];
  /** `{OrderNbr}` and `{OrderType}` are filled in; the rest stays. */
  orderKeyTemplate: string;
  storeId?: number;
  /** Value table: stores by order type; `storeId` is for the others. */
  storeByOrderType?: Record<string, number>;
  /** ERP warehouse to ShipStation warehouse id. */
  shipFrom: Record<string, number>;
  /** Only lines of these ERP warehouses ship through ShipStation; absent means all. */
  warehouses?: string[];
  /** An order is sent although ShipStation has one of another origin with the same number. */
  allowSameNumber?: boolean;
  /** The unit of item weights whose unit the ERP leaves empty. */
  itemWeightUnit: "LB" | "OZ" | "KG" | "G";
  /** Two letters; orders to other countries carry customs lines, unless `customs` is off. */
  homeCountry: string;
  customs: "foreign" | "off";
  /** The Ship Via table, for its rows that say what orders ask for. */
  services?: ShipViaRow[];
}

/** What the ledger's link and mirror say of ShipStation's side. */
export interface KnownOrder {
  /** The linked order. */
  orderId: number | undefined;
  /** Hash of the content last sent. */
  sentHash: string | undefined;
  /** The mirror's row of the linked order, or of any order with this key. */
  live:
    | {
        orderStatus: string;
        orderKey: string | undefined;
        orderId: number;
        /** The warehouse split it or combined it with another. */
        mergedOrSplit?: boolean;
      }
    | undefined;
  /** The key belongs to an order that is not ours, or to another of our records. */
  keyTakenByOther: boolean;
  /** An order that is not ours and not cancelled has our number under another key: a person may have typed it in. */
  sameNumber?: { orderId: number; orderStatus: string };
}

export type OrderPlan =
  | { kind: "create"; order: Order }
  | { kind: "update"; orderId: number; order: Order }
  /**
   * Both sides agree or there is nothing to send. With `orderId`, an order of ours was found again: link it, with this
   * hash as the one last sent, or the next plan takes it for changed.
   */
  | { kind: "settled"; why: string; orderId?: number }
  | { kind: "blocked"; code: ErrorCode; problems: Problem[] };

/** Whether an order is exported at all. A rule's id is stable: people filter by it. */
export type Gate = { pass: true } | { pass: false; rule: string; text: string };

/**
 * ShipStation statuses in which an order may be written (facts: shipstation 2.1). `pending_fulfillment` is left out: the order
 * is in a fulfilment provider's hands. So is every status we do not know.
 */
const writable = new Set(["awaiting_payment", "awaiting_shipment", "on_hold"]);

/** Whether an order in this ShipStation status may still be written. */
export const isWritable = (orderStatus: string): boolean => writable.has(orderStatus);

const settled = (why: string, orderId?: number): OrderPlan =>
  orderId === undefined ? { kind: "settled", why } : { kind: "settled", why, orderId };

/**
 * Decide what ShipStation needs so that it agrees with the ERP. Pure: the same answer for the same knowledge.
 * A linked order is never created again, whatever became of it (I1); after what is planned was sent, planning again is settled.
 * A linked order that vanished from ShipStation is found by the flow's fresh read, not here.
 */
export function planOrder(order: Order, hash: string, known: KnownOrder): OrderPlan {
  if (known.orderId !== undefined) return planLinked(order, hash, known, known.orderId);
  if (known.keyTakenByOther) {
    return order.status === "open" ? keyTaken(order, known) : settled("never sent, and not to be shipped");
  }
  // The key is in ShipStation and ours: the ledger lost its link (a restored backup), or an answer never came.
  if (known.live) return planFound(order, known.live);
  if (order.status !== "open") return settled("never sent, and not to be shipped");
  return known.sameNumber ? numberTaken(order, known.sameNumber) : { kind: "create", order };
}

function planLinked(order: Order, hash: string, known: KnownOrder, orderId: number): OrderPlan {
  if (known.sentHash === hash) return settled("unchanged since it was sent");
  const { live } = known;
  if (!live) return { kind: "update", orderId, order };
  if (isAlreadySo(order, live.orderStatus)) return settled(`already ${live.orderStatus} in ShipStation`);
  if (!writable.has(live.orderStatus)) {
    return locked(order, `The ShipStation order is ${live.orderStatus || "in an unnamed status"}.`);
  }
  // A part does not hold the whole order's lines: sending them would ship again what another part has shipped.
  if (live.mergedOrSplit) return locked(order, "The warehouse split or combined the ShipStation order.");
  return { kind: "update", orderId, order };
}

function planFound(order: Order, live: NonNullable<KnownOrder["live"]>): OrderPlan {
  // Nobody knows what was sent to it, so a locked one cannot be said to have changed since: it is linked as it is.
  if (!writable.has(live.orderStatus) || live.mergedOrSplit || isAlreadySo(order, live.orderStatus)) {
    return settled(`found again in ShipStation as ${live.orderStatus}`, live.orderId);
  }
  return { kind: "update", orderId: live.orderId, order };
}

/** The wish is that nothing is shipped, and ShipStation has stopped the order for good. */
const isAlreadySo = (order: Order, liveStatus: string): boolean =>
  order.status !== "open" && liveStatus === "cancelled";

const keyTaken = (order: Order, known: KnownOrder): OrderPlan => ({
  kind: "blocked",
  code: "order.key-taken",
  problems: [
    {
      field: "orderKey",
      found: known.live ? `${order.orderKey}, on ShipStation order ${known.live.orderId}` : order.orderKey,
      cure: "Give this connection's order key template a part of its own, such as the order type, or remove the other order.",
    },
  ],
});

const numberTaken = (order: Order, other: NonNullable<KnownOrder["sameNumber"]>): OrderPlan => ({
  kind: "blocked",
  code: "order.number-taken",
  problems: [
    {
      field: "orderNumber",
      found: `${order.orderNumber}, on ShipStation order ${other.orderId} (${other.orderStatus || "no status"})`,
      cure: "If it is this order, skip the record, or cancel the ShipStation order and replay. If it is another one, set orders.allowSameNumber and replay.",
    },
  ],
});

const wishes: Record<Order["status"], string> = {
  open: "changed in Acumatica",
  held: "put on hold in Acumatica",
  cancelled: "cancelled in Acumatica",
};

const locked = (order: Order, why: string): OrderPlan => ({
  kind: "blocked",
  code: "order.locked",
  problems: [
    {
      field: "orderStatus",
      found: `${why} The order was ${wishes[order.status]} since it was sent.`,
      cure: "Correct the ShipStation order by hand (void its label first if it has one), or take the change back in Acumatica.",
    },
  ],
});

/**
 * The value to hash: what we would send, in a fixed order of members. Three things differ from the body on purpose.
 * Key, number and store are settled at creation, so a changed template or store setting is no change of any order.
 * Lines carry what was *asked* (to ship plus already on shipments), because what is open falls by itself with every shipment and
 * would make each partial shipment look like an edit. What only dresses the order (customs lines, images, the carrier's service that the
 * table gives to its Ship Via) travels with it but is no change of it: else an edited table would touch every order, shipped ones
 * included. And an order that is held or cancelled is only its status:
 * nothing else is sent then, and it may be incomplete.
 */
export function orderContent(order: Order): unknown {
  const head = { record: order.recordKey, status: order.status };
  if (order.status !== "open") return head;
  return {
    ...head,
    orderedOn: order.orderedOn,
    shipByOn: order.shipByOn ?? null,
    customer: [order.customerId, order.customerEmail ?? null, order.customerPo ?? null],
    shipTo: addressContent(order.shipTo),
    billTo: order.billTo ? addressContent(order.billTo) : null,
    service: order.requestedService ?? null,
    shipFromId: order.shipFromId ?? null,
    lines: [...order.lines, ...(order.shippedLines ?? [])]
      .toSorted((left, right) => left.lineNbr - right.lineNbr)
      .map((line) => ({
        line: line.lineNbr,
        sku: line.sku,
        name: line.name,
        asked: sumOf([line.quantity, line.shippedQuantity ?? 0]),
        unitPrice: line.unitPrice ?? null,
        upc: line.upc ?? null,
        weightGrams: line.weightGrams ?? null,
      })),
  };
}

const addressContent = (address: Address): unknown => [
  address.name,
  address.company ?? null,
  address.street1,
  address.street2 ?? null,
  address.city,
  address.state ?? null,
  address.postalCode ?? null,
  address.country,
  address.phone ?? null,
  address.residential ?? null,
];

import type { Problem } from "../lib/problem.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { WeightUnit } from "./weights.ts";

/** A parcel that left, as ShipStation tells it. */
export interface Label {
  /** "S87654321" for a label bought in ShipStation, "F123" for an order marked as shipped. Unique per connection. */
  id: string;
  source: "label" | "fulfillment";
  orderId?: number;
  orderKey?: string;
  orderNumber?: string;
  tracking?: string;
  /** A code such as `ups_walleted`; fulfilments carry display names such as "UPS". */
  carrier?: string;
  service?: string;
  /** A code such as `medium_flat_rate_box`. */
  package?: string;
  /** Calendar date `YYYY-MM-DD`, never shifted. */
  shippedOn?: string;
  /** Postage and insurance together, in the account's currency. */
  cost?: number;
  weightGrams?: number;
  voided: boolean;
  isReturn: boolean;
  /** ShipStation's own text; only its order matters here. */
  createdAt?: string;
  /** Absent when the source lists no items or was not asked for them. */
  lines?: LabelLine[];
}

export interface LabelLine {
  orderItemId?: number;
  /** What we sent as the line's key: the ERP's line number. */
  lineKey?: string;
  sku?: string;
  name?: string;
  /** In the unit the order line was sent in. */
  quantity: number;
}

export interface ErpLine {
  lineNbr: number;
  sku: string;
  /** Not yet on a *confirmed* shipment, in the line's unit. */
  openQty: number;
  warehouse: string;
  uom?: string;
}

/** The sales order as far as shipments of it go: the lines that ship from us. */
export interface ErpOrder {
  orderType: string;
  orderNbr: string;
  status: string;
  customerId: string;
  locationId?: string;
  shipVia?: string;
  lines: ErpLine[];
  shipments: { number: string; status: string }[];
}

export interface ErpShipment {
  number: string;
  status: string;
  hold?: boolean;
  warehouse?: string;
  description?: string;
  shipVia?: string;
  shippedOn?: string;
  freightCost?: number;
  /** Absent where the endpoint does not tell. */
  unlimitedPackages?: boolean;
  lines: { orderType: string; orderNbr: string; orderLine: number; sku?: string; quantity: number }[];
  packages: ErpPackage[];
}

export interface ErpPackage {
  id?: string;
  tracking?: string;
  /** CustomRefNbr1. */
  mark?: string;
  weight?: number;
  boxId?: string;
}

/** One row of the Ship Via table: ShipStation's carrier, service and package ↔ the ERP's code. */
export interface ShipViaRow {
  carrier: string;
  /** `*` for every service of the carrier. */
  service?: string;
  package?: string;
  shipVia: string;
  /** `label`, when absent: a label of this service gets this Ship Via. `order`: an order with this Ship Via asks for this service. */
  direction?: "label" | "order" | "both";
}

export interface ShipmentSettings {
  /** Value table: a row with a service wins over its carrier's row. */
  shipVia: ShipViaRow[];
  defaultShipVia?: string;
  /** Box of every package; it must exist in Acumatica (CS207600). */
  box?: string;
  /** Value table: boxes by ShipStation's package; `box` is for the others. */
  boxes?: { package: string; box: string }[];
  companyWeightUnit: WeightUnit;
  freight: "off" | "cost" | { markupPercent: number };
}

/** One ERP shipment to be: an order's labels of one warehouse. */
export interface ShipmentPlan {
  /** Order, warehouse and label ids: the same labels give the same id in whatever order they came. */
  id: string;
  recordKey: string;
  orderType: string;
  orderNbr: string;
  customerId: string;
  locationId?: string;
  warehouse: string;
  /** Labels whose parcel is booked here. A label is in one plan only. */
  labelIds: string[];
  /** Labels that hold goods of this warehouse too, but whose parcel is booked on another warehouse's shipment. */
  sharedLabelIds?: string[];
  lines: { lineNbr: number; quantity: number }[];
  packages: PlannedPackage[];
  shipVia?: string;
  shippedOn: string;
  freightCost?: number;
  /** What the customer is charged for freight. */
  freightPrice?: number;
  /** Carries our mark `[SS <label ids>]`; at most 256 characters. */
  description: string;
  /** Who makes it: another instance's mark on the order is a reason to stop. Absent in plans from before instances had names. */
  instance?: string;
  /** What a person should know although the shipment is made, e.g. a service without a row in the Ship Via table. */
  warnings?: Problem[];
}

export interface PlannedPackage {
  labelId: string;
  tracking: string;
  /** "SS" and the label id: our mark on the package, at most 30 characters. */
  mark: string;
  /** In the company's unit; absent means unknown. */
  weight?: number;
  boxId?: string;
}

/** Why a label is left to a person. */
export interface LabelProblem {
  labelId: string;
  code: ErrorCode;
  problems: Problem[];
}

export type LabelVerdict = { kind: "use" } | { kind: "filtered"; rule: string; text: string };

/**
 * Decide whether a label is to be booked in the ERP. `isOurs`: its order is linked to a record of this connection.
 * Rules: `voided`, `return-label`, `label-only`, `foreign-order`. A label voided after its write-back is another matter: the flow asks first
 * whether it was booked.
 */
export function judgeLabel(label: Label, isOurs: boolean): LabelVerdict {
  const filtered = (rule: string, text: string): LabelVerdict => ({ kind: "filtered", rule, text });
  if (label.voided) return filtered("voided", "The label was voided before anything was booked.");
  if (label.isReturn) return filtered("return-label", "A return label: goods coming back are no shipment.");
  if (isOurs) return { kind: "use" };
  if (label.orderId === undefined && label.orderKey === undefined && label.orderNumber === undefined) {
    return filtered("label-only", "The label was made without an order.");
  }
  return filtered(
    "foreign-order",
    `Order ${label.orderNumber ?? label.orderKey ?? "without a number"} was not sent by this connection.`,
  );
}

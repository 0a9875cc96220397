import { roundTo } from "../core/decimals.ts";
import type { Label, LabelLine } from "../core/shipments.ts";
import { gramsFrom, weightUnitOf } from "../core/weights.ts";
import type { SsFulfillment, SsShipment } from "../shipstation/v1/entities.ts";
import { datePart, known } from "./text.ts";

/** A label bought in ShipStation. Never fails: what cannot be read is absent, and the planning names it. */
export function labelFromShipment(source: SsShipment): Label {
  const orderKey = known(source.orderKey);
  const service = known(source.serviceCode);
  const box = known(source.packageCode);
  const cost = costOf(source);
  const weightGrams = weightOf(source);
  return {
    ...head(source),
    id: `S${source.shipmentId}`,
    source: "label",
    ...(orderKey !== undefined && !emptyGuid.test(orderKey) && { orderKey }),
    ...(service !== undefined && { service }),
    ...(box !== undefined && { package: box }),
    ...(cost !== undefined && { cost }),
    ...(weightGrams !== undefined && { weightGrams }),
    isReturn: source.isReturnLabel === true,
    ...(source.shipmentItems && { lines: source.shipmentItems.filter(isGoods).map(lineFrom) }),
  };
}

/** An order marked as shipped: no items, no key, no cost, and the carrier by its display name (facts: shipstation 3.2). */
export function labelFromFulfillment(source: SsFulfillment): Label {
  return { ...head(source), id: `F${source.fulfillmentId}`, source: "fulfillment", isReturn: false };
}

/** A broken integration gave this key to all its orders (facts: payloads 2.6): it names none. */
const emptyGuid = /^\{?0{8}-0{4}-0{4}-0{4}-0{12}\}?$/;

type Head = Omit<Label, "id" | "source" | "isReturn" | "orderKey">;

function head(source: SsShipment | SsFulfillment): Head {
  const orderNumber = known(source.orderNumber);
  const tracking = known(source.trackingNumber);
  const carrier = known(source.carrierCode);
  const shippedOn = datePart(source.shipDate);
  const createdAt = known(source.createDate);
  return {
    ...(source.orderId !== undefined && source.orderId > 0 && { orderId: source.orderId }),
    ...(orderNumber !== undefined && { orderNumber }),
    ...(tracking !== undefined && { tracking }),
    ...(carrier !== undefined && { carrier }),
    ...(shippedOn !== undefined && { shippedOn }),
    ...(createdAt !== undefined && { createdAt }),
    // The flag decides; the date is there for answers that lack it.
    voided: source.voided ?? known(source.voidDate) !== undefined,
  };
}

/** Postage and insurance are separate figures; freight is their sum (facts: shipstation 3.1). */
function costOf(source: SsShipment): number | undefined {
  const { shipmentCost, insuranceCost } = source;
  if (shipmentCost === undefined && insuranceCost === undefined) return undefined;
  const cost = roundTo((shipmentCost ?? 0) + (insuranceCost ?? 0), 4);
  return Number.isFinite(cost) ? cost : undefined;
}

function weightOf({ weight }: SsShipment): number | undefined {
  const unit = weightUnitOf(weight?.units ?? "");
  return unit === undefined ? undefined : gramsFrom(weight?.value ?? 0, unit);
}

type SsShipmentItem = NonNullable<SsShipment["shipmentItems"]>[number];

/** Discounts travel as item lines with a negative price; no goods leave with them (facts: payloads 2.6). */
function isGoods(source: SsShipmentItem): boolean {
  const price = source["unitPrice"];
  return source["adjustment"] !== true && !(typeof price === "number" && price < 0);
}

function lineFrom(source: SsShipmentItem): LabelLine {
  const lineKey = known(source.lineItemKey);
  const sku = known(source.sku);
  const name = known(source.name);
  return {
    ...(source.orderItemId !== undefined && { orderItemId: source.orderItemId }),
    ...(lineKey !== undefined && { lineKey }),
    ...(sku !== undefined && { sku }),
    ...(name !== undefined && { name }),
    // An item without a quantity must not pass for one that ships nothing.
    quantity: source.quantity ?? Number.NaN,
  };
}

import type { Address, Order, OrderLine } from "../core/orders.ts";
import type { SsAddressInput, SsOrder, SsOrderInput, SsOrderItemInput } from "../shipstation/v1/entities.ts";
import { known } from "./text.ts";

const statuses = { open: "awaiting_shipment", held: "on_hold", cancelled: "cancelled" } as const;

/**
 * A new order as ShipStation takes it (facts: shipstation 2.1). Nothing financial is sent but the goods' unit prices, which
 * customs papers and insurance need. Custom field 1 carries our record key: it survives an edited order number.
 */
export function orderToShipStation(order: Order): SsOrderInput {
  return {
    orderNumber: order.orderNumber,
    orderKey: order.orderKey,
    orderDate: order.orderedOn,
    orderStatus: statuses[order.status],
    customerUsername: order.customerId,
    ...(order.customerEmail !== undefined && { customerEmail: order.customerEmail }),
    billTo: addressInput(order.billTo ?? order.shipTo),
    shipTo: addressInput(order.shipTo),
    items: order.lines.map(itemInput),
    ...(order.requestedService !== undefined && { requestedShippingService: order.requestedService }),
    ...serviceInput(order),
    ...customsInput(order),
    ...(order.shipByOn !== undefined && { shipByDate: order.shipByOn }),
    advancedOptions: {
      ...(order.storeId !== undefined && { storeId: order.storeId }),
      ...(order.shipFromId !== undefined && { warehouseId: order.shipFromId }),
      customField1: order.recordKey.slice(0, 100),
      ...(order.customerPo !== undefined && { customField2: order.customerPo.slice(0, 100) }),
    },
  };
}

const addressInput = (address: Address): SsAddressInput => ({ ...address });

const itemInput = (line: OrderLine): SsOrderItemInput => ({
  lineItemKey: String(line.lineNbr),
  sku: line.sku,
  name: line.name,
  quantity: line.quantity,
  ...(line.unitPrice !== undefined && { unitPrice: line.unitPrice }),
  ...(line.upc !== undefined && { upc: line.upc }),
  ...(line.imageUrl !== undefined && { imageUrl: line.imageUrl }),
  ...(line.weightGrams !== undefined && { weight: { value: line.weightGrams, units: "grams" as const } }),
});

/** Carrier and service go together: one without the other is refused (facts: shipstation 1.4). */
function serviceInput({ carrierService }: Order): Pick<SsOrderInput, "carrierCode" | "serviceCode" | "packageCode"> {
  if (carrierService === undefined) return {};
  return {
    carrierCode: carrierService.carrier,
    serviceCode: carrierService.service,
    ...(carrierService.package !== undefined && { packageCode: carrierService.package }),
  };
}

/** ShipStation cuts longer descriptions; carriers print about as much. */
const customsDescriptionLimit = 200;

/**
 * One customs line for each line of goods. They only count if the account's International Settings say "Leave blank (Enter
 * Manually)"; else ShipStation makes its own from the products (facts: shipstation 2.1), which the catalog flow keeps aligned.
 */
function customsInput(order: Order): Pick<SsOrderInput, "internationalOptions"> {
  if (order.isForeign !== true) return {};
  const customsItems = order.lines.map((line) => ({
    description: line.name.slice(0, customsDescriptionLimit),
    quantity: line.quantity,
    ...(line.unitPrice !== undefined && order.isOtherCurrency !== true && { value: line.unitPrice }),
    ...(line.tariffCode !== undefined && { harmonizedTariffCode: line.tariffCode }),
    ...(line.country !== undefined && { countryOfOrigin: line.country }),
  }));
  return { internationalOptions: { contents: "merchandise", customsItems } };
}

/** Members ShipStation sets itself. A body that brings them back was refused with an empty 400 (facts: shipstation 1.4). */
const readOnly = [
  "customerId",
  "orderTotal",
  "userId",
  "createDate",
  "modifyDate",
  "holdUntilDate",
  "externallyFulfilled",
  "externallyFulfilledBy",
  "externallyFulfilledById",
  "externallyFulfilledByName",
  "labelMessages",
];
const readOnlyOfItem = ["createDate", "modifyDate"];

/**
 * The body of an update: the live order with our fields over it. ShipStation knows no partial update, so whatever is left out may be
 * wiped: weight, service, package and tags that rules and people gave it stay as they are (facts: shipstation 2.2), and so do
 * `parentId` and `mergedIds`, without which split orders were overwritten (facts: shipstation 2.9).
 * A hold or a cancellation changes the status alone: the ERP's order may be half edited by then.
 */
export function mergeIntoLive(live: SsOrder, order: Order): Record<string, unknown> {
  const kept = without(live, readOnly);
  kept["orderId"] = live.orderId;
  kept["billTo"] = keptAddress(live["billTo"]);
  kept["shipTo"] = keptAddress(live.shipTo);
  kept["items"] = live.items.map((item) => without(item, readOnlyOfItem));
  if (order.status !== "open") return { ...kept, orderStatus: statuses[order.status] };
  const ours = orderToShipStation(order);
  return {
    ...kept,
    ...ours,
    // The key is settable only at creation, and finds the order. The number may have been renamed by people or by the
    // warehouse's other programs; the ERP's never changes, so a different one is theirs.
    orderKey: live.orderKey ?? ours.orderKey,
    orderNumber: live.orderNumber ?? ours.orderNumber,
    orderStatus: openStatus(live),
    billTo: mergeAddress(live["billTo"], ours.billTo),
    shipTo: mergeAddress(live.shipTo, ours.shipTo),
    items: mergeItems(live, ours.items),
    ...mergeService(live, ours),
    ...mergeCustoms(live, ours),
    advancedOptions: {
      ...live.advancedOptions,
      ...ours.advancedOptions,
      // The store is settable only at creation, and an order pushed to another store was not found (facts: shipstation 2.1).
      ...(live.advancedOptions?.storeId !== undefined && { storeId: live.advancedOptions.storeId }),
    },
  };
}

const serviceMembers = ["carrierCode", "serviceCode", "packageCode"] as const;

/** The service stays what people or rules chose, until the ERP asks for another Ship Via. */
function mergeService(live: SsOrder, ours: SsOrderInput): Record<string, unknown> {
  const hasChosen = known(live["carrierCode"]) !== undefined;
  const isSameWish = known(live["requestedShippingService"]) === known(ours.requestedShippingService);
  // The package of another service is none of this one's.
  if (ours.carrierCode !== undefined && !(hasChosen && isSameWish)) return { packageCode: ours.packageCode };
  return Object.fromEntries(serviceMembers.flatMap((name) => (name in live ? [[name, live[name]]] : [])));
}

/** Customs lines that people corrected stay as long as the goods are the same. */
function mergeCustoms(live: SsOrder, ours: SsOrderInput): Record<string, unknown> {
  if (ours.internationalOptions === undefined) return {};
  const theirs = live["internationalOptions"];
  if (typeof theirs !== "object" || theirs === null) return {};
  const { customsItems } = theirs as { customsItems?: unknown };
  const goods = (items: readonly { lineItemKey?: unknown; sku?: unknown; quantity?: unknown }[]): string =>
    items
      .map((item) => [known(item.lineItemKey), known(item.sku), known(item.quantity)].join("\n"))
      .toSorted()
      .join("\n");
  const isKept = Array.isArray(customsItems) && customsItems.length > 0 && goods(live.items) === goods(ours.items);
  const { contents, ...lines } = ours.internationalOptions;
  return {
    internationalOptions: { contents, ...withoutNothing(theirs), ...(isKept ? { customsItems } : lines) },
  };
}

const withoutNothing = (source: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== null && value !== undefined));

/**
 * An open order is released, unless people hold it: their hold has a date (`holdUntilDate`), the one we set has none. And an order
 * that people keep waiting for its payment goes on waiting.
 */
function openStatus(live: SsOrder): string {
  if (live.orderStatus === "on_hold" && known(live["holdUntilDate"]) !== undefined) return "on_hold";
  return live.orderStatus === "awaiting_payment" ? "awaiting_payment" : statuses.open;
}

function without(source: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(source).filter(([name, value]) => value !== undefined && !names.includes(name)),
  );
}

const keptAddress = (live: unknown): unknown =>
  typeof live === "object" && live !== null ? without(live, ["addressVerified"]) : live;

/** Ours as a whole, so that a second street line that is gone in the ERP goes here too; only phone and kind of place may be people's. */
function mergeAddress(live: unknown, ours: SsAddressInput): Record<string, unknown> {
  const theirs = (typeof live === "object" && live !== null ? live : {}) as Record<string, unknown>;
  return {
    company: null,
    street2: null,
    street3: null,
    state: null,
    postalCode: null,
    ...(known(theirs["phone"]) !== undefined && { phone: theirs["phone"] }),
    ...(typeof theirs["residential"] === "boolean" && { residential: theirs["residential"] }),
    ...ours,
  };
}

/**
 * Our lines, each over the live item of the same key: whether ShipStation replaces items or merges them by key is not known, and this is
 * right either way. A live item of our keys whose line is gone is left out; items people added (without a key, or discounts) stay.
 */
function mergeItems(live: SsOrder, ours: SsOrderItemInput[]): Record<string, unknown>[] {
  const unused = [...live.items];
  const merged = ours.map((item) => {
    const index = unused.findIndex((candidate) => known(candidate.lineItemKey) === item.lineItemKey);
    const [theirs] = index === -1 ? [] : unused.splice(index, 1);
    return { ...(theirs ? without(theirs, readOnlyOfItem) : {}), ...item };
  });
  const added = unused.filter((item) => item.adjustment === true || known(item.lineItemKey) === undefined);
  return [...merged, ...added.map((item) => without(item, readOnlyOfItem))];
}

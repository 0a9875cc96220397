import { isVisible, touch, type Account } from "./account.ts";
import { settleValidations } from "./address.ts";
import { pacificDay } from "./pacific.ts";
import { carriers, findService, mainWarehouseId, type Carrier } from "./reference-data.ts";
import type { ItemRow, OrderRow, ShipmentItemRow, ShipmentRow } from "./tables.ts";
import { trackingNumber } from "./tracking.ts";

/** Which lines of an order go into a label, and how many pieces of each. Named by `lineItemKey`, else by SKU. */
export interface LineChoice {
  lineItemKey?: string | undefined;
  sku?: string | undefined;
  quantity: number;
}

export interface LabelRequest {
  /** Orders to print for; each order gets its own labels, all in one batch. */
  orderIds: number[];
  /** Only these lines and quantities: the order stays open until all is shipped. */
  items?: LineChoice[] | undefined;
  /** Packages an order is spread over, one label each; pieces are dealt out in turn. */
  packages?: number | undefined;
  carrierCode?: string | undefined;
  serviceCode?: string | undefined;
  isReturnLabel?: boolean | undefined;
  /** The label's items carry no `lineItemKey`, as lines added in the user interface do not. */
  withoutItemKeys?: boolean | undefined;
  /** Every item is listed twice on the label (seen once; facts: shipstation 3.1). */
  duplicateItems?: boolean | undefined;
  /** Instead of an invented one. */
  trackingNumber?: string | undefined;
}

/**
 * A person prints labels. Orders that are complete become shipped; one batch fires one webhook. Throws with a plain sentence
 * when an order cannot be shipped (a person would see the same refusal on the screen).
 */
export function buyLabels(account: Account, request: LabelRequest): ShipmentRow[] {
  settleValidations(account);
  const orders = request.orderIds.map((orderId) => shippableOrder(account, orderId, request.isReturnLabel ?? false));
  const batchId = account.nextId("batch");
  const packages = request.packages ?? 1;
  const isBatch = orders.length > 1;
  const batchNumber = isBatch ? String(account.nextId("batchNumber")) : null;
  const bought = orders.flatMap((order) => {
    const chosen = chooseItems(account, order, request);
    const carrier = chooseService(account, order, request);
    const boxes = account.options.packagesAs === "shipments" ? packages : 1;
    const labels = dealOut(chosen, boxes).map((items) =>
      newLabel(account, order, { items, carrier, batchId, batchNumber, request }),
    );
    if (!request.isReturnLabel) {
      const { carrier: by, service } = carrier;
      order.sent = {
        ...order.sent,
        carrierCode: by.code,
        serviceCode: service.code,
        shipDate: pacificDay(account.clock.now()),
      };
      closeWhenComplete(account, order);
    }
    return labels;
  });
  const storeIds = [...new Set(orders.map(({ storeId }) => storeId))];
  account.notify({ kind: "labels", batchId, storeIds, isReturn: request.isReturnLabel ?? false });
  return bought;
}

function shippableOrder(account: Account, orderId: number, isReturn: boolean): OrderRow {
  const order = account.tables.orders.get(orderId);
  if (!order || !isVisible(account, order)) throw new Error(`There is no order ${orderId}.`);
  if (!isReturn && order.orderStatus !== "awaiting_shipment") {
    throw new Error(`Order ${order.orderNumber} is ${order.orderStatus}; it cannot be shipped.`);
  }
  return order;
}

/** How many pieces of a line are on live outbound labels. */
export function shippedQuantity(account: Account, order: OrderRow, item: ItemRow): number {
  const current = new Set(order.items.map(({ orderItemId }) => orderItemId));
  let shipped = 0;
  for (const label of labelsOf(account, order.orderId)) {
    if (label.voidedAt !== null || label.isReturnLabel) continue;
    for (const line of label.items) if (isSameLine(line, item, current)) shipped += line.quantity;
  }
  return shipped;
}

export function labelsOf(account: Account, orderId: number): ShipmentRow[] {
  return (account.labelsByOrder.get(orderId) ?? []).flatMap((id) => account.tables.shipments.get(id) ?? []);
}

/** Items get new ids on every update; for a line of a former id, its key, else its SKU, says what it is. */
function isSameLine(line: ShipmentItemRow, item: ItemRow, current: ReadonlySet<number>): boolean {
  if (current.has(line.orderItemId)) return line.orderItemId === item.orderItemId;
  if (line.lineItemKey !== null && item.lineItemKey !== null) return line.lineItemKey === item.lineItemKey;
  return line.sku === item.sku;
}

interface ChosenItem {
  item: ItemRow;
  quantity: number;
}

function chooseItems(account: Account, order: OrderRow, request: LabelRequest): ChosenItem[] {
  const goods = order.items.filter(({ adjustment }) => adjustment !== true);
  if (request.items) {
    return request.items.map(({ lineItemKey, sku, quantity }) => {
      const item = goods.find((each) =>
        lineItemKey === undefined ? each.sku === sku : each.lineItemKey === lineItemKey,
      );
      if (!item) throw new Error(`Order ${order.orderNumber} has no line ${lineItemKey ?? sku ?? "?"}.`);
      return { item, quantity };
    });
  }
  return goods
    .map((item) => ({
      item,
      quantity: request.isReturnLabel ? item.quantity : item.quantity - shippedQuantity(account, order, item),
    }))
    .filter(({ quantity }) => quantity > 0);
}

/** Deals pieces to packages in turn; with fewer pieces than packages, the last ones carry no items. */
function dealOut(chosen: readonly ChosenItem[], packages: number): ChosenItem[][] {
  if (packages <= 1) return [[...chosen]];
  const dealt = Array.from({ length: packages }, () => new Map<ItemRow, number>());
  let turn = 0;
  for (const { item, quantity } of chosen) {
    for (let piece = 0; piece < quantity; piece++, turn++) {
      const box = dealt[turn % packages];
      box?.set(item, (box.get(item) ?? 0) + 1);
    }
  }
  return dealt.map((box) => [...box].map(([item, quantity]) => ({ item, quantity })));
}

interface ChosenService {
  carrier: Carrier;
  service: Carrier["services"][number];
}

/** The request's, else the order's, else one whose name resembles what the order asks for, else any. */
function chooseService(account: Account, order: OrderRow, request: LabelRequest): ChosenService {
  for (const wish of [request, order.sent]) {
    const { carrierCode, serviceCode } = wish;
    if (!carrierCode) continue;
    const carrier = carriers.find(({ code }) => code === carrierCode);
    const service = serviceCode ? findService(carrierCode, serviceCode) : carrier?.services[0];
    if (carrier && service) return { carrier, service };
    if (wish === request) throw new Error(`There is no service ${carrierCode} ${serviceCode ?? ""}.`);
  }
  const wanted = (order.sent.requestedShippingService ?? "").toLowerCase();
  const resembling = carriers.filter(({ display }) => wanted.includes(display.toLowerCase()));
  const pool = resembling.length > 0 ? resembling : carriers;
  const carrier = pick(account, pool);
  const abroad = order.shipTo.country !== "US";
  return {
    carrier,
    service: pick(
      account,
      carrier.services.filter(({ international }) => international === abroad),
    ),
  };
}

function pick<T>(account: Account, from: readonly T[]): T {
  const found = from[Math.floor(account.random.next() * from.length)];
  if (found === undefined) throw new Error("Nothing to choose from.");
  return found;
}

interface LabelParts {
  items: ChosenItem[];
  carrier: ChosenService;
  batchId: number;
  batchNumber: string | null;
  request: LabelRequest;
}

function newLabel(account: Account, order: OrderRow, parts: LabelParts): ShipmentRow {
  const { items, carrier, batchId, batchNumber, request } = parts;
  const now = account.clock.now();
  const ounces = Math.max(
    1,
    Math.round(items.reduce((sum, each) => sum + each.quantity * itemOunces(each.item), 0) * 100) / 100,
  );
  const listed = request.duplicateItems ? [...items, ...items] : items;
  const label: ShipmentRow = {
    shipmentId: account.nextId("shipment"),
    orderId: order.orderId,
    orderKey: order.orderKey,
    orderNumber: order.orderNumber,
    storeId: order.storeId,
    createdAt: now,
    shipDate: pacificDay(now),
    shipmentCost: Math.round((carrier.service.base + ounces * carrier.service.ouncePrice) * 100) / 100,
    insuranceCost: 0,
    trackingNumber: request.trackingNumber ?? trackingNumber(account, carrier.carrier.code),
    isReturnLabel: request.isReturnLabel ?? false,
    batchId,
    batchNumber,
    carrierCode: carrier.carrier.code,
    serviceCode: carrier.service.code,
    packageCode: order.sent.packageCode ?? "package",
    confirmation: order.sent.confirmation ?? "none",
    warehouseId: order.warehouseId ?? mainWarehouseId,
    voidedAt: null,
    marketplaceNotified: false,
    customerEmail: order.sent.customerEmail,
    // A label's address never shows the verdict the order's had.
    shipTo: { ...order.shipTo, residential: null, addressVerified: null },
    weight: { value: ounces, units: "ounces" },
    items: listed.map((each) => labelItem(each, request.withoutItemKeys ?? false)),
  };
  account.tables.shipments.set(label.shipmentId, label);
  const ids = account.labelsByOrder.get(order.orderId);
  if (ids) ids.push(label.shipmentId);
  else account.labelsByOrder.set(order.orderId, [label.shipmentId]);
  touch(account, order);
  return label;
}

const ouncesPer: Record<string, number> = { ounces: 1, pounds: 16, grams: 0.035274 };

function itemOunces({ weight }: ItemRow): number {
  return (weight?.value ?? 0) * (ouncesPer[weight?.units?.toLowerCase() ?? "ounces"] ?? 1);
}

function labelItem({ item, quantity }: ChosenItem, withoutKey: boolean): ShipmentItemRow {
  return {
    orderItemId: item.orderItemId,
    lineItemKey: withoutKey ? null : item.lineItemKey,
    sku: item.sku,
    name: item.name,
    imageUrl: item.imageUrl,
    weight: item.weight,
    quantity,
    unitPrice: item.unitPrice,
    warehouseLocation: item.warehouseLocation,
    options: item.options,
    productId: item.productId,
    fulfillmentSku: item.fulfillmentSku,
  };
}

function closeWhenComplete(account: Account, order: OrderRow): void {
  const open = order.items.some(
    (item) => item.adjustment !== true && shippedQuantity(account, order, item) < item.quantity,
  );
  if (!open) order.orderStatus = "shipped";
  touch(account, order);
}

/** A person, or the API, voids a label; the order returns to Awaiting Shipment (facts: shipstation 3.3). */
export function voidLabel(account: Account, shipmentId: number): { approved: boolean; message: string } | undefined {
  settleValidations(account);
  const label = account.tables.shipments.get(shipmentId);
  if (!label) return undefined;
  if (label.voidedAt !== null) return { approved: false, message: "The label has already been voided." };
  label.voidedAt = account.clock.now();
  const order = label.orderId === null ? undefined : account.tables.orders.get(label.orderId);
  if (order && !label.isReturnLabel) {
    if (order.orderStatus === "shipped") order.orderStatus = "awaiting_shipment";
    touch(account, order);
  }
  return { approved: true, message: "Label voided successfully" };
}

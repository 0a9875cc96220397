import { isVisible, touch, type Account } from "./account.ts";
import { settleValidations } from "./address.ts";
import { pacificDay } from "./pacific.ts";
import { carriers } from "./reference-data.ts";
import { insertOrder, type FulfillmentRow, type ItemRow, type OrderRow, type OrderStatus } from "./tables.ts";

/** What people do on ShipStation's screens. Each function throws with a plain sentence when the screen would refuse. */
function orderFor(account: Account, orderId: number): OrderRow {
  settleValidations(account);
  const order = account.tables.orders.get(orderId);
  if (!order || !isVisible(account, order)) throw new Error(`There is no order ${orderId}.`);
  return order;
}

export interface MarkAsShipped {
  trackingNumber?: string | undefined;
  carrierCode?: string | undefined;
  /** `YYYY-MM-DD`. */
  shipDate?: string | undefined;
}

/** Makes a fulfillment, never a shipment (facts: shipstation 3.1, 3.2). */
export function markAsShipped(account: Account, orderId: number, how: MarkAsShipped = {}): FulfillmentRow {
  const order = orderFor(account, orderId);
  const now = account.clock.now();
  const carrier = carriers.find(({ code }) => code === how.carrierCode);
  const fulfillment: FulfillmentRow = {
    fulfillmentId: account.nextId("fulfillment"),
    orderId,
    orderNumber: order.orderNumber,
    trackingNumber: how.trackingNumber ?? "",
    createdAt: now,
    shipDate: how.shipDate ?? pacificDay(now),
    voidedAt: null,
    carrierName: carrier?.display ?? how.carrierCode?.toUpperCase() ?? null,
    customerEmail: order.sent.customerEmail,
    shipTo: { ...order.shipTo, residential: null, addressVerified: null },
  };
  account.tables.fulfillments.set(fulfillment.fulfillmentId, fulfillment);
  order.orderStatus = "shipped";
  order.externallyFulfilled = true;
  touch(account, order);
  account.notify({ kind: "fulfillment", fulfillmentId: fulfillment.fulfillmentId, storeIds: [order.storeId] });
  return fulfillment;
}

/** What a person may change on the order form. */
export interface OrderEdit {
  orderNumber?: string | undefined;
  orderStatus?: OrderStatus | undefined;
  internalNotes?: string | undefined;
  carrierCode?: string | undefined;
  serviceCode?: string | undefined;
  weight?: { value: number; units: string } | undefined;
  tagIds?: number[] | undefined;
  warehouseId?: number | undefined;
  shipTo?: Partial<Record<"name" | "street1" | "city" | "state" | "postalCode" | "country", string>> | undefined;
  /** New quantities by `lineItemKey`; 0 removes the line. */
  quantities?: Record<string, number> | undefined;
  /** A line without a `lineItemKey`, as the screen makes it. */
  addItem?: { sku: string; name: string; quantity: number } | undefined;
}

export function editOrder(account: Account, orderId: number, edit: OrderEdit): OrderRow {
  const order = orderFor(account, orderId);
  const { quantities, addItem, shipTo, internalNotes, carrierCode, serviceCode, weight, ...plain } = edit;
  Object.assign(order, given(plain));
  order.sent = { ...order.sent, ...given({ internalNotes, carrierCode, serviceCode, weight }) };
  if (shipTo) order.shipTo = { ...order.shipTo, ...shipTo };
  if (quantities) {
    order.items = order.items
      .map((item) => ({ ...item, quantity: quantities[item.lineItemKey ?? ""] ?? item.quantity }))
      .filter(({ quantity }) => quantity > 0);
  }
  if (addItem) order.items = [...order.items, screenItem(account, addItem)];
  touch(account, order);
  return order;
}

/** Without the members that are undefined, so that an absent wish changes nothing. */
const given = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

function screenItem(account: Account, line: { sku: string; name: string; quantity: number }): ItemRow {
  const now = account.clock.now();
  return {
    ...line,
    orderItemId: account.nextId("item"),
    lineItemKey: null,
    imageUrl: null,
    weight: null,
    unitPrice: 0,
    taxAmount: null,
    shippingAmount: null,
    warehouseLocation: null,
    options: [],
    productId: account.tables.productsBySku.get(line.sku.toLowerCase())?.productId ?? null,
    fulfillmentSku: null,
    adjustment: false,
    upc: null,
    createdAt: now,
    modifiedAt: now,
  };
}

export function cancelOrder(account: Account, orderId: number): OrderRow {
  return editOrder(account, orderId, { orderStatus: "cancelled" });
}

/** Soft: the row stays, the API answers 404. */
export function deleteOrder(account: Account, orderId: number): OrderRow {
  const order = orderFor(account, orderId);
  touch(account, order);
  order.deletedAt = account.clock.now();
  return order;
}

/**
 * Split Ship: the order keeps the rest, each part becomes an order of its own with the same key, new item ids and no money
 * (facts: shipstation 2.9). Parts are named by `lineItemKey`.
 */
export function splitOrder(account: Account, orderId: number, parts: Record<string, number>[]): OrderRow[] {
  const order = orderFor(account, orderId);
  if (order.orderStatus !== "awaiting_shipment") throw new Error("Only an order awaiting shipment can be split.");
  const left = new Map(order.items.map((item) => [item, item.quantity]));
  const children = parts.map((part, index) => {
    const items = Object.entries(part).map(([lineItemKey, quantity]) => {
      const item = order.items.find((each) => each.lineItemKey === lineItemKey);
      const rest = item ? (left.get(item) ?? 0) : 0;
      if (!item || rest < quantity) throw new Error(`Line ${lineItemKey} has only ${rest} to split off.`);
      left.set(item, rest - quantity);
      return { ...item, orderItemId: account.nextId("item"), quantity };
    });
    return childOrder(account, order, items, index + 2);
  });
  for (const child of children) insertOrder(account.tables, child);
  order.items = order.items
    .map((item) => ({ ...item, orderItemId: account.nextId("item"), quantity: left.get(item) ?? 0 }))
    .filter(({ quantity }) => quantity > 0);
  order.mergedOrSplit = true;
  if (account.options.splitNumbers === "suffixed") order.orderNumber = `${order.orderNumber}-1`;
  touch(account, order);
  return [order, ...children];
}

function childOrder(account: Account, order: OrderRow, items: ItemRow[], part: number): OrderRow {
  const now = account.clock.now();
  return {
    ...order,
    orderId: account.nextId("order"),
    orderKey: account.options.splitKeys === "none" ? "" : order.orderKey,
    orderNumber: account.options.splitNumbers === "suffixed" ? `${order.orderNumber}-${part}` : order.orderNumber,
    createdAt: now,
    modifiedAt: now,
    items,
    mergedOrSplit: true,
    mergedIds: [],
    tagIds: [...order.tagIds],
    parentId: order.orderId,
    sent: { ...order.sent, amountPaid: 0, taxAmount: 0, shippingAmount: 0 },
  };
}

/** Combine: the first order survives and takes the lines; the others vanish from the API (facts: shipstation 2.9). */
export function mergeOrders(account: Account, orderIds: readonly number[]): OrderRow {
  const [survivor, ...absorbed] = orderIds.map((orderId) => orderFor(account, orderId));
  if (!survivor || absorbed.length === 0) throw new Error("Name at least two orders to combine.");
  for (const order of [survivor, ...absorbed]) {
    if (order.orderStatus !== "awaiting_shipment")
      throw new Error(`Order ${order.orderNumber} is ${order.orderStatus}.`);
  }
  for (const order of absorbed) {
    survivor.items = [
      ...survivor.items,
      ...order.items.map((item) => ({ ...item, orderItemId: account.nextId("item") })),
    ];
    survivor.mergedIds.push(order.orderId);
    order.mergedInto = survivor.orderId;
    order.parentId = survivor.orderId;
    order.mergedOrSplit = true;
    touch(account, order);
  }
  survivor.mergedOrSplit = true;
  touch(account, survivor);
  return survivor;
}

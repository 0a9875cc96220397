import { newId } from "../../lib/random.ts";
import { findOrder, touch, type Account } from "./account.ts";
import { bindingRefusal, done, exception, modelState, notFound, nullReference, ok, type Answer } from "./answers.ts";
import { bind, list } from "./binding.ts";
import { member, numberMember, reading, textMember, wrongDocument, writing, type ShipStationApp } from "./call.ts";
import { buyLabels } from "./labels.ts";
import { listOrders, listOrdersByTag } from "./order-list.ts";
import { parseWall, wallText } from "./pacific.ts";
import { deleteOrder, markAsShipped } from "./people.ts";
import { findService, tags } from "./reference-data.ts";
import { renderOrder } from "./render.ts";
import { saveDocument, saveInBulk } from "./save-order.ts";
import { orderShape, type OrderRow } from "./tables.ts";

/** The order calls of ShipStation V1 (facts: shipstation 2). Paths arrive in lower case. */
export function addOrderRoutes(app: ShipStationApp, account: Account): void {
  app.post(
    "/orders/createorder",
    writing(account, "apiOrder", ({ body }) => createOrder(account, body)),
  );
  app.post(
    "/orders/createorders",
    writing(account, "apiOrders", ({ body }) => createOrders(account, body)),
  );
  app.get(
    "/orders",
    reading(account, ({ query }) => listOrders(account, query)),
  );
  app.get(
    "/orders/listbytag",
    reading(account, ({ query }) => listOrdersByTag(account, query)),
  );
  app.post(
    "/orders/markasshipped",
    writing(account, "markAsShipped", ({ body }) => shipByHand(account, body)),
  );
  app.post(
    "/orders/holduntil",
    writing(account, "request", ({ body }) => holdUntil(account, body)),
  );
  app.post(
    "/orders/restorefromhold",
    writing(account, "request", ({ body }) => restoreFromHold(account, body)),
  );
  app.post(
    "/orders/addtag",
    writing(account, "request", ({ body }) => changeTag(account, body, true)),
  );
  app.post(
    "/orders/removetag",
    writing(account, "request", ({ body }) => changeTag(account, body, false)),
  );
  app.post(
    "/orders/assignuser",
    writing(account, "request", ({ body }) => assignUser(account, body, true)),
  );
  app.post(
    "/orders/unassignuser",
    writing(account, "request", ({ body }) => assignUser(account, body, false)),
  );
  app.post(
    "/orders/createlabelfororder",
    writing(account, "request", ({ body }) => createLabel(account, body)),
  );
  app.get(
    "/orders/:id",
    reading(account, ({ id }) => getOrder(account, id)),
  );
  app.delete(
    "/orders/:id",
    reading(account, ({ id }) => removeOrder(account, id)),
  );
}

function createOrder(account: Account, body: unknown): Answer {
  if (Array.isArray(body)) return wrongDocument("apiOrder", "object");
  if (typeof body !== "object" || body === null) return nullReference;
  const importBatch = newImportBatch(account);
  const saved = saveDocument(account, body, importBatch);
  if (saved.kind === "refused") return saved.answer;
  if (saved.isNew) announce(account, importBatch, [saved.order]);
  return { status: account.options.saveStatus, body: renderOrder(saved.order) };
}

/** At most 100 orders; each is saved or refused for itself, unless one cannot even be bound. */
function createOrders(account: Account, body: unknown): Answer {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    // The error names the first member, which is innocent.
    return wrongDocument(`apiOrders.${Object.keys(body)[0] ?? ""}`, "array");
  }
  if (!Array.isArray(body) || body.length === 0) {
    return exception("System.ArgumentException", "orders are required", "An error has occured.");
  }
  if (body.length > 100) return modelState({ apiOrders: ["A maximum of 100 orders can be sent in one request."] });
  if (account.options.bindingError === "whole-batch") {
    const { errors } = bind(list(orderShape), body, account.options);
    if (errors.length > 0) return bindingRefusal("apiOrders", errors);
  }
  const importBatch = newImportBatch(account);
  const created: OrderRow[] = [];
  const results = body.map((each: unknown, index) => {
    const { row, isNew, result } = saveInBulk(account, each, index, importBatch);
    if (row && isNew) created.push(row);
    return result;
  });
  announce(account, importBatch, created);
  if (account.options.bulkResults === "reversed") results.reverse();
  return ok({ hasErrors: results.some(({ success }) => !success), results });
}

/** ORDER_NOTIFY is about orders that arrive in any status but Awaiting Payment. */
function announce(account: Account, importBatch: string, orders: readonly OrderRow[]): void {
  const arrived = orders.filter(({ orderStatus }) => orderStatus !== "awaiting_payment");
  if (arrived.length === 0) return;
  account.notify({ kind: "orders", importBatch, storeIds: [...new Set(arrived.map(({ storeId }) => storeId))] });
}

function getOrder(account: Account, orderId: number): Answer {
  const order = findOrder(account, orderId);
  if (!order) return notFound("order");
  if (account.options.poisonOrderIds.includes(orderId)) {
    return exception("System.FormatException", "Input string was not in a correct format.");
  }
  return ok(renderOrder(order));
}

function removeOrder(account: Account, orderId: number): Answer {
  if (!findOrder(account, orderId)) return notFound("order");
  deleteOrder(account, orderId);
  return done("The requested order has been deleted.");
}

const named = (account: Account, body: unknown): OrderRow | undefined =>
  findOrder(account, numberMember(body, "orderId") ?? 0);

function shipByHand(account: Account, body: unknown): Answer {
  const order = named(account, body);
  if (!order) return notFound("order");
  const carrierCode = textMember(body, "carrierCode");
  if (!carrierCode) return modelState({ "markAsShipped.carrierCode": ["The carrierCode field is required."] });
  const shipDate = parseWall(textMember(body, "shipDate") ?? "", account.options.honourOffsets);
  const trackingNumber = textMember(body, "trackingNumber");
  markAsShipped(account, order.orderId, {
    carrierCode,
    ...(trackingNumber === undefined ? {} : { trackingNumber }),
    ...(shipDate === undefined ? {} : { shipDate: wallText(shipDate).slice(0, 10) }),
  });
  // The fulfillment's id is not told.
  return ok({ orderId: order.orderId, orderNumber: order.orderNumber });
}

function holdUntil(account: Account, body: unknown): Answer {
  const order = named(account, body);
  if (!order) return notFound("order");
  const until = parseWall(textMember(body, "holdUntilDate") ?? "", account.options.honourOffsets);
  if (until === undefined) return modelState({ "request.holdUntilDate": ["The holdUntilDate field is required."] });
  order.holdUntilDate = wallText(until).slice(0, 10);
  order.orderStatus = "on_hold";
  touch(account, order);
  return done("Order held successfully.");
}

function restoreFromHold(account: Account, body: unknown): Answer {
  const order = named(account, body);
  if (!order) return notFound("order");
  if (order.orderStatus === "on_hold") order.orderStatus = "awaiting_shipment";
  order.holdUntilDate = null;
  touch(account, order);
  return done("The requested order has been restored");
}

function changeTag(account: Account, body: unknown, isAdded: boolean): Answer {
  const order = named(account, body);
  const tagId = numberMember(body, "tagId");
  if (!order) return notFound("order");
  if (tagId === undefined || !tags.some((tag) => tag.tagId === tagId)) return notFound("tag");
  order.tagIds = order.tagIds.filter((id) => id !== tagId);
  if (isAdded) order.tagIds.push(tagId);
  touch(account, order);
  return done(`Tag ${isAdded ? "added" : "removed"} successfully.`);
}

function assignUser(account: Account, body: unknown, isAssigned: boolean): Answer {
  const ids = member(body, "orderIds");
  const orders = (Array.isArray(ids) ? ids : []).map((id) => findOrder(account, Number(id)));
  if (orders.length === 0 || orders.includes(undefined)) return notFound("order");
  for (const order of orders) {
    if (!order) continue;
    order.userId = isAssigned ? (textMember(body, "userId") ?? null) : null;
    touch(account, order);
  }
  return done(`User ${isAssigned ? "assigned" : "unassigned"} successfully.`);
}

/** Buys a label for the whole rest of an order. Wrong codes upset the server (facts: payloads 2.8). */
function createLabel(account: Account, body: unknown): Answer {
  const order = named(account, body);
  const carrierCode = textMember(body, "carrierCode");
  const serviceCode = textMember(body, "serviceCode");
  if (!order) return notFound("order");
  if (!carrierCode || !serviceCode || !findService(carrierCode, serviceCode)) return nullReference;
  if (order.orderStatus !== "awaiting_shipment") {
    return exception("System.InvalidOperationException", `Order ${order.orderNumber} is ${order.orderStatus}.`);
  }
  const [label] = buyLabels(account, { orderIds: [order.orderId], carrierCode, serviceCode });
  if (!label) return nullReference;
  return ok({
    shipmentId: label.shipmentId,
    shipmentCost: label.shipmentCost,
    insuranceCost: label.insuranceCost,
    trackingNumber: label.trackingNumber,
    labelData: Buffer.from("%PDF-1.4 sandbox label").toString("base64"),
    formData: null,
  });
}

/** One import, named by a GUID: what the ORDER_NOTIFY hook's URL asks for. */
const newImportBatch = (account: Account): string =>
  newId(account.random).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

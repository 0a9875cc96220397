import type { Hono } from "hono";
import { z } from "zod";
import { viewLabel, viewOrder } from "./control-views.ts";
import type { ShipStationSandbox } from "./shipstation/shipstation-sandbox.ts";

/** What people do on ShipStation's screens, as control routes. Orders may be named by id, key or number. */
const naming = {
  orderId: z.int().optional(),
  orderKey: z.string().min(1).optional(),
  orderNumber: z.string().min(1).optional(),
};
type Name = { orderId?: number | undefined; orderKey?: string | undefined; orderNumber?: string | undefined };
const nameOnly = z.strictObject(naming);

const labelRequest = z.strictObject({
  ...naming,
  /** Every order that awaits shipment. */
  all: z.literal(true).optional(),
  orderNumbers: z.array(z.string()).optional(),
  /** One batch an order instead of one batch for all: one webhook each. */
  separately: z.boolean().default(false),
  items: z
    .array(z.strictObject({ lineItemKey: z.string().optional(), sku: z.string().optional(), quantity: z.int().min(1) }))
    .optional(),
  packages: z.int().min(1).max(50).optional(),
  carrierCode: z.string().optional(),
  serviceCode: z.string().optional(),
  isReturnLabel: z.boolean().optional(),
  withoutItemKeys: z.boolean().optional(),
  duplicateItems: z.boolean().optional(),
  trackingNumber: z.string().optional(),
});

export function addPeopleRoutes(app: Hono, shipstation: ShipStationSandbox): void {
  addLabelRoutes(app, shipstation);
  addOrderRoutes(app, shipstation);
  app.post("/webhooks/:id", async (context) => {
    const { active } = z.strictObject({ active: z.boolean() }).parse(await context.req.json());
    const webhook = shipstation.tables.webhooks.get(Number(context.req.param("id")));
    if (!webhook) throw new Error("There is no such webhook.");
    webhook.active = active;
    return context.json(webhook);
  });
}

function addLabelRoutes(app: Hono, shipstation: ShipStationSandbox): void {
  app.post("/labels", async (context) => {
    const { all, orderNumbers, separately, orderId, orderKey, orderNumber, ...wishes } = labelRequest.parse(
      await context.req.json(),
    );
    const orderIds = all
      ? awaiting(shipstation)
      : orderNumbers
        ? orderNumbers.map((number) => findOrder(shipstation, { orderNumber: number }))
        : [findOrder(shipstation, { orderId, orderKey, orderNumber })];
    const batches = separately ? orderIds.map((id) => [id]) : orderIds.length > 0 ? [orderIds] : [];
    const labels = batches.flatMap((batch) => shipstation.buyLabels({ ...wishes, orderIds: batch }));
    return context.json({ labels: labels.map(viewLabel) }, 201);
  });
  app.post("/labels/:id/void", (context) => {
    const outcome = shipstation.voidLabel(Number(context.req.param("id")));
    if (!outcome) throw new Error("There is no such label.");
    return context.json(outcome);
  });
}

const parts = z.array(z.record(z.string(), z.int().min(1))).min(1);
const merged = z.strictObject({
  orderIds: z.array(z.int()).optional(),
  orderKeys: z.array(z.string()).optional(),
  orderNumbers: z.array(z.string()).optional(),
});
const edit = z.strictObject({
  orderNumber: z.string().optional(),
  orderStatus: z
    .enum(["awaiting_payment", "awaiting_shipment", "pending_fulfillment", "shipped", "on_hold", "cancelled"])
    .optional(),
  internalNotes: z.string().optional(),
  carrierCode: z.string().optional(),
  serviceCode: z.string().optional(),
  weight: z.strictObject({ value: z.number(), units: z.string() }).optional(),
  tagIds: z.array(z.int()).optional(),
  warehouseId: z.int().optional(),
  shipTo: z.partialRecord(z.enum(["name", "street1", "city", "state", "postalCode", "country"]), z.string()).optional(),
  quantities: z.record(z.string(), z.int().min(0)).optional(),
  addItem: z.strictObject({ sku: z.string(), name: z.string(), quantity: z.int().min(1) }).optional(),
});

function addOrderRoutes(app: Hono, shipstation: ShipStationSandbox): void {
  app.post("/mark-as-shipped", async (context) => {
    const { trackingNumber, carrierCode, shipDate, ...name } = z
      .strictObject({
        ...naming,
        trackingNumber: z.string().optional(),
        carrierCode: z.string().optional(),
        shipDate: z.iso.date().optional(),
      })
      .parse(await context.req.json());
    const how = { trackingNumber, carrierCode, shipDate };
    return context.json(shipstation.markAsShipped(findOrder(shipstation, name), how), 201);
  });
  app.post("/split", async (context) => {
    const body = z.strictObject({ ...naming, parts }).parse(await context.req.json());
    const split = shipstation.splitOrder(findOrder(shipstation, body), body.parts);
    return context.json({ orders: split.map(viewOrder) }, 201);
  });
  app.post("/merge", async (context) => {
    const { orderIds = [], orderKeys = [], orderNumbers = [] } = merged.parse(await context.req.json());
    const named = [
      ...orderKeys.map((orderKey) => ({ orderKey })),
      ...orderNumbers.map((orderNumber) => ({ orderNumber })),
    ];
    const ids = [...orderIds, ...named.map((name) => findOrder(shipstation, name))];
    return context.json(viewOrder(shipstation.mergeOrders(ids)));
  });
  app.post("/delete", async (context) => {
    const name = nameOnly.parse(await context.req.json());
    return context.json(viewOrder(shipstation.deleteOrder(findOrder(shipstation, name))));
  });
  app.post("/cancel", async (context) => {
    const name = nameOnly.parse(await context.req.json());
    return context.json(viewOrder(shipstation.cancelOrder(findOrder(shipstation, name))));
  });
  app.patch("/shipstation/orders/:id", async (context) => {
    const change = edit.parse(await context.req.json());
    const orderId = Number(context.req.param("id"));
    return context.json(viewOrder(shipstation.editOrder(orderId, change)));
  });
}

/** The first live order of that name. */
function findOrder(shipstation: ShipStationSandbox, name: Name): number {
  for (const order of shipstation.tables.orders.values()) {
    if (order.deletedAt !== null || order.mergedInto !== null) continue;
    if (name.orderId === undefined ? isNamed(order, name) : order.orderId === name.orderId) return order.orderId;
  }
  throw new Error(`There is no order ${name.orderId ?? name.orderKey ?? name.orderNumber ?? "without a name"}.`);
}

function isNamed(order: { orderKey: string; orderNumber: string }, { orderKey, orderNumber }: Name): boolean {
  if (orderKey !== undefined) return order.orderKey === orderKey;
  return orderNumber !== undefined && order.orderNumber === orderNumber;
}

function awaiting(shipstation: ShipStationSandbox): number[] {
  return [...shipstation.tables.orders.values()]
    .filter(
      ({ deletedAt, mergedInto, orderStatus }) =>
        deletedAt === null && mergedInto === null && orderStatus === "awaiting_shipment",
    )
    .map(({ orderId }) => orderId);
}

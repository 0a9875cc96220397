import { afterEach, expect, test } from "vitest";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions): Promise<World> {
  world = await createWorld(options);
  return world;
}

const orderWrites = (here: World): number =>
  here.sandbox.shipstation.journal.filter((entry) => /\/orders\/createorders?$/i.test(entry.path)).length;

const statesOf = async (here: World, kind: "order" | "label"): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const record of await here.records(kind)) counts[record.state] = (counts[record.state] ?? 0) + 1;
  return counts;
};

const rowCount = async (here: World): Promise<number> => {
  const tables = ["records", "audit", "effects", "links", "exchanges", "shipment_plans", "mirror_orders"] as const;
  let rows = 0;
  for (const table of tables) {
    const found = await here.app.db
      .selectFrom(table)
      .select((select) => select.fn.countAll<number>().as("rows"))
      .executeTakeFirstOrThrow();
    rows += found.rows;
  }
  return rows;
};

test("a hundred new orders cost one write call and are read back before they are Processed", async () => {
  const here = await started({ orders: 100 });
  await here.run("orders-out");
  expect(orderWrites(here)).toBe(1);
  expect(here.sandbox.check()).toMatchObject({ orders: 100, pushed: 100, failed: 0 });
  expect(await statesOf(here, "order")).toEqual({ Processed: 100 });
});

test("with webhooks off, polls alone bring every label into the ERP: tracking number, Ship Via and ship date", async () => {
  const here = await started({ orders: 25 });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.run("shipments-back");
  expect(here.sandbox.check()).toMatchObject({ orders: 25, pushed: 25, shipped: 25, failed: 0, problems: [] });
  const codes = new Set(here.sandbox.acumatica.tables.shipVias.map((via) => via.CarrierID));
  for (const shipment of here.sandbox.acumatica.tables.shipments) {
    const label = [...here.sandbox.shipstation.tables.shipments.values()].find(
      (candidate) => candidate.trackingNumber === shipment.Packages[0]?.TrackingNbr,
    );
    expect(shipment.Status).toBe("Confirmed");
    expect(shipment.ShipmentDate.slice(0, 10)).toBe(label?.shipDate);
    expect(codes.has(shipment.ShipVia ?? "")).toBe(true);
  }
  expect(await statesOf(here, "label")).toEqual({ Processed: 25 });
});

test("a webhook rings the doorbell: the flow is due at once, and only the stream it named is read", async () => {
  const here = await started({ orders: 3, webhooks: true });
  await here.run("subscription");
  await here.run("orders-out");
  await here.run("shipments-back");
  here.buyAllLabels();
  await here.sandbox.drainHooks();
  const bells = await here.app.db.selectFrom("doorbells").selectAll().execute();
  expect(bells.map((bell) => bell.stream)).toEqual(["shipments"]);
  const wakeup = await here.app.db
    .selectFrom("wakeups")
    .select("due_at")
    .where("flow", "=", "shipments-back")
    .executeTakeFirstOrThrow();
  expect(wakeup.due_at.getTime()).toBeLessThanOrEqual(here.clock.now() + 1_500);
  const before = here.sandbox.shipstation.counts.calls;
  await here.run("shipments-back");
  expect(here.sandbox.shipstation.counts.calls - before).toBe(1);
  expect(here.sandbox.check()).toMatchObject({ shipped: 3, failed: 0 });
  expect(await here.app.db.selectFrom("doorbells").selectAll().execute()).toEqual([]);
});

test("an unchanged history costs no write call and no row", async () => {
  const here = await started({ orders: 10 });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.run("shipments-back");
  await here.settle(6);
  const rows = await rowCount(here);
  const writes = here.sandbox.acumatica.counts.writes + orderWrites(here);
  for (let round = 0; round < 3; round += 1) {
    here.clock.advance(120_000);
    await here.run("orders-out");
    await here.run("shipments-back");
  }
  expect(here.sandbox.acumatica.counts.writes + orderWrites(here)).toBe(writes);
  expect(await rowCount(here)).toBe(rows);
});

test("two parcels of one order become one shipment with two packages", async () => {
  const here = await started({ orders: 1 });
  await here.run("orders-out");
  const [order] = [...here.sandbox.shipstation.tables.orders.values()];
  here.sandbox.shipstation.buyLabels({ orderIds: [order!.orderId], packages: 2 });
  await here.settle();
  const shipments = here.sandbox.acumatica.tables.shipments;
  expect(shipments).toHaveLength(1);
  expect(shipments[0]?.Packages).toHaveLength(2);
  expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0 });
});

test("a second label that comes after the first shipment was confirmed makes a second shipment on what is open", async () => {
  const here = await started({});
  const [first, second] = here.sandbox.acumatica.tables.stockItems.filter((item) => item.ItemStatus === "Active");
  here.sandbox.acumatica.createOrder({
    lines: [
      { inventoryId: first!.InventoryID, quantity: 2, warehouseId: "MAIN" },
      { inventoryId: second!.InventoryID, quantity: 3, warehouseId: "MAIN" },
    ],
  });
  await here.run("orders-out");
  const [order] = [...here.sandbox.shipstation.tables.orders.values()];
  const keys = order!.items.map((item) => item.lineItemKey ?? "");
  here.sandbox.shipstation.buyLabels({ orderIds: [order!.orderId], items: [{ lineItemKey: keys[0]!, quantity: 2 }] });
  await here.settle();
  expect(here.sandbox.acumatica.tables.shipments.map((shipment) => shipment.Status)).toEqual(["Confirmed"]);
  here.sandbox.shipstation.buyLabels({ orderIds: [order!.orderId] });
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  expect(here.sandbox.acumatica.tables.shipments).toHaveLength(2);
});

test("an edit in the ERP updates the ShipStation order and keeps what people set there", async () => {
  const here = await started({ orders: 1 });
  await here.run("orders-out");
  const [order] = [...here.sandbox.shipstation.tables.orders.values()];
  Object.assign(order!.sent, { carrierCode: "stamps_com", serviceCode: "usps_priority_mail" });
  const [row] = here.sandbox.acumatica.tables.salesOrders;
  const line = row!.Details[0]!;
  here.clock.advance(60_000);
  here.sandbox.acumatica.editOrder(row!.OrderType, row!.OrderNbr, {
    lines: { quantity: { [line.LineNbr]: line.OrderQty + 1 } },
  });
  await here.settle(5);
  const live = here.sandbox.shipstation.tables.orders.get(order!.orderId)!;
  expect(live.items.find((item) => item.lineItemKey === String(line.LineNbr))?.quantity).toBe(line.OrderQty);
  expect(live.sent.serviceCode).toBe("usps_priority_mail");
  expect(here.sandbox.shipstation.tables.orders.size).toBe(1);
  expect(await statesOf(here, "order")).toEqual({ Processed: 1 });
});

test("an order cancelled in the ERP is cancelled in ShipStation, one put on hold is held there", async () => {
  const here = await started({ orders: 2 });
  await here.run("orders-out");
  const [first, second] = here.sandbox.acumatica.tables.salesOrders;
  here.clock.advance(60_000);
  here.sandbox.acumatica.editOrder(first!.OrderType, first!.OrderNbr, { status: "Canceled" });
  here.sandbox.acumatica.editOrder(second!.OrderType, second!.OrderNbr, { status: "On Hold" });
  await here.settle(5);
  const statuses = Object.fromEntries(
    [...here.sandbox.shipstation.tables.orders.values()].map((order) => [order.orderNumber, order.orderStatus]),
  );
  expect(statuses).toEqual({ [first!.OrderNbr]: "cancelled", [second!.OrderNbr]: "on_hold" });
});

test("an edit after ShipStation has shipped is never sent: the record waits for a person", async () => {
  const here = await started({ orders: 1 });
  await here.run("orders-out");
  here.buyAllLabels();
  const [row] = here.sandbox.acumatica.tables.salesOrders;
  const line = row!.Details[0]!;
  const writes = orderWrites(here);
  here.clock.advance(60_000);
  here.sandbox.acumatica.editOrder(row!.OrderType, row!.OrderNbr, {
    lines: { quantity: { [line.LineNbr]: line.OrderQty + 5 } },
  });
  await here.run("orders-out");
  expect(orderWrites(here)).toBe(writes);
  const [record] = await here.records("order");
  expect(record).toMatchObject({ state: "Aborted", reason_code: "order.locked" });
});

test("orders that do not go out are records too, each with the rule that left it out", async () => {
  const here = await started({});
  here.sandbox.acumatica.createOrder({ status: "On Hold" });
  here.sandbox.acumatica.createOrder({ status: "Credit Hold" });
  await here.run("orders-out");
  const records = await here.records("order");
  expect(records.map((record) => [record.state, record.reason_code])).toEqual([
    ["Filtered", "status-not-listed"],
    ["Filtered", "status-not-listed"],
  ]);
  expect(here.sandbox.shipstation.tables.orders.size).toBe(0);
});

test("a label voided before its shipment is made is left out; voided after, it waits for a person", async () => {
  const here = await started({ orders: 2 });
  await here.run("orders-out");
  const [first, second] = [...here.sandbox.shipstation.tables.orders.values()];
  const [early] = here.sandbox.shipstation.buyLabels({ orderIds: [first!.orderId] });
  here.sandbox.shipstation.voidLabel(early!.shipmentId);
  const [late] = here.sandbox.shipstation.buyLabels({ orderIds: [second!.orderId] });
  await here.settle();
  here.sandbox.shipstation.voidLabel(late!.shipmentId);
  await here.settle();
  const labels = Object.fromEntries((await here.records("label")).map((record) => [record.key, record.reason_code]));
  expect(labels).toEqual({
    [`S${early!.shipmentId}`]: "voided",
    [`S${late!.shipmentId}`]: "label.voided-after-shipping",
  });
  expect(here.sandbox.acumatica.tables.shipments).toHaveLength(1);
});

test("an order marked as shipped, without a label of its own, is shipped in the ERP too", async () => {
  const here = await started({ orders: 1 });
  await here.run("orders-out");
  const [order] = [...here.sandbox.shipstation.tables.orders.values()];
  here.sandbox.shipstation.markAsShipped(order!.orderId, { carrierCode: "fedex", trackingNumber: "794600000001" });
  await here.settle();
  const [shipment] = here.sandbox.acumatica.tables.shipments;
  expect(shipment).toMatchObject({ Status: "Confirmed" });
  expect(shipment?.Packages.map((row) => row.TrackingNbr)).toEqual(["794600000001"]);
});

test("a replay of orders that wait in ShipStation writes nothing: an order is the same however it was read", async () => {
  const here = await started({ orders: 4 });
  await here.settle();
  const response = await here.app.web.request("/api/v1/replay", {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ connection: connectionId, kind: "order", state: "Processed" }),
  });
  expect(await response.json()).toMatchObject({ matched: 4, replayed: 4 });
  await here.settle();
  expect(orderWrites(here)).toBe(1);
  expect(await statesOf(here, "order")).toEqual({ Processed: 4 });
});

test("a replay of everything that is right writes nothing", async () => {
  const here = await started({ orders: 5 });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle();
  const writes = here.sandbox.acumatica.counts.writes + orderWrites(here);
  for (const kind of ["order", "label"] as const) {
    const response = await here.app.web.request("/api/v1/replay", {
      method: "POST",
      headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ connection: connectionId, kind, state: "Processed" }),
    });
    expect(await response.json()).toMatchObject({ matched: 5, replayed: 5 });
  }
  await here.settle();
  const confirmsAndCreates = here.sandbox.acumatica.journal.filter((entry) => /Shipment/i.test(entry.path)).length;
  expect(confirmsAndCreates).toBe(10);
  expect(orderWrites(here)).toBe(1);
  expect(here.sandbox.acumatica.counts.writes + orderWrites(here)).toBeLessThanOrEqual(writes);
  expect(await statesOf(here, "label")).toEqual({ Processed: 5 });
});

test("after a restart the work goes on where it was", async () => {
  const here = await started({ orders: 4 });
  await here.run("orders-out");
  await here.restart();
  here.buyAllLabels();
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ pushed: 4, shipped: 4, failed: 0 });
  expect(orderWrites(here)).toBe(1);
});

describeRecorded("on recorded data", "specs/acumatica-sample-responses.json", () => {
  test("the journey runs on orders, items and customers that nobody here invented", async () => {
    const here = await started({});
    const { acumatica } = here.sandbox;
    acumatica.loadRecorded(readRecorded("specs/acumatica-sample-responses.json"));
    for (const file of listRecorded("payloads/acumatica").filter((name) =>
      /^(salesorder|stockitem|customer)/.test(name),
    )) {
      acumatica.loadRecorded(readRecorded(`payloads/acumatica/${file}`));
    }
    const recorded = acumatica.tables.salesOrders;
    expect(recorded.length).toBeGreaterThan(0);
    const item = acumatica.tables.stockItems.find((row) => row.InventoryID.includes("#"));
    const shipTo = { AddressLine1: "1 Dock Street", City: "Portland", State: "OR", PostalCode: "97201", Country: "US" };
    for (const order of recorded) {
      acumatica.editOrder(order.OrderType, order.OrderNbr, {
        status: "Open",
        shipTo: { ...shipTo, Attention: "Goods In" },
        lines: {
          remove: order.Details.map((line) => line.LineNbr),
          add: [{ inventoryId: item!.InventoryID, quantity: 2, warehouseId: "MAIN" }],
        },
      });
    }
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle();
    expect(await statesOf(here, "order")).toEqual({ Processed: recorded.length });
    expect(await statesOf(here, "label")).toEqual({ Processed: recorded.length });
    for (const order of recorded) expect(order.Status).toBe("Completed");
  });
});

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Fetch } from "../../src/lib/http.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let isErpDown = false;
beforeEach(async () => {
  const network =
    (fetch: Fetch): Fetch =>
    async (request) =>
      isErpDown && request.url.includes("/SalesOrder/") ? new Response("busy", { status: 503 }) : fetch(request);
  world = await createWorld({ orders: 2, network });
  await world.run("orders-out");
});
afterEach(async () => {
  await world.close();
});

/** The first order's label is voided, and at once the order is combined into the second: ShipStation tells nothing of either any more. */
function voidAndCombine(): void {
  const { shipstation } = world.sandbox;
  const [first, second] = [...shipstation.tables.orders.keys()];
  shipstation.voidLabel([...shipstation.tables.shipments.keys()][0]!);
  shipstation.mergeOrders([second!, first!]);
}
function buyFirstLabel(): void {
  const { shipstation } = world.sandbox;
  const [first] = [...shipstation.tables.orders.keys()];
  shipstation.buyLabels({ orderIds: [first!] });
}

test("a label whose order was combined into another one before it was shipped is left to a person, for whom it is said why", async () => {
  buyFirstLabel();
  isErpDown = true;
  await world.run("shipments-back");
  expect(await world.records("label")).toMatchObject([{ state: "Failed" }]);
  isErpDown = false;
  voidAndCombine();
  world.clock.advance(3_600_000);
  await world.run("shipments-back");
  expect(world.sandbox.acumatica.tables.shipments).toEqual([]);
  expect(await world.records("label")).toMatchObject([{ state: "Aborted", reason_code: "label.order-combined" }]);
});

test("a label that is voided and combined away while its shipment is made is not confirmed", async () => {
  buyFirstLabel();
  const { shipments } = world.sandbox.acumatica.tables;
  const push = shipments.push.bind(shipments);
  shipments.push = (...made) => {
    voidAndCombine();
    world.clock.advance(25_000);
    return push(...made);
  };
  await world.run("shipments-back");
  expect(shipments.map(({ Status }) => Status)).toEqual(["Open"]);
  expect(await world.records("label")).toMatchObject([{ state: "Aborted", reason_code: "shipment.blocked" }]);
});

test("a voided label that vanished with its order is not shipped either where nothing tells what the order was combined into", async () => {
  const { shipstation, acumatica } = world.sandbox;
  buyFirstLabel();
  isErpDown = true;
  await world.run("shipments-back");
  isErpDown = false;
  voidAndCombine();
  const [, survivor] = [...shipstation.tables.orders.keys()];
  shipstation.deleteOrder(survivor!);
  world.clock.advance(3_600_000);
  await world.run("shipments-back");
  expect(acumatica.tables.shipments.map(({ Status }) => Status)).toEqual(["Open"]);
  expect(await world.records("label")).toMatchObject([{ state: "Aborted", reason_code: "shipment.blocked" }]);
});

import { afterEach, describe, expect, test } from "vitest";
import type { OrderChange } from "../../src/sandbox/acumatica/order-desk.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** One order that ShipStation has and the connector does not know of: the answer was lost, and so was the look that followed. */
async function lostAnswer(): Promise<World> {
  world = await createWorld({
    orders: 1,
    faults: [
      { system: "shipstation", kind: "reset", match: { path: "createorders" }, times: 1, executed: true },
      { system: "shipstation", kind: "status", status: 503, match: { method: "GET", path: "/orders" }, after: 1 },
    ],
  });
  await world.run("orders-out");
  expect(await open(world)).toHaveLength(1);
  expect(world.sandbox.shipstation.tables.orders.size).toBe(1);
  world.sandbox.faults.set([]);
  return world;
}

const open = (here: World) =>
  here.app.db.selectFrom("effects").selectAll().where("state", "in", ["dispatched", "in_doubt"]).execute();

/** A person changes the order before the connector has looked. */
function change(here: World, wish: OrderChange, lookedMs = 60_000): void {
  here.clock.advance(2_000);
  const [order] = here.sandbox.acumatica.tables.salesOrders;
  here.sandbox.acumatica.editOrder(order!.OrderType, order!.OrderNbr, wish);
  here.clock.advance(lookedMs);
}

const shipStationOrder = (here: World) => [...here.sandbox.shipstation.tables.orders.values()][0]!;

describe("an order whose push is in doubt", () => {
  test.for([
    { name: "put on hold", wish: { status: "On Hold" }, status: "on_hold" },
    { name: "cancelled", wish: { status: "Canceled" }, status: "cancelled" },
  ])("and that is $name meanwhile is stopped in ShipStation as well", async ({ wish, status }) => {
    const here = await lostAnswer();
    change(here, wish);
    await here.settle();
    expect(shipStationOrder(here).orderStatus).toBe(status);
    expect(await here.records("order")).toMatchObject([{ state: "Processed" }]);
    expect(await open(here)).toEqual([]);
  });

  test("and that is edited meanwhile reaches ShipStation as it is now", async () => {
    const here = await lostAnswer();
    change(here, { lines: { quantity: { 1: 77 } } });
    await here.settle();
    expect(shipStationOrder(here).items.map((item) => item.quantity)).toContain(77);
    expect(here.sandbox.check()).toMatchObject({ pushed: 1, failed: 0, problems: [] });
  });

  test("and that was not visible at first, then edited, reaches ShipStation as it is now", async () => {
    const here = await lostAnswer();
    const order = shipStationOrder(here);
    const { orders } = here.sandbox.shipstation.tables;
    orders.delete(order.orderId);
    await here.run("orders-out");
    // Within the half minute in which its absence proves nothing.
    change(here, { lines: { quantity: { 1: 77 } } }, 5_000);
    await here.run("orders-out");
    orders.set(order.orderId, order);
    await here.settle();
    expect(orders.size).toBe(1);
    expect(order.items.map((item) => item.quantity)).toContain(77);
  });

  test("and that is shipped by hand meanwhile is not taken for one we never sent", async () => {
    const here = await lostAnswer();
    change(here, { status: "Completed" });
    await here.settle();
    expect(await here.records("order")).toMatchObject([{ state: "Processed" }]);
    expect(await open(here)).toEqual([]);
    const links = await here.app.db.selectFrom("links").select("remote_id").execute();
    expect(links).toEqual([{ remote_id: String(shipStationOrder(here).orderId) }]);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { makeFinished, replayAll } from "./replaying.ts";

/** The share of every run of the tests; `npm run replay-test` takes ten thousand records. */
const records = process.env["CI"] === "true" ? 400 : 100;

let world: World;
beforeAll(async () => {
  world = await makeFinished(records);
});
afterAll(() => world.close());

test(`${records} finished records planned again ten times write nothing`, { timeout: 600_000 }, async () => {
  const { replayed, writes, effects, orders, labels } = await replayAll(world, 10);
  expect({ orders, labels, replayed }).toEqual({ orders: records / 2, labels: records / 2, replayed: records * 10 });
  expect({ writes, effects }).toEqual({ writes: 0, effects: 0 });
});

test("what has changed meanwhile is written by a replay, and is counted", async () => {
  const { shipstation } = world.sandbox;
  const [first] = world.sandbox.acumatica.tables.salesOrders;
  expect(first).toBeDefined();
  const made = world.sandbox.acumatica.createOrder();
  await world.run("orders-out");
  const before = shipstation.counts.writes;
  world.sandbox.acumatica.editOrder(made.OrderType, made.OrderNbr, { description: "call first" });
  world.clock.advance(61_000);
  const { writes, effects } = await replayAll(world, 1);
  expect(shipstation.counts.writes - before).toBe(writes);
  expect(writes).toBeGreaterThan(0);
  expect(effects).toBeGreaterThan(0);
});

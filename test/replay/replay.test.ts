import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { makeFinished, replayAll } from "./replaying.ts";

/** The share of every run of the tests; `npm run replay-test` takes ten thousand records. */
const records = process.env["CI"] === "true" ? 200 : 100;

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

test("what was changed meanwhile is written once, and counted", async () => {
  const { acumatica } = world.sandbox;
  const { OrderType, OrderNbr, Details } = acumatica.createOrder();
  await world.run("orders-out");
  acumatica.editOrder(OrderType, OrderNbr, { lines: { quantity: { [Details[0]!.LineNbr]: 77 } } });
  world.clock.advance(61_000);
  expect(await replayAll(world, 2)).toMatchObject({ writes: 1, effects: 1 });
});

import { afterEach, expect, test } from "vitest";
import { makeShipmentByHand } from "../support/erp-person.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const nameOf = async ({ app }: World): Promise<string> =>
  (await app.db.selectFrom("instance").select("name").executeTakeFirstOrThrow()).name;

test("a shipment says which instance made it, and a restart makes it no other", async () => {
  const here = (world = await createWorld({ orders: 2 }));
  const name = await nameOf(here);
  await here.restart();
  expect(await nameOf(here)).toBe(name);
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle();
  const { shipments } = here.sandbox.acumatica.tables;
  expect(shipments).toHaveLength(2);
  for (const { Description } of shipments)
    expect(Description).toMatch(new RegExp(`^ShipStation \\[SS S\\d+\\] \\[by ${name}\\]`));
  expect((await here.records("label")).map(({ state }) => state)).toEqual(["Processed", "Processed"]);
});

test("an order that another instance has shipped is left to a person, who is told of both; nothing is made or confirmed", async () => {
  const here = (world = await createWorld({ orders: 1 }));
  await here.run("orders-out");
  here.buyAllLabels();
  await makeShipmentByHand(here, here.sandbox.acumatica.tables.salesOrders[0]!);
  here.sandbox.acumatica.tables.shipments[0]!.Description = "ShipStation [SS S1] [by theirs]";
  const writes = here.sandbox.acumatica.counts.writes;
  await here.settle();
  expect((await here.records("label")).map(({ state, reason_code: code }) => [state, code])).toEqual([
    ["Aborted", "shipment.foreign-mark"],
  ]);
  expect(here.sandbox.acumatica.counts.writes).toBe(writes);
});

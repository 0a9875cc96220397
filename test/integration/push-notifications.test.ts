import { afterEach, expect, test } from "vitest";
import type { PushDefinition } from "../../src/sandbox/acumatica/pushes.ts";
import { until } from "../support/processes.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Polls so rare that within a test only a bell brings anything. */
async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld({
    ...options,
    connection: (file) => {
      const settings = file["settings"] as { flows: object };
      const flows = { ...settings.flows, orderPollSeconds: 86_400, labelPollSeconds: 86_400, doorbellGapSeconds: 10 };
      return { ...file, settings: { ...settings, flows } };
    },
  });
  return world;
}

/** Enters on the ERP's form what the connection says; `wrong` stands in for a slip of the typing hand. */
async function enterDefinition(
  here: World,
  watches: PushDefinition["watches"] = "SalesOrder",
  wrong: { key?: string } = {},
): Promise<void> {
  const answer = await here.app.web.request(`/api/v1/connections/${connectionId}/push`, {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}` },
  });
  const { url, header } = (await answer.json()) as { url: string; header: { name: string; value: string } };
  const query = watches === "SalesOrder" ? "Orders to ship" : "Stock Items: Last Modified Date";
  here.sandbox.acumatica.pushes.add({ query, watches, url, header: { ...header, value: wrong.key ?? header.value } });
}

const dueInMs = async (here: World): Promise<number> => {
  const row = await here.app.db
    .selectFrom("wakeups")
    .select("due_at")
    .where("flow", "=", "orders-out")
    .executeTakeFirstOrThrow();
  return row.due_at.getTime() - here.clock.now();
};
const orderCalls = (here: World): number =>
  here.sandbox.shipstation.journal.filter(({ path }) => /\/orders\/createorders?$/i.test(path)).length;
/** A run that is over, and the gap after it: the next poll is a day away. */
async function rest(here: World): Promise<void> {
  await here.run("orders-out");
  here.clock.advance(60_000);
  expect(await dueInMs(here)).toBeGreaterThan(80_000_000);
}

test("an order entered in the ERP is in ShipStation by its push notification, without waiting for the poll", async () => {
  const here = await started({ role: "all" });
  await here.app.start();
  await until("the first runs", async () => (await dueInMs(here)) > 80_000_000, { withinMs: 60_000, needs: [] });
  await enterDefinition(here);
  here.clock.advance(60_000);
  here.sandbox.acumatica.createOrder();
  await here.sandbox.drainHooks();
  await until("the order", () => Promise.resolve(here.sandbox.shipstation.tables.orders.size === 1), {
    ...{ withinMs: 60_000, needs: [] },
  });
  expect(here.sandbox.acumatica.pushes.notifications.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
    [202, 1],
  ]);
});

test("with every push notification lost the poll still finds all", async () => {
  const here = await started({ sandbox: { acumatica: { losePushes: 1_000 } } });
  await enterDefinition(here);
  await rest(here);
  for (let made = 0; made < 5; made += 1) here.sandbox.acumatica.createOrder();
  await here.sandbox.drainHooks();
  expect(here.sandbox.acumatica.pushes.notifications.map(({ outcome }) => outcome)).toEqual(Array(5).fill("lost"));
  expect(await dueInMs(here)).toBeGreaterThan(80_000_000);
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ orders: 5, pushed: 5, failed: 0 });
});

test("a hundred notifications, twice each and in the wrong order, cost one look and one write", async () => {
  const here = await started({ sandbox: { acumatica: { pushTwice: true, swapPushes: true } } });
  await enterDefinition(here);
  await rest(here);
  for (let made = 0; made < 100; made += 1) here.sandbox.acumatica.createOrder();
  await here.sandbox.drainHooks();
  expect(here.sandbox.acumatica.pushes.notifications.map(({ attempts }) => attempts)).toEqual(Array(100).fill(2));
  expect(await dueInMs(here)).toBeLessThanOrEqual(0);
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ orders: 100, pushed: 100, failed: 0 });
  expect(orderCalls(here)).toBe(1);
});

test("bells during and right after a look are kept for the next one, a gap later", async () => {
  const here = await started();
  await enterDefinition(here);
  await here.run("orders-out");
  here.sandbox.acumatica.createOrder();
  await here.sandbox.drainHooks();
  const due = await dueInMs(here);
  expect(due).toBeGreaterThan(5_000);
  expect(due).toBeLessThanOrEqual(10_000);
});

test("a changed stock item rings, too", async () => {
  const here = await started();
  await enterDefinition(here, "StockItem");
  await rest(here);
  const [item] = here.sandbox.acumatica.tables.stockItems;
  here.sandbox.acumatica.editStockItem(item!.InventoryID, { DimensionWeight: 7 });
  await here.sandbox.drainHooks();
  expect(await dueInMs(here)).toBeLessThanOrEqual(0);
  await here.run("orders-out");
  const row = await here.app.db
    .selectFrom("items")
    .select("item")
    .where("sku", "=", item!.InventoryID.trim())
    .executeTakeFirstOrThrow();
  expect(row.item).toMatchObject({ weightGrams: 3175.15 });
});

test("with a mistyped key nothing rings, the ERP sees no difference, and the polls go on", async () => {
  const here = await started();
  await enterDefinition(here, "SalesOrder", { key: "mistyped" });
  await rest(here);
  here.sandbox.acumatica.createOrder();
  await here.sandbox.drainHooks();
  expect(here.sandbox.acumatica.pushes.notifications[0]).toMatchObject({ outcome: 202, attempts: 1 });
  expect(await dueInMs(here)).toBeGreaterThan(80_000_000);
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ pushed: 1 });
});

import { afterEach, expect, test } from "vitest";
import { createWorld, type World } from "../support/world.ts";

const hourMs = 3_600_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const finds = (here: World) => here.app.db.selectFrom("sweep_finds").selectAll().orderBy("key").execute();
const metric = async (here: World) => {
  const answer = await here.app.web.request("/metrics", {
    headers: { authorization: `Bearer ${here.app.operatorToken}` },
  });
  return answer.text();
};

/** A day later; the first look of a connection only begins the count. */
async function nextNight(here: World): Promise<void> {
  here.clock.advance(25 * hourMs);
  await here.run("subscription");
}

test("the nightly comparison of two sides that agree finds nothing, and no invariant is broken", async () => {
  world = await createWorld({ orders: 3 });
  await world.run("orders-out");
  await world.run("subscription");
  world.buyAllLabels();
  await world.settle();
  await nextNight(world);
  expect(await finds(world)).toEqual([]);
  const text = await metric(world);
  expect(text).toMatch(/ml_invariant_violations\{invariant="I5"\} 0/);
});

test("a label that no poll brought is found at night, counted as our fault, and shipped", async () => {
  world = await createWorld({ orders: 2 });
  const here = world;
  await here.run("orders-out");
  await here.run("shipments-back");
  await here.run("subscription");
  here.buyAllLabels();
  // Our cursors have passed it, for whatever reason.
  here.clock.advance(2 * hourMs);
  await here.app.db
    .updateTable("cursors")
    .set({ position: new Date(here.clock.now()), polled_at: new Date(here.clock.now()) })
    .where("stream", "=", "shipstation.shipments")
    .execute();
  await here.run("shipments-back");
  expect(await here.records("label")).toEqual([]);

  await nextNight(here);
  expect(await finds(here)).toMatchObject([
    { sweep: "nightly", kind: "label", what: "label-missing-in-erp" },
    { sweep: "nightly", kind: "label", what: "label-missing-in-erp" },
  ]);
  expect(await metric(here)).toMatch(/ml_sweep_found_total\{connection="demo",sweep="nightly"\} 2/);
  await here.settle(6);
  expect(here.sandbox.check()).toMatchObject({ shipped: 2, failed: 0, problems: [] });
});

test("a second ERP shipment with the mark of a label is found at night", async () => {
  world = await createWorld({ orders: 1 });
  const here = world;
  await here.run("orders-out");
  await here.run("subscription");
  here.buyAllLabels();
  await here.settle();
  const { tables } = here.sandbox.acumatica;
  const first = tables.shipments[0]!;
  tables.shipments.push({ ...structuredClone(first), ShipmentNbr: "999999", id: crypto.randomUUID() });
  await nextNight(here);
  expect(await finds(here)).toContainEqual(expect.objectContaining({ what: "shipments-with-one-label" }));
});

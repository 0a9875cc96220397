import { afterEach, expect, test } from "vitest";
import type { Fetch } from "../../src/lib/http.ts";
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

type Around = (send: () => Promise<Response>) => Promise<Response>;
const on =
  (filter: string) =>
  (around: Around) =>
  (fetch: Fetch): Fetch =>
  (request) =>
    new URL(request.url).searchParams.has(filter) ? around(() => fetch(request)) : fetch(request);
/** Around each answer to "which labels were voided since?". */
const onVoids = on("voidDateStart");
/** Around each answer to "which labels were printed since?". */
const onLabels = on("createDateStart");

const confirmed = (here: World): (string | undefined)[] =>
  here.sandbox.acumatica.tables.shipments
    .filter(({ Status }) => Status !== "Open")
    .flatMap(({ Packages }) => Packages.map(({ TrackingNbr }) => TrackingNbr));

test("a listing of voids that was interrupted and goes on is as old as its first part: a label voided since is not shipped", async () => {
  let part = 0;
  const here = await started({
    orders: 2,
    network: onVoids(async (send) => {
      part += 1;
      if (part === 2) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      const answer = await send();
      if (part > 1) return answer;
      // There is more than came.
      const page = (await answer.json()) as { total: number };
      return Response.json({ ...page, total: page.total + 1 });
    }),
  });
  await here.run("orders-out");
  const [first, second] = [...here.sandbox.shipstation.tables.orders.keys()];
  here.sandbox.shipstation.buyLabels({ orderIds: [first!] });
  here.clock.advance(10_000);
  here.sandbox.shipstation.buyLabels({ orderIds: [second!] });
  const [early, late] = [...here.sandbox.shipstation.tables.shipments.values()];
  // New labels are read again for a quarter of an hour: there a void would show, too.
  here.clock.advance(20 * 60_000);
  here.sandbox.shipstation.voidLabel(late!.shipmentId);
  await here.run("shipments-back");
  expect(await here.app.db.selectFrom("listing_rests").select("stream").execute()).toEqual([
    { stream: "shipstation.voids" },
  ]);

  // What is left of the listing begins behind this label, which is the older one.
  here.sandbox.shipstation.voidLabel(early!.shipmentId);
  here.clock.advance(25_000);
  await here.run("shipments-back");
  expect(await here.app.db.selectFrom("listing_rests").selectAll().execute()).toEqual([]);
  expect(confirmed(here)).toEqual([]);
  const records = await here.records("label");
  expect(records.map(({ reason_code }) => reason_code)).toEqual(["shipment.blocked", "voided"]);
});

test("a redirect that ShipStation answers to the last look at the labels is told as its own, and nothing is confirmed", async () => {
  let looks = 0;
  const here = await started({
    orders: 1,
    network: onLabels(async (send) => {
      looks += 1;
      // The look that begins the run, the one before the ERP's turn, and the one within it.
      if (looks < 3) here.clock.advance(11_000);
      return looks === 3 ? new Response(null, { status: 302, headers: { location: "/maintenance" } }) : await send();
    }),
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.run("shipments-back");
  expect(looks).toBe(3);
  expect(confirmed(here)).toEqual([]);
  const stop = (await here.app.store.get(connectionId))?.stop;
  expect(stop).toEqual({ code: "network.redirected", text: expect.stringContaining("127.0.0.1:4502") as string });
});

import { afterEach, describe, expect, test } from "vitest";
import { sandboxV2Key } from "../../src/sandbox/sandbox.ts";
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

const v2Calls = (here: World, path: RegExp) =>
  here.sandbox.shipstation.v2.journal.filter((entry) => path.test(`${entry.method} ${entry.path}`));
const orderWrites = (here: World): number =>
  here.sandbox.shipstation.journal.filter((entry) => /\/orders\/createorders?$/i.test(entry.path)).length;
const outcomes = async (here: World): Promise<(string | null)[]> =>
  (
    await here.app.db
      .selectFrom("wakeups")
      .select("outcome")
      .where("flow", "in", ["orders-out", "shipments-back"])
      .execute()
  ).map((row) => row.outcome);
const ask = (here: World, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(
    here.app.web.request(path, { headers: { authorization: `Bearer ${here.app.operatorToken}`, ...headers } }),
  );

describe("the whole journey", () => {
  test.for([{ v2: false }, { v2: true }])("with V2 $v2 brings every order out and every label back", async ({ v2 }) => {
    const here = await started({ orders: 30, v2 });
    await here.run("orders-out");
    expect(orderWrites(here)).toBe(1);
    here.buyAllLabels();
    await here.settle();
    expect(here.sandbox.check()).toMatchObject({ orders: 30, pushed: 30, shipped: 30, failed: 0, problems: [] });
    expect(v2Calls(here, /external_shipment_id/)).toHaveLength(v2 ? 30 : 0);
    expect(await outcomes(here)).toEqual(["ok", "ok"]);
  });

  test("needs V1 alone when V2's call budget is spent: what it does not grant is not looked up", async () => {
    const here = await started({ orders: 200, v2: true });
    await here.run("orders-out");
    expect(here.sandbox.check()).toMatchObject({ pushed: 200, failed: 0 });
    const asked = v2Calls(here, /external_shipment_id/).length;
    expect(asked).toBeGreaterThan(100);
    expect(asked).toBeLessThan(200);
    expect(await outcomes(here)).toContain("ok");
  });
});

describe("a lost answer", () => {
  /** One order that ShipStation has, unknown to us, and that V1's list of changed orders does not show. */
  async function lostAndUnlisted(options: WorldOptions): Promise<World> {
    const here = await started({
      ...options,
      orders: 1,
      faults: [
        { system: "shipstation", kind: "reset", match: { path: "createorders" }, times: 1, executed: true },
        { system: "shipstation", kind: "status", status: 503, match: { method: "GET", path: "/orders?" }, after: 1 },
      ],
    });
    await here.run("orders-out");
    expect(here.sandbox.shipstation.tables.orders.size).toBe(1);
    here.sandbox.faults.set([]);
    // As a clock that is behind would have it: the order's date is before every window.
    const [order] = here.sandbox.shipstation.tables.orders.values();
    order!.modifiedAt -= 40 * 86_400_000;
    here.clock.advance(60_000);
    return here;
  }

  test("is resolved by V2's look-up of the key where V1's list does not show the order", async () => {
    const here = await lostAndUnlisted({ v2: true });
    await here.settle();
    expect(v2Calls(here, /GET .*external_shipment_id/).length).toBeGreaterThan(0);
    expect(orderWrites(here)).toBe(1);
    expect(here.sandbox.shipstation.tables.orders.size).toBe(1);
    expect(await here.records("order")).toMatchObject([{ state: "Processed" }]);
  });

  test("of an order that was deleted since is no reason to make it again: a person is told", async () => {
    const here = await lostAndUnlisted({ v2: true });
    const [order] = here.sandbox.shipstation.tables.orders.values();
    here.sandbox.shipstation.v2.options.planCode = null;
    // V2 still names it, V1 does not have it any more.
    here.sandbox.faults.set([
      {
        system: "shipstation",
        kind: "status",
        status: 404,
        match: { method: "GET", path: `/orders/${order!.orderId}` },
      },
    ]);
    await here.settle();
    expect(orderWrites(here)).toBe(1);
    expect(await here.records("order")).toMatchObject([{ state: "Aborted", reason_code: "order.link-gone" }]);
  });
});

test("a key that an order older than the mirror has is found before anything is made, and that order is left alone", async () => {
  const here = await started({ orders: 2, v2: true });
  const [mine] = here.sandbox.acumatica.tables.salesOrders;
  const { tables } = here.sandbox.shipstation;
  // A first connection made it; this one has an empty memory and begins later.
  await here.run("orders-out");
  const ids = [...tables.orders.keys()];
  for (const table of ["effects", "links", "records", "mirror_orders", "cursors"] as const) {
    await here.app.db.deleteFrom(table).execute();
  }
  const [old, other] = [...tables.orders.values()].sort((a) => (a.orderKey === mine!.OrderNbr ? -1 : 1));
  old!.modifiedAt -= 400 * 86_400_000;
  tables.orders.delete(other!.orderId);
  tables.ordersByKey.delete(other!.orderKey);
  here.clock.advance(60_000);
  await here.run("orders-out");
  expect(old!.modifiedAt).toBeLessThan(here.clock.now() - 300 * 86_400_000);
  expect(tables.orders.size).toBe(ids.length);
  expect(await here.records("order")).toMatchObject([
    { key: `SO/${mine!.OrderNbr}`, state: "Aborted", reason_code: "order.key-taken" },
    { state: "Processed" },
  ]);
});

describe("a void", () => {
  async function voidedUnseen(options: WorldOptions): Promise<World> {
    const here = await started({
      ...options,
      orders: 1,
      // V1's list of voids never shows it.
      network: (fetch) => (request) =>
        new URL(request.url).searchParams.has("voidDateStart")
          ? Promise.resolve(Response.json({ shipments: [], total: 0, page: 1, pages: 0 }))
          : fetch(request),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle();
    // So late that the list of new labels does not show it any more.
    here.clock.advance(1_200_000);
    await here.run("shipments-back");
    const [label] = here.sandbox.shipstation.tables.shipments.keys();
    here.sandbox.shipstation.voidLabel(label!);
    here.clock.advance(120_000);
    await here.run("shipments-back");
    return here;
  }

  test("that V1's list does not show is found by V2's label status and believed once V1's label says so", async () => {
    const here = await voidedUnseen({ v2: true });
    expect(await here.records("label")).toMatchObject([
      { state: "Aborted", reason_code: "label.voided-after-shipping" },
    ]);
    expect(v2Calls(here, /label_status=voided/).length).toBeGreaterThan(0);
  });

  test("is not found so with V1 alone", async () => {
    const here = await voidedUnseen({ v2: false });
    expect(await here.records("label")).toMatchObject([{ state: "Processed" }]);
  });

  test("that V2 tells and V1 contradicts changes nothing, and is told", async () => {
    const here = await started({
      orders: 1,
      v2: true,
      network: (fetch) => async (request) => {
        const answer = await fetch(request);
        if (!new URL(request.url).pathname.endsWith("/shipments")) return answer;
        const text = (await answer.text())
          .replaceAll('"voided":true', '"voided":false')
          .replaceAll(/"voidDate":"[^"]*"/g, '"voidDate":null');
        return new Response(text, { status: answer.status, headers: answer.headers });
      },
    });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle();
    const [label] = here.sandbox.shipstation.tables.shipments.keys();
    here.sandbox.shipstation.voidLabel(label!);
    here.clock.advance(120_000);
    await here.run("shipments-back");
    expect(await here.records("label")).toMatchObject([{ state: "Processed" }]);
    expect((await outcomes(here)).join()).toContain(`shows S${label} as voided, V1 does not`);
  });
});

describe("V2 fails in the middle, and V1 goes on", () => {
  test.for([
    { name: "an expired key", break: (here: World) => (here.sandbox.shipstation.v2.options.keys = []), calls: 5 },
    {
      name: "a plan",
      break: (here: World) => (here.sandbox.shipstation.v2.options.planCode = "trial_expired"),
      calls: 5,
    },
    {
      name: "an outage",
      break: (here: World) =>
        here.sandbox.faults.set([{ system: "shipstation", kind: "status", status: 500, match: { path: "/v2/" } }]),
      calls: Infinity,
    },
  ])("with $name", async ({ break: breakIt, calls }) => {
    const here = await started({ orders: 5, v2: true, webhooks: true });
    await here.run("subscription");
    await here.run("orders-out");
    breakIt(here);
    const before = here.sandbox.shipstation.v2.journal.length;
    for (let order = 0; order < 5; order += 1) here.sandbox.acumatica.createOrder();
    here.clock.advance(61_000);
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle();
    await here.run("subscription");
    expect(here.sandbox.check()).toMatchObject({ orders: 10, shipped: 10, failed: 0, problems: [] });
    expect(await here.app.store.get(connectionId)).toMatchObject({ state: "active" });
    // What is refused is not asked again and again: those that were under way together, and no more.
    expect(here.sandbox.shipstation.v2.journal.length - before).toBeLessThanOrEqual(calls);
    expect((await outcomes(here)).join()).toContain("Went on without ShipStation V2");
  });
});

describe("signed webhooks", () => {
  async function hooked(options: WorldOptions = {}): Promise<World> {
    const here = await started({ orders: 1, v2: true, webhooks: true, ...options });
    await here.run("subscription");
    return here;
  }
  const bells = (here: World) =>
    here.app.db.selectFrom("doorbells").select(["stream", "rings"]).orderBy("stream").execute();
  const deliver = async (here: World, body: string, headers: Record<string, string>): Promise<number> => {
    const token = await here.app.store.hookToken(connectionId);
    const answer = await here.app.web.request(`/hooks/shipstation/${token}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    return answer.status;
  };
  const genuine = JSON.stringify({
    resource_url: "https://api.shipstation.com/v2/labels?batch_id=se-64616278",
    resource_type: "LABEL_CREATED_V2",
  });

  test("of both kinds are subscribed once beside V1's, renewed, and removed with the connection", async () => {
    const here = await hooked();
    await here.run("subscription");
    const events = () => [...here.sandbox.shipstation.v2.webhooks.values()].map((row) => row.event).sort();
    expect(events()).toEqual(["fulfillment_shipped_v2", "label_created_v2"]);
    expect([...here.sandbox.shipstation.tables.webhooks.values()].map((row) => row.event).sort()).toEqual([
      "FULFILLMENT_SHIPPED",
      "SHIP_NOTIFY",
    ]);
    here.sandbox.shipstation.v2.webhooks.clear();
    await here.run("subscription");
    expect(events()).toHaveLength(2);
    const headers = { authorization: `Bearer ${here.app.operatorToken}` };
    await here.app.web.request(`/api/v1/connections/${connectionId}`, { method: "DELETE", headers });
    expect(events()).toEqual([]);
    expect(here.sandbox.shipstation.tables.webhooks.size).toBe(0);
  });

  test.for(["iso", "unix"] as const)("of the account ring, with their time as %s", async (hookTimestamp) => {
    const here = await hooked({ sandbox: { shipstationV2: { hookTimestamp } } });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.sandbox.drainHooks();
    const deliveries = here.sandbox.shipstation.hookDeliveries.filter(({ resourceType }) =>
      resourceType.endsWith("_V2"),
    );
    expect(deliveries).toMatchObject([{ resourceType: "LABEL_CREATED_V2", outcome: 202 }]);
    // V1's and V2's hook of one label are one look.
    expect(await bells(here)).toEqual([{ stream: "shipments", rings: 2 }]);
  });

  test.for([true, false])("of V1 ring whether they are signed or not: %s", async (signedHooks) => {
    const here = await hooked({ v2: false, sandbox: { shipstation: { signedHooks } } });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.sandbox.drainHooks();
    expect(here.sandbox.shipstation.hookDeliveries).toMatchObject([{ resourceType: "SHIP_NOTIFY", outcome: 202 }]);
    expect(await bells(here)).toEqual([{ stream: "shipments", rings: 1 }]);
  });

  test("of V1 that ShipStation switched off are replaced, those that are active are not doubled", async () => {
    const here = await hooked({ v2: false });
    const webhooks = here.sandbox.shipstation.tables.webhooks;
    const [off, on] = [...webhooks.values()];
    off!.active = false;
    await here.run("subscription");
    expect(webhooks.has(off!.webhookId)).toBe(false);
    expect(webhooks.has(on!.webhookId)).toBe(true);
    expect(
      [...webhooks.values()]
        .filter(({ active }) => active)
        .map(({ event }) => event)
        .sort(),
    ).toEqual(["FULFILLMENT_SHIPPED", "SHIP_NOTIFY"]);
  });

  test("rings the stream that the kind names, in any case", async () => {
    const here = await hooked();
    const { sign } = here.sandbox.shipstation.v2;
    for (const resource_type of ["FULFILLMENT_SHIPPED_V2", "label_created_v2"]) {
      const body = JSON.stringify({ resource_url: "https://api.shipstation.com/v2/x?y=1", resource_type });
      expect(await deliver(here, body, sign(body, here.clock.now()))).toBe(202);
    }
    expect((await bells(here)).map(({ stream }) => stream)).toEqual(["fulfillments", "shipments"]);
  });

  test("that are unsigned, forged, too old or too new are answered like an unknown address and ring nothing", async () => {
    const here = await hooked();
    const { sign } = here.sandbox.shipstation.v2;
    const now = here.clock.now();
    const forged = { ...sign(genuine, now), "x-shipengine-rsa-sha256-signature": "A".repeat(342) + "==" };
    const { "x-shipengine-timestamp": _, ...untimed } = sign(genuine, now);
    for (const headers of [
      {},
      forged,
      untimed,
      sign(genuine + " ", now),
      sign(genuine, now - 400_000),
      sign(genuine, now + 400_000),
    ]) {
      expect(await deliver(here, genuine, headers)).toBe(404);
    }
    const v1 = JSON.stringify({
      resource_url: "https://ssapi.shipstation.com/shipments?batchId=1",
      resource_type: "SHIP_NOTIFY",
    });
    expect(await deliver(here, v1, forged)).toBe(404);
    expect(await bells(here)).toEqual([]);
    const unknown = await here.app.web.request(`/hooks/shipstation/${"u".repeat(43)}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...sign(genuine, now) },
      body: genuine,
    });
    expect(unknown.status).toBe(404);
  });

  test("that are repeated ring once", async () => {
    const here = await hooked();
    const headers = here.sandbox.shipstation.v2.sign(genuine, here.clock.now());
    expect(await deliver(here, genuine, headers)).toBe(202);
    here.clock.advance(200_000);
    expect(await deliver(here, genuine, headers)).toBe(202);
    here.clock.advance(200_000);
    expect(await deliver(here, genuine, headers)).toBe(404);
    expect(await bells(here)).toEqual([{ stream: "shipments", rings: 1 }]);
  });

  test("that cannot be verified for now are refused so that they come again", async () => {
    const here = await hooked({
      network: (fetch) => (request) =>
        request.url.endsWith("webhook-jwks.json") ? Promise.reject(new TypeError("fetch failed")) : fetch(request),
    });
    expect(await deliver(here, genuine, here.sandbox.shipstation.v2.sign(genuine, here.clock.now()))).toBe(503);
    expect(await bells(here)).toEqual([]);
  });
});

describe("a record's page", () => {
  async function labelled(
    options: WorldOptions = { v2: true },
  ): Promise<{ here: World; label: string; order: string }> {
    const here = await started({ orders: 1, ...options });
    await here.run("orders-out");
    const [id] = here.sandbox.shipstation.tables.orders.keys();
    here.sandbox.shipstation.buyLabels({ orderIds: [id!], carrierCode: "fedex", serviceCode: "fedex_ground" });
    await here.settle();
    const [label] = await here.records("label");
    const [order] = await here.records("order");
    return { here, label: label!.key, order: order!.key };
  }
  const parcelsOf = async (here: World, kind: string, key: string): Promise<unknown> =>
    (await ask(here, `/api/v1/records/${connectionId}/${kind}/${encodeURIComponent(key)}/parcels`)).json();

  test("of a label and of its order has the tracking page and the PDF", async () => {
    const { here, label, order } = await labelled();
    const [row] = here.sandbox.shipstation.tables.shipments.values();
    const trackingUrl = `https://www.fedex.com/fedextrack/?action=track&trackingnumber=${row!.trackingNumber}`;
    const parcels = [{ label, trackingNumber: row!.trackingNumber, trackingUrl, hasPdf: true }];
    expect(await parcelsOf(here, "label", label)).toEqual({ parcels, notice: null });
    expect(await parcelsOf(here, "order", order)).toEqual({ parcels, notice: null });
  });

  test("without a key for V2 says what V2 would add, and with a broken one what is wrong", async () => {
    const { here, label } = await labelled({ v2: false });
    expect(await parcelsOf(here, "label", label)).toMatchObject({
      parcels: [],
      notice: expect.stringContaining("V2 key") as string,
    });
    const pdf = await ask(here, `/api/v1/connections/${connectionId}/labels/${label}/pdf`);
    expect([pdf.status, await pdf.json()]).toMatchObject([422, { error: { code: "shipstation.v2-missing" } }]);
    await world?.close();
    const { here: there } = await labelled();
    there.sandbox.shipstation.v2.options.keys = [];
    expect(await parcelsOf(there, "label", label)).toMatchObject({
      notice: expect.stringContaining("refused the V2 API key") as string,
    });
  });

  test("shows no link that is no web page", async () => {
    const { here, label } = await labelled({
      v2: true,
      network: (fetch) => async (request) => {
        const answer = await fetch(request);
        if (!/\/v2\/labels\//.test(request.url)) return answer;
        const text = (await answer.text()).replace(/"tracking_url":"[^"]*"/, '"tracking_url":"javascript:alert(1)"');
        return new Response(text, { status: answer.status, headers: answer.headers });
      },
    });
    expect(await parcelsOf(here, "label", label)).toMatchObject({ parcels: [{ trackingUrl: null }] });
  });

  test("gives the PDF through this service to who is signed in, and the key to nobody", async () => {
    const { here, label } = await labelled();
    const path = `/api/v1/connections/${connectionId}/labels/${label}/pdf`;
    const answer = await ask(here, path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/pdf");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const bytes = Buffer.from(await answer.arrayBuffer()).toString("latin1");
    expect(bytes).toMatch(/^%PDF-1\.4/);
    expect(bytes + JSON.stringify([...answer.headers])).not.toContain(sandboxV2Key);
    expect((await here.app.web.request(path)).status).toBe(401);
    expect((await ask(here, path.replace(label, "S1"))).status).toBe(404);
    expect((await ask(here, path.replace(connectionId, "other"))).status).toBe(404);
  });
});

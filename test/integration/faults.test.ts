import { afterEach, expect, test } from "vitest";
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

async function replay(here: World, body: object): Promise<{ matched: number; replayed: number }> {
  const response = await here.app.web.request("/api/v1/replay", {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ connection: connectionId, ...body }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { matched: number; replayed: number };
}

/** Both sides are worked on until every order is shipped, or rounds run out. */
async function shipEverything(here: World, rounds = 40): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await here.run("orders-out");
    here.buyAllLabels();
    await here.run("shipments-back");
    const { orders, shipped } = here.sandbox.check();
    if (orders > 0 && orders === shipped) return;
    here.clock.advance(65_000);
  }
}

test("a 429 storm and five per cent of 503 delay orders and lose none", async () => {
  const here = await started({
    orders: 30,
    faults: [
      { system: "shipstation", kind: "rate-limit-storm", after: 2, delayMs: 90_000 },
      { system: "shipstation", kind: "status", status: 503, rate: 0.05 },
      { system: "acumatica", kind: "status", status: 503, rate: 0.05 },
    ],
  });
  await shipEverything(here, 60);
  expect(here.sandbox.check()).toMatchObject({ orders: 30, pushed: 30, shipped: 30, failed: 0, problems: [] });
});

test("when all ERP sessions are taken the connector waits and does not give up", async () => {
  const here = await started({ orders: 2, faults: [{ system: "acumatica", kind: "session-limit", times: 3 }] });
  await shipEverything(here);
  expect(here.sandbox.check()).toMatchObject({ shipped: 2, failed: 0 });
  const connection = await here.app.store.get(connectionId);
  expect(connection?.state).toBe("active");
});

test("one order that ShipStation refuses delays only itself, says why, and goes through after a replay", async () => {
  const here = await started({ orders: 20 });
  const bad = here.sandbox.acumatica.tables.salesOrders[9]!;
  const before = { ...bad.ShipToAddress };
  bad.ShipToAddress.Country = "USA";
  await here.run("orders-out");
  const records = await here.records("order");
  const aborted = records.filter((record) => record.state === "Aborted");
  expect(aborted.map((record) => record.key)).toEqual([`${bad.OrderType}/${bad.OrderNbr}`]);
  expect(aborted[0]).toMatchObject({ reason_code: "order.unmappable" });
  expect(JSON.stringify(aborted[0]?.problems)).toContain("Country");
  expect(records.filter((record) => record.state === "Processed")).toHaveLength(19);
  Object.assign(bad.ShipToAddress, before);
  expect(await replay(here, { kind: "order", state: "Aborted" })).toMatchObject({ matched: 1, replayed: 1 });
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ pushed: 20, failed: 0 });
});

test("an order refused in the middle of a bulk write is named with ShipStation's words; the others arrive", async () => {
  const here = await started({ orders: 20 });
  const bad = here.sandbox.acumatica.tables.salesOrders[9]!;
  here.sandbox.faults.set([
    { system: "shipstation", kind: "refuse-order", orderNumber: bad.OrderNbr, text: "'Ship Name' must not be empty." },
  ]);
  await here.run("orders-out");
  const record = (await here.records("order")).find((candidate) => candidate.key.endsWith(bad.OrderNbr));
  expect(record).toMatchObject({ state: "Aborted", reason_code: "shipstation.rejected" });
  expect(JSON.stringify(record?.problems)).toMatch(/name/i);
  expect(here.sandbox.check()).toMatchObject({ pushed: 19 });
  here.sandbox.faults.set([]);
  await replay(here, { keys: [record!.key] });
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ pushed: 20, failed: 0 });
});

test("a bulk write refused as a whole falls back to halves, so that one order does not hold up a hundred", async () => {
  const here = await started({ orders: 20 });
  const bad = here.sandbox.acumatica.tables.salesOrders[5]!;
  here.sandbox.faults.set([
    {
      system: "shipstation",
      kind: "status",
      status: 400,
      match: { method: "POST", path: "createorder", bodyContains: `"${bad.OrderNbr}"` },
      body: {
        Message: "The request is invalid.",
        ModelState: { "apiOrders[0].orderDate": ["The value is not valid."] },
      },
    },
  ]);
  await here.run("orders-out");
  expect(here.sandbox.check()).toMatchObject({ pushed: 19 });
  const states = (await here.records("order")).filter((record) => record.state !== "Processed");
  expect(states.map((record) => [record.key, record.state])).toEqual([[`${bad.OrderType}/${bad.OrderNbr}`, "Aborted"]]);
});

test("a label whose SKU line is missing in the ERP waits for a person with field and cure; mended and replayed it ships", async () => {
  const here = await started({ orders: 3 });
  await here.run("orders-out");
  const order = [...here.sandbox.shipstation.tables.orders.values()][1]!;
  const strange = order.items[0]!;
  const key = strange.lineItemKey;
  const sku = strange.sku;
  strange.lineItemKey = "99";
  strange.sku = "NOT-IN-THE-ERP";
  here.buyAllLabels();
  await here.settle();
  const aborted = (await here.records("label")).filter((record) => record.state !== "Processed");
  expect(aborted).toMatchObject([{ state: "Aborted", reason_code: "label.line-unknown" }]);
  expect(JSON.stringify(aborted[0]?.problems)).toContain("NOT-IN-THE-ERP");
  expect(here.sandbox.check()).toMatchObject({ shipped: 2 });

  // The person corrects the line in ShipStation: the label is voided, and printed again.
  const [label] = [...here.sandbox.shipstation.tables.shipments.values()].filter(
    (row) => row.orderId === order.orderId,
  );
  here.sandbox.shipstation.voidLabel(label!.shipmentId);
  const live = here.sandbox.shipstation.tables.orders.get(order.orderId)!;
  live.items[0]!.lineItemKey = key;
  live.items[0]!.sku = sku;
  here.buyAllLabels();
  await replay(here, { kind: "label", state: "Aborted" });
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ shipped: 3, failed: 0, problems: [] });
});

test("a bulk write whose answer is lost is looked up, never sent blindly again", async () => {
  const here = await started({
    orders: 10,
    faults: [{ system: "shipstation", kind: "reset", match: { path: "createorders" }, times: 1, executed: true }],
  });
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ pushed: 10, failed: 0 });
  const bulk = here.sandbox.shipstation.journal.filter((entry) => /createorders$/i.test(entry.path));
  expect(bulk).toHaveLength(1);
});

test("a shipment whose answer is lost is found by its mark: one shipment, confirmed once", async () => {
  const here = await started({
    orders: 3,
    faults: [
      { system: "acumatica", kind: "reset", match: { method: "PUT", path: "/Shipment" }, times: 1, executed: true },
    ],
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle(40);
  expect(here.sandbox.acumatica.tables.shipments).toHaveLength(3);
  expect(here.sandbox.check()).toMatchObject({ shipped: 3, failed: 0, problems: [] });
});

test("a create that never reached the ERP is sent again only after the quarantine", async () => {
  const here = await started({
    orders: 1,
    faults: [
      { system: "acumatica", kind: "reset", match: { method: "PUT", path: "/Shipment" }, times: 1, executed: false },
    ],
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.run("shipments-back");
  for (let minute = 0; minute < 14; minute += 1) {
    here.clock.advance(60_000);
    await here.run("shipments-back");
    expect(here.sandbox.acumatica.tables.shipments).toHaveLength(0);
  }
  expect(await here.records("label")).toMatchObject([{ state: "Waiting", reason_code: "shipment.in-doubt" }]);
  await here.settle(20);
  expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0 });
});

test("a create that the ERP carries out minutes later is not made a second time", async () => {
  let isSent = false;
  const here = await started({
    orders: 1,
    network: (fetch) => (request) => {
      isSent ||= request.method === "PUT" && request.url.includes("/Shipment");
      return fetch(request);
    },
    faults: [
      { system: "acumatica", kind: "late", match: { method: "PUT", path: "/Shipment" }, times: 1, delayMs: 8 * 60_000 },
    ],
  });
  await here.run("orders-out");
  here.buyAllLabels();
  const run = here.run("shipments-back");
  // The call's own deadline passes first: the connector hears nothing.
  const waiting = setInterval(() => (isSent ? here.clock.advance(60_000) : undefined), 20);
  await run;
  clearInterval(waiting);
  await here.settle(40);
  expect(here.sandbox.acumatica.tables.shipments).toHaveLength(1);
  expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
});

test("a confirmation whose answer is lost is believed only when the status says so", async () => {
  const here = await started({
    orders: 2,
    faults: [
      {
        system: "acumatica",
        kind: "reset",
        match: { method: "POST", path: "ConfirmShipment" },
        times: 1,
        executed: true,
      },
      {
        system: "acumatica",
        kind: "reset",
        match: { method: "POST", path: "ConfirmShipment" },
        times: 1,
        executed: false,
      },
    ],
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle(30);
  expect(here.sandbox.check()).toMatchObject({ shipped: 2, failed: 0, problems: [] });
});

test("wrong credentials stop the connection after one try, and it says so", async () => {
  const here = await started({ orders: 1 });
  const user = here.sandbox.acumatica.options.users?.[0];
  user!.password = "changed-by-the-admin";
  for (let round = 0; round < 5; round += 1) {
    await here.run("orders-out");
    here.clock.advance(600_000);
  }
  const connection = await here.app.store.get(connectionId);
  expect(connection).toMatchObject({ state: "stopped", stop: { code: "acumatica.credentials" } });
  expect(here.sandbox.acumatica.counts.signIns).toBeLessThanOrEqual(1);
});

test("an ERP order with a field of an unknown shape is kept and named; the others go out", async () => {
  const here = await started({
    orders: 5,
    network: (fetch) => async (request) => {
      const response = await fetch(request);
      if (!/\/SalesOrder\?/.test(request.url)) return response;
      const rows = (await response.json()) as { OrderNbr: { value: string }; OrderTotal: unknown }[];
      const bad = rows.find((row) => row.OrderNbr.value.endsWith("3"));
      if (bad) bad.OrderTotal = { value: { nested: true } };
      return Response.json(rows, { status: response.status, headers: response.headers });
    },
  });
  await here.run("orders-out");
  const states = (await here.records("order")).map((record) => [record.state, record.reason_code]);
  expect(states.filter(([state]) => state === "Processed")).toHaveLength(4);
  expect(states.filter(([state]) => state === "Aborted")).toEqual([["Aborted", "acumatica.unreadable"]]);
  expect(
    JSON.stringify((await here.records("order")).find((record) => record.state === "Aborted")?.problems),
  ).toContain("OrderTotal");
});

test("a label that cannot be read is kept as a record for a person; the others ship", async () => {
  const here = await started({
    orders: 3,
    network: (fetch) => async (request) => {
      const response = await fetch(request);
      if (!/\/shipments\?/.test(request.url)) return response;
      const page = (await response.json()) as { shipments: { shipDate: unknown }[] };
      if (page.shipments[1]) page.shipments[1].shipDate = { year: 2026 };
      return Response.json(page, { status: response.status, headers: response.headers });
    },
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle(4);
  const labels = await here.records("label");
  expect(labels.filter((record) => record.state === "Processed")).toHaveLength(2);
  expect(labels.filter((record) => record.state === "Aborted")).toMatchObject([
    { reason_code: "shipstation.unreadable" },
  ]);
});

test("through an hour of 503 hardly anything is asked, no record gives up, and all of it goes through afterwards", async () => {
  const here = await started({ orders: 5 });
  await here.run("orders-out");
  here.sandbox.acumatica.createOrder();
  here.buyAllLabels();
  here.sandbox.faults.set([{ system: "shipstation", kind: "status", status: 503 }]);
  const before = here.sandbox.shipstation.counts.calls;
  for (let minute = 0; minute < 60; minute += 1) {
    here.clock.advance(60_000);
    await here.run("orders-out");
    await here.run("shipments-back");
  }
  // Without a breaker it would be two calls and more a minute.
  expect(here.sandbox.shipstation.counts.calls - before).toBeLessThan(30);
  const connection = await here.app.store.get(connectionId);
  expect(connection?.state).toBe("active");
  expect([...(await here.records("order")), ...(await here.records("label"))].map(({ state }) => state)).not.toContain(
    "Aborted",
  );
  here.sandbox.faults.set([]);
  here.clock.advance(16 * 60_000);
  await shipEverything(here, 20);
  expect(here.sandbox.check()).toMatchObject({ orders: 6, shipped: 6, failed: 0, problems: [] });
});

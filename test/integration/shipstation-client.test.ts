import { describe, expect, test } from "vitest";
import { createMovableClock } from "../../src/lib/clock.ts";
import { ConnectorError } from "../../src/lib/errors.ts";
import type { Exchange } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { FaultFile } from "../../src/sandbox/fault-rules.ts";
import { createSandbox, sandboxApiKey, sandboxApiSecret } from "../../src/sandbox/sandbox.ts";
import type { ShipStationOptions } from "../../src/sandbox/shipstation/options.ts";
import { problemsFromBulkText } from "../../src/shipstation/problem-texts.ts";
import { parseResourceUrl } from "../../src/shipstation/resource-url.ts";
import { createShipStationClient } from "../../src/shipstation/v1/client.ts";
import type { SsOrder, SsOrderInput } from "../../src/shipstation/v1/entities.ts";
import type { SeenBudget } from "../../src/shipstation/v1/send.ts";
import { watchSpecs } from "../support/spec-watch.ts";

const minuteMs = 60_000;
/** A summer noon in California, far from any clock change. */
const noon = Date.UTC(2026, 6, 1, 19, 0, 0);

interface WorldOptions {
  startAt?: number;
  shipstation?: Partial<ShipStationOptions>;
  faults?: FaultFile;
  apiSecret?: string;
  hooks?: (url: string, body: string) => void;
}

const specs = watchSpecs();

/** A sandbox account and our client on it, in one process, on a clock that only the test moves. */
function createWorld(options: WorldOptions = {}) {
  const clock = createMovableClock(() => options.startAt ?? noon);
  const sandbox = createSandbox({
    clock,
    watch: specs.answers,
    seed: 1,
    webhooks: options.hooks !== undefined,
    shipstation: { callsPerMinute: 10_000, ...options.shipstation },
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    fetch: async (request) => {
      options.hooks?.(request.url, await request.text());
      return new Response(null, { status: 202 });
    },
  });
  const exchanges: Exchange[] = [];
  const budgets: SeenBudget[] = [];
  const client = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: sandboxApiKey, apiSecret: options.apiSecret ?? sandboxApiSecret }),
    budget: {
      take: () => Promise.resolve(),
      observe: (seen) => {
        budgets.push(seen);
        return Promise.resolve();
      },
    },
    fetch: specs.requests(sandbox.shipstationFetch),
    clock,
    log: silentLog,
    observe: (exchange) => exchanges.push(exchange),
  });
  return { clock, sandbox, account: sandbox.shipstation, client, exchanges, budgets };
}
type World = ReturnType<typeof createWorld>;

const anOrder = (number: string, changes: Partial<SsOrderInput> = {}): SsOrderInput => ({
  orderNumber: number,
  orderKey: number,
  orderDate: "2026-07-01 10:00:00",
  orderStatus: "awaiting_shipment",
  customerUsername: "C1",
  billTo: { name: "Ada Byron", street1: "1 Main St", city: "Austin", state: "TX", postalCode: "78701", country: "US" },
  shipTo: { name: "Ada Byron", street1: "1 Main St", city: "Austin", state: "TX", postalCode: "78701", country: "US" },
  items: [
    { lineItemKey: "1", sku: "ROPE", name: "Rope", quantity: 3, unitPrice: 2.5 },
    { lineItemKey: "2", sku: "HOOK", name: "Hook", quantity: 1, unitPrice: 9 },
  ],
  advancedOptions: {},
  ...changes,
});

const numbered = (from: number, count: number): SsOrderInput[] =>
  Array.from({ length: count }, (_, index) => anOrder(`SO${String(from + index).padStart(6, "0")}`));

/** Creates orders, 100 a call, and gives their ids by key. */
async function createAll(world: World, orders: readonly SsOrderInput[], apartMs = 0): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (let from = 0; from < orders.length; from += 100) {
    for (const { orderKey, orderId } of await world.client.createOrders(orders.slice(from, from + 100))) {
      ids.set(orderKey, orderId ?? 0);
    }
    world.clock.advance(apartMs);
  }
  return ids;
}

const failure = async (work: Promise<unknown>): Promise<ConnectorError> => {
  const thrown = await work.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ConnectorError);
  return thrown as ConnectorError;
};

const keysOf = (orders: readonly SsOrder[]) => orders.map((order) => order.orderKey).sort();

describe("credentials, plan and rate limit", () => {
  test.for(["json", "html", "empty"] as const)(
    "a wrong secret is told as such, answered as %s",
    async (unauthorizedBody) => {
      const { client } = createWorld({ apiSecret: "wrong", shipstation: { unauthorizedBody } });
      expect(await failure(client.listStores())).toMatchObject({ code: "shipstation.credentials", status: 401 });
      const error = await failure(client.saveOrder(anOrder("SO1")));
      expect(error).toMatchObject({ code: "shipstation.credentials", mayHaveApplied: false });
    },
  );

  test.for([402, 403] as const)("a plan without the API is told as such, answered as %d", async (planStatus) => {
    const { client } = createWorld({ shipstation: { planStatus } });
    const error = await failure(client.listStores());
    expect(error).toMatchObject({ code: "shipstation.plan", status: planStatus });
    expect(error.message).toContain("Your current plan");
  });

  test("the headers tell the budget, and the throttle tells how long to wait", async () => {
    const { client, clock, budgets, sandbox } = createWorld({
      startAt: noon + 40_000,
      shipstation: { callsPerMinute: 3 },
    });
    for (let call = 0; call < 3; call++) await client.listStores();
    expect(budgets).toEqual([2, 1, 0].map((remaining) => ({ limit: 3, remaining, resetSeconds: 20 })));
    expect(await failure(client.listStores())).toMatchObject({
      code: "shipstation.rate-limited",
      retryAfterMs: 20_000,
    });
    expect(budgets.at(-1)).toEqual({ limit: 3, remaining: 0, resetSeconds: 20 });
    expect(client.lastSeenBudget()).toEqual({ limit: 3, remaining: 0, resetSeconds: 20 });
    clock.advance(20_000);
    await client.listStores();
    expect(client.lastSeenBudget()).toMatchObject({ remaining: 2, resetSeconds: 60 });
    expect(sandbox.stats().rateLimited).toBe(1);
  });
});

describe("orders out", () => {
  test("a hundred orders are one write call, and each key has its order", async () => {
    const world = createWorld();
    const orders = numbered(1, 100);
    const results = await world.client.createOrders(orders);
    expect(results.map((result) => result.orderKey)).toEqual(orders.map((order) => order.orderKey));
    expect(results.every((result) => result.success && result.orderId !== undefined)).toBe(true);
    expect(world.sandbox.stats()).toMatchObject({ shipstationCalls: 1, shipstationWriteCalls: 1 });
    expect(world.account.tables.orders.size).toBe(100);
  });

  test("the same batch again updates and makes nothing twice", async () => {
    const world = createWorld();
    const first = await world.client.createOrders(numbered(1, 3));
    const again = await world.client.createOrders(numbered(1, 3));
    expect(again.map((result) => result.orderId)).toEqual(first.map((result) => result.orderId));
    expect(world.account.tables.orders.size).toBe(3);
  });

  test.for(["json", "text", "model-state"] as const)(
    "one refused order leaves the others alone (%s)",
    async (ruleBody) => {
      const world = createWorld({ shipstation: { ruleBody } });
      const [good, other] = numbered(1, 2);
      const bad = anOrder("BAD", {
        shipTo: { ...anOrder("BAD").shipTo, name: " ", country: "USA" },
        customerEmail: "1@1",
      });
      const results = await world.client.createOrders([good!, bad, other!]);
      expect(results.map((result) => [result.orderKey, result.success])).toEqual([
        ["SO000001", true],
        ["BAD", false],
        ["SO000002", true],
      ]);
      expect(problemsFromBulkText(results[1]!.errorMessage ?? "").map((problem) => problem.field)).toEqual([
        "shipTo.name",
        "shipTo.country",
        "customerEmail",
      ]);
    },
  );

  test("an order refused by a fault carries ShipStation's words", async () => {
    const world = createWorld({
      faults: [
        {
          system: "shipstation",
          kind: "refuse-order",
          orderNumber: "SO000002",
          text: "'Ship Name' must not be empty.",
        },
      ],
    });
    const results = await world.client.createOrders(numbered(1, 3));
    expect(results.map((result) => result.success)).toEqual([true, false, true]);
    expect(results[1]!.errorMessage).toBe("'Ship Name' must not be empty.");
  });

  test("a value that cannot be bound refuses the whole batch, nothing applied", async () => {
    specs.allow(/body\[\]\.amountPaid is string, not number$/);
    const world = createWorld();
    const bad = { ...anOrder("BAD"), amountPaid: "1.50 USD" } as unknown as SsOrderInput;
    const error = await failure(world.client.createOrders([...numbered(1, 2), bad]));
    expect(error).toMatchObject({ code: "shipstation.rejected", mayHaveApplied: false });
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]!.field).toBe("[2].amountPaid");
    expect(world.account.tables.orders.size).toBe(0);
  });

  test("a single refusal names every field", async () => {
    const { client } = createWorld();
    const error = await failure(client.saveOrder({ orderKey: "K" }));
    expect(error.code).toBe("shipstation.rejected");
    expect(error.problems.map((problem) => problem.field)).toEqual([
      "orderNumber",
      "orderDate",
      "orderStatus",
      "billTo",
      "shipTo",
    ]);
  });

  test("input that upsets the server is a server error with the exception's words", async () => {
    const { client } = createWorld();
    const units = { value: 1, units: "kilograms" as "grams" };
    const error = await failure(client.saveOrder(anOrder("SO1", { weight: units })));
    expect(error).toMatchObject({ code: "shipstation.server-error", mayHaveApplied: true });
    expect(error.message).toContain("Object reference not set");
    expect(error.message).not.toContain("SS.OpenApi");
  });

  test("a live order can be sent back as read, with our change; what people wrote stays", async () => {
    const { client, account, clock } = createWorld();
    const created = await client.saveOrder(anOrder("SO1"));
    account.editOrder(created.orderId, {
      internalNotes: "by hand",
      carrierCode: "stamps_com",
      serviceCode: "usps_priority_mail",
    });
    clock.advance(10_000);
    const live = await client.getOrder(created.orderId);
    const saved = await client.saveOrder({ ...live, orderStatus: "on_hold" });
    expect(saved).toMatchObject({
      orderId: created.orderId,
      orderStatus: "on_hold",
      internalNotes: "by hand",
      serviceCode: "usps_priority_mail",
    });
  });

  test("a part of a split order is updated by its id, and its family stays", async () => {
    const { client, account } = createWorld();
    const created = await client.saveOrder(anOrder("SO1"));
    const [, child] = account.splitOrder(created.orderId, [{ "1": 1 }]);
    const live = await client.getOrder(child!.orderId);
    const saved = await client.saveOrder({ ...live, internalNotes: "part" });
    expect(saved.orderId).toBe(child!.orderId);
    expect(saved.advancedOptions).toMatchObject({ mergedOrSplit: true, parentId: created.orderId });
    expect((await client.getOrder(created.orderId))?.items).toHaveLength(2);
  });

  test("an order is found by its exact number, among those that only start with it", async () => {
    const world = createWorld();
    await createAll(world, [anOrder("SO001"), anOrder("SO0010"), anOrder("SO001-2"), anOrder("XSO001")]);
    expect(keysOf(await world.client.findOrdersByNumber("SO001"))).toEqual(["SO001"]);
    expect(await world.client.findOrdersByNumber("SO00")).toEqual([]);
  });

  test("a deleted and a merged-away order are gone", async () => {
    const world = createWorld();
    const ids = await createAll(world, numbered(1, 3));
    const [first, second, third] = [...ids.values()];
    world.account.deleteOrder(first!);
    world.account.mergeOrders([second!, third!]);
    expect(await world.client.getOrder(first!)).toBeUndefined();
    expect(await world.client.getOrder(third!)).toBeUndefined();
    expect((await world.client.getOrder(second!))?.advancedOptions).toMatchObject({ mergedIds: [third] });
  });
});

describe("a lost answer of a write", () => {
  test.for([
    ["a connection that breaks after the work", { kind: "reset" }, "network.unreachable"],
    ["half an answer", { kind: "truncated" }, "shipstation.unreadable"],
    ["a gateway's page", { kind: "html", status: 502 }, "shipstation.unreadable"],
    ["a page with 200", { kind: "html", status: 200 }, "shipstation.unreadable"],
    ["a plain 500", { kind: "status", status: 500 }, "shipstation.server-error"],
  ] as const)("%s leaves it in doubt", async ([, fault, code]) => {
    const world = createWorld({ faults: [{ system: "shipstation", ...fault, times: 1 }] });
    expect(await failure(world.client.createOrders(numbered(1, 2)))).toMatchObject({ code, mayHaveApplied: true });
    const isApplied = fault.kind === "reset" || fault.kind === "truncated";
    expect(world.account.tables.orders.size).toBe(isApplied ? 2 : 0);
    expect(world.exchanges).toHaveLength(1);
  });

  test("no answer at all is a time-out after 90 s, in doubt", async () => {
    const world = createWorld({ faults: [{ system: "shipstation", kind: "timeout-after" }] });
    const failed = failure(world.client.saveOrder(anOrder("SO1")));
    while (world.account.tables.orders.size === 0) await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(90_000);
    expect(await failed).toMatchObject({ code: "network.timeout", mayHaveApplied: true });
  });

  test("a storm of throttled answers is no doubt at all", async () => {
    const world = createWorld({ faults: [{ system: "shipstation", kind: "rate-limit-storm", delayMs: 15_000 }] });
    const error = await failure(world.client.saveOrder(anOrder("SO1")));
    expect(error).toMatchObject({ code: "shipstation.rate-limited", mayHaveApplied: false, retryAfterMs: 15_000 });
  });
});

describe("listings", () => {
  test("of what fits one page cost one call, and tell the server's clock", async () => {
    const world = createWorld();
    await createAll(world, numbered(1, 50));
    const before = world.sandbox.stats().shipstationCalls;
    const listing = await world.client.listOrdersModified(noon - minuteMs);
    expect(listing.rows).toHaveLength(50);
    expect(listing.unreadable).toEqual([]);
    expect(listing.serverTimeMs).toBe(noon);
    expect(world.sandbox.stats().shipstationCalls - before).toBe(1);
  });

  test("take all of 1,700 orders, whether spread or made in one second", async () => {
    for (const apartMs of [7_000, 0]) {
      const world = createWorld();
      await createAll(world, numbered(1, 1_700), apartMs);
      const before = world.sandbox.stats().shipstationCalls;
      const listing = await world.client.listOrdersModified(noon - minuteMs);
      expect(new Set(listing.rows.map((row) => row.orderId)).size).toBe(1_700);
      expect(world.sandbox.stats().shipstationCalls - before).toBeLessThanOrEqual(6);
    }
  });

  test("miss no order while people edit others between the pages", async () => {
    const world = createWorld();
    const ids = [...(await createAll(world, numbered(1, 1_300))).values()];
    world.clock.advance(10_000);
    world.account.settle();
    let asked = 0;
    const editing = createShipStationClient({
      credentials: () => Promise.resolve({ apiKey: sandboxApiKey, apiSecret: sandboxApiSecret }),
      budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
      fetch: (request) => {
        asked += 1;
        world.clock.advance(1_500);
        if (asked <= 4)
          for (const id of ids.slice(asked * 5, asked * 5 + 5)) world.account.editOrder(id, { internalNotes: "x" });
        return world.sandbox.shipstationFetch(request);
      },
      clock: world.clock,
      log: silentLog,
    });
    const listing = await editing.listOrdersModified(noon - minuteMs);
    expect(new Set(listing.rows.map((row) => row.orderId)).size).toBe(1_300);
  });

  test("since an instant have what was changed after it, with a second to spare", async () => {
    const world = createWorld();
    await createAll(world, numbered(1, 5));
    world.clock.advance(10 * minuteMs);
    await createAll(world, numbered(6, 5));
    const listing = await world.client.listOrdersModified(world.clock.now());
    expect(keysOf(listing.rows)).toEqual(numbered(6, 5).map((order) => order.orderKey));
  });

  test("skip nulls", async () => {
    const world = createWorld({ shipstation: { nullListElements: true } });
    await createAll(world, numbered(1, 30));
    expect((await world.client.listOrdersModified(0)).rows).toHaveLength(30);
    expect(keysOf(await world.client.findOrdersByNumber("SO000007"))).toEqual(["SO000007"]);
  });

  test("isolate an order and a label that ShipStation cannot deliver, and give all others", async () => {
    const world = createWorld();
    const ids = [...(await createAll(world, numbered(1, 700), 5_000)).values()];
    const labels = world.account.buyLabels({ orderIds: ids.slice(0, 40) });
    world.account.options.poisonOrderIds = [ids[300]!];
    world.account.options.poisonShipmentIds = [labels[11]!.shipmentId];
    const before = world.sandbox.stats().shipstationCalls;
    const orders = await world.client.listOrdersModified(noon - minuteMs);
    expect(orders.rows).toHaveLength(699);
    expect(orders.unreadable).toHaveLength(1);
    expect(orders.unreadable[0]!.reason).toContain("Input string was not in a correct format.");
    expect(world.sandbox.stats().shipstationCalls - before).toBeLessThanOrEqual(25);
    const shipments = await world.client.listShipmentsCreated(noon - minuteMs);
    expect(shipments.rows).toHaveLength(39);
    expect(shipments.unreadable).toMatchObject([
      { raw: { path: "/shipments", after: labels[10]!.shipmentId, before: labels[12]!.shipmentId, count: 1 } },
    ]);
  });

  test("have every order through November's repeated hour, from any cursor", async () => {
    const change = Date.UTC(2026, 10, 1, 9, 0, 0);
    const world = createWorld({ startAt: change - 2 * 60 * minuteMs });
    const made: { key: string; at: number }[] = [];
    for (let quarter = 0; quarter < 20; quarter++) {
      made.push({ key: `SO${quarter}`, at: world.clock.now() });
      await world.client.createOrders([anOrder(`SO${quarter}`)]);
      world.clock.advance(15 * minuteMs);
    }
    for (const { at } of made) {
      const keys = keysOf((await world.client.listOrdersModified(at)).rows);
      for (const later of made.filter((order) => order.at >= at)) expect(keys).toContain(later.key);
    }
  });
});

describe("shipments back", () => {
  test("all labels of one order are read with their items, voided ones too, and none of another's", async () => {
    const world = createWorld();
    const { orderId } = await world.client.saveOrder(anOrder("SO1"));
    const other = await world.client.saveOrder(anOrder("SO2"));
    const [first] = world.account.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "1", quantity: 1 }] });
    const [second] = world.account.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "1", quantity: 1 }] });
    world.account.buyLabels({ orderIds: [other.orderId], items: [{ lineItemKey: "1", quantity: 1 }] });
    world.account.voidLabel(first!.shipmentId);
    const labels = await world.client.listShipmentsOfOrder(orderId);
    expect(labels).toMatchObject([
      { shipmentId: first!.shipmentId, voided: true, shipmentItems: [{ lineItemKey: "1", quantity: 1 }] },
      { shipmentId: second!.shipmentId, voided: false },
    ]);
    expect(labels).toHaveLength(2);
  });

  test("a label is listed with its items, joined by our line keys", async () => {
    const world = createWorld();
    const { orderId } = await world.client.saveOrder(anOrder("SO1"));
    const [label] = world.account.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "1", quantity: 2 }] });
    const listing = await world.client.listShipmentsCreated(noon - minuteMs);
    expect(listing.rows).toMatchObject([
      {
        shipmentId: label!.shipmentId,
        orderId,
        orderKey: "SO1",
        trackingNumber: label!.trackingNumber,
        voided: false,
        shipmentItems: [{ lineItemKey: "1", sku: "ROPE", quantity: 2 }],
      },
    ]);
    expect(listing.rows[0]!.shipDate).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect((await world.client.getOrder(orderId))?.orderStatus).toBe("awaiting_shipment");
  });

  test("a void is found by its own date, however old the label is", async () => {
    const world = createWorld();
    const { orderId } = await world.client.saveOrder(anOrder("SO1"));
    const [label] = world.account.buyLabels({ orderIds: [orderId] });
    world.clock.advance(3 * 24 * 60 * minuteMs);
    expect((await world.client.listShipmentsVoided(0)).rows).toEqual([]);
    world.account.voidLabel(label!.shipmentId);
    const since = world.clock.now() - minuteMs;
    expect((await world.client.listShipmentsCreated(since)).rows).toEqual([]);
    expect((await world.client.listShipmentsVoided(since)).rows).toMatchObject([
      { shipmentId: label!.shipmentId, voided: true, shipmentItems: [{ lineItemKey: "1" }, { lineItemKey: "2" }] },
    ]);
    expect((await world.client.getOrder(orderId))?.orderStatus).toBe("awaiting_shipment");
  });

  test("700 voids of labels of one batch are all listed", async () => {
    const world = createWorld();
    const ids = [...(await createAll(world, numbered(1, 700))).values()];
    const labels = world.account.buyLabels({ orderIds: ids });
    world.clock.advance(minuteMs);
    for (const label of labels) world.account.voidLabel(label.shipmentId);
    expect((await world.client.listShipmentsVoided(noon)).rows).toHaveLength(700);
  });

  test("Mark as Shipped is a fulfillment and never a shipment", async () => {
    const world = createWorld();
    const { orderId } = await world.client.saveOrder(anOrder("SO1"));
    world.account.markAsShipped(orderId, { trackingNumber: "1Z", carrierCode: "ups" });
    expect((await world.client.listShipmentsCreated(0)).rows).toEqual([]);
    expect((await world.client.listFulfillmentsCreated(noon - minuteMs)).rows).toMatchObject([
      { orderId, orderNumber: "SO1", trackingNumber: "1Z", carrierCode: "UPS", voided: false },
    ]);
    expect(await world.client.getOrder(orderId)).toMatchObject({ orderStatus: "shipped", externallyFulfilled: true });
  });
});

describe("reference data and webhooks", () => {
  test("stores, carriers and warehouses are listed", async () => {
    const { client, account } = createWorld();
    expect((await client.listStores()).length).toBeGreaterThan(0);
    expect((await client.listCarriers()).map((row) => row.code)).toContain("stamps_com");
    expect((await client.listWarehouses()).length).toBeGreaterThan(0);
    expect((await client.listStores()).some((row) => row.marketplaceId === 115)).toBe(false);
    account.options.ownAcumaticaStore = true;
    expect((await client.listStores()).some((row) => row.marketplaceId === 115)).toBe(true);
  });

  test("a webhook is subscribed to, rings with a URL our policy knows, and is deleted with an empty answer", async () => {
    const rung: { url: string; body: string }[] = [];
    const world = createWorld({ hooks: (url, body) => rung.push({ url, body }) });
    const { client, account, sandbox } = world;
    for (const event of ["ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"]) {
      await client.subscribeWebhook(`https://me.example/hooks/${event}`, event, "ml-connector");
    }
    const listed = await client.listWebhooks();
    expect(listed.map((hook) => [hook.HookType, hook.Active])).toEqual([
      ["ORDER_NOTIFY", true],
      ["SHIP_NOTIFY", true],
      ["ITEM_SHIP_NOTIFY", true],
      ["FULFILLMENT_SHIPPED", true],
    ]);
    const ids = [...(await createAll(world, numbered(1, 2))).values()];
    account.buyLabels({ orderIds: [ids[0]!] });
    account.options.resourceUrlBy = "storeID";
    account.buyLabels({ orderIds: [ids[1]!] });
    account.markAsShipped(ids[0]!);
    await sandbox.drainHooks();
    const heard = rung.map(({ body }) => JSON.parse(body) as { resource_url: string; resource_type: string });
    expect(heard.length).toBe(6);
    for (const { resource_url, resource_type } of heard) {
      const stream = { O: "orders", S: "shipments", I: "shipments", F: "fulfillments" }[resource_type.charAt(0)];
      expect([resource_url, parseResourceUrl(resource_url)]).toEqual([resource_url, { stream }]);
    }
    for (const hook of listed) await client.deleteWebhook(hook.WebHookID);
    await client.deleteWebhook(listed[0]!.WebHookID);
    expect(await client.listWebhooks()).toEqual([]);
  });
});

test("no credential is in any exchange that is archived", async () => {
  const { client, exchanges } = createWorld();
  await client.createOrders(numbered(1, 2));
  await client.listOrdersModified(0);
  expect(exchanges).toHaveLength(2);
  const told = JSON.stringify(exchanges);
  for (const secret of [
    sandboxApiKey,
    sandboxApiSecret,
    Buffer.from(`${sandboxApiKey}:`).toString("base64").slice(0, 20),
  ]) {
    expect(told).not.toContain(secret);
  }
});

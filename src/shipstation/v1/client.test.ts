import { describe, expect, test } from "vitest";
import { watchSpecs } from "../../../test/support/spec-watch.ts";
import { createMovableClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createShipStationClient, maxOrdersPerCall } from "./client.ts";
import type { CallPriority } from "./client.types.ts";
import type { SsOrderInput } from "./entities.ts";

const specs = watchSpecs();

interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** A client whose calls are answered in turn by `answers`. */
function clientOver(...answers: (Response | unknown[] | object)[]) {
  const calls: Call[] = [];
  const priorities: CallPriority[] = [];
  const client = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
    budget: {
      take: (priority) => {
        priorities.push(priority);
        return Promise.resolve();
      },
      observe: () => Promise.resolve(),
    },
    fetch: specs.requests(async (request) => {
      const url = new URL(request.url);
      const text = await request.text();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      calls.push({ method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), body });
      const answer = answers[calls.length - 1];
      return answer instanceof Response ? answer : Response.json(answer);
    }),
    clock: createMovableClock(),
    log: silentLog,
  });
  return { client, calls, priorities };
}

const input = (key: string): SsOrderInput => ({
  orderNumber: key,
  orderKey: key,
  orderDate: "2026-01-01",
  orderStatus: "awaiting_shipment",
  billTo: { name: "A", street1: "1", city: "C", country: "US" },
  shipTo: { name: "A", street1: "1", city: "C", country: "US" },
  items: [{ lineItemKey: "1", sku: "X", name: "X", quantity: 1 }],
  advancedOptions: { storeId: 5 },
});

describe("findOrdersByNumber", () => {
  test("gives the orders of exactly this number, though the API finds all that start with it", async () => {
    const orders = ["SO001", "SO0010", "SO001-2", "so001", "SO001"].map((orderNumber, index) => ({
      orderId: index + 1,
      orderNumber,
    }));
    const { client, calls } = clientOver({ orders: [null, ...orders], total: 6, page: 1, pages: 0 });
    expect((await client.findOrdersByNumber("SO001")).map((order) => order.orderId)).toEqual([1, 5]);
    expect(calls).toEqual([
      { method: "GET", path: "/orders", query: { orderNumber: "SO001", page: "1", pageSize: "500" }, body: undefined },
    ]);
  });

  test("turns all pages", async () => {
    const orders = Array.from({ length: 500 }, (_, index) => ({ orderId: index + 1, orderNumber: `1${index}` }));
    const { client, calls } = clientOver(
      { orders, total: 501 },
      { orders: [{ orderId: 999, orderNumber: "1" }], total: 501 },
    );
    expect((await client.findOrdersByNumber("1")).map((order) => order.orderId)).toEqual([999]);
    expect(calls).toHaveLength(2);
  });

  test("an unreadable row of this very number is not overlooked, one of another number is", async () => {
    const bad = { orderNumber: "SO001", orderId: "?" };
    const { client } = clientOver({ orders: [bad], total: 1 });
    await expect(client.findOrdersByNumber("SO001")).rejects.toMatchObject({ code: "shipstation.unreadable" });
    const { client: other } = clientOver({ orders: [{ ...bad, orderNumber: "SO0010" }], total: 1 });
    expect(await other.findOrdersByNumber("SO001")).toEqual([]);
  });

  test("an empty number never becomes a search for everything", async () => {
    const { client, calls } = clientOver();
    await expect(client.findOrdersByNumber(" ")).rejects.toMatchObject({ code: "internal.defect" });
    expect(calls).toEqual([]);
  });
});

describe("getOrder", () => {
  test("gives the order", async () => {
    const { client, calls } = clientOver({ orderId: 7, orderStatus: "shipped" });
    expect(await client.getOrder(7, "person")).toMatchObject({ orderId: 7, orderStatus: "shipped" });
    expect(calls[0]).toMatchObject({ method: "GET", path: "/orders/7" });
  });

  test("is undefined when the order is gone, and nothing else is", async () => {
    const { client } = clientOver(new Response("", { status: 404 }), new Response("<html>", { status: 404 }));
    expect(await client.getOrder(7)).toBeUndefined();
    await expect(client.getOrder(7)).rejects.toMatchObject({ code: "shipstation.unreadable" });
  });

  test.for([0, -1, 1.5, NaN, Infinity, 2 ** 53])("%d is no id and is not sent", async (id) => {
    const { client, calls } = clientOver();
    await expect(client.getOrder(id)).rejects.toMatchObject({ code: "internal.defect" });
    await expect(client.deleteWebhook(id)).rejects.toMatchObject({ code: "internal.defect" });
    expect(calls).toEqual([]);
  });
});

describe("createOrders", () => {
  test("sends a bare array and gives the results by key", async () => {
    const results = ["B", "A"].map((key, index) => ({
      orderId: index + 1,
      orderKey: key,
      orderNumber: key,
      success: true,
    }));
    const { client, calls } = clientOver({ hasErrors: false, results });
    const given = await client.createOrders([input("A"), input("B")]);
    expect(given.map((result) => [result.orderKey, result.orderId])).toEqual([
      ["A", 2],
      ["B", 1],
    ]);
    expect(calls[0]).toMatchObject({ method: "POST", path: "/orders/createorders", body: [input("A"), input("B")] });
  });

  test("a hundred go in one call, more are a defect, none cost no call", async () => {
    const hundred = Array.from({ length: maxOrdersPerCall }, (_, index) => input(`K${index}`));
    const { client, calls } = clientOver({ results: [] });
    await client.createOrders(hundred);
    await expect(client.createOrders([...hundred, input("K100")])).rejects.toMatchObject({ code: "internal.defect" });
    await expect(client.createOrders([input("A"), input("A")])).rejects.toMatchObject({ code: "internal.defect" });
    expect(await client.createOrders([])).toEqual([]);
    expect(calls).toHaveLength(1);
  });
});

describe("saveOrder", () => {
  test("sends the live order back without its read-only members and gives the order as saved", async () => {
    const { client, calls } = clientOver({
      orderId: 7,
      orderKey: "A",
      orderStatus: "on_hold",
      createDate: "2026-01-01",
    });
    const live = {
      ...input("A"),
      orderId: 7,
      createDate: "2026-01-01",
      orderTotal: 3,
      tagIds: [1],
      orderStatus: "on_hold",
    };
    expect(await client.saveOrder(live)).toMatchObject({ orderId: 7, orderStatus: "on_hold" });
    expect(calls[0]).toEqual({
      method: "POST",
      path: "/orders/createorder",
      query: {},
      body: { ...input("A"), orderId: 7, tagIds: [1], orderStatus: "on_hold" },
    });
  });

  test("what comes back in an unknown shape leaves the write in doubt", async () => {
    const { client } = clientOver({ ok: true });
    await expect(client.saveOrder(input("A"))).rejects.toMatchObject({
      code: "shipstation.unreadable",
      mayHaveApplied: true,
    });
  });

  test("is never repeated by itself", async () => {
    const { client, calls } = clientOver(Response.json({ ExceptionMessage: "Oops" }, { status: 500 }));
    await expect(client.saveOrder(input("A"))).rejects.toMatchObject({
      code: "shipstation.server-error",
      mayHaveApplied: true,
    });
    expect(calls).toHaveLength(1);
  });
});

describe("reference lists", () => {
  test("come as bare arrays; nulls and rows that do not parse are left out", async () => {
    const { client } = clientOver(
      [{ storeId: 1, storeName: "Manual" }, null, { storeName: "no id" }],
      [{ code: "ups", name: "UPS", primary: true }],
      [{ warehouseId: 3, warehouseName: "Main", isDefault: true }],
    );
    expect((await client.listStores()).map((row) => row.storeId)).toEqual([1]);
    expect((await client.listCarriers()).map((row) => row.code)).toEqual(["ups"]);
    expect((await client.listWarehouses()).map((row) => row.warehouseId)).toEqual([3]);
  });

  test("anything but a list is unreadable, not empty", async () => {
    for (const answer of [{}, { stores: null }, new Response(null, { status: 200 }), Response.json(null)]) {
      const { client } = clientOver(answer);
      await expect(client.listStores()).rejects.toMatchObject({ code: "shipstation.unreadable" });
    }
  });
});

describe("webhooks", () => {
  test("are listed from their own envelope", async () => {
    const { client } = clientOver({
      webhooks: [{ WebHookID: 1, HookType: "SHIP_NOTIFY", Url: "https://x", Active: false }],
    });
    expect(await client.listWebhooks()).toMatchObject([{ WebHookID: 1, Active: false }]);
  });

  test.for([
    ["201 with an id", Response.json({ id: 12345 }, { status: 201 })],
    ["the newer shape", Response.json({ WebHookID: 1, HookType: "SHIP_NOTIFY", Url: "https://x", Name: "n" })],
    ["nothing", new Response(null, { status: 200 })],
  ] as const)("are subscribed to, answered by %s", async ([, answer]) => {
    const { client, calls } = clientOver(answer);
    await client.subscribeWebhook("https://me.example/hooks/t", "SHIP_NOTIFY", "ml-connector");
    expect(calls[0]).toMatchObject({
      method: "POST",
      path: "/webhooks/subscribe",
      body: {
        target_url: "https://me.example/hooks/t",
        event: "SHIP_NOTIFY",
        store_id: null,
        friendly_name: "ml-connector",
      },
    });
  });

  test("are deleted with an empty answer, and once gone stay gone", async () => {
    const { client, calls } = clientOver(new Response(null, { status: 200 }), new Response(null, { status: 404 }));
    await client.deleteWebhook(5);
    await client.deleteWebhook(5);
    expect(calls.map((call) => `${call.method} ${call.path}`)).toEqual(["DELETE /webhooks/5", "DELETE /webhooks/5"]);
  });
});

test("calls are of the background unless somebody waits for them", async () => {
  const { client, priorities } = clientOver([], [], { orders: [], total: 0 }, { orderId: 1 });
  await client.listStores();
  await client.listStores("person");
  await client.listOrdersModified(0, "doorbell");
  await client.saveOrder(input("A"), "person");
  expect(priorities).toEqual(["background", "person", "doorbell", "person"]);
});

test("the budget last seen is told", async () => {
  const headers = { "X-Rate-Limit-Limit": "40", "X-Rate-Limit-Remaining": "39", "X-Rate-Limit-Reset": "10" };
  const { client } = clientOver(Response.json([], { headers }));
  expect(client.lastSeenBudget()).toBeUndefined();
  await client.listStores();
  expect(client.lastSeenBudget()).toEqual({ limit: 40, remaining: 39, resetSeconds: 10 });
});

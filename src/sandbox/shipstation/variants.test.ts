import { describe, expect, test } from "vitest";
import { aLine, anOrder, callerOf, smallAccount } from "../../../test/support/shipstation-visitor.ts";
import { sandboxApiSecret } from "./shipstation-sandbox.ts";

describe("a throttled answer", () => {
  test.for([
    [429, true, true],
    [400, false, false],
    [500, false, true],
  ] as const)(
    "may be a %i, with the usual headers (%s) and with Retry-After (%s)",
    async ([status, headers, after]) => {
      const { call } = smallAccount({
        callsPerMinute: 1,
        throttleStatus: status,
        throttleHeaders: headers,
        retryAfter: after,
      });
      await call("GET", "/stores");
      const answer = await call("GET", "/stores");
      expect(answer.status).toBe(status);
      expect(answer.json).toEqual({ message: "Too Many Requests" });
      expect(answer.headers.has("x-rate-limit-reset")).toBe(headers);
      expect(answer.headers.has("retry-after")).toBe(after);
    },
  );

  test.for([
    ["pair", 200],
    ["account", 429],
  ] as const)("may count calls by %s: another pair is answered %i", async ([budgetPer, status]) => {
    const { account, call } = smallAccount({ callsPerMinute: 1, budgetPer });
    const [first] = account.options.keys;
    account.options.keys = [first!, { key: "other", secret: sandboxApiSecret }];
    await call("GET", "/stores");
    const authorization = `Basic ${Buffer.from(`other:${sandboxApiSecret}`).toString("base64")}`;
    expect((await call("GET", "/stores", undefined, { authorization })).status).toBe(status);
  });
});

test.for([200, 201, 202] as const)("an order may be saved with %i", async (saveStatus) => {
  const { call } = smallAccount({ saveStatus });
  expect(await call("POST", "/orders/createorder", anOrder("A"))).toMatchObject({
    status: saveStatus,
    json: { orderKey: "A" },
  });
});

test("results of createorders may stand in another order than what was sent", async () => {
  const { post } = smallAccount({ bulkResults: "reversed" });
  const { results } = await post("/orders/createorders", [anOrder("A"), anOrder("B")]);
  expect(results.map(({ orderKey }) => orderKey)).toEqual(["B", "A"]);
});

test.for([
  ["kept", 1_200, 250],
  ["cut", 1_000, 200],
] as const)("long notes and names may be %s", async ([longText, notes, name]) => {
  const { call } = smallAccount({ longText });
  const item = { ...aLine("1", "BOLT-1", 1), name: "n".repeat(250) };
  const { json } = await call(
    "POST",
    "/orders/createorder",
    anOrder("A", { internalNotes: "x".repeat(1_200), items: [item] }),
  );
  const shown = json as unknown as { internalNotes: string; items: { name: string }[] };
  expect([shown.internalNotes.length, shown.items[0]?.name.length]).toEqual([notes, name]);
});

test.for([
  ["exclusive", 0],
  ["inclusive", 1],
] as const)("a window of orders may be %s of its border", async ([orderBorders, found]) => {
  const { get, post, clock } = smallAccount({ orderBorders });
  clock.advance(880);
  const { createDate } = await post("/orders/createorder", anOrder("A"));
  const border = createDate.slice(0, 23).replace("T", " ");
  expect((await get(`/orders?createDateStart=${encodeURIComponent(border)}`)).total).toBe(found);
});

test("dates may come in UTC with a Z; dates alone stay as they are", async () => {
  const { get, post } = smallAccount({ zonedDates: true });
  await post("/orders/createorder", anOrder("A", { shipByDate: "2026-03-05" }));
  const { orders } = await get("/orders");
  // 08:30 in Los Angeles.
  expect(orders[0]?.createDate).toBe("2026-03-02T16:30:00.12Z");
});

describe("parts of a split order", () => {
  test.for([
    ["same", "A"],
    ["none", null],
  ] as const)("show their key as %s", async ([splitKeys, key]) => {
    const { account, get, post } = smallAccount({ splitKeys });
    const { orderId } = await post("/orders/createorder", anOrder("A"));
    account.splitOrder(orderId, [{ "1": 1 }]);
    const { orders } = await get("/orders");
    expect(orders.map(({ orderKey }) => orderKey)).toEqual(["A", key]);
    expect(orders[1]?.advancedOptions).toMatchObject({ parentId: orderId, mergedOrSplit: true });
  });

  test.for([
    ["same", ["A", "A"]],
    ["suffixed", ["A-1", "A-2"]],
  ] as const)("have %s numbers", async ([splitNumbers, numbers]) => {
    const { account, get, post } = smallAccount({ splitNumbers });
    const { orderId } = await post("/orders/createorder", anOrder("A"));
    account.splitOrder(orderId, [{ "1": 1 }]);
    const { orders } = await get("/orders");
    expect(orders.map(({ orderNumber }) => orderNumber)).toEqual(numbers);
  });

  test("or the key alone may update the first part", async () => {
    const { account, post } = smallAccount({ splitKey: "updates-first" });
    const { orderId } = await post("/orders/createorder", anOrder("A"));
    account.splitOrder(orderId, [{ "1": 1 }]);
    expect(await post("/orders/createorder", anOrder("A"))).toMatchObject({ orderId });
  });
});

test.for([
  ["shipments", 2],
  ["one-shipment", 1],
] as const)("a label of two packages may be %s", async ([packagesAs, rows]) => {
  const { account, get, post } = smallAccount({ packagesAs });
  const { orderId } = await post("/orders/createorder", anOrder("A"));
  account.buyLabels({ orderIds: [orderId], packages: 2 });
  const { shipments } = await get("/shipments?includeShipmentItems=true");
  expect(shipments).toHaveLength(rows);
  const pieces = shipments.flatMap(({ shipmentItems }) => shipmentItems ?? []);
  expect(pieces.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBe(5);
});

test("a subscription may be answered with the hook instead of its id", async () => {
  const { account } = smallAccount({ subscribeAnswer: "hook" });
  const { call } = callerOf(account.fetch);
  const body = { target_url: "https://hooks.example.com/x", event: "SHIP_NOTIFY", friendly_name: "n" };
  expect((await call("POST", "/webhooks/subscribe", body)).json).toEqual({
    WebHookID: expect.any(Number) as number,
    HookType: "SHIP_NOTIFY",
    Url: "https://hooks.example.com/x",
    Name: "n",
  });
});

import { describe, expect, test } from "vitest";
import { aLine, anOrder, smallAccount } from "../../../test/support/shipstation-visitor.ts";
import type { ShipStationOptions } from "./options.ts";
import { eastWarehouseId, manualStoreId, webStoreId } from "./reference-data.ts";

const create = "/orders/createorder";

describe("createorder", () => {
  test("an unknown key creates, a known one updates, both with 200 and the whole order", async () => {
    const { call, account, clock } = smallAccount();
    const first = await call("POST", create, anOrder("SO1"));
    clock.advance(60_000);
    const second = await call("POST", create, anOrder("SO1", { items: [aLine("1", "BOLT-1", 9)] }));
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json.orderId).toBe(first.json.orderId);
    expect(second.json.items).toHaveLength(1);
    expect(second.json.createDate < second.json.modifyDate).toBe(true);
    expect(account.tables.orders.size).toBe(1);
  });

  test("without a key every call creates, and a key is invented", async () => {
    const { post, account } = smallAccount();
    const { orderKey: _key, ...keyless } = anOrder("SO1");
    const first = await post(create, keyless);
    await post(create, keyless);
    expect(first.orderKey).toMatch(/^[0-9a-f]{32}$/);
    expect(account.tables.orders.size).toBe(2);
  });

  test("what is sent is rewritten", async () => {
    const { post } = smallAccount();
    const order = await post(
      create,
      anOrder("SO1", {
        customerId: 5,
        customerUsername: "C1001",
        tagIds: [53974],
        taxAmount: 1,
        shippingAmount: 2,
        amountPaid: 99,
        advancedOptions: { warehouseId: 0, storeId: manualStoreId },
      }),
    );
    expect(order).toMatchObject({ tagIds: null, orderTotal: 15.5, amountPaid: 99, confirmation: "none" });
    expect(order.customerId).not.toBe(5);
    expect(order.advancedOptions).toMatchObject({ warehouseId: null, storeId: manualStoreId });
    expect(order.weight).toEqual({ value: 20, units: "ounces", WeightUnits: 1 });
    expect(order.items[0]).toMatchObject({ productId: expect.any(Number), adjustment: false, options: [] });
    expect(order.items[0]?.orderItemId).toBeGreaterThan(2 ** 32);
  });

  test("the address is validated some seconds later, which modifies the order once more", async () => {
    const { post, get, clock } = smallAccount();
    const created = await post(create, anOrder("SO1"));
    expect(created.shipTo).toMatchObject({ street1: "12 Main Street", addressVerified: "Address not yet validated" });
    clock.advance(5_000);
    const later = await get(`/orders/${created.orderId}`);
    expect(later.shipTo).toMatchObject({
      name: "Ada Example",
      company: "EXAMPLE WORKS",
      street1: "12 MAIN ST",
      postalCode: expect.stringMatching(/^78701-\d{4}$/),
      residential: false,
      addressVerified: "Address validated successfully",
    });
    expect(later.modifyDate > created.modifyDate).toBe(true);
  });

  test("sending the same or the read address again does not undo its validation", async () => {
    const { post, get, clock } = smallAccount();
    const { orderId } = await post(create, anOrder("SO1"));
    clock.advance(5_000);
    const { shipTo } = await get(`/orders/${orderId}`);
    expect((await post(create, anOrder("SO1"))).shipTo).toEqual(shipTo);
    expect((await post(create, anOrder("SO1", { shipTo }))).shipTo).toEqual(shipTo);
    const moved = { ...shipTo, street1: "1 Other Road" };
    expect((await post(create, anOrder("SO1", { shipTo: moved }))).shipTo["addressVerified"]).toBe(
      "Address not yet validated",
    );
  });

  test("an update replaces the whole resource: what is left out is gone, and lines get new ids", async () => {
    const { post, account } = smallAccount();
    const first = await post(create, anOrder("SO1", { internalNotes: "ring twice", carrierCode: null }));
    account.editOrder(first.orderId, { tagIds: [8362], weight: { value: 9, units: "pounds" } });
    const second = await post(create, anOrder("SO1"));
    expect(second).toMatchObject({ internalNotes: null, tagIds: null });
    expect(second.weight.value).toBe(20);
    expect(second.items[0]?.orderItemId).not.toBe(first.items[0]?.orderItemId);
  });
});

describe("refusals of createorder", () => {
  const refusals: { name: string; change: Record<string, unknown>; status: number; text: string }[] = [
    {
      name: "an empty ship-to name",
      change: { shipTo: { name: " ", country: "US" } },
      status: 400,
      text: "'Ship Name' must not be empty.",
    },
    {
      name: "a country in three letters",
      change: { shipTo: { name: "A", country: "USA" } },
      status: 400,
      text: "Please use a 2 character country code",
    },
    { name: "a malformed e-mail", change: { customerEmail: "1@1" }, status: 400, text: "Email" },
    {
      name: "an item option without a value",
      change: { items: [{ ...aLine("1", "A", 1), options: [{ name: "Size", value: "" }] }] },
      status: 400,
      text: "Option Value",
    },
    { name: "a long order number", change: { orderNumber: "N".repeat(51) }, status: 400, text: "maximum length of 50" },
    {
      name: "a fractional quantity",
      change: { items: [aLine("1", "A", 1.5)] },
      status: 400,
      text: "not a valid integer",
    },
    { name: "a carrier without a service", change: { carrierCode: "fedex" }, status: 400, text: "Invalid serviceCode" },
    {
      name: "an unknown service",
      change: { carrierCode: "fedex", serviceCode: "fedex_rocket" },
      status: 400,
      text: "Invalid serviceCode",
    },
    {
      name: "an unknown package, with 500",
      change: { packageCode: "shoebox" },
      status: 500,
      text: "Invalid packageCode",
    },
    {
      name: "an unknown weight unit, with 500",
      change: { weight: { value: 1, units: "kilograms" } },
      status: 500,
      text: "NullReferenceException",
    },
    { name: "an unknown status", change: { orderStatus: "processing" }, status: 400, text: "processing" },
    {
      name: "a marketplace's store",
      change: { advancedOptions: { storeId: 271_003 } },
      status: 400,
      text: "Invalid storeId",
    },
    {
      name: "an unknown ship-from location",
      change: { advancedOptions: { warehouseId: 1 } },
      status: 400,
      text: "Invalid warehouseId",
    },
    {
      name: "an object where a text belongs",
      change: { customerNotes: {} },
      status: 400,
      text: "Unexpected character",
    },
    {
      name: "a word where an amount belongs",
      change: { amountPaid: "much" },
      status: 400,
      text: "Could not convert string to decimal",
    },
  ];
  test.for(refusals)("$name", async ({ change, status, text }) => {
    const { call, account } = smallAccount();
    const answer = await call("POST", create, anOrder("SO1", change));
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(account.tables.orders.size).toBe(0);
  });

  test("required members are all named at once", async () => {
    const { call } = smallAccount();
    const { json } = await call("POST", create, {});
    expect(Object.keys(json.ModelState)).toEqual(
      ["orderNumber", "orderDate", "orderStatus", "billTo", "shipTo"].map((name) => `apiOrder.${name}`),
    );
  });

  test("an array, another media type, no JSON and nothing at all", async () => {
    const { call } = smallAccount();
    const array = await call("POST", create, [anOrder("SO1")]);
    expect([array.status, Object.keys(array.json.ModelState)]).toEqual([400, ["apiOrder"]]);
    const plain = await call("POST", create, anOrder("SO1"), { "content-type": "text/plain" });
    expect([plain.status, plain.json.ExceptionType]).toEqual([415, "System.Net.Http.UnsupportedMediaTypeException"]);
    expect((await call("POST", create, "{oops")).status).toBe(400);
    expect((await call("POST", create, "")).status).toBe(500);
  });

  test("an answer of GET that is posted back as it is gets 400 and no words", async () => {
    const { post, call } = smallAccount();
    const order = await post(create, anOrder("SO1"));
    const answer = await call("POST", create, order);
    expect([answer.status, answer.text]).toEqual([400, ""]);
  });

  test.for([
    { shape: "json", type: "application/json" },
    { shape: "text", type: "text/plain" },
    { shape: "model-state", type: "application/json" },
  ] as const)("a broken rule can be told as $shape", async ({ shape, type }) => {
    const { call } = smallAccount({ ruleBody: shape });
    const answer = await call("POST", create, anOrder("SO1", { billTo: { name: "" }, shipTo: { country: "US" } }));
    expect(answer.headers.get("content-type")).toContain(type);
    for (const who of ["Bill", "Ship"]) expect(answer.text).toContain(`'${who} Name' must not be empty.`);
  });
});

describe("which order a key means", () => {
  const shipped = async (options: Partial<ShipStationOptions>) => {
    const setup = smallAccount(options);
    const { orderId } = await setup.post(create, anOrder("SO1"));
    setup.account.buyLabels({ orderIds: [orderId] });
    return { ...setup, orderId };
  };

  test("an update of a shipped order is answered 200 and not reflected", async () => {
    const { call, orderId } = await shipped({});
    const answer = await call("POST", create, anOrder("SO1", { internalNotes: "late" }));
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ orderId, orderStatus: "shipped", internalNotes: null });
  });

  test("or refused, or it makes a second order, as the account is set", async () => {
    const refused = await shipped({ lockedUpdate: "refused" });
    expect((await refused.call("POST", create, anOrder("SO1"))).status).toBe(400);
    const doubled = await shipped({ lockedUpdate: "creates-new" });
    expect((await doubled.post(create, anOrder("SO1"))).orderId).not.toBe(doubled.orderId);
  });

  test.for(["cancelled", "shipped"] as const)("a %s order is locked", async (orderStatus) => {
    const { post, account } = smallAccount();
    const { orderId } = await post(create, anOrder("SO1"));
    account.editOrder(orderId, { orderStatus });
    expect(await post(create, anOrder("SO1"))).toMatchObject({ orderStatus });
  });

  test.for(["awaiting_payment", "on_hold", "pending_fulfillment"] as const)("a %s order is not", async (status) => {
    const { post, account } = smallAccount();
    const { orderId } = await post(create, anOrder("SO1"));
    account.editOrder(orderId, { orderStatus: status });
    expect(await post(create, anOrder("SO1", { orderStatus: "cancelled" }))).toMatchObject({
      orderStatus: "cancelled",
    });
  });

  test("keys are looked up per store, or per account when so set", async () => {
    for (const [keyLookup, count] of [
      ["store", 2],
      ["account", 1],
    ] as const) {
      const { post, account } = smallAccount({ keyLookup });
      await post(create, anOrder("SO1"));
      await post(create, anOrder("SO1", { advancedOptions: { storeId: webStoreId } }));
      expect(account.tables.orders.size).toBe(count);
    }
  });

  test("the key of a deleted or merged-away order makes a second one, or 404 when so set", async () => {
    for (const [goneKey, status] of [
      ["creates-new", 200],
      ["not-found", 404],
    ] as const) {
      const { post, call, account } = smallAccount({ goneKey });
      const one = await post(create, anOrder("SO1"));
      const two = await post(create, anOrder("SO2"));
      const three = await post(create, anOrder("SO3"));
      account.deleteOrder(one.orderId);
      account.mergeOrders([two.orderId, three.orderId]);
      expect((await call("POST", create, anOrder("SO1"))).status).toBe(status);
      expect((await call("POST", create, anOrder("SO3"))).status).toBe(status);
    }
  });

  test("a split order needs its orderId beside the key", async () => {
    const { post, call, account } = smallAccount();
    const { orderId } = await post(create, anOrder("SO1"));
    const [, child] = account.splitOrder(orderId, [{ "2": 1 }]);
    expect((await call("POST", create, anOrder("SO1"))).status).toBe(404);
    const update = await post(create, anOrder("SO1", { orderId: child?.orderId, items: [aLine("2", "NUT-1", 1)] }));
    expect(update).toMatchObject({ orderId: child?.orderId });
    expect(update.advancedOptions).toMatchObject({ mergedOrSplit: true, parentId: orderId });
  });

  test("an orderId that does not belong to the key is not found", async () => {
    const { post, call } = smallAccount();
    const { orderId } = await post(create, anOrder("SO1"));
    expect((await call("POST", create, anOrder("SO2", { orderId }))).status).toBe(404);
  });

  test("items can be merged by lineItemKey instead of replaced", async () => {
    const { post } = smallAccount({ itemsOnUpdate: "merge" });
    const first = await post(create, anOrder("SO1"));
    const second = await post(create, anOrder("SO1"));
    expect(second.items[0]?.orderItemId).toBe(first.items[0]?.orderItemId);
  });

  test("a ship-from location that is sent is kept", async () => {
    const { post } = smallAccount();
    const order = await post(create, anOrder("SO1", { advancedOptions: { warehouseId: eastWarehouseId } }));
    expect(order.advancedOptions["warehouseId"]).toBe(eastWarehouseId);
  });
});

describe("createorders", () => {
  const bulk = "/orders/createorders";

  test("each order is saved or refused for itself", async () => {
    const { call, account } = smallAccount();
    const { status, json } = await call("POST", bulk, [
      anOrder("SO1"),
      anOrder("SO2", { shipTo: { name: "", country: "US" } }),
      anOrder("SO3"),
    ]);
    expect(status).toBe(200);
    expect(json.hasErrors).toBe(true);
    expect(json.results).toEqual([
      { orderId: expect.any(Number), orderNumber: "SO1", orderKey: "SO1", success: true, errorMessage: null },
      {
        orderId: null,
        orderNumber: "SO2",
        orderKey: "SO2",
        success: false,
        errorMessage: "'Ship Name' must not be empty.",
      },
      { orderId: expect.any(Number), orderNumber: "SO3", orderKey: "SO3", success: true, errorMessage: null },
    ]);
    expect(account.tables.orders.size).toBe(2);
    expect(account.counts).toMatchObject({ calls: 1, writes: 1 });
  });

  test("a value of the wrong type refuses all of them, or only its own order, as set", async () => {
    const orders = [anOrder("SO1"), anOrder("SO2", { items: [aLine("1", "A", 0.5)] })];
    const strict = smallAccount();
    const refused = await strict.call("POST", bulk, orders);
    expect(refused.status).toBe(400);
    expect(Object.keys(refused.json.ModelState)).toEqual(["apiOrders[1].items[0].quantity"]);
    expect(strict.account.tables.orders.size).toBe(0);
    const lenient = smallAccount({ bindingError: "per-order" });
    const { results } = await lenient.post(bulk, orders);
    expect(results.map(({ success }) => success)).toEqual([true, false]);
  });

  test("one object instead of an array names an innocent member", async () => {
    const { call } = smallAccount();
    const { status, json } = await call("POST", bulk, anOrder("SO1"));
    expect([status, Object.keys(json.ModelState)]).toEqual([400, ["apiOrders.orderNumber"]]);
  });

  test("an empty list is a 500, more than a hundred a 400", async () => {
    const { call, account } = smallAccount();
    const empty = await call("POST", bulk, []);
    expect([empty.status, empty.json.ExceptionMessage]).toEqual([500, "orders are required"]);
    const many = Array.from({ length: 101 }, (_, index) => anOrder(`SO${index}`));
    expect((await call("POST", bulk, many)).status).toBe(400);
    expect((await call("POST", bulk, many.slice(1))).status).toBe(200);
    expect(account.tables.orders.size).toBe(100);
  });
});

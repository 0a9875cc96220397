import { describe, expect, test } from "vitest";
import { aLine, anOrder, smallAccount } from "../../../test/support/shipstation-visitor.ts";
import type { ShipStationSandboxOptions } from "./shipstation-sandbox.ts";

async function oneOrder(options: Partial<ShipStationSandboxOptions> = {}) {
  const setup = smallAccount(options);
  const { orderId } = await setup.post("/orders/createorder", anOrder("SO1"));
  setup.clock.advance(60_000);
  const shipments = async (query = "") => (await setup.get(`/shipments?includeShipmentItems=true${query}`)).shipments;
  return { ...setup, orderId, shipments };
}

describe("labels", () => {
  test("a label ships the whole order and is believable", async () => {
    const { account, orderId, shipments, get, clock } = await oneOrder();
    account.buyLabels({ orderIds: [orderId], carrierCode: "stamps_com", serviceCode: "usps_priority_mail" });
    clock.advance(1);
    const [label] = await shipments();
    expect(label).toMatchObject({
      orderId,
      orderKey: "SO1",
      orderNumber: "SO1",
      trackingNumber: expect.stringMatching(/^9400111\d{15}$/),
      carrierCode: "stamps_com",
      serviceCode: "usps_priority_mail",
      shipDate: "2026-03-02",
      isReturnLabel: false,
      voided: false,
      voidDate: null,
      batchNumber: null,
      weight: { value: 20, units: "ounces", WeightUnits: 1 },
    });
    expect(label?.shipmentCost).toBeGreaterThan(0);
    expect(label?.shipmentItems).toMatchObject([
      { lineItemKey: "1", sku: "BOLT-1", quantity: 2 },
      { lineItemKey: "2", sku: "NUT-1", quantity: 3 },
    ]);
    expect((await get(`/orders/${orderId}`)).orderStatus).toBe("shipped");
  });

  test("the service follows the order, else what the order asks for", async () => {
    const { account, post } = smallAccount();
    const fixed = await post("/orders/createorder", anOrder("A", { carrierCode: "fedex", serviceCode: "fedex_2day" }));
    const asked = await post("/orders/createorder", anOrder("B", { requestedShippingService: "UPS Ground" }));
    expect(account.buyLabels({ orderIds: [fixed.orderId] })).toMatchObject([{ serviceCode: "fedex_2day" }]);
    expect(account.buyLabels({ orderIds: [asked.orderId] })).toMatchObject([{ carrierCode: "ups_walleted" }]);
  });

  test("part of the lines leaves the order open until the rest is shipped", async () => {
    const { account, orderId, get } = await oneOrder();
    account.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "2", quantity: 1 }] });
    expect((await get(`/orders/${orderId}`)).orderStatus).toBe("awaiting_shipment");
    const [rest] = account.buyLabels({ orderIds: [orderId] });
    expect(rest?.items).toMatchObject([
      { lineItemKey: "1", quantity: 2 },
      { lineItemKey: "2", quantity: 2 },
    ]);
    expect((await get(`/orders/${orderId}`)).orderStatus).toBe("shipped");
  });

  test("several packages are several labels of one batch that share the pieces out", async () => {
    const { account, orderId } = await oneOrder();
    const labels = account.buyLabels({ orderIds: [orderId], packages: 3 });
    expect(new Set(labels.map(({ trackingNumber }) => trackingNumber)).size).toBe(3);
    expect(new Set(labels.map(({ batchId }) => batchId)).size).toBe(1);
    const pieces = labels.flatMap(({ items }) => items.map(({ quantity }) => quantity));
    expect(pieces.reduce((sum, quantity) => sum + quantity, 0)).toBe(5);
  });

  test("labels without keys, with doubled items, with a given number, and return labels", async () => {
    const { account, orderId, shipments, get } = await oneOrder();
    const [odd] = account.buyLabels({
      orderIds: [orderId],
      withoutItemKeys: true,
      duplicateItems: true,
      trackingNumber: "T-1",
    });
    expect(odd?.items.map(({ lineItemKey }) => lineItemKey)).toEqual([null, null, null, null]);
    const [back] = account.buyLabels({ orderIds: [orderId], isReturnLabel: true });
    expect(back?.isReturnLabel).toBe(true);
    expect(await shipments("&trackingNumber=T-1")).toHaveLength(1);
    expect((await get(`/orders/${orderId}`)).orderStatus).toBe("shipped");
  });

  test("voiding returns the order to awaiting shipment and moves its modifyDate; twice is not approved", async () => {
    const { account, orderId, get, post, shipments, clock } = await oneOrder();
    const [label] = account.buyLabels({ orderIds: [orderId] });
    const before = (await get(`/orders/${orderId}`)).modifyDate;
    clock.advance(60_000);
    expect(await post("/shipments/voidlabel", { shipmentId: label?.shipmentId })).toEqual({
      approved: true,
      message: "Label voided successfully",
    });
    const order = await get(`/orders/${orderId}`);
    expect(order.orderStatus).toBe("awaiting_shipment");
    expect(order.modifyDate > before).toBe(true);
    expect(await shipments("&voidDateStart=2026-03-02")).toMatchObject([
      { voided: true, shipmentId: label?.shipmentId },
    ]);
    expect((await post("/shipments/voidlabel", { shipmentId: label?.shipmentId })).approved).toBe(false);
    expect(account.buyLabels({ orderIds: [orderId] })[0]?.items).toHaveLength(2);
  });

  test("what the screen would refuse throws", async () => {
    const { account, orderId } = await oneOrder();
    expect(() => account.buyLabels({ orderIds: [1] })).toThrow("no order 1");
    expect(() => account.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "9", quantity: 1 }] })).toThrow(
      "line 9",
    );
    account.cancelOrder(orderId);
    expect(() => account.buyLabels({ orderIds: [orderId] })).toThrow("cancelled");
  });
});

describe("GET /shipments", () => {
  test("items come only on request, and of a doubled parameter the first wins", async () => {
    const { account, orderId, get } = await oneOrder();
    account.buyLabels({ orderIds: [orderId] });
    const items = async (query: string) => (await get(`/shipments${query}`)).shipments[0]?.shipmentItems;
    expect(await items("")).toBeNull();
    expect(await items("?includeShipmentItems=True")).toHaveLength(2);
    expect(await items("?includeShipmentItems=False&includeShipmentItems=true")).toBeNull();
  });

  test("one page is said to be none", async () => {
    const { account, orderId, get } = await oneOrder();
    account.buyLabels({ orderIds: [orderId] });
    expect(await get("/shipments")).toMatchObject({ total: 1, page: 1, pages: 0 });
  });

  test("filters: window with its borders, order, number, batch, store in both spellings", async () => {
    const { account, orderId, shipments } = await oneOrder();
    const [label] = account.buyLabels({ orderIds: [orderId] });
    const createDate = (await shipments())[0]?.createDate;
    for (const query of [
      `&createDateStart=${createDate}&createDateEnd=${createDate}`,
      `&orderId=${orderId}`,
      "&orderNumber=SO1",
      `&batchId=${label?.batchId}`,
      `&storeID=${label?.storeId}`,
      `&storeId=${label?.storeId}`,
      "&shipDateStart=2026-03-02&shipDateEnd=2026-03-02",
    ]) {
      expect(await shipments(query), query).toHaveLength(1);
    }
    for (const query of [
      "&orderNumber=SO",
      "&batchId=1",
      "&storeID=1",
      "&voidDateStart=2020-01-01",
      "&shipDateEnd=2026-03-01",
    ]) {
      expect(await shipments(query), query).toHaveLength(0);
    }
  });

  test("a label may appear in lists later than it was made", async () => {
    const { account, orderId, shipments, clock } = await oneOrder({ listLagMs: 90_000 });
    account.buyLabels({ orderIds: [orderId] });
    expect(await shipments()).toHaveLength(0);
    clock.advance(90_000);
    const [label] = await shipments();
    expect(label?.createDate).toBe("2026-03-02T08:31:00.1200000");
  });
});

describe("people", () => {
  test("split: parts share the key, have their own ids, and cover the order once", async () => {
    const { account, orderId, get } = await oneOrder();
    account.splitOrder(orderId, [{ "2": 2 }]);
    const { orders } = await get("/orders?orderNumber=SO1");
    expect(orders).toHaveLength(2);
    expect(orders.map((order) => order.orderKey)).toEqual(["SO1", "SO1"]);
    expect(orders.map((order) => order.advancedOptions["parentId"])).toEqual([null, orderId]);
    expect(orders.every((order) => order.advancedOptions["mergedOrSplit"])).toBe(true);
    expect(orders.map((order) => order.items.map((item) => item.quantity))).toEqual([[2, 1], [2]]);
  });

  test("merge: the survivor takes all lines and names the absorbed, whose labels and rows vanish", async () => {
    const { account, orderId, post, get } = await oneOrder();
    const other = await post("/orders/createorder", anOrder("SO2", { items: [aLine("1", "NUT-1", 1)] }));
    account.mergeOrders([orderId, other.orderId]);
    const survivor = await get(`/orders/${orderId}`);
    expect(survivor.advancedOptions).toMatchObject({ mergedOrSplit: true, mergedIds: [other.orderId] });
    expect(survivor.items.map((item) => item.lineItemKey)).toEqual(["1", "2", "1"]);
    const [label] = account.buyLabels({ orderIds: [orderId] });
    expect(label?.items).toHaveLength(3);
    expect((await get(`/orders/${orderId}`)).orderStatus).toBe("shipped");
  });

  test("merged-away orders can be listed with their parent instead", async () => {
    const { account, orderId, post, get } = await oneOrder({ mergedAway: "listed" });
    const other = await post("/orders/createorder", anOrder("SO2"));
    account.mergeOrders([orderId, other.orderId]);
    expect((await get(`/orders/${other.orderId}`)).advancedOptions["parentId"]).toBe(orderId);
  });

  test("an edit changes what it names and nothing else", async () => {
    const { account, orderId, get } = await oneOrder();
    account.editOrder(orderId, {
      orderNumber: "SO1-EAST",
      quantities: { "1": 0, "2": 5 },
      addItem: { sku: "GIFT", name: "A gift", quantity: 1 },
      shipTo: { street1: "9 Elm St" },
    });
    const order = await get(`/orders/${orderId}`);
    expect(order).toMatchObject({
      orderNumber: "SO1-EAST",
      orderKey: "SO1",
      shipTo: { street1: "9 Elm St", city: "AUSTIN" },
    });
    expect(order.items).toMatchObject([
      { lineItemKey: "2", quantity: 5 },
      { lineItemKey: null, sku: "GIFT" },
    ]);
  });
});

import { describe, expect, test } from "vitest";
import { anOrder, smallAccount, startAt } from "../../../test/support/shipstation-visitor.ts";
import { webStoreId } from "./reference-data.ts";

const create = "/orders/createorder";

async function threeOrders() {
  const setup = smallAccount();
  const ids: number[] = [];
  for (const number of ["SO001", "SO0010", "XX1"]) {
    ids.push((await setup.post(create, anOrder(number))).orderId);
    setup.clock.advance(60_000);
  }
  const numbers = async (query: string): Promise<(string | undefined)[]> =>
    (await setup.get(`/orders${query}`)).orders.map((order: { orderNumber: string } | null) => order?.orderNumber);
  return { ...setup, ids, numbers };
}

describe("GET /orders", () => {
  test("orderNumber is a starts-with search, orderKey is no filter at all", async () => {
    const { numbers } = await threeOrders();
    expect(await numbers("?orderNumber=so001")).toEqual(["SO001", "SO0010"]);
    expect(await numbers("?orderKey=XX1")).toEqual(["SO001", "SO0010", "XX1"]);
  });

  test("windows are Pacific wall clock and exclude their borders", async () => {
    const { numbers, get, ids } = await threeOrders();
    const { createDate } = await get(`/orders/${ids[1]}`);
    expect(await numbers(`?createDateStart=${createDate}`)).toEqual(["XX1"]);
    expect(await numbers(`?createDateEnd=${createDate}`)).toEqual(["SO001"]);
    // 16:30 UTC is 08:30 here: a client that sends UTC looks eight hours into the future.
    expect(await numbers("?createDateStart=2026-03-02 16:30:00")).toEqual([]);
    expect(await numbers("?createDateStart=2026-03-02 08:30:00")).toHaveLength(3);
  });

  test("modifyDate windows follow every later touch", async () => {
    const { numbers, account, ids, clock } = await threeOrders();
    clock.advance(3_600_000);
    account.editOrder(ids[0]!, { internalNotes: "seen" });
    expect(await numbers("?modifyDateStart=2026-03-02 09:00:00")).toEqual(["SO001"]);
  });

  test("status, store, customer name, item keyword, order date", async () => {
    const { numbers, account, ids, post } = await threeOrders();
    account.cancelOrder(ids[0]!);
    await post(create, anOrder("WEB1", { orderDate: "2026-01-05", advancedOptions: { storeId: webStoreId } }));
    expect(await numbers("?orderStatus=cancelled")).toEqual(["SO001"]);
    expect(await numbers(`?storeId=${webStoreId}`)).toEqual(["WEB1"]);
    expect(await numbers("?customerName=nobody")).toEqual([]);
    expect(await numbers("?itemKeyword=nut-1&orderDateEnd=2026-01-05")).toEqual(["WEB1"]);
  });

  test("sorting and paging; past the end is empty", async () => {
    const { numbers, get } = await threeOrders();
    expect(await numbers("?sortBy=ModifyDate&sortDir=DESC&pageSize=2")).toEqual(["XX1", "SO0010"]);
    expect(await numbers("?pageSize=2&page=2")).toEqual(["XX1"]);
    expect(await get("/orders?page=9")).toEqual({ orders: [], total: 3, page: 9, pages: 1 });
    expect((await get("/orders?pageSize=2")).pages).toBe(2);
  });

  test("a page holds 500 at most", async () => {
    const { post, get } = smallAccount();
    for (const batch of [0, 1, 2, 3, 4, 5]) {
      const orders = Array.from({ length: 100 }, (_, index) => anOrder(`SO${batch}-${index}`));
      await post("/orders/createorders", orders);
    }
    expect((await get("/orders?pageSize=1000")).orders).toHaveLength(500);
    expect((await get("/orders")).orders).toHaveLength(100);
  });

  test("a date that is none refuses the call", async () => {
    const { call } = smallAccount();
    expect((await call("GET", "/orders?modifyDateStart=soon")).status).toBe(400);
  });

  test("deleted and merged-away orders are nowhere", async () => {
    const { numbers, account, ids, call } = await threeOrders();
    await call("DELETE", `/orders/${ids[0]}`);
    account.mergeOrders([ids[1]!, ids[2]!]);
    expect(await numbers("")).toEqual(["SO0010"]);
    for (const id of [ids[0], ids[2]]) expect((await call("GET", `/orders/${id}`)).status).toBe(404);
    expect((await call("DELETE", `/orders/${ids[0]}`)).status).toBe(404);
  });

  test("one poison record spoils its page and itself, and no other page", async () => {
    const { account, ids, call } = await threeOrders();
    account.options.poisonOrderIds = [ids[1]!];
    expect((await call("GET", "/orders")).status).toBe(500);
    expect((await call("GET", "/orders?pageSize=1&page=1")).status).toBe(200);
    expect((await call("GET", `/orders/${ids[1]}`)).status).toBe(500);
  });

  test("lists may hold nulls", async () => {
    const { account, numbers } = await threeOrders();
    account.options.nullListElements = true;
    expect(await numbers("")).toEqual(["SO001", undefined, "SO0010", "XX1"]);
  });

  test("in November's second hour the list goes back one hour", async () => {
    const { account, post, get, clock } = smallAccount();
    clock.advance(Date.parse("2026-11-01T08:45:00Z") - startAt);
    const first = await post(create, anOrder("FIRST"));
    clock.advance(1_800_000);
    const second = await post(create, anOrder("SECOND"));
    expect(second.createDate < first.createDate).toBe(true);
    account.settle();
    const { orders } = await get("/orders?createDateStart=2026-11-01 01:30:00");
    expect(orders.map(({ orderNumber }) => orderNumber)).toEqual(["FIRST"]);
  });
});

describe("other order calls", () => {
  test("hold, restore, tag, user, and mark as shipped", async () => {
    const { ids, post, get } = await threeOrders();
    const orderId = ids[0]!;
    expect(await post("/orders/holduntil", { orderId, holdUntilDate: "2026-04-01" })).toEqual({
      success: true,
      message: "Order held successfully.",
    });
    expect(await get(`/orders/${orderId}`)).toMatchObject({ orderStatus: "on_hold", holdUntilDate: "2026-04-01" });
    expect(await post("/orders/restorefromhold", { orderId })).toEqual({
      success: true,
      message: "The requested order has been restored",
    });
    expect(await post("/orders/addtag", { orderId, tagId: 8362 })).toMatchObject({ success: true });
    expect((await get("/orders/listbytag?orderStatus=awaiting_shipment&tagId=8362")).total).toBe(1);
    expect(await post("/orders/assignuser", { orderIds: [orderId], userId: "u" })).toMatchObject({ success: true });
    expect(
      await post("/orders/markasshipped", {
        orderId,
        carrierCode: "usps",
        trackingNumber: "T1",
        shipDate: "2026-03-03",
      }),
    ).toEqual({ orderId, orderNumber: "SO001" });
    expect(await get(`/orders/${orderId}`)).toMatchObject({ orderStatus: "shipped", externallyFulfilled: true });
    const { fulfillments, pages } = await get(`/fulfillments?orderId=${orderId}`);
    expect(pages).toBe(0);
    expect(fulfillments).toMatchObject([
      { orderId, trackingNumber: "T1", carrierCode: "USPS", shipDate: "2026-03-03T00:00:00.0000000" },
    ]);
    expect((await get(`/shipments?orderId=${orderId}`)).total).toBe(0);
  });

  test("createlabelfororder ships the order; a wrong service upsets the server", async () => {
    const { ids, post, call, get } = await threeOrders();
    const label = { orderId: ids[0], carrierCode: "fedex", serviceCode: "fedex_ground" };
    expect((await call("POST", "/orders/createlabelfororder", { ...label, serviceCode: "no" })).status).toBe(500);
    expect(await post("/orders/createlabelfororder", label)).toMatchObject({ trackingNumber: expect.any(String) });
    expect((await get(`/orders/${ids[0]}`)).orderStatus).toBe("shipped");
  });
});

import { describe, expect, test } from "vitest";
import { order, shipment } from "./entities.ts";

const read = (members: object) => order.parse({ orderId: 1, ...members });

describe("an order as ShipStation may send it", () => {
  test("every spelling of nothing is undefined", () => {
    for (const nothing of [null, undefined, {}, []]) {
      const parsed = read({ orderNumber: nothing, shipTo: null, advancedOptions: null, externallyFulfilled: nothing });
      expect(parsed.orderNumber).toBeUndefined();
      expect(parsed.externallyFulfilled).toBeUndefined();
      expect(parsed.shipTo).toBeUndefined();
    }
    expect(read({ advancedOptions: { storeId: "" } }).advancedOptions?.storeId).toBeUndefined();
  });

  test("an empty quantity is not zero", () => {
    expect(
      read({ items: [{ quantity: "" }, { quantity: "2" }, { quantity: 2.0 }] }).items.map((i) => i.quantity),
    ).toEqual([undefined, 2, 2]);
  });

  test("numbers and texts may come as the other", () => {
    const parsed = read({ orderNumber: 855, items: [{ sku: 12, unitPrice: "-20.55", adjustment: "True" }] });
    expect(parsed.orderNumber).toBe("855");
    expect(parsed.items[0]).toMatchObject({ sku: "12", unitPrice: -20.55, adjustment: true });
  });

  test("missing items are no items, null items are skipped", () => {
    expect(read({}).items).toEqual([]);
    expect(read({ items: null }).items).toEqual([]);
    expect(read({ items: [], orderTotal: 7.0 })).toMatchObject({ items: [], orderTotal: 7 });
    expect(read({ items: [null, { orderItemId: 1202324501429 }, null] }).items).toHaveLength(1);
  });

  test("members we do not know are kept, because an update must send them back", () => {
    const unknown = { tagIds: [1], insuranceOptions: { provider: null }, brandNew: { deep: [1, { x: null }] } };
    expect(read(unknown)).toMatchObject(unknown);
    expect(read({ shipTo: { addressVerified: "x" } }).shipTo).toMatchObject({ addressVerified: "x" });
  });

  test("ids go up to 2^53; a larger one was rounded on the way and is refused, with the reason", () => {
    expect(order.parse({ orderId: Number.MAX_SAFE_INTEGER }).orderId).toBe(9_007_199_254_740_991);
    expect(order.parse({ orderId: "521466104" }).orderId).toBe(521_466_104);
    const raw: unknown = JSON.parse('{"orderId":9007199254740993}');
    expect(order.safeParse(raw).error?.issues[0]?.message).toMatch(/whole number up to 2\^53, not 9007199254740992/);
  });

  test("a status, a carrier or a service that nobody here knows is taken as it is", () => {
    expect(read({ orderStatus: "processing" }).orderStatus).toBe("processing");
    expect(shipment.parse({ shipmentId: 1, carrierCode: "ups_walleted", serviceCode: "new" })).toMatchObject({
      carrierCode: "ups_walleted",
      serviceCode: "new",
    });
  });

  test.for([
    ["an order without an id", { orderId: undefined }],
    ["an order whose id is no whole number", { orderId: 1.5 }],
    ["a filled object for a text", { orderNumber: { value: "1" } }],
    ["a word for a flag", { externallyFulfilled: "constructor" }],
    ["words for a number", { items: [{ quantity: "two" }] }],
  ] as const)("%s does not parse", ([, members]) => {
    expect(order.safeParse({ orderId: 1, ...members }).success).toBe(false);
  });
});

test("a label's items are undefined when the list was asked for without them", () => {
  expect(shipment.parse({ shipmentId: 1, shipmentItems: null }).shipmentItems).toBeUndefined();
  expect(shipment.parse({ shipmentId: 1, shipmentItems: [] }).shipmentItems).toEqual([]);
});

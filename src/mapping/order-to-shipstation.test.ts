import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anOrder, anOrderLine } from "../../test/support/sample-order.ts";
import type { Order } from "../core/orders.ts";
import { order as orderSchema } from "../shipstation/v1/entities.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { mergeIntoLive, orderToShipStation } from "./order-to-shipstation.ts";
import { sameOrder } from "./order-read-back.ts";

/** The order as ShipStation shows it after it took the body. */
const shown = (body: object, changes: Record<string, unknown> = {}): SsOrder =>
  orderSchema.parse({ orderId: 500, ...body, ...changes });
const created = (order: Order, changes: Record<string, unknown> = {}): SsOrder =>
  shown(orderToShipStation(order), changes);
const items = (body: Record<string, unknown>) => body["items"] as Record<string, unknown>[];

describe("orderToShipStation", () => {
  test("an order in full", () => {
    const order = anOrder({
      customerEmail: "jo@example.com",
      customerPo: "PO 77",
      requestedService: "UPSGROUND",
      shipByOn: "2026-05-06",
      storeId: 8,
      shipFromId: 31,
      orderTotal: 2500,
      taxTotal: 100,
      lines: [anOrderLine({ lineNbr: 7, unitPrice: 500, upc: "0123", weightGrams: 2000, warehouse: "MAIN" })],
    });
    expect(orderToShipStation(order)).toEqual({
      orderNumber: "000123",
      orderKey: "000123",
      orderDate: "2026-05-04",
      orderStatus: "awaiting_shipment",
      customerUsername: "C000001",
      customerEmail: "jo@example.com",
      billTo: order.shipTo,
      shipTo: order.shipTo,
      items: [
        {
          lineItemKey: "7",
          sku: "AACOMPUT01",
          name: "Acer laptop",
          quantity: 5,
          unitPrice: 500,
          upc: "0123",
          weight: { value: 2000, units: "grams" },
        },
      ],
      requestedShippingService: "UPSGROUND",
      shipByDate: "2026-05-06",
      advancedOptions: { storeId: 8, warehouseId: 31, customField1: "SO/000123", customField2: "PO 77" },
    });
  });

  test("an unknown weight is not sent, and no money but prices", () => {
    const body = orderToShipStation(anOrder({ orderTotal: 9 }));
    expect(body.items[0]).not.toHaveProperty("weight");
    expect(Object.keys(body)).not.toContain("amountPaid");
  });

  test("a bill-to of its own is sent", () => {
    const billTo = { ...anOrder().shipTo, name: "Accounts" };
    expect(orderToShipStation(anOrder({ billTo })).billTo.name).toBe("Accounts");
  });
});

const worked = {
  orderTotal: 12.5,
  modifyDate: "2026-05-04T09:00:00.0000000",
  holdUntilDate: null,
  customerId: 9,
  externallyFulfilled: false,
  carrierCode: "ups",
  serviceCode: "ups_ground",
  packageCode: "package",
  weight: { value: 32, units: "ounces", WeightUnits: 1 },
  tagIds: [4],
  internalNotes: "Fragile",
  paymentDate: "2026-05-04T00:00:00.0000000",
};

describe("mergeIntoLive", () => {
  const live = created(anOrder(), {
    ...worked,
    items: [
      {
        orderItemId: 11,
        lineItemKey: "1",
        sku: "AACOMPUT01",
        name: "Old",
        quantity: 5,
        warehouseLocation: "A-7",
        createDate: "x",
      },
      { orderItemId: 12, lineItemKey: "2", sku: "GONE", name: "Gone", quantity: 1 },
      { orderItemId: 13, lineItemKey: null, sku: "GIFT", name: "Sample", quantity: 1 },
      { orderItemId: 14, lineItemKey: "99", sku: "", name: "Discount", quantity: 1, adjustment: true, unitPrice: -5 },
    ],
    advancedOptions: {
      storeId: 3,
      warehouseId: 5,
      customField3: "rule",
      parentId: 77,
      mergedIds: [1, 2],
      mergedOrSplit: true,
    },
  });

  test("what people and rules wrote stays, ours is written over it, read-only members stay away", () => {
    const body = mergeIntoLive(live, anOrder({ requestedService: "UPSRED", storeId: 8, shipFromId: 31 }));
    expect(body).toMatchObject({
      orderId: 500,
      carrierCode: "ups",
      serviceCode: "ups_ground",
      weight: { value: 32, units: "ounces" },
      tagIds: [4],
      internalNotes: "Fragile",
      requestedShippingService: "UPSRED",
      orderStatus: "awaiting_shipment",
    });
    for (const member of ["orderTotal", "modifyDate", "customerId", "externallyFulfilled", "holdUntilDate"]) {
      expect(body).not.toHaveProperty(member);
    }
  });

  test("the store stays, our warehouse and fields are set, the bonds of split and merged orders go back", () => {
    const { advancedOptions } = mergeIntoLive(live, anOrder({ storeId: 8, shipFromId: 31 }));
    expect(advancedOptions).toEqual({
      storeId: 3,
      warehouseId: 31,
      customField1: "SO/000123",
      customField3: "rule",
      parentId: 77,
      mergedIds: [1, 2],
      mergedOrSplit: true,
    });
  });

  test("lines are matched by key: the live item's own members stay, gone lines go, people's items stay", () => {
    const body = mergeIntoLive(
      live,
      anOrder({ lines: [anOrderLine({ quantity: 4 }), anOrderLine({ lineNbr: 3, sku: "NEW" })] }),
    );
    expect(
      items(body).map((item) => [
        item["orderItemId"],
        item["lineItemKey"],
        item["quantity"],
        item["warehouseLocation"],
      ]),
    ).toEqual([
      [11, "1", 4, "A-7"],
      [undefined, "3", 5, undefined],
      [13, undefined, 1, undefined],
      [14, "99", 1, undefined],
    ]);
    expect(items(body)[0]).not.toHaveProperty("createDate");
  });

  test("an address is ours as a whole; only phone and kind of place may stay", () => {
    const before = created(anOrder(), {
      shipTo: {
        name: "Old",
        street1: "x",
        street2: "Floor 9",
        city: "y",
        state: "NY",
        country: "US",
        phone: "555",
        residential: true,
        addressVerified: "Address validated successfully",
      },
    });
    const shipTo = { name: "Jo", street1: "1 Quay", city: "Dublin", country: "IE" };
    expect(mergeIntoLive(before, anOrder({ shipTo }))["shipTo"]).toEqual({
      ...shipTo,
      company: null,
      street2: null,
      street3: null,
      state: null,
      postalCode: null,
      phone: "555",
      residential: true,
    });
  });

  test.for([
    {
      name: "waiting stays waiting",
      before: { orderStatus: "awaiting_shipment" },
      status: "open" as const,
      after: "awaiting_shipment",
    },
    {
      name: "waiting for payment stays so",
      before: { orderStatus: "awaiting_payment" },
      status: "open" as const,
      after: "awaiting_payment",
    },
    {
      name: "our hold is released",
      before: { orderStatus: "on_hold" },
      status: "open" as const,
      after: "awaiting_shipment",
    },
    {
      name: "people's hold stays",
      before: { orderStatus: "on_hold", holdUntilDate: "2026-06-01" },
      status: "open" as const,
      after: "on_hold",
    },
    {
      name: "a held order is held",
      before: { orderStatus: "awaiting_shipment" },
      status: "held" as const,
      after: "on_hold",
    },
    {
      name: "a cancelled order is cancelled",
      before: { orderStatus: "on_hold" },
      status: "cancelled" as const,
      after: "cancelled",
    },
  ])("$name", ({ before, status, after }) => {
    expect(mergeIntoLive(created(anOrder(), before), anOrder({ status }))["orderStatus"]).toBe(after);
  });

  test("a cancellation changes the status alone, however little the ERP still knows of the order", () => {
    const bare = anOrder({ status: "cancelled", lines: [], shipTo: { name: "", street1: "", city: "", country: "" } });
    const body = mergeIntoLive(live, bare);
    expect(items(body).map((item) => item["quantity"])).toEqual([5, 1, 1, 1]);
    expect(body["shipTo"]).toMatchObject({ name: "Jo Field", city: "Bellevue" });
  });

  test("a renamed order keeps its name and key", () => {
    const renamed = created(anOrder(), { orderNumber: "000123-EAST", orderKey: "old-key" });
    expect(mergeIntoLive(renamed, anOrder())).toMatchObject({ orderNumber: "000123-EAST", orderKey: "old-key" });
  });
});

describe("sameOrder", () => {
  const fieldsOf = (live: SsOrder, order = anOrder(), sent?: "create" | "update"): string[] =>
    sameOrder(order, live, sent).map(({ field }) => field);

  test.for([
    {
      name: "an upper-cased address",
      change: { shipTo: { name: "JO FIELD", street1: "1 MAIN ST NW", postalCode: "98004-0005" } },
    },
    { name: "an order shipped in the meantime", change: { orderStatus: "shipped" } },
    { name: "an order people hold until a date", change: { orderStatus: "on_hold", holdUntilDate: "2026-06-01" } },
    {
      name: "items people added",
      change: {
        items: [
          ...orderToShipStation(anOrder()).items,
          { lineItemKey: "", sku: "GIFT", quantity: 1 },
          { lineItemKey: "d", adjustment: true, quantity: 1 },
        ],
      },
    },
    {
      name: "an item in two rows",
      change: {
        items: [
          { lineItemKey: "1", sku: "AACOMPUT01", quantity: 2 },
          { lineItemKey: "1", sku: "AACOMPUT01", quantity: 3 },
        ],
      },
    },
  ])("$name is no difference", ({ change }) => {
    expect(fieldsOf(created(anOrder(), change))).toEqual([]);
  });

  test.for([
    { name: "another key", change: { orderKey: "x" }, fields: ["orderKey"] },
    { name: "another number", change: { orderNumber: "x" }, fields: ["orderNumber"] },
    { name: "a cancelled order", change: { orderStatus: "cancelled" }, fields: ["orderStatus"] },
    { name: "our hold, not yet released", change: { orderStatus: "on_hold" }, fields: ["orderStatus"] },
    { name: "a missing line", change: { items: [] }, fields: ["items[1]"] },
    { name: "another SKU", change: { items: [{ lineItemKey: "1", sku: "B", quantity: 5 }] }, fields: ["items[1].sku"] },
    {
      name: "another quantity",
      change: { items: [{ lineItemKey: "1", sku: "AACOMPUT01", quantity: 4 }] },
      fields: ["items[1].quantity"],
    },
    {
      name: "a line that should be gone",
      change: { items: [...orderToShipStation(anOrder()).items, { lineItemKey: "2", sku: "B", quantity: 1 }] },
      fields: ["items[2]"],
    },
  ])("$name is a difference", ({ change, fields }) => {
    expect(fieldsOf(created(anOrder(), change))).toEqual(fields);
  });

  test("the store counts where it was set, and only at creation", () => {
    const elsewhere = created(anOrder({ storeId: 8 }), { advancedOptions: { storeId: 3 } });
    expect(fieldsOf(elsewhere, anOrder({ storeId: 8 }))).toEqual(["advancedOptions.storeId"]);
    expect(fieldsOf(elsewhere, anOrder())).toEqual([]);
    expect(fieldsOf(elsewhere, anOrder({ storeId: 8 }), "update")).toEqual([]);
  });

  test("a hold and a cancellation are their status alone", () => {
    expect(fieldsOf(created(anOrder(), { orderStatus: "on_hold", items: [] }), anOrder({ status: "held" }))).toEqual(
      [],
    );
    expect(fieldsOf(created(anOrder()), anOrder({ status: "cancelled" }))).toEqual(["orderStatus"]);
  });

  test("what was created or merged reads back as the same, for any order and any live one before it", () => {
    const anyOrder = fc
      .record({
        status: fc.constantFrom<Order["status"]>("open", "held", "cancelled"),
        lines: fc.uniqueArray(
          fc.record({
            lineNbr: fc.integer({ min: 1, max: 6 }),
            quantity: fc.integer({ min: 1, max: 9 }),
            sku: fc.constantFrom("A", "B"),
          }),
          { selector: ({ lineNbr }) => lineNbr, maxLength: 4 },
        ),
        storeId: fc.constantFrom(3, 8),
      })
      .map(({ lines, ...rest }) => anOrder({ ...rest, lines: lines.map((line) => anOrderLine(line)) }));
    fc.assert(
      fc.property(anyOrder, anyOrder, (before, after) => {
        const first = created(before);
        expect(sameOrder(before, first)).toEqual([]);
        expect(sameOrder(after, shown(mergeIntoLive(first, after)), "update")).toEqual([]);
      }),
    );
  });
});

describe("carrier and service of the Ship Via table", () => {
  const carrierService = { carrier: "ups", service: "ups_ground", package: "package" };
  const wish = (service: string) => anOrder({ requestedService: service, carrierService });
  const live = (members: object) => orderSchema.parse({ orderId: 500, orderKey: "000123", items: [], ...members });
  const theirs = { carrierCode: "fedex", serviceCode: "fedex_2day", packageCode: "fedex_pak" };

  test("a new order carries them as a pair, with the package", () => {
    expect(orderToShipStation(wish("UPSGROUND"))).toMatchObject({
      carrierCode: "ups",
      serviceCode: "ups_ground",
      packageCode: "package",
    });
  });

  test("what people or rules chose stays until the ERP asks for another Ship Via", () => {
    const same = live({ ...theirs, requestedShippingService: "UPSGROUND" });
    expect(mergeIntoLive(same, wish("UPSGROUND"))).toMatchObject(theirs);
    expect(mergeIntoLive(same, wish("UPS2DAY"))).toMatchObject({ carrierCode: "ups", serviceCode: "ups_ground" });
    expect(mergeIntoLive(live({ requestedShippingService: "UPSGROUND" }), wish("UPSGROUND"))).toMatchObject({
      carrierCode: "ups",
    });
  });
});

describe("customs lines", () => {
  const line = anOrderLine({ unitPrice: 500, tariffCode: "8471.30", country: "TW" });
  const abroad = anOrder({ isForeign: true, lines: [line] });
  const customsItem = {
    description: "Acer laptop",
    quantity: 5,
    value: 500,
    harmonizedTariffCode: "8471.30",
    countryOfOrigin: "TW",
  };

  test("an order abroad declares each line; one at home declares nothing", () => {
    expect(orderToShipStation(abroad).internationalOptions).toEqual({
      contents: "merchandise",
      customsItems: [customsItem],
    });
    expect(orderToShipStation(anOrder({ lines: [line] }))).not.toHaveProperty("internationalOptions");
  });

  test("a price in another currency is not declared as dollars", () => {
    const [item] = orderToShipStation({ ...abroad, isOtherCurrency: true }).internationalOptions?.customsItems ?? [];
    expect(item).not.toHaveProperty("value");
  });

  test("lines that people corrected stay while the goods are the same, and are made anew when they are not", () => {
    const live = (quantity: number) =>
      orderSchema.parse({
        orderId: 500,
        items: [{ lineItemKey: "1", sku: "AACOMPUT01", name: "Acer laptop", quantity }],
        internationalOptions: { contents: "gift", customsItems: [{ description: "By hand" }], nonDelivery: null },
      });
    expect(mergeIntoLive(live(5), abroad)["internationalOptions"]).toEqual({
      contents: "gift",
      customsItems: [{ description: "By hand" }],
    });
    expect(mergeIntoLive(live(4), abroad)["internationalOptions"]).toEqual({
      contents: "gift",
      customsItems: [customsItem],
    });
  });
});

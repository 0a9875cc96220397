import { describe, expect, test } from "vitest";
import { signedIn, smallSite, value } from "../../../test/support/acumatica-visitor.ts";
import { describeRecorded, listRecorded, readRecorded } from "../../../test/support/recorded.ts";

const field = (inner: unknown): unknown => (inner === undefined ? {} : { value: inner });

/** In the shape of a recorded exchange; the values are made up. */
const answer = {
  request: { method: "PUT", body: { CustomerID: field("K77"), OrderNbr: field("IGNORED"), OrderType: field("SO") } },
  response: {
    status: 200,
    body: [
      {
        id: "7483d952-ba9a-ee11-8359-000000000001",
        rowNumber: 1,
        note: { value: "" },
        OrderType: field("SO"),
        OrderNbr: field("T20-000007"),
        CustomerID: field("K77"),
        Status: field("On Hold"),
        Hold: field(true),
        Date: field("2023-12-14T00:00:00+00:00"),
        LastModified: field("2023-12-14T19:57:08.06+00:00"),
        ShipVia: field("MULE"),
        PaymentMethod: field("CASH"),
        CustomerOrder: {},
        Details: [
          {
            id: "7483d952-ba9a-ee11-8359-000000000002",
            rowNumber: 1,
            note: null,
            InventoryID: field("77-A-"),
            LineNbr: field(1),
            OrderQty: field(0),
            UnitPrice: field(1.5),
            UOM: field("EA"),
            WarehouseID: field("SPRING"),
            LastModifiedDate: field("12/14/2023 19:57:08"),
          },
        ],
        custom: {},
      },
    ],
  },
};

describe("recorded answers", () => {
  test("become rows; what a recorded order names and nobody recorded is made up beside it", () => {
    const { site } = smallSite();
    expect(site.loadRecorded([answer, answer])).toBe(1);
    const order = site.tables.salesOrders[0]!;
    expect(order).toMatchObject({
      OrderNbr: "T20-000007",
      Status: "On Hold",
      Date: "2023-12-14",
      LastModified: Date.parse("2023-12-14T19:57:08.060Z"),
      PaymentMethod: "CASH",
      Details: [{ InventoryID: "77-A-", LastModifiedDate: Date.parse("2023-12-14T19:57:08Z") }],
    });
    expect(order.ShipToAddress.City).toEqual(expect.any(String));
    for (const [rows, key] of [
      [site.tables.customers, "K77"],
      [site.tables.stockItems, "77-A-"],
      [site.tables.warehouses, "SPRING"],
      [site.tables.shipVias, "MULE"],
    ] as const) {
      expect(JSON.stringify(rows.at(-1))).toContain(`"${key}"`);
    }
    expect(site.loadRecorded(answer)).toBe(0);
    expect(site.createOrder().OrderNbr).toBe("000101");
  });

  test("are shown with the fields they came with, {} where they had none", async () => {
    const { site, visit } = await signedIn({}, "20.200.001");
    site.loadRecorded(answer);
    const { json } = await visit.entity("GET", "SalesOrder/SO/T20-000007?$expand=Details");
    expect(json).toMatchObject({
      LastModified: value("2023-12-14T19:57:08.06+00:00"),
      CustomerOrder: {},
      ShipVia: value("MULE"),
    });
    expect(json.Details[0]).toMatchObject({ InventoryID: value("77-A-"), UnitPrice: value(1.5) });
  });

  test("can be made Open, given quantities and shipped", async () => {
    const { site, visit } = await signedIn({ actionsAtOnce: true });
    site.loadRecorded(answer);
    const order = site.editOrder("SO", "T20-000007", { status: "Open", lines: { quantity: { 1: 4 } } });
    expect(order).toMatchObject({ Hold: false, OrderedQty: 4, OrderTotal: 6 });
    const { status } = await visit.entity("PUT", "Shipment", {
      CustomerID: value("K77"),
      WarehouseID: value("SPRING"),
      Details: [{ OrderType: value("SO"), OrderNbr: value("T20-000007") }],
      Hold: value(false),
    });
    expect(status).toBe(200);
    site.confirmShipment("000501");
    expect(order.Status).toBe("Completed");
  });
});

describeRecorded("the recordings of a live site", "payloads/acumatica", () => {
  const samples = [
    ...listRecorded("payloads/acumatica").map((name) => readRecorded(`payloads/acumatica/${name}`)),
    readRecorded("specs/acumatica-sample-responses.json"),
  ];

  test("load, and every order of them can be made ready and shipped whole", async () => {
    const { site, visit } = await signedIn({ actionsAtOnce: true });
    expect(site.loadRecorded(samples)).toBeGreaterThanOrEqual(8);
    const sku = site.tables.stockItems.at(-1)!.InventoryID;
    expect(site.tables.salesOrders.length).toBeGreaterThanOrEqual(3);
    for (const order of site.tables.salesOrders) {
      site.editOrder(order.OrderType, order.OrderNbr, {
        status: "Open",
        lines: {
          remove: order.Details.map((line) => line.LineNbr),
          add: [{ inventoryId: sku, quantity: 2, warehouseId: "MAIN" }],
        },
      });
      const { status, json } = await visit.entity("PUT", "Shipment", {
        CustomerID: value(order.CustomerID),
        WarehouseID: value("MAIN"),
        Hold: value(false),
        Details: [{ OrderType: value(order.OrderType), OrderNbr: value(order.OrderNbr) }],
      });
      expect([status, json.ShippedQty]).toEqual([200, value(2)]);
      site.confirmShipment(String(json.ShipmentNbr.value));
      expect(order.Status).toBe("Completed");
    }
  });
});

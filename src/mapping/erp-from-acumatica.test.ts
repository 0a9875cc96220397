import { describe, expect, test } from "vitest";
import { aSalesOrder, rawLine, wrap } from "../../test/support/sample-order.ts";
import { aLabel, shipmentSettings } from "../../test/support/sample-shipment.ts";
import { shipment } from "../acumatica/entities.ts";
import { compareShipment } from "../core/shipment-packages.ts";
import { matchShipment } from "../core/shipment-match.ts";
import { planShipments } from "../core/shipment-plan.ts";
import { erpOrderFrom, erpShipmentFrom } from "./erp-from-acumatica.ts";
import { packageToAcumatica, shipmentToAcumatica } from "./shipment-to-acumatica.ts";

const source = aSalesOrder({
  OrderNbr: "000123 ",
  LocationID: "MAIN ",
  Details: [
    rawLine({ LineNbr: 3, OrderQty: 5, OpenQty: 5, QtyOnShipments: 2 }),
    rawLine({ LineNbr: 5, OpenQty: 3, Completed: true }),
    rawLine({ LineNbr: 7, MarkForPO: true, POSource: "Drop-Ship" }),
    rawLine({ LineNbr: 9, WarehouseID: "RETAIL" }),
  ],
  Shipments: [{ ShipmentNbr: "001199", Status: "Open" }, { ShipmentNbr: undefined }],
});

describe("erpOrderFrom", () => {
  test("the lines that ship from us, with what is not yet confirmed", () => {
    expect(erpOrderFrom(source, { warehouses: ["WHOLESALE"] })).toEqual({
      orderType: "SO",
      orderNbr: "000123",
      status: "Open",
      customerId: "C000001",
      locationId: "MAIN",
      shipVia: "UPSGROUND",
      lines: [
        { lineNbr: 3, sku: "AACOMPUT01", openQty: 5, warehouse: "WHOLESALE", uom: "EA" },
        { lineNbr: 5, sku: "AACOMPUT01", openQty: 0, warehouse: "WHOLESALE", uom: "EA" },
      ],
      shipments: [{ number: "001199", status: "Open" }],
    });
  });

  test("without a list all warehouses are ours", () => {
    expect(erpOrderFrom(source).lines.map(({ lineNbr }) => lineNbr)).toEqual([3, 5, 9]);
  });
});

describe("erpShipmentFrom", () => {
  test("a shipment in full, without padding", () => {
    const row = shipment.parse(
      wrap({
        ShipmentNbr: "001200",
        Status: "Open",
        Hold: false,
        WarehouseID: "MAIN ",
        ShipmentDate: "2026-05-05T00:00:00+00:00",
        ShipVia: "UPS",
        Description: "ShipStation [SS S1]",
        Details: [{ OrderType: "SO", OrderNbr: "000123 ", OrderLineNbr: 3, InventoryID: "A ", ShippedQty: "2.000000" }],
        Packages: [
          { id: "guid", BoxID: "LARGE", Weight: 1.2, TrackingNbr: "1Z999", CustomRefNbr1: "SSS1" },
          { id: "b" },
        ],
      }),
    );
    expect(erpShipmentFrom(row)).toEqual({
      number: "001200",
      status: "Open",
      hold: false,
      warehouse: "MAIN",
      description: "ShipStation [SS S1]",
      shipVia: "UPS",
      shippedOn: "2026-05-05",
      lines: [{ orderType: "SO", orderNbr: "000123", orderLine: 3, sku: "A", quantity: 2 }],
      packages: [{ id: "guid", tracking: "1Z999", mark: "SSS1", weight: 1.2, boxId: "LARGE" }, { id: "b" }],
    });
  });

  test("an answer with nothing in it is an empty shipment", () => {
    expect(erpShipmentFrom(shipment.parse({}))).toEqual({ number: "", status: "", lines: [], packages: [] });
  });
});

describe("shipmentToAcumatica", () => {
  const label = aLabel({ id: "S9", lines: [{ lineKey: "3", quantity: 2 }] });
  const [plan] = planShipments(
    erpOrderFrom(source),
    [label],
    shipmentSettings({ box: "LARGE", freight: "cost" }),
  ).plans;

  test("one call holds lines, packages, tracking numbers and marks", () => {
    expect(shipmentToAcumatica(plan!)).toEqual({
      CustomerID: "C000001",
      LocationID: "MAIN",
      WarehouseID: "WHOLESALE",
      ShipmentDate: "2026-05-05",
      ShipVia: "UPS",
      FreightCost: 7.5,
      Description: "ShipStation [SS S9]",
      ControlQty: 2,
      Details: [{ OrderType: "SO", OrderNbr: "000123", OrderLineNbr: 3, ShippedQty: 2 }],
      Packages: [{ BoxID: "LARGE", Weight: 1, TrackingNbr: "1ZS9", CustomRefNbr1: "SSS9", Confirmed: true }],
    });
  });

  test("a package fills the row whose id is given", () => {
    expect(packageToAcumatica(plan!.packages[0]!, "guid").id).toBe("guid");
    expect(packageToAcumatica(plan!.packages[0]!)).not.toHaveProperty("id");
  });

  test("what was sent, read back, is found by its mark and equals the plan", () => {
    const sent = shipmentToAcumatica(plan!);
    const answer = shipment.parse(wrap({ ...sent, ShipmentNbr: "001200", Status: "Open" }));
    const actual = erpShipmentFrom(answer);
    expect(matchShipment(plan!, [actual])).toEqual({ kind: "adopt", number: "001200", by: "mark" });
    expect(compareShipment(plan!, actual)).toEqual([]);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aSalesOrder, rawLine } from "../../test/support/sample-order.ts";
import type { SalesOrderLine } from "../acumatica/entities.ts";
import { lineFate, lineQuantities } from "./order-lines.ts";

const line = (fields: Record<string, unknown>): SalesOrderLine =>
  aSalesOrder({ Details: [rawLine(fields)] }).Details![0]!;

describe("lineFate", () => {
  test.for([
    { name: "goods ship", fields: {}, fate: "ships" },
    { name: "goods outside the inventory ship", fields: { LineType: "Non-Inventory Goods" }, fate: "ships" },
    {
      name: "an endpoint without the line type leaves goods",
      fields: { LineType: undefined, Operation: undefined },
      fate: "ships",
    },
    { name: "a charge does not", fields: { LineType: "Misc. Charge" }, fate: "no-goods" },
    { name: "a return does not", fields: { Operation: "Receipt" }, fate: "return" },
    { name: "what the vendor sends does not", fields: { MarkForPO: true, POSource: "Drop-Ship" }, fate: "drop-ship" },
    {
      name: "what is bought for the order and sent by us ships",
      fields: { MarkForPO: true, POSource: "Purchase to Order" },
      fate: "ships",
    },
    { name: "a line type nobody knows is told", fields: { LineType: "Rental" }, fate: "unknown-type" },
  ])("$name", ({ fields, fate }) => {
    expect(lineFate(line(fields), undefined)).toBe(fate);
  });

  test("only listed warehouses ship from us, without regard to padding", () => {
    expect(lineFate(line({ WarehouseID: "WHOLESALE " }), ["wholesale"])).toBe("ships");
    expect(lineFate(line({ WarehouseID: "RETAIL" }), ["WHOLESALE"])).toBe("elsewhere");
    expect(lineFate(line({ WarehouseID: undefined }), ["WHOLESALE"])).toBe("elsewhere");
  });
});

describe("lineQuantities", () => {
  test.for([
    { name: "a new line", fields: { OrderQty: 5, OpenQty: 5, QtyOnShipments: 0 }, toShip: 5, onShipments: 0 },
    {
      name: "two on an open shipment, which leaves OpenQty as it was",
      fields: { OrderQty: 5, OpenQty: 5, QtyOnShipments: 2 },
      toShip: 3,
      onShipments: 2,
    },
    {
      name: "two on a confirmed shipment",
      fields: { OrderQty: 5, OpenQty: 3, QtyOnShipments: 2 },
      toShip: 3,
      onShipments: 2,
    },
    {
      name: "a remainder that was cancelled",
      fields: { OrderQty: 5, OpenQty: 0, QtyOnShipments: 2 },
      toShip: 0,
      onShipments: 2,
    },
    {
      name: "a completed line that never shipped",
      fields: { OrderQty: 2, OpenQty: 2, QtyOnShipments: 0, Completed: true },
      toShip: 0,
      onShipments: 0,
    },
    {
      name: "more shipped than ordered",
      fields: { OrderQty: 5, OpenQty: 0, QtyOnShipments: 6 },
      toShip: 0,
      onShipments: 6,
    },
    {
      name: "no quantity on shipments said",
      fields: { OrderQty: 5, OpenQty: 4, QtyOnShipments: undefined },
      toShip: 4,
      onShipments: 0,
    },
  ])("$name: $toShip to ship", ({ fields, toShip, onShipments }) => {
    expect(lineQuantities(line(fields))).toEqual({ toShip, onShipments });
  });

  test("an open quantity that was not said is not guessed", () => {
    expect(lineQuantities(line({ OpenQty: undefined }))).toBeUndefined();
  });

  test("what was asked stays the same while shipments are made and confirmed", () => {
    const part = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(part, part, part, (confirmed, open, rest) => {
        const ordered = confirmed + open + rest;
        const quantities = lineQuantities(
          line({ OrderQty: ordered, OpenQty: ordered - confirmed, QtyOnShipments: confirmed + open }),
        )!;
        expect(quantities.toShip).toBe(rest);
        expect(quantities.toShip + quantities.onShipments).toBe(ordered);
      }),
    );
  });
});

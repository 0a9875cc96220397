import { describe, expect, test } from "vitest";
import { customer, salesOrder, shipment, stockItem } from "./entities.ts";

describe("entities at the edge", () => {
  test("wrappers come off, and every spelling of nothing is undefined", () => {
    const order = salesOrder.parse({
      id: "8f1c",
      rowNumber: 1,
      note: null,
      OrderNbr: { value: "SO1" },
      CustomerOrder: {},
      Description: null,
      ShipVia: [],
      OrderTotal: { value: "" },
      Hold: { value: null },
    });
    expect(order).toEqual({ id: "8f1c", OrderNbr: "SO1" });
  });

  test("a note is not read, whether it is wrapped, null or a text of several lines", () => {
    for (const note of [{ value: "" }, { value: "Call" }, null, "Call first\r\nThen ring"]) {
      const order = salesOrder.parse({ OrderNbr: { value: "SO1" }, note, Details: [{ id: "l1", note }] });
      expect(order).toEqual({ OrderNbr: "SO1", Details: [{ id: "l1" }] });
    }
  });

  test("an expanded, empty collection is empty, and one not asked for is undefined", () => {
    expect(salesOrder.parse({ Details: [] }).Details).toEqual([]);
    expect(salesOrder.parse({}).Details).toBeUndefined();
    expect(salesOrder.parse({ ShipToAddress: [] }).ShipToAddress).toBeUndefined();
  });

  test("numbers may come as text, and texts as numbers", () => {
    const parsed = shipment.parse({
      ShipmentNbr: { value: 68 },
      FreightCost: { value: "3.7900" },
      Details: [{ id: "l1", OrderLineNbr: { value: "4" }, ShippedQty: { value: 2.0 } }],
    });
    expect(parsed.ShipmentNbr).toBe("68");
    expect(parsed.FreightCost).toBe(3.79);
    expect(parsed.Details?.[0]).toMatchObject({ OrderLineNbr: 4, ShippedQty: 2 });
  });

  test("a calendar date is never shifted, whatever offset it came with", () => {
    expect(salesOrder.parse({ Date: { value: "2024-03-01T00:00:00+00:00" } }).Date).toBe("2024-03-01");
    expect(salesOrder.parse({ Date: { value: "2024-03-01T00:00:00-08:00" } }).Date).toBe("2024-03-01");
  });

  test("keys keep their padding and odd characters", () => {
    expect(stockItem.parse({ InventoryID: { value: "#12-7 / A-" } }).InventoryID).toBe("#12-7 / A-");
  });

  test.for([
    { name: "a number that is none", body: { OrderTotal: { value: "ten" } } },
    { name: "a collection that is an object", body: { Details: { value: 1 } } },
    { name: "a date that is none", body: { Date: { value: "14/12/2023" } } },
    { name: "a text that is an object", body: { OrderNbr: { value: { nested: true } } } },
  ])("$name is a fault, not a guess", ({ body }) => {
    expect(salesOrder.safeParse(body).success).toBe(false);
  });

  test("a customer's address is found under the main contact", () => {
    const parsed = customer.parse({
      MainContact: { Email: { value: "a@b.example" }, Address: { City: { value: "Lund" } } },
    });
    expect(parsed.MainContact?.Address?.City).toBe("Lund");
  });
});

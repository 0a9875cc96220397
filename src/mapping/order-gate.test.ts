import { describe, expect, test } from "vitest";
import { aSalesOrder, orderSettings, rawLine } from "../../test/support/sample-order.ts";
import { gateOrder } from "./order-gate.ts";

const rule = (fields: Record<string, unknown>, isLinked = false, settings = orderSettings()): string => {
  const gate = gateOrder(aSalesOrder(fields), settings, isLinked);
  return gate.pass ? "passes" : gate.rule;
};
const done = { OpenQty: 0, QtyOnShipments: 5 };

describe("gateOrder", () => {
  test.for([
    { name: "an open sales order", fields: {}, expected: "passes" },
    { name: "padding and case make no difference", fields: { OrderType: "so", Status: " open " }, expected: "passes" },
    { name: "another order type", fields: { OrderType: "RM" }, expected: "type-not-listed" },
    { name: "an order without a type", fields: { OrderType: undefined }, expected: "type-not-listed" },
    { name: "an order on hold", fields: { Status: "On Hold" }, expected: "status-not-listed" },
    { name: "an unknown status", fields: { Status: "On Hold but Approved" }, expected: "status-not-listed" },
    { name: "no status", fields: { Status: undefined }, expected: "status-not-listed" },
    { name: "a back order", fields: { Status: "Back Order" }, expected: "status-not-listed" },
    { name: "no lines", fields: { Details: [], OrderedQty: 0 }, expected: "no-lines" },
    {
      name: "no lines although a quantity was ordered: the mapping names it",
      fields: { Details: [] },
      expected: "passes",
    },
    {
      name: "services only",
      fields: { Details: [rawLine({ LineType: "Misc. Charge" })] },
      expected: "no-shippable-lines",
    },
    {
      name: "drop-shipped only",
      fields: { Details: [rawLine({ MarkForPO: true, POSource: "Drop-Ship" })] },
      expected: "no-shippable-lines",
    },
    { name: "nothing left to ship", fields: { Details: [rawLine(done)] }, expected: "nothing-open" },
    {
      name: "an unknown line type: the mapping names it",
      fields: { Details: [rawLine({ LineType: "Rental" })] },
      expected: "passes",
    },
  ])("new order, $name", ({ fields, expected }) => {
    expect(rule(fields)).toBe(expected);
  });

  test.for([
    { name: "open", fields: {}, expected: "passes" },
    ...[
      "On Hold",
      "Credit Hold",
      "Risk Hold",
      "Pending Approval",
      "Pending Processing",
      "Awaiting Payment",
      "Rejected",
      "Canceled",
      "Cancelled",
    ].map((status) => ({ name: status, fields: { Status: status }, expected: "passes" })),
    ...["Shipping", "Completed", "Invoiced", "Back Order"].map((status) => ({
      name: status,
      fields: { Status: status },
      expected: "shipped-in-erp",
    })),
    { name: "of a status nobody knows", fields: { Status: "Picking" }, expected: "status-not-listed" },
    { name: "held without any line", fields: { Status: "On Hold", Details: [] }, expected: "passes" },
    {
      name: "open with every line taken back",
      fields: { Details: [rawLine({ OpenQty: 0, Completed: true })] },
      expected: "passes",
    },
    { name: "open with every line on shipments", fields: { Details: [rawLine(done)] }, expected: "nothing-open" },
  ])("linked order, $name", ({ fields, expected }) => {
    expect(rule(fields, true)).toBe(expected);
  });

  test("a listed status is exported, whatever it means elsewhere", () => {
    expect(rule({ Status: "Back Order" }, true, orderSettings({ statuses: ["Open", "Back Order"] }))).toBe("passes");
    expect(rule({ Status: "Canceled" }, false, orderSettings({ statuses: ["Cancelled"] }))).toBe("passes");
  });

  test("an order whose goods are elsewhere is left out by warehouse", () => {
    expect(rule({}, false, orderSettings({ warehouses: ["RETAIL"] }))).toBe("warehouse-not-listed");
  });

  test("the text names the status", () => {
    expect(gateOrder(aSalesOrder({ Status: "Odd One" }), orderSettings(), false)).toMatchObject({
      text: expect.stringContaining("Odd One"),
    });
  });
});

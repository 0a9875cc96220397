import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsFromModelState, problemsFromBulkText, tidy } from "./problem-texts.ts";

const fieldsOf = (text: string): string[] => problemsFromBulkText(text).map((problem) => problem.field);

describe("problemsFromBulkText", () => {
  test.for([
    ["a missing name", "'Ship Name' must not be empty.", ["shipTo.name"]],
    ["a missing bill-to name", "'Bill Name' must not be empty.", ["billTo.name"]],
    ["a missing street", "'Ship Address 1' must not be empty.", ["shipTo.street1"]],
    ["an address part we do not know", "'Ship Planet' must not be empty.", ["shipTo"]],
    [
      "sentences run together",
      "'Ship Name' must not be empty.'Ship City' must not be empty.Please use a 2 character country code",
      ["shipTo.name", "shipTo.city", "shipTo.country"],
    ],
    [
      "a sentence without a full stop before the next",
      "Please use a 2 character country code 'Customer Email' is not a valid email address. 'Item Name' must not be empty.",
      ["shipTo.country", "customerEmail", "items.name"],
    ],
    ["a number that is none", "Could not convert string to decimal: 1.50 USD.", ["order"]],
    [
      "a number that is none, with its path",
      "Could not convert string to decimal: 1.50 USD. Path 'items[0].unitPrice', line 1, position 30.",
      ["items[0].unitPrice"],
    ],
    [
      "a path below the bound parameter",
      "Could not convert string to decimal: x. Path 'apiOrder.amountPaid', line 1, position 3.",
      ["amountPaid"],
    ],
    ["a required field", "The orderDate field is required.", ["orderDate"]],
    [
      "a text too long",
      "The field orderNumber must be a string or array type with a maximum length of '50'.",
      ["orderNumber"],
    ],
    ["a carrier without its service", "Invalid serviceCode", ["serviceCode"]],
    ["a malformed e-mail address", "Customer Email is not a valid email address.", ["customerEmail"]],
    [
      "a time-out of several sentences is one thing",
      "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation.",
      ["order"],
    ],
    ["something never heard before", "The moon is full.", ["order"]],
    ["nothing", "  ", ["order"]],
  ] as const)("%s", ([, text, fields]) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  test("an unknown sentence is passed on in ShipStation's words, with a cure", () => {
    expect(problemsFromBulkText("The moon is full.")).toEqual([
      { field: "order", found: "The moon is full.", cure: "Correct what ShipStation's message names, then replay." },
    ]);
  });

  test("a known sentence names the field and the cure in Acumatica", () => {
    expect(problemsFromBulkText("'Ship Postal Code' must not be empty.")).toEqual([
      {
        field: "shipTo.postalCode",
        found: "'Ship Postal Code' must not be empty.",
        cure: "Enter the postal code of the ship-to address in Acumatica.",
      },
    ]);
  });

  test("any text, however long, gives at least one problem at once", () => {
    const words = fc
      .array(fc.constantFrom("e-mail ", "'Ship ", "Path '", "must not be empty.", "The field ", "invalid", ". ", "A"))
      .map((parts) => parts.join("").repeat(50));
    fc.assert(
      fc.property(fc.oneof(fc.string(), words), (text) => {
        expect(problemsFromBulkText(text).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("problemsFromModelState", () => {
  test("keys become the order's own field names", () => {
    const problems = problemsFromModelState({
      "apiOrder.shipTo.name": ["The name field is required."],
      "apiOrder.orderDate": ["Wrong.", "Very wrong."],
      apiOrder: ["Something is wrong."],
      "apiOrders[3].orderNumber": ["The orderNumber field is required."],
    });
    expect(problems.map((problem) => problem.field)).toEqual([
      "shipTo.name",
      "orderDate",
      "orderDate",
      "order",
      "[3].orderNumber",
    ]);
  });

  test("texts of another shape do no harm", () => {
    expect(problemsFromModelState({ "apiOrder.x": null, "apiOrder.y": "Plain." })).toHaveLength(2);
  });
});

test("stack frames and control characters are cut off", () => {
  expect(tidy("It broke.\r\n   at SS.OpenApi.Orders.Save(Order order)\r\n   at SS.More(Int32 a)")).toBe("It broke.");
  expect(tidy("a\u0000b\u001b[31mc")).toBe("a b [31mc");
});

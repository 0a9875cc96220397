import { describe, expect, test } from "vitest";
import { bulkResultsFor } from "./bulk-results.ts";
import type { SsOrderInput } from "./entities.ts";

const sent = ["A", "B", "C"].map((key) => ({ orderKey: key, orderNumber: `SO-${key}` }) as SsOrderInput);
const good = (orderKey: string | null, orderId: number | null, orderNumber = `SO-${orderKey ?? ""}`) => ({
  orderId,
  orderNumber,
  orderKey,
  success: true,
  errorMessage: null,
});

describe("bulk results", () => {
  test("are matched by orderKey, whatever their order", () => {
    const results = [
      good("C", 3),
      {
        orderId: null,
        orderNumber: "SO-B",
        orderKey: "B",
        success: false,
        errorMessage: "'Ship Name' must not be empty.",
      },
      good("A", 1),
    ];
    expect(bulkResultsFor(sent, { hasErrors: true, results })).toEqual([
      { orderKey: "A", orderId: 1, success: true, errorMessage: undefined },
      { orderKey: "B", orderId: undefined, success: false, errorMessage: "'Ship Name' must not be empty." },
      { orderKey: "C", orderId: 3, success: true, errorMessage: undefined },
    ]);
  });

  test.for([
    ["an order without a result", [good("A", 1), good("B", 2)]],
    ["a null among the results", [good("A", 1), good("B", 2), null]],
    ["a result that does not parse", [good("A", 1), good("B", 2), { orderKey: "C" }]],
    ["a result for a key that was not sent", [good("A", 1), good("B", 2), good("X", 9)]],
    ["a result without key and number", [good("A", 1), good("B", 2), good(null, 9, "")]],
    ["two results that contradict each other", [good("A", 1), good("B", 2), good("C", 3), good("C", 4)]],
  ] as const)("%s leaves that order in doubt, and no other", ([, results]) => {
    expect(bulkResultsFor(sent, { hasErrors: false, results }).map((result) => result.orderKey)).toEqual(["A", "B"]);
  });

  test("the same result twice counts once", () => {
    expect(bulkResultsFor(sent, { results: [good("A", 1), good("A", 1)] })).toHaveLength(1);
  });

  test("a result without a key counts by its number, where only one order has it", () => {
    expect(bulkResultsFor(sent, { results: [good(null, 7, "SO-B")] })).toMatchObject([{ orderKey: "B", orderId: 7 }]);
    const twins = sent.map((order) => ({ ...order, orderNumber: "SAME" }));
    expect(bulkResultsFor(twins, { results: [good(null, 7, "SAME")] })).toEqual([]);
  });

  test.for([[undefined], [null], [[]], [{}], [{ results: null }], ["ok"]] as const)(
    "an answer like %j leaves the whole batch in doubt",
    ([body]) => {
      expect(() => bulkResultsFor(sent, body)).toThrow(
        expect.objectContaining({ code: "shipstation.unreadable", mayHaveApplied: true }),
      );
    },
  );
});

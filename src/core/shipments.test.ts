import { describe, expect, test } from "vitest";
import { aLabel } from "../../test/support/sample-shipment.ts";
import { judgeLabel } from "./shipments.ts";
import type { Label } from "./shipments.ts";

const withoutOrder = (): Label => {
  const { orderId: _id, orderKey: _key, orderNumber: _number, ...rest } = aLabel();
  return rest;
};

describe("judgeLabel", () => {
  test.for([
    { name: "a label of our order is used", label: aLabel(), isOurs: true, rule: undefined },
    { name: "a voided label is left out", label: aLabel({ voided: true }), isOurs: true, rule: "voided" },
    { name: "a return label is left out", label: aLabel({ isReturn: true }), isOurs: true, rule: "return-label" },
    { name: "a label of another order is left out", label: aLabel(), isOurs: false, rule: "foreign-order" },
    { name: "a label without an order is left out", label: withoutOrder(), isOurs: false, rule: "label-only" },
    { name: "a voided foreign label is voided first", label: aLabel({ voided: true }), isOurs: false, rule: "voided" },
  ])("$name", ({ label, isOurs, rule }) => {
    const verdict = judgeLabel(label, isOurs);
    expect(verdict.kind === "filtered" ? verdict.rule : undefined).toBe(rule);
  });
});

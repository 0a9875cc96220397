import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gramsFrom, weightIn, weightUnitOf } from "./weights.ts";

describe("weights", () => {
  test.for([
    { name: "a pound", value: 1, unit: "LB" as const, grams: 453.59 },
    { name: "an ounce", value: 1, unit: "OZ" as const, grams: 28.35 },
    { name: "a kilogram", value: 1.25, unit: "KG" as const, grams: 1250 },
    { name: "zero is unknown", value: 0, unit: "LB" as const, grams: undefined },
    { name: "a negative weight is unknown", value: -1035.3621, unit: "LB" as const, grams: undefined },
    { name: "what is no number is unknown", value: Number.NaN, unit: "LB" as const, grams: undefined },
  ])("$name", ({ value, unit, grams }) => {
    expect(gramsFrom(value, unit)).toBe(grams);
  });

  test("ounces are sixteenths of a pound", () => {
    expect(weightIn(453.59237, "OZ")).toBe(16);
  });

  test.for([
    ["LB", "LB"],
    [" lbs ", "LB"],
    ["pounds", "LB"],
    ["ounces", "OZ"],
    ["grams", "G"],
    ["Kg", "KG"],
    ["STONE", undefined],
    ["", undefined],
    ["constructor", undefined],
  ])("the code %o means %o", ([code, unit]) => {
    expect(weightUnitOf(code ?? "")).toBe(unit);
  });

  test("there and back is the same weight to a hundredth of a gram or the unit's fourth place", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.constantFrom("LB" as const, "OZ" as const, "KG" as const, "G" as const),
        (hundredths, unit) => {
          const grams = hundredths / 100;
          const back = gramsFrom(weightIn(grams, unit), unit) ?? 0;
          const unitInGrams = gramsFrom(1, unit) ?? 0;
          expect(Math.abs(back - grams)).toBeLessThanOrEqual(0.01 + unitInGrams * 0.00005 + 1e-6);
        },
      ),
    );
  });
});

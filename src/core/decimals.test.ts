import { describe, expect, test } from "vitest";
import { exceeds, roundTo, sameDecimal, sumOf } from "./decimals.ts";

describe("decimals", () => {
  test("figures that differ only by how binary writes them are the same", () => {
    expect(sameDecimal(0.1 + 0.2, 0.3)).toBe(true);
    expect(sameDecimal(1, 1.000001)).toBe(false);
    expect(exceeds(0.1 + 0.2, 0.3)).toBe(false);
    expect(exceeds(0.300001, 0.3)).toBe(true);
  });

  test("halves go up although binary holds them a hair too low", () => {
    expect(roundTo(1.005, 2)).toBe(1.01);
    expect(roundTo(1.2, 0)).toBe(1);
  });

  test("a sum leaves no hair", () => {
    expect(sumOf([0.1, 0.2])).toBe(0.3);
    expect(sumOf([])).toBe(0);
  });
});

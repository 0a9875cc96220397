import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Problem } from "../lib/problem.ts";
import { datePart, known, sameCode, shorten } from "./text.ts";

describe("known", () => {
  test.for([[undefined], [null], [""], ["  "], ["NULL"], [{}], [[]], [{ value: "" }]])("%o is nothing", ([value]) => {
    expect(known(value)).toBeUndefined();
  });

  test.for([
    [" ABC123 ", "ABC123"],
    ["MAIN\u00a0", "MAIN"],
    ["Null", "Null"],
    [0, "0"],
    [1202324501429, "1202324501429"],
  ])("%o is %o", ([value, text]) => {
    expect(known(value)).toBe(text);
  });

  test("codes compare without padding and case", () => {
    expect(sameCode("MAIN ", "main")).toBe(true);
    expect(sameCode("MAIN", "MAIN2")).toBe(false);
  });
});

describe("datePart", () => {
  test.for([
    ["2026-05-04T00:00:00+00:00", "2026-05-04"],
    ["2026-05-04", "2026-05-04"],
    ["2016-06-07T00:00:00.0000000", "2016-06-07"],
    ["12/14/2023 19:57:08", undefined],
    ["", undefined],
  ])("%o is the day %o, whatever the zone", ([text, day]) => {
    expect(datePart(text)).toBe(day);
  });
});

describe("shorten", () => {
  test("what fits stays, what does not is cut with a warning, and no character is halved", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, limit) => {
        const warnings: Problem[] = [];
        const cut = shorten(text, limit, "Name", warnings);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(warnings).toHaveLength(text.length > limit ? 1 : 0);
      }),
    );
  });
});

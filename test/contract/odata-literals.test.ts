import fc from "fast-check";
import { expect, test } from "vitest";
import { equals, keyPath, modifiedWithin, queryString } from "../../src/acumatica/odata.ts";
import { parseFilter } from "../../src/sandbox/acumatica/filter-syntax.ts";

/** What a filter of ours is to the site, after it travelled in a query string. */
const asRead = (filter: string) =>
  parseFilter(new URL(`https://erp.example/x${queryString({ filter })}`).searchParams.get("$filter") ?? "");

/** Texts that would break out of a literal if anything could, and any others. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "'",
        "''",
        " or ",
        " and 1 eq 1",
        ")",
        "(",
        "%27",
        "+",
        "&$top=1",
        "#",
        "/",
        "|",
        "\\",
        "null",
        "\u00a0",
        "\n",
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);
/** A lone half of a surrogate pair has no form in a query string. */
const wellFormed = hostile.filter((text) => text.isWellFormed());

test("no text in a filter changes what the filter means: it arrives as the one literal it is", () => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (first, second) => {
      const comparison = (path: string, value: string) => ({
        kind: "comparison",
        operator: "eq",
        left: { kind: "path", path },
        right: { kind: "literal", type: "text", value },
      });
      expect(asRead(equals({ OrderType: first, OrderNbr: second }))).toEqual({
        kind: "and",
        left: comparison("OrderType", first),
        right: comparison("OrderNbr", second),
      });
    }),
    { numRuns: 2_000 },
  );
});

test("an instant arrives to the millisecond, in whatever year", () => {
  const times = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
  fc.assert(
    fc.property(times, times, (from, to) => {
      const read = asRead(modifiedWithin("LastModified", from, to));
      expect(read).toMatchObject({
        left: { operator: "ge", right: { type: "instant", value: from } },
        right: { operator: "le", right: { type: "instant", value: to } },
      });
    }),
  );
});

test("a key travels as one segment that reads back as it was, or not in the path at all", () => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (type, number) => {
      const path = keyPath([type, number]);
      if (path === undefined) return;
      const segments = new URL(`https://erp.example/entity/${path}`).pathname.split("/").slice(2);
      expect(segments.map(decodeURIComponent)).toEqual([type, number]);
    }),
    { numRuns: 2_000 },
  );
});

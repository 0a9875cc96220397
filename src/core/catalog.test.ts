import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isRetired,
  missingChanges,
  planProduct,
  productFields,
  type CatalogSettings,
  type ProductValues,
} from "./catalog.ts";

const allFill = Object.fromEntries(productFields.map((field) => [field, "fill"])) as CatalogSettings;
const plan = (
  wish: ProductValues,
  values: ProductValues,
  more: { written?: ProductValues; untouched?: boolean } = {},
) => planProduct(wish, { values, isUntouched: more.untouched ?? false }, more.written ?? {}, allFill);

describe("planProduct", () => {
  test("what ShipStation does not have is filled", () => {
    expect(plan({ weight: 12.5, tariffCode: "8471.30" }, { weight: 0, tariffCode: " " }).changes).toEqual({
      weight: 12.5,
      tariffCode: "8471.30",
    });
  });

  test("what a person entered stays, and is told", () => {
    expect(plan({ weight: 12.5 }, { weight: 13 })).toEqual({ changes: {}, kept: ["weight"] });
  });

  test("a change in the ERP follows onto what we wrote ourselves", () => {
    expect(plan({ weight: 14 }, { weight: 12.5 }, { written: { weight: 12.5 } }).changes).toEqual({ weight: 14 });
  });

  test("what a person changed after we wrote it stays", () => {
    expect(plan({ weight: 14 }, { weight: 13 }, { written: { weight: 12.5 } }).kept).toEqual(["weight"]);
  });

  test("a product nobody touched since its first order has that order line's values, which are ours to align", () => {
    expect(plan({ name: "Acer laptop" }, { name: "Laptop for Jo" }, { untouched: true }).changes).toEqual({
      name: "Acer laptop",
    });
  });

  test("a field that belongs to the ERP is written over anything, one that is off never", () => {
    const live = { values: { name: "Mine", price: 3 }, isUntouched: true };
    const settings = { ...allFill, name: "erp" as const, price: "off" as const };
    expect(planProduct({ name: "Theirs", price: 5 }, live, {}, settings)).toEqual({
      changes: { name: "Theirs" },
      kept: [],
    });
  });

  test("what the ERP does not know is never written: 0 is no weight", () => {
    expect(plan({ weight: 0, name: "" }, { weight: 5, name: "Mine" }, { untouched: true }).changes).toEqual({});
  });

  test("after the write nothing is left to write, whatever the two sides held", () => {
    const value = fc.option(fc.oneof(fc.constantFrom("", "A", "B"), fc.constantFrom(0, 1, 2.5)), { nil: undefined });
    const values = fc.record(Object.fromEntries(productFields.map((field) => [field, value])));
    const settings = fc.record(
      Object.fromEntries(productFields.map((field) => [field, fc.constantFrom("off", "fill", "erp")])),
    ) as fc.Arbitrary<CatalogSettings>;
    fc.assert(
      fc.property(values, values, values, fc.boolean(), settings, (wish, live, written, isUntouched, owned) => {
        const first = planProduct(wish, { values: live, isUntouched }, written, owned);
        const after = { values: { ...(live as ProductValues), ...first.changes }, isUntouched: false };
        const again = planProduct(wish, after, { ...(written as ProductValues), ...first.changes }, owned);
        expect(again.changes).toEqual({});
        expect(missingChanges(first.changes, after)).toEqual([]);
      }),
    );
  });
});

test("retired items are left alone, unknown statuses are not", () => {
  expect(["Inactive", "Marked for Deletion", "Active", "No Sales", "Seasonal", undefined].map(isRetired)).toEqual([
    ...[true, true, false, false, false, false],
  ]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeShipment, isPackageMark, markedLabels, packageMark, signedBy, signerOf } from "./shipment-mark.ts";
import type { ShipmentPlan } from "./shipments.ts";

const labelId = fc.tuple(fc.constantFrom("S", "F"), fc.maxSafeNat()).map(([kind, number]) => `${kind}${number}`);

describe("marks", () => {
  test("a description names its labels, within 256 characters, however many there are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(labelId, { maxLength: 60 }), fc.string({ maxLength: 300 }), (ids, note) => {
        const text = describeShipment(ids, note);
        expect(text.length).toBeLessThanOrEqual(256);
        const named = markedLabels(text);
        expect(named).toEqual(ids.slice(0, named.length));
        expect(named.length).toBeGreaterThanOrEqual(Math.min(ids.length, 12));
      }),
    );
  });

  test("a package mark is at most 30 characters and known again", () => {
    fc.assert(
      fc.property(labelId, (id) => {
        expect(packageMark(id).length).toBeLessThanOrEqual(30);
        expect(isPackageMark(packageMark(id))).toBe(true);
      }),
    );
  });

  test.for(["", "SS", "PO 77", "SSX12", "MISS1"])("a person's reference %o is no mark", (reference) => {
    expect(isPackageMark(reference)).toBe(false);
  });

  test("a description without a mark names nobody", () => {
    expect(markedLabels("Shipped by hand")).toEqual([]);
    expect(markedLabels(undefined)).toEqual([]);
  });
});

describe("the name of the instance that makes a shipment", () => {
  const planOf = (ids: readonly string[], note: string): ShipmentPlan => ({
    ...({} as ShipmentPlan),
    description: describeShipment(ids, note),
  });

  test("stands behind the labels, within 256 characters, and is known again with all of them", () => {
    fc.assert(
      fc.property(fc.uniqueArray(labelId, { maxLength: 60 }), fc.string({ maxLength: 300 }), (ids, note) => {
        const { description } = signedBy(planOf(ids, note), "k3f9x2");
        expect(description.length).toBeLessThanOrEqual(256);
        expect(signerOf(description)).toBe("k3f9x2");
        expect(markedLabels(description)).toEqual(markedLabels(describeShipment(ids, note)));
      }),
    );
  });

  test("is not told by an older mark, nor by what a person wrote", () => {
    expect(signerOf("ShipStation [SS S1] by hand")).toBeUndefined();
    expect(signerOf("[by k3f9x2] Shipped by hand")).toBeUndefined();
    expect(signerOf(undefined)).toBeUndefined();
  });
});

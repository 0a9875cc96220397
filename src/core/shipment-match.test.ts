import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aLabel,
  anErpLine,
  anErpOrder,
  shipmentAsPlanned,
  shipmentSettings,
} from "../../test/support/sample-shipment.ts";
import { matchShipment } from "./shipment-match.ts";
import { signedBy } from "./shipment-mark.ts";
import { planShipments } from "./shipment-plan.ts";
import type { ErpShipment, ShipmentPlan } from "./shipments.ts";

const planOf = (ids: string[] = ["S1"]): ShipmentPlan =>
  planShipments(
    anErpOrder(),
    ids.map((id) => aLabel({ id })),
    shipmentSettings(),
  ).plans[0]!;
const plan = planOf();
const planned = (changes: Partial<ErpShipment> = {}): ErpShipment => shipmentAsPlanned(plan, changes);
const unmarked = (changes: Partial<ErpShipment> = {}): ErpShipment =>
  planned({ description: "By hand", packages: [], ...changes });
const otherLines = [{ orderType: "SO", orderNbr: "000123", orderLine: 1, quantity: 4 }];

describe("matchShipment", () => {
  test.for([
    { name: "nothing there: it is made", candidates: [], match: "create" },
    { name: "our mark on the package adopts", candidates: [planned({ description: "" })], match: "mark" },
    { name: "our mark in the description adopts", candidates: [planned({ packages: [] })], match: "mark" },
    { name: "our mark adopts a confirmed shipment too", candidates: [planned({ status: "Confirmed" })], match: "mark" },
    { name: "our mark adopts even if somebody deleted the lines", candidates: [planned({ lines: [] })], match: "mark" },
    {
      name: "two shipments with our mark need a person",
      candidates: [planned(), planned({ number: "001201" })],
      match: "person",
    },
    {
      name: "our mark on another warehouse's shipment is of the same parcel's other half",
      candidates: [planned({ warehouse: "YARD" })],
      match: "create",
    },
    {
      name: "our mark on a combined order's shipment is that order's",
      candidates: [planned({ lines: [{ ...otherLines[0]!, orderNbr: "000999" }] })],
      match: "create",
    },
    {
      name: "our tracking number adopts, typed in anyhow",
      candidates: [unmarked({ packages: [{ id: "a", tracking: "1z s1" }], lines: otherLines })],
      match: "tracking",
    },
    {
      name: "our tracking number under another label's mark is that label's",
      candidates: [unmarked({ status: "Confirmed", packages: [{ tracking: "1ZS1", mark: "SSS7" }] })],
      match: "create",
    },
    {
      name: "two shipments with our tracking number need a person",
      candidates: [unmarked({ packages: [{ tracking: "1ZS1" }] }), unmarked({ packages: [{ tracking: "1ZS1" }] })],
      match: "person",
    },
    { name: "one plain open shipment with the same lines adopts", candidates: [unmarked()], match: "same-lines" },
    {
      name: "an empty package of Acumatica's own leaves it plain",
      candidates: [unmarked({ packages: [{ id: "a", tracking: "" }] })],
      match: "same-lines",
    },
    {
      name: "padded keys are the same keys",
      candidates: [
        unmarked({ warehouse: "MAIN ", lines: [{ ...otherLines[0]!, orderNbr: "000123 ", quantity: 1.000000001 }] }),
      ],
      match: "same-lines",
    },
    {
      name: "one line in two rows is the same line",
      candidates: [
        unmarked({
          lines: [
            { ...otherLines[0]!, quantity: 0.4 },
            { ...otherLines[0]!, quantity: 0.6 },
          ],
        }),
      ],
      match: "same-lines",
    },
    {
      name: "two plain shipments with the same lines need a person",
      candidates: [unmarked(), unmarked({ number: "2" })],
      match: "person",
    },
    {
      name: "an open shipment with other lines needs a person: Acumatica takes one at a time",
      candidates: [unmarked({ lines: otherLines })],
      match: "person",
    },
    {
      name: "an open shipment with somebody's tracking number needs a person",
      candidates: [unmarked({ packages: [{ tracking: "JD1" }] })],
      match: "person",
    },
    {
      name: "a shipment on hold needs a person",
      candidates: [unmarked({ status: "On Hold", hold: true })],
      match: "person",
    },
    {
      name: "a shipment of an unknown status needs a person",
      candidates: [unmarked({ status: "Picking" })],
      match: "person",
    },
    {
      name: "a confirmed shipment of earlier is passed over",
      candidates: [unmarked({ status: "Completed" })],
      match: "create",
    },
    { name: "a cancelled shipment is passed over", candidates: [unmarked({ status: "Canceled" })], match: "create" },
    {
      name: "a shipment of another order is passed over",
      candidates: [unmarked({ lines: [{ ...otherLines[0]!, orderNbr: "000999" }] })],
      match: "create",
    },
  ])("$name", ({ candidates, match }) => {
    const found = matchShipment(plan, candidates);
    expect(found.kind === "adopt" ? found.by : found.kind).toBe(match);
    if (found.kind === "person")
      expect(found).toMatchObject({ code: "shipment.ambiguous", problems: [{ field: "ShipmentNbr" }] });
  });

  test("the mark comes before everything else", () => {
    const found = matchShipment(plan, [unmarked({ number: "1" }), planned({ number: "2" })]);
    expect(found).toEqual({ kind: "adopt", number: "2", by: "mark" });
  });

  test("what was made is found again by its mark, whatever else stands there", () => {
    const anyOther = fc.record({
      status: fc.constantFrom("Open", "Confirmed", "On Hold", "Canceled"),
      quantity: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 }),
        fc.array(anyOther, { maxLength: 3 }),
        (numbers, others) => {
          const order = anErpOrder({ lines: [anErpLine({ openQty: 9 })] });
          const labels = numbers.map((number) => aLabel({ id: `S${number}` }));
          const [made] = planShipments(order, labels, shipmentSettings()).plans;
          const noise = others.map(({ status, quantity }, index) =>
            unmarked({ number: `n${index}`, status, lines: [{ ...otherLines[0]!, quantity }] }),
          );
          expect(matchShipment(made!, [...noise, shipmentAsPlanned(made!)])).toEqual({
            kind: "adopt",
            number: "001200",
            by: "mark",
          });
        },
      ),
    );
  });
});

describe("another instance's mark", () => {
  const mine = signedBy(plan, "mine22");
  const theirs = signedBy(planOf(["S9"]), "theirs");
  const made = (by: ShipmentPlan, changes: Partial<ErpShipment> = {}): ErpShipment => shipmentAsPlanned(by, changes);

  test.for([
    { name: "on an open shipment of the order", candidate: made(theirs) },
    { name: "on a confirmed one", candidate: made(theirs, { status: "Confirmed" }) },
    { name: "on one of the very same labels", candidate: made(signedBy(plan, "theirs")) },
  ])("$name stops the record, and says whose it is", ({ candidate }) => {
    const match = matchShipment(mine, [candidate]);
    expect(match).toMatchObject({ kind: "person", code: "shipment.foreign-mark" });
    expect(JSON.stringify(match)).toContain("[by theirs]");
  });

  test.for([
    { name: "our own", candidate: made(mine), match: "mark" },
    { name: "an older one without a name", candidate: made(plan), match: "mark" },
    { name: "another's on a cancelled shipment", candidate: made(theirs, { status: "Cancelled" }), match: "create" },
    { name: "another's in another warehouse", candidate: made(theirs, { warehouse: "YARD" }), match: "create" },
  ])("$name does not", ({ candidate, match }) => {
    const found = matchShipment(mine, [candidate]);
    expect(found.kind === "adopt" ? found.by : found.kind).toBe(match);
  });

  test("stops no plan that was frozen before instances had names", () => {
    expect(matchShipment(plan, [made(signedBy(plan, "theirs"))]).kind).toBe("adopt");
  });
});

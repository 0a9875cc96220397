import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aLabel,
  anErpLine,
  anErpOrder,
  shipmentAsPlanned,
  shipmentSettings,
} from "../../test/support/sample-shipment.ts";
import { compareShipment, headStep, packageSteps } from "./shipment-packages.ts";
import { planShipments } from "./shipment-plan.ts";
import type { ErpPackage, ErpShipment, ShipmentPlan } from "./shipments.ts";

const planOf = (ids: string[]): ShipmentPlan =>
  planShipments(
    anErpOrder({ lines: [anErpLine({ openQty: 9 })] }),
    ids.map((id) => aLabel({ id })),
    shipmentSettings(),
  ).plans[0]!;
const one = planOf(["S1"]);
const two = planOf(["S1", "S2"]);
const withRows = (plan: ShipmentPlan, packages: ErpPackage[]): ErpShipment => shipmentAsPlanned(plan, { packages });

describe("packageSteps", () => {
  test.for([
    { name: "no row: one is appended", plan: one, rows: [], steps: ["append S1"] },
    {
      name: "mark and tracking number are there: nothing to do",
      plan: one,
      rows: [{ id: "a", mark: "SSS1", tracking: "1zs1 " }],
      steps: ["none"],
    },
    {
      name: "our tracking number without mark gets the mark",
      plan: one,
      rows: [{ id: "a", tracking: "1ZS1" }],
      steps: ["fill a S1"],
    },
    {
      name: "our mark without tracking number gets the number",
      plan: one,
      rows: [{ id: "a", mark: "SSS1" }],
      steps: ["fill a S1"],
    },
    {
      name: "our mark with a number of the same plan gets its own number",
      plan: two,
      rows: [
        { id: "a", mark: "SSS1", tracking: "1ZS2" },
        { id: "b", mark: "SSS2", tracking: "1ZS2" },
      ],
      steps: ["fill a S1", "none"],
    },
    {
      name: "our mark with a stranger's number needs a person",
      plan: one,
      rows: [{ id: "a", mark: "SSS1", tracking: "JD9" }],
      steps: ["person"],
    },
    {
      name: "our number with a person's reference needs a person",
      plan: one,
      rows: [{ id: "a", mark: "PO 77", tracking: "1ZS1" }],
      steps: ["person"],
    },
    {
      name: "our number under another label's mark is that label's",
      plan: one,
      rows: [{ id: "a", mark: "SSS7", tracking: "1ZS1" }],
      steps: ["append S1"],
    },
    {
      name: "two rows with our mark need a person",
      plan: one,
      rows: [
        { id: "a", mark: "SSS1" },
        { id: "b", mark: "SSS1" },
      ],
      steps: ["person"],
    },
    {
      name: "two rows with our number need a person",
      plan: one,
      rows: [
        { id: "a", tracking: "1ZS1" },
        { id: "b", tracking: "1ZS1" },
      ],
      steps: ["person"],
    },
    { name: "the one empty row is filled", plan: one, rows: [{ id: "a", tracking: "" }], steps: ["fill a S1"] },
    {
      name: "one empty row for the one label that has none",
      plan: two,
      rows: [{ id: "a", mark: "SSS1", tracking: "1ZS1" }, { id: "b" }],
      steps: ["none", "fill b S2"],
    },
    {
      name: "as many empty rows as labels are filled in turn",
      plan: two,
      rows: [{ id: "a" }, { id: "b" }],
      steps: ["fill a S1", "fill b S2"],
    },
    {
      name: "more empty rows than labels: nobody knows which, so one is appended",
      plan: one,
      rows: [{ id: "a" }, { id: "b" }],
      steps: ["append S1"],
    },
    { name: "a stranger's row is left alone", plan: one, rows: [{ id: "a", tracking: "JD9" }], steps: ["append S1"] },
    {
      name: "a row that cannot be addressed needs a person",
      plan: one,
      rows: [{ tracking: "1ZS1" }],
      steps: ["person"],
    },
  ])("$name", ({ plan, rows, steps }) => {
    const words = packageSteps(plan, withRows(plan, rows)).map((step) => {
      if (step.kind === "fill") return `fill ${step.id} ${step.labelId}`;
      return step.kind === "append" ? `append ${step.labelId}` : step.kind;
    });
    expect(words).toEqual(steps);
  });

  test("carrying the steps out leaves nothing to do, one package a label, and nobody's number overwritten", () => {
    const anyRow = fc.record(
      {
        mark: fc.constantFrom("SSS1", "SSS2", "SSS9", "PO 77", ""),
        tracking: fc.constantFrom("1ZS1", "1ZS2", "JD9", ""),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 4 }), (given) => {
        const rows: ErpPackage[] = given.map((row, index) => ({ id: `r${index}`, ...row }));
        const steps = packageSteps(two, withRows(two, rows));
        if (steps.some(({ kind }) => kind === "person")) return;
        const after = rows.map((row) => ({ ...row }));
        steps.forEach((step, index) => {
          const { mark, tracking } = two.packages[index]!;
          if (step.kind === "append") after.push({ id: `n${index}`, mark, tracking });
          if (step.kind === "fill")
            Object.assign(
              after.find(({ id }) => id === step.id)!,
              { mark, tracking },
            );
        });
        expect(packageSteps(two, withRows(two, after)).map(({ kind }) => kind)).toEqual(["none", "none"]);
        expect(after.filter(({ tracking }) => tracking === "JD9")).toHaveLength(
          rows.filter(({ tracking }) => tracking === "JD9").length,
        );
        expect(after.filter(({ mark }) => mark === "SSS1")).toHaveLength(1);
        expect(after.filter(({ mark }) => mark === "SSS2")).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe("compareShipment", () => {
  test("the plan carried out equals the plan", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 }), (numbers) => {
        const plan = planOf(numbers.map((number) => `S${number}`));
        expect(compareShipment(plan, shipmentAsPlanned(plan))).toEqual([]);
      }),
    );
  });

  const base = shipmentAsPlanned(two);
  const [line] = base.lines;
  const [first, second] = base.packages;
  test.for([
    {
      name: "numbers that are written otherwise are equal",
      change: { lines: [{ ...line!, quantity: 0.1 + 0.2 + 1.7 }] },
      fields: [],
    },
    {
      name: "a weight rounded to two places is equal",
      change: { packages: [{ ...first!, weight: 1.0049 }, second!] },
      fields: [],
    },
    {
      name: "an empty row that Acumatica added is no difference",
      change: { packages: [...base.packages, { id: "x", weight: 3 }] },
      fields: [],
    },
    {
      name: "another quantity differs",
      change: { lines: [{ ...line!, quantity: 1 }] },
      fields: ["Details.ShippedQty"],
    },
    { name: "a missing line differs", change: { lines: [] }, fields: ["Details.ShippedQty"] },
    {
      name: "an additional line differs",
      change: { lines: [line!, { ...line!, orderLine: 9 }] },
      fields: ["Details.ShippedQty"],
    },
    {
      name: "a line of another order differs",
      change: { lines: [line!, { ...line!, orderNbr: "000999" }] },
      fields: ["Details.OrderNbr"],
    },
    { name: "another warehouse differs", change: { warehouse: "YARD" }, fields: ["WarehouseID"] },
    { name: "a missing package differs", change: { packages: [first!] }, fields: ["Packages"] },
    { name: "a package twice differs", change: { packages: [first!, first!, second!] }, fields: ["Packages"] },
    {
      name: "a missing mark differs",
      change: { packages: [{ id: "a", tracking: "1ZS1", weight: 1 }, second!] },
      fields: ["Packages", "Packages"],
    },
    {
      name: "another tracking number differs",
      change: { packages: [{ ...first!, tracking: "JD9" }, second!] },
      fields: ["Packages.TrackingNbr"],
    },
    {
      name: "another weight differs",
      change: { packages: [{ ...first!, weight: 2 }, second!] },
      fields: ["Packages.Weight"],
    },
    {
      name: "a stranger's package differs",
      change: { packages: [...base.packages, { id: "x", tracking: "JD9" }] },
      fields: ["Packages"],
    },
    { name: "another Ship Via differs", change: { shipVia: "DHL" }, fields: ["ShipVia"] },
    { name: "a Ship Via in other letters and padding is equal", change: { shipVia: "ups  " }, fields: [] },
    { name: "another ship date differs", change: { shippedOn: "2026-01-01" }, fields: ["ShipmentDate"] },
    {
      name: "all differences come at once",
      change: { lines: [], packages: [] },
      fields: ["Details.ShippedQty", "Packages", "Packages"],
    },
  ])("$name", ({ change, fields }) => {
    expect(compareShipment(two, { ...base, ...change }).map(({ field }) => field)).toEqual(fields);
  });
});

describe("headStep", () => {
  const plan = { ...two, freightCost: 7.5, freightPrice: 8.25 };
  test("nothing is written on a shipment that is as planned", () => {
    expect(headStep(plan, shipmentAsPlanned(plan))).toBeUndefined();
    expect(headStep(plan, shipmentAsPlanned(plan, { unlimitedPackages: true }))).toBeUndefined();
  });

  test("of a shipment that a person made, carrier, date and freight are written, and Acumatica is kept from buying labels", () => {
    const { shipVia, freightCost, ...bare } = shipmentAsPlanned(plan, {
      shippedOn: "2026-01-01",
      unlimitedPackages: false,
    });
    expect(headStep(plan, { ...bare, freightCost: 0 })).toEqual({
      shipVia,
      shippedOn: plan.shippedOn,
      freightCost,
      freightPrice: 8.25,
      unlimitedPackages: true,
    });
  });

  test("where freight is not written back, the site's own stands", () => {
    expect(headStep(two, shipmentAsPlanned(two, { freightCost: 99 }))).toBeUndefined();
  });
});

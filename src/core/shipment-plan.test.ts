import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aLabel, anErpLine, anErpOrder, shipmentSettings } from "../../test/support/sample-shipment.ts";
import { planShipments } from "./shipment-plan.ts";
import type { ErpOrder, Label, LabelLine, ShipmentSettings } from "./shipments.ts";

const order = anErpOrder({
  lines: [
    anErpLine({ lineNbr: 1, sku: "LAPTOP", openQty: 5 }),
    anErpLine({ lineNbr: 3, sku: "MOUSE", openQty: 2 }),
    anErpLine({ lineNbr: 5, sku: "MOUSE", openQty: 4 }),
    anErpLine({ lineNbr: 7, sku: "DESK", openQty: 1, warehouse: "YARD" }),
  ],
});
const item = (lineKey: string | undefined, quantity: number, more: Partial<LabelLine> = {}): LabelLine => ({
  ...(lineKey !== undefined && { lineKey }),
  quantity,
  ...more,
});
const without = (label: Label, member: keyof Label): Label => {
  const { [member]: _left, ...rest } = label;
  return rest as Label;
};
const planned = (labels: Label[], settings: Partial<ShipmentSettings> = {}, of: ErpOrder = order) => {
  const { plans, problems, warnings } = planShipments(of, labels, shipmentSettings(settings));
  return {
    plans,
    warnings,
    problems,
    lines: plans.map(({ warehouse, lines }) => [warehouse, lines.map(({ lineNbr, quantity }) => [lineNbr, quantity])]),
    codes: problems.map(({ labelId, code }) => `${labelId} ${code}`),
  };
};

describe("planShipments", () => {
  test("one label makes one shipment with one package, exactly the label's lines, and our marks", () => {
    const label = aLabel({ id: "S87654321", tracking: " 1Z999 ", lines: [item("1", 2), item("3", 1)] });
    const settings = { box: "LARGE", freight: "cost" as const };
    expect(planned([label], settings).plans).toEqual([
      {
        id: "SO/000123@MAIN:S87654321",
        recordKey: "SO/000123",
        orderType: "SO",
        orderNbr: "000123",
        customerId: "C000001",
        locationId: "MAIN",
        warehouse: "MAIN",
        labelIds: ["S87654321"],
        lines: [
          { lineNbr: 1, quantity: 2 },
          { lineNbr: 3, quantity: 1 },
        ],
        packages: [{ labelId: "S87654321", tracking: "1Z999", mark: "SSS87654321", weight: 1, boxId: "LARGE" }],
        shipVia: "UPS",
        shippedOn: "2026-05-05",
        freightCost: 7.5,
        description: "ShipStation [SS S87654321]",
      },
    ]);
  });

  test("several labels make one shipment with a package each", () => {
    const { plans, lines } = planned([
      aLabel({ id: "S1", lines: [item("1", 2)] }),
      aLabel({ id: "S2", lines: [item("1", 1), item("5", 4)], shippedOn: "2026-05-07" }),
    ]);
    expect(lines).toEqual([
      [
        "MAIN",
        [
          [1, 3],
          [5, 4],
        ],
      ],
    ]);
    expect(plans[0]?.packages.map(({ labelId }) => labelId)).toEqual(["S1", "S2"]);
    expect(plans[0]?.shippedOn).toBe("2026-05-07");
    expect(plans[0]?.description).toContain("[SS S1 S2]");
  });

  test.for([
    { name: "a line key joins, whatever else has the SKU", lines: [item("5", 1, { sku: "MOUSE" })], joined: [[5, 1]] },
    {
      name: "padding and case of the SKU make no difference",
      lines: [item(" 1 ", 1, { sku: "laptop " })],
      joined: [[1, 1]],
    },
    {
      name: "an item without key is joined by its SKU where only one line has it",
      lines: [item(undefined, 1, { sku: "LAPTOP" })],
      joined: [[1, 1]],
    },
    {
      name: "an item without key is unknown where two lines have its SKU",
      lines: [item(undefined, 1, { sku: "MOUSE" })],
      joined: undefined,
    },
    {
      name: "an item without key is unknown where another item claims its line",
      lines: [item("1", 1), item(undefined, 1, { sku: "LAPTOP" })],
      joined: undefined,
    },
    {
      name: "an item without key and SKU is unknown",
      lines: [item(undefined, 1, { name: "Free sample" })],
      joined: undefined,
    },
    {
      name: "a key of no line is unknown, even if the SKU would fit",
      lines: [item("9", 1, { sku: "LAPTOP" })],
      joined: undefined,
    },
    {
      name: "a key whose SKU is another's is unknown: it is of a combined order",
      lines: [item("1", 1, { sku: "LAMP" })],
      joined: undefined,
    },
    {
      name: "an item listed twice under one id counts once",
      lines: [item("1", 2, { orderItemId: 8 }), item("1", 2, { orderItemId: 8 })],
      joined: [[1, 2]],
    },
    {
      name: "two items of one line count together",
      lines: [item("1", 2, { orderItemId: 8 }), item("1", 1, { orderItemId: 9 })],
      joined: [[1, 3]],
    },
    { name: "an item that ships nothing is passed over", lines: [item("1", 1), item("9", 0)], joined: [[1, 1]] },
    { name: "an item with no readable quantity is unknown", lines: [item("1", Number.NaN)], joined: undefined },
    {
      name: "a quantity that storage made null is unknown",
      lines: [item("1", null as unknown as number)],
      joined: undefined,
    },
    { name: "an unknown line leaves the whole label out", lines: [item("1", 1), item("9", 1)], joined: undefined },
  ])("$name", ({ lines, joined }) => {
    const result = planned([aLabel({ lines })]);
    expect(result.lines).toEqual(joined ? [["MAIN", joined]] : []);
    expect(result.codes).toEqual(joined ? [] : ["S1 label.line-unknown"]);
  });

  test("all unknown lines are named at once, with field, what was found and a cure", () => {
    const [entry] = planned([
      aLabel({ lines: [item("9", 1, { sku: "A" }), item(undefined, 1, { sku: "B" })] }),
    ]).problems;
    expect(entry?.problems.map(({ field, found }) => `${field}: ${found}`)).toEqual([
      "shipmentItems[0].lineItemKey: A, line 9",
      "shipmentItems[1].lineItemKey: B, without a line number",
    ]);
    expect(entry?.problems.every(({ cure }) => cure.includes("SO 000123"))).toBe(true);
  });

  test.for([
    { name: "a label without tracking number", change: without(aLabel(), "tracking"), codes: ["S1 label.no-tracking"] },
    {
      name: "a label with an endless tracking number",
      change: aLabel({ tracking: "9".repeat(61) }),
      codes: ["S1 label.no-tracking"],
    },
    {
      name: "a label of an unmapped carrier",
      change: aLabel({ carrier: "dhl" }),
      codes: ["S1 label.unmapped-service"],
    },
    {
      name: "a label without any date",
      change: without(without(aLabel(), "shippedOn"), "createdAt"),
      codes: ["S1 shipstation.unreadable"],
    },
    {
      name: "a label with more than is open",
      change: aLabel({ lines: [item("1", 6)] }),
      codes: ["S1 label.over-shipped"],
    },
    {
      name: "a label whose items were not asked for",
      change: without(aLabel(), "lines"),
      codes: ["S1 label.line-unknown"],
    },
  ])("$name is left to a person, and the others go on", ({ change, codes }) => {
    const result = planned([change, aLabel({ id: "S2", lines: [item("3", 1)] })]);
    expect(result.codes).toEqual(codes);
    expect(result.lines).toEqual([["MAIN", [[3, 1]]]]);
  });

  test("a label is named once, with all that is wrong with it", () => {
    const label = without(aLabel({ carrier: "dhl", lines: [item("9", 1)] }), "tracking");
    const { problems } = planned([label]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "label.line-unknown" });
    expect(problems[0]?.problems.map(({ field }) => field)).toEqual([
      "shipmentItems[0].lineItemKey",
      "trackingNumber",
      "carrierCode",
    ]);
  });

  test("the earlier label gets what is open", () => {
    const early = aLabel({ id: "S9", createdAt: "2026-05-05T08:00:00.0", lines: [item("1", 4)] });
    const late = aLabel({ id: "S1", createdAt: "2026-05-05T09:00:00.0", lines: [item("1", 2)] });
    const result = planned([late, early]);
    expect(result.lines).toEqual([["MAIN", [[1, 4]]]]);
    expect(result.codes).toEqual(["S1 label.over-shipped"]);
    expect(result.problems[0]?.problems[0]?.found).toBe("1 open, 2 of LAPTOP on label S1");
  });

  test("voided and return labels are not planned", () => {
    expect(planned([aLabel({ voided: true }), aLabel({ id: "S2", isReturn: true })])).toMatchObject({
      plans: [],
      problems: [],
    });
  });

  test("an unmapped carrier takes the default, with a warning", () => {
    const { plans, warnings } = planned([aLabel({ carrier: "dhl" }), aLabel({ id: "S2", carrier: "dhl" })], {
      defaultShipVia: "LOCAL",
    });
    expect(plans[0]?.shipVia).toBe("LOCAL");
    expect(warnings).toHaveLength(1);
  });

  test("a shipment has one Ship Via: a second one is told", () => {
    const { plans, warnings } = planned([aLabel(), aLabel({ id: "S2", carrier: "fedex" })], {
      shipVia: [
        { carrier: "ups", shipVia: "UPS" },
        { carrier: "fedex", shipVia: "FEDEX" },
      ],
    });
    expect(plans[0]?.shipVia).toBe("UPS");
    expect(warnings[0]?.found).toContain("UPS and FEDEX");
  });

  test.for([
    { name: "off", freight: "off" as const, cost: undefined, price: undefined },
    { name: "the cost", freight: "cost" as const, cost: 10.1, price: undefined },
    { name: "the cost, and the price with mark-up", freight: { markupPercent: 10 }, cost: 10.1, price: 11.11 },
  ])("freight is $name", ({ freight, cost, price }) => {
    const labels = [aLabel({ cost: 3.3 }), aLabel({ id: "S2", cost: 6.8 }), without(aLabel({ id: "S3" }), "cost")];
    const [plan] = planned(labels, { freight }).plans;
    expect([plan?.freightCost, plan?.freightPrice]).toEqual([cost, price]);
  });

  describe("several warehouses", () => {
    test("each has a shipment of its own", () => {
      const { lines, warnings } = planned([
        aLabel({ lines: [item("1", 1)] }),
        aLabel({ id: "S2", lines: [item("7", 1)] }),
      ]);
      expect(lines).toEqual([
        ["MAIN", [[1, 1]]],
        ["YARD", [[7, 1]]],
      ]);
      expect(warnings).toEqual([]);
    });

    test("a parcel with goods of two is booked where most of its pieces are, and the other shipment names it", () => {
      const { plans, warnings } = planned([aLabel({ lines: [item("1", 2), item("7", 1)], cost: 5 })], {
        freight: "cost",
      });
      expect(
        plans.map(({ warehouse, labelIds, sharedLabelIds, packages, freightCost }) => ({
          warehouse,
          labelIds,
          sharedLabelIds,
          packages: packages.length,
          freightCost,
        })),
      ).toEqual([
        { warehouse: "MAIN", labelIds: ["S1"], sharedLabelIds: undefined, packages: 1, freightCost: 5 },
        { warehouse: "YARD", labelIds: [], sharedLabelIds: ["S1"], packages: 0, freightCost: undefined },
      ]);
      expect(plans[1]).toMatchObject({ shipVia: "UPS", shippedOn: "2026-05-05", lines: [{ lineNbr: 7, quantity: 1 }] });
      expect(plans[1]?.description).toContain("[SS S1] 1ZS1 is booked on the shipment of MAIN.");
      expect(warnings[0]?.found).toContain("MAIN and YARD");
    });
  });

  describe("labels that list no items", () => {
    const marked = (changes: Partial<Label> = {}): Label =>
      without(without(aLabel({ id: "F1", source: "fulfillment", carrier: "UPS", ...changes }), "lines"), "orderKey");

    test("an order marked as shipped ships the whole open remainder", () => {
      const partly = anErpOrder({ lines: [anErpLine({ openQty: 2.5 }), anErpLine({ lineNbr: 2, openQty: 0 })] });
      expect(planned([marked()], {}, partly).lines).toEqual([["MAIN", [[1, 2.5]]]]);
    });

    test("two marks of one order share its goods and are a parcel each", () => {
      const { plans } = planned([marked(), marked({ id: "F2" })], {}, anErpOrder());
      expect(plans).toHaveLength(1);
      expect(plans[0]).toMatchObject({ lines: [{ lineNbr: 1, quantity: 5 }], labelIds: ["F1", "F2"] });
    });

    test("a mark beside a label is left to a person", () => {
      expect(planned([marked(), aLabel()]).codes).toEqual(["F1 label.line-unknown"]);
    });

    test("a mark of an order with nothing open is left to a person", () => {
      expect(planned([marked()], {}, anErpOrder({ lines: [] })).codes).toEqual(["F1 label.over-shipped"]);
    });

    test("a further box without items goes with the label that lists them", () => {
      const { plans, codes } = planned([aLabel({ id: "S2", lines: [], createdAt: "2026-01-01" }), aLabel()]);
      expect(codes).toEqual([]);
      expect(plans[0]?.packages.map(({ labelId }) => labelId)).toEqual(["S1", "S2"]);
      expect(plans[0]?.lines).toEqual([{ lineNbr: 1, quantity: 1 }]);
    });

    test("a lone label without items is left to a person", () => {
      expect(planned([aLabel({ lines: [] })]).codes).toEqual(["S1 label.line-unknown"]);
    });
  });
});

describe("laws of planShipments", () => {
  const anyOrder = fc
    .uniqueArray(
      fc.record({
        lineNbr: fc.integer({ min: 1, max: 5 }),
        sku: fc.constantFrom("A", "B"),
        openQty: fc.integer({ min: 0, max: 6 }),
        warehouse: fc.constantFrom("MAIN", "YARD"),
      }),
      { selector: ({ lineNbr }) => lineNbr, maxLength: 4 },
    )
    .map((lines) => anErpOrder({ lines }));
  const anyLine = fc.record(
    {
      lineKey: fc.constantFrom("1", "2", "3", "4", "x"),
      sku: fc.constantFrom("A", "B"),
      quantity: fc.integer({ min: -1, max: 4 }),
      orderItemId: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ["quantity"] },
  );
  const anyLabels = fc
    .array(
      fc.record({
        source: fc.constantFrom("label" as const, "label" as const, "fulfillment" as const),
        tracking: fc.constantFrom("1Z1", "1Z2", ""),
        carrier: fc.constantFrom("ups", "ups", "dhl"),
        voided: fc.constantFrom(false, false, true),
        createdAt: fc.constantFrom("2026-05-05T01", "2026-05-05T02"),
        lines: fc.array(anyLine, { maxLength: 3 }),
      }),
      { maxLength: 5 },
    )
    .map((labels) =>
      labels.map((label, index) =>
        label.source === "label"
          ? aLabel({ ...label, id: `S${index}` })
          : without(aLabel({ ...label, id: `F${index}` }), "lines"),
      ),
    );
  const check = (law: (order: ErpOrder, labels: Label[], result: ReturnType<typeof planShipments>) => void): void => {
    fc.assert(
      fc.property(anyOrder, anyLabels, (erpOrder, labels) =>
        law(erpOrder, labels, planShipments(erpOrder, labels, shipmentSettings())),
      ),
      { numRuns: 500 },
    );
  };

  test("no line ever ships more than it has open", () => {
    check((erpOrder, _labels, { plans }) => {
      for (const { lineNbr, openQty } of erpOrder.lines) {
        const shipped = plans.flatMap(({ lines }) => lines).filter((line) => line.lineNbr === lineNbr);
        expect(shipped.reduce((sum, { quantity }) => sum + quantity, 0)).toBeLessThanOrEqual(openQty);
      }
    });
  });

  test("each live label is in exactly one package of one plan, or has a problem", () => {
    check((_order, labels, { plans, problems }) => {
      const packed = plans.flatMap(({ packages }) => packages.map(({ labelId }) => labelId));
      expect(plans.flatMap(({ labelIds }) => labelIds).toSorted()).toEqual(packed.toSorted());
      const accounted = [...packed, ...problems.map(({ labelId }) => labelId)].toSorted();
      expect(accounted).toEqual(
        labels
          .filter(({ voided }) => !voided)
          .map(({ id }) => id)
          .toSorted(),
      );
    });
  });

  test("the plans together ship what the labels in them hold, no more and no less", () => {
    check((_order, labels, { plans }) => {
      const packed = new Set(plans.flatMap(({ labelIds }) => labelIds));
      if ([...packed].some((id) => id.startsWith("F"))) return;
      const onLabels = labels
        .filter(({ id }) => packed.has(id))
        .flatMap(({ lines }) => {
          const seen = new Set<number>();
          return (lines ?? []).filter(({ orderItemId, quantity }) => {
            if (quantity <= 0 || (orderItemId !== undefined && seen.has(orderItemId))) return false;
            if (orderItemId !== undefined) seen.add(orderItemId);
            return true;
          });
        })
        .reduce((sum, { quantity }) => sum + quantity, 0);
      const inPlans = plans.flatMap(({ lines }) => lines).reduce((sum, { quantity }) => sum + quantity, 0);
      expect(inPlans).toBe(onLabels);
    });
  });

  test("the answer does not depend on the order of the labels", () => {
    fc.assert(
      fc.property(
        anyOrder,
        anyLabels.chain((labels) =>
          fc.tuple(fc.constant(labels), fc.shuffledSubarray(labels, { minLength: labels.length })),
        ),
        (erpOrder, [labels, shuffled]) => {
          expect(planShipments(erpOrder, shuffled, shipmentSettings())).toEqual(
            planShipments(erpOrder, labels, shipmentSettings()),
          );
        },
      ),
    );
  });

  test("every plan ships something, fits the ERP's lengths and has an id of its own", () => {
    check((_order, _labels, { plans }) => {
      expect(new Set(plans.map(({ id }) => id)).size).toBe(plans.length);
      for (const plan of plans) {
        expect(plan.lines.length).toBeGreaterThan(0);
        expect(plan.lines.every(({ quantity }) => quantity > 0)).toBe(true);
        expect(plan.description.length).toBeLessThanOrEqual(256);
        expect(plan.packages.every(({ mark, tracking }) => mark.length <= 30 && tracking !== "")).toBe(true);
      }
    });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareSides,
  labelsMarkedOn,
  type ComparedLabel,
  type ComparedOrder,
  type ComparedShipment,
  type TwoSides,
} from "./reconciliation.ts";

const note = { text: undefined, cure: undefined };
const live = { orderId: 7, status: "awaiting_shipment", mergedOrSplit: false, lines: [{ lineKey: "1", quantity: 5 }] };
const anOrder = (change: Partial<ComparedOrder> = {}): ComparedOrder => ({
  key: "SO/1",
  wish: "ship",
  problems: [],
  lines: [{ lineNbr: 1, sku: "TENT", toShip: 5, onShipments: 0 }],
  linkedId: 7,
  isOurs: true,
  isSent: true,
  live,
  record: note,
  ...change,
});
const aLabel = (change: Partial<ComparedLabel> = {}): ComparedLabel => ({
  ...{ id: "S1", orderKey: "SO/1", tracking: "1Z 001", voided: false, isProcessed: true, record: note },
  ...change,
});
const aShipment = (change: Partial<ComparedShipment> = {}): ComparedShipment => ({
  number: "000077",
  status: "Confirmed",
  lines: [],
  packages: [{ tracking: "1z001", mark: "SSS1" }],
  labelIds: ["S1"],
  isProcessed: true,
  ...change,
});
const nothing: TwoSides = { orders: [], labels: [], shipments: [] };
const found = (sides: Partial<TwoSides>): [string, boolean][] =>
  compareSides({ ...nothing, ...sides }).map(({ kind, byReplay }) => [kind, byReplay]);

describe("an order", () => {
  const unlinked = { linkedId: undefined, live: undefined, isSent: false };
  test.for<[string, Partial<ComparedOrder>, [string, boolean][]]>([
    ["on both sides is right", {}, []],
    ["ready to ship and nowhere in ShipStation is missing", unlinked, [["missing-in-shipstation", true]]],
    [
      "nobody has read yet is brought by the next poll",
      { ...unlinked, record: undefined },
      [["missing-in-shipstation", false]],
    ],
    ["held before it was ever sent is right", { ...unlinked, wish: "hold" }, []],
    ["that is left out by a rule is right", { ...unlinked, wish: "nothing" }, []],
    ["under our key without a link is linked by a replay", { linkedId: undefined }, [["not-linked", true]]],
    [
      "under our key, and not ours, is left to a person first",
      { linkedId: undefined, isOurs: false },
      [["not-linked", true]],
    ],
    ["that is gone is never made again", { live: undefined }, [["link-gone", false]]],
    ["gone on one side and cancelled on the other is right", { live: undefined, wish: "cancel" }, []],
    [
      "cancelled in the ERP alone is cancelled by a replay",
      { wish: "cancel", isSent: false },
      [["cancelled-on-one-side", true]],
    ],
    ["cancelled, and restored in ShipStation, is for a person", { wish: "cancel" }, [["cancelled-on-one-side", false]]],
    [
      "cancelled in the ERP after it was shipped is for a person",
      { wish: "cancel", isSent: false, live: { ...live, status: "shipped" } },
      [["cancelled-on-one-side", false]],
    ],
    [
      "cancelled in ShipStation alone is for a person",
      { live: { ...live, status: "cancelled" } },
      [["cancelled-on-one-side", false]],
    ],
    ["cancelled on both sides is right", { wish: "cancel", live: { ...live, status: "cancelled" } }, []],
    ["held in the ERP alone is held by a replay", { wish: "hold", isSent: false }, [["held-on-one-side", true]]],
    ["held in the ERP and shipped before is right", { wish: "hold", live: { ...live, status: "shipped" } }, []],
    [
      "changed in the ERP is changed by a replay",
      { isSent: false, lines: [{ lineNbr: 1, sku: "TENT", toShip: 6, onShipments: 0 }] },
      [["quantities-differ", true]],
    ],
    [
      "changed in ShipStation is for a person",
      { live: { ...live, lines: [{ lineKey: "1", quantity: 4 }] } },
      [["quantities-differ", false]],
    ],
    ["with a line nobody asked for", { lines: [] }, [["quantities-differ", false]]],
    ["partly shipped keeps what it was sent", { lines: [{ lineNbr: 1, sku: "TENT", toShip: 2, onShipments: 3 }] }, []],
    ["split by the warehouse holds a part", { live: { ...live, mergedOrSplit: true, lines: [] } }, []],
    ["only the mirror knows is not compared by lines", { live: { ...live, lines: undefined } }, []],
  ])("%s", ([, change, kinds]) => {
    expect(found({ orders: [anOrder(change)] })).toEqual(kinds);
  });

  test("that cannot be expressed names its fields", () => {
    const problems = [{ field: "ShipToAddress.Country", found: "nothing", cure: "Enter it." }];
    const [only] = compareSides({ ...nothing, orders: [anOrder({ ...unlinked, problems, lines: [] })] });
    expect(only).toMatchObject({ kind: "missing-in-shipstation", problems, byReplay: true });
  });
});

describe("a label", () => {
  test.for<[string, Partial<ComparedLabel>, Partial<ComparedShipment>, [string, boolean][]]>([
    ["whose package is there, however its number is spelled, is right", {}, {}, []],
    [
      "without a package is booked by a replay",
      { isProcessed: false },
      { packages: [], labelIds: [] },
      [["label-missing-in-erp", true]],
    ],
    [
      "whose package somebody emptied is for a person",
      {},
      { packages: [{ mark: "SSS1" }] },
      [["label-missing-in-erp", false]],
    ],
    [
      "nobody has read yet is brought by the next poll",
      { record: undefined, isProcessed: false },
      { packages: [] },
      [["label-missing-in-erp", false]],
    ],
    [
      "on a cancelled shipment is not there",
      { isProcessed: false },
      { status: "Canceled" },
      [["label-missing-in-erp", true]],
    ],
    [
      "under another label's mark is that one's",
      {},
      { packages: [{ tracking: "1Z001", mark: "SSS2" }] },
      [["label-missing-in-erp", false]],
    ],
    [
      "without a tracking number is nowhere",
      { tracking: undefined },
      { packages: [{ mark: "SSS1" }] },
      [["label-missing-in-erp", false]],
    ],
    [
      "voided after its shipment was confirmed is for a person",
      { voided: true },
      {},
      [["voided-after-shipping", false]],
    ],
    ["voided and in no shipment is right", { voided: true }, { packages: [], labelIds: [] }, []],
  ])("%s", ([, label, shipment, kinds]) => {
    expect(found({ labels: [aLabel(label)], shipments: [aShipment(shipment)] })).toEqual(kinds);
  });
});

describe("a shipment", () => {
  test.for<[string, Partial<ComparedShipment>, [string, boolean][]]>([
    [
      "that was never confirmed is confirmed by a replay",
      { status: "Open", isProcessed: false },
      [["shipment-unconfirmed", true]],
    ],
    ["on hold must be opened first", { status: "On Hold", isProcessed: false }, [["shipment-unconfirmed", true]]],
    ["somebody opened again is for that person", { status: "Open" }, [["shipment-unconfirmed", false]]],
    ["of nobody we know is none of our business", { status: "Open", labelIds: [] }, []],
    ["that is invoiced is done", { status: "Invoiced" }, []],
    ["that is cancelled is no shipment", { status: "Cancelled" }, []],
  ])("%s", ([, change, kinds]) => {
    expect(found({ shipments: [aShipment(change)] })).toEqual(kinds);
  });

  test("bears marks on its packages and in its description, and other references are people's own", () => {
    const shipment = aShipment({
      packages: [{ mark: " SSS1 " }, { mark: "PO 17" }],
      description: "ShipStation [SS S1 F2]",
    });
    expect(labelsMarkedOn(shipment)).toEqual(["S1", "F2"]);
  });
});

describe("the law", () => {
  /** An order that both sides agree about: anything from what is to ship up to what was asked is in ShipStation. */
  const line = fc.record({
    toShip: fc.nat(50),
    onShipments: fc.nat(50),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const settledOrder = fc
    .record({
      lines: fc.array(line, { maxLength: 4 }),
      agreed: fc.constantFrom(
        ...([
          ["ship", "awaiting_shipment"],
          ["ship", "shipped"],
          ["ship", "on_hold"],
          ["hold", "on_hold"],
          ["hold", "shipped"],
          ["cancel", "cancelled"],
          ["nothing", "awaiting_shipment"],
        ] as const),
      ),
      isSent: fc.boolean(),
    })
    .map(({ lines, agreed: [wish, status], isSent }) =>
      anOrder({
        wish,
        isSent,
        lines: lines.map(({ toShip, onShipments }, index) => ({ lineNbr: index + 1, sku: "X", toShip, onShipments })),
        live: {
          ...live,
          status,
          lines: lines.map(({ toShip, onShipments, part }, index) => ({
            lineKey: String(index + 1),
            quantity: toShip + Math.round(onShipments * part),
          })),
        },
      }),
    );
  const settledSides = fc
    .record({ orders: fc.array(settledOrder), labels: fc.array(fc.boolean(), { maxLength: 6 }) })
    .map(({ orders, labels }): TwoSides => {
      const all = labels.map((voided, at) => aLabel({ id: `S${at + 1}`, tracking: `1Z00${at + 1}`, voided }));
      const shipped = all.filter(({ voided }) => !voided);
      const shipments = shipped.map(({ id, tracking }) =>
        aShipment({
          number: `N${id}`,
          packages: [{ mark: `SS${id}`, ...(tracking !== undefined && { tracking }) }],
          labelIds: [id],
        }),
      );
      return { orders, labels: all, shipments };
    });

  test("a settled world has no differences", () => {
    fc.assert(
      fc.property(settledSides, (sides) => {
        expect(compareSides(sides)).toEqual([]);
      }),
    );
  });

  test("a shipment that is lost is missed once for each of its labels, and nothing else is", () => {
    fc.assert(
      fc.property(settledSides, fc.nat(5), (sides, at) => {
        const lost = sides.shipments[at];
        fc.pre(lost !== undefined);
        const shipments = sides.shipments.filter((shipment) => shipment !== lost);
        const differences = compareSides({ ...sides, shipments });
        expect(differences.map(({ kind, records }) => [kind, records.map(({ key }) => key)])).toEqual([
          ["label-missing-in-erp", lost.labelIds],
        ]);
      }),
    );
  });

  test("a line that is changed on one side is named", () => {
    fc.assert(
      fc.property(settledOrder, fc.integer({ min: 51, max: 500 }), (order, more) => {
        fc.pre(order.wish === "ship" && order.lines.length > 0);
        const lines = order.live?.lines?.map((each, index) =>
          index === 0 ? { ...each, quantity: each.quantity + more } : each,
        );
        const [only, ...others] = compareSides({ ...nothing, orders: [{ ...order, live: { ...live, lines } }] });
        expect(others).toEqual([]);
        expect(only).toMatchObject({ kind: "quantities-differ", problems: [{ field: "line 1 (X)" }] });
      }),
    );
  });
});

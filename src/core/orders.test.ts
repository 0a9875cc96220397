import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anOrder, anOrderLine } from "../../test/support/sample-order.ts";
import { orderContent, planOrder } from "./orders.ts";
import type { KnownOrder, Order, OrderPlan } from "./orders.ts";

const unknown: KnownOrder = { orderId: undefined, sentHash: undefined, live: undefined, keyTakenByOther: false };
const live = (orderStatus: string, mergedOrSplit = false): NonNullable<KnownOrder["live"]> => ({
  orderStatus,
  orderKey: "000123",
  orderId: 7,
  mergedOrSplit,
});
const sent = (orderStatus: string): KnownOrder => ({
  ...unknown,
  orderId: 7,
  sentHash: "old",
  live: live(orderStatus),
});
const cancelled = anOrder({ status: "cancelled" });
const held = anOrder({ status: "held" });

describe("planOrder", () => {
  test.for([
    { name: "a new order is created", known: unknown, kind: "create" },
    {
      name: "an unchanged order is left alone",
      known: { ...sent("awaiting_shipment"), sentHash: "new" },
      kind: "settled",
    },
    {
      name: "an unchanged order that was shipped is left alone",
      known: { ...sent("shipped"), sentHash: "new" },
      kind: "settled",
    },
    { name: "a changed order is updated", known: sent("awaiting_shipment"), kind: "update" },
    { name: "a changed order that is on hold is updated", known: sent("on_hold"), kind: "update" },
    {
      name: "a changed order the mirror has not seen yet is updated",
      known: { ...sent(""), live: undefined },
      kind: "update",
    },
    { name: "a change after shipping needs a person", known: sent("shipped"), kind: "blocked", code: "order.locked" },
    {
      name: "a change after ShipStation cancelled needs a person",
      known: sent("cancelled"),
      kind: "blocked",
      code: "order.locked",
    },
    {
      name: "a change under an unknown status needs a person",
      known: sent("processing"),
      kind: "blocked",
      code: "order.locked",
    },
    {
      name: "an order in a provider's hands is not written",
      known: sent("pending_fulfillment"),
      kind: "blocked",
      code: "order.locked",
    },
    {
      name: "an order the warehouse split is not written",
      known: { ...sent(""), live: live("awaiting_shipment", true) },
      kind: "blocked",
      code: "order.locked",
    },
    { name: "a cancelled order is cancelled", order: cancelled, known: sent("awaiting_shipment"), kind: "update" },
    { name: "a held order is held", order: held, known: sent("awaiting_shipment"), kind: "update" },
    {
      name: "a cancellation of what is cancelled is settled",
      order: cancelled,
      known: sent("cancelled"),
      kind: "settled",
    },
    { name: "a hold of what is cancelled is settled", order: held, known: sent("cancelled"), kind: "settled" },
    {
      name: "a cancellation after shipping needs a person",
      order: cancelled,
      known: sent("shipped"),
      kind: "blocked",
      code: "order.locked",
    },
    { name: "an order we never sent is not cancelled", order: cancelled, known: unknown, kind: "settled" },
    { name: "an order we never sent is not held", order: held, known: unknown, kind: "settled" },
    {
      name: "a key of somebody else's is not overwritten",
      known: { ...unknown, keyTakenByOther: true, live: live("awaiting_shipment") },
      kind: "blocked",
      code: "order.key-taken",
    },
    {
      name: "a number that somebody else's order has is not sent again",
      known: { ...unknown, sameNumber: { orderId: 9, orderStatus: "awaiting_shipment" } },
      kind: "blocked",
      code: "order.number-taken",
    },
    {
      name: "a cancelled order minds no taken number",
      order: cancelled,
      known: { ...unknown, sameNumber: { orderId: 9, orderStatus: "shipped" } },
      kind: "settled",
    },
    {
      name: "an order of ours that is there minds no other with its number",
      known: { ...unknown, live: live("awaiting_shipment"), sameNumber: { orderId: 9, orderStatus: "shipped" } },
      kind: "update",
    },
    {
      name: "a cancelled order minds no taken key",
      order: cancelled,
      known: { ...unknown, keyTakenByOther: true },
      kind: "settled",
    },
    {
      name: "an order of ours that was found again is updated",
      known: { ...unknown, live: live("awaiting_shipment") },
      kind: "update",
    },
    {
      name: "an order of ours that was found shipped is linked as it is",
      known: { ...unknown, live: live("shipped") },
      kind: "settled",
      orderId: 7,
    },
  ])("$name", ({ order = anOrder(), known, kind, code, orderId }) => {
    const plan = planOrder(order, "new", known);
    expect(plan.kind).toBe(kind);
    expect(plan.kind === "blocked" ? plan.code : undefined).toBe(code);
    if (orderId !== undefined) expect(plan).toMatchObject({ orderId });
  });

  const statuses = [
    "awaiting_payment",
    "awaiting_shipment",
    "pending_fulfillment",
    "on_hold",
    "shipped",
    "cancelled",
    "new one",
  ];
  const anyLive = fc.record({
    orderStatus: fc.constantFrom(...statuses),
    orderKey: fc.constantFrom("000123", undefined),
    orderId: fc.integer({ min: 1, max: 9 }),
    mergedOrSplit: fc.boolean(),
  });
  const anyKnown: fc.Arbitrary<KnownOrder> = fc.record({
    orderId: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    sentHash: fc.constantFrom(undefined, "h1", "h2"),
    live: fc.option(anyLive, { nil: undefined }),
    keyTakenByOther: fc.boolean(),
  });
  const anyStatus = fc.constantFrom<Order["status"]>("open", "held", "cancelled");
  const afterSending = (plan: OrderPlan, order: Order, hash: string, known: KnownOrder): KnownOrder => {
    if (plan.kind !== "create" && plan.kind !== "update") return known;
    const orderId = plan.kind === "create" ? 42 : plan.orderId;
    const status = { open: "awaiting_shipment", held: "on_hold", cancelled: "cancelled" }[order.status];
    return {
      orderId,
      sentHash: hash,
      live: { orderStatus: status, orderKey: order.orderKey, orderId },
      keyTakenByOther: false,
    };
  };

  test("after sending there is nothing more to send (planning reaches a fixed point)", () => {
    fc.assert(
      fc.property(anyStatus, anyKnown, fc.constantFrom("h1", "h3"), (status, known, hash) => {
        const order = anOrder({ status });
        const plan = planOrder(order, hash, known);
        const again = planOrder(order, hash, afterSending(plan, order, hash, known));
        expect(again.kind).toBe(plan.kind === "blocked" ? "blocked" : "settled");
      }),
    );
  });

  test("a linked order is never created, and is updated under its own id only", () => {
    fc.assert(
      fc.property(anyStatus, anyKnown, fc.integer({ min: 1, max: 9 }), (status, known, orderId) => {
        const plan = planOrder(anOrder({ status }), "h1", { ...known, orderId });
        expect(plan.kind).not.toBe("create");
        if (plan.kind === "update") expect(plan.orderId).toBe(orderId);
      }),
    );
  });

  test("nothing is written over an order that is locked, split, or not ours", () => {
    fc.assert(
      fc.property(anyStatus, anyKnown, (status, known) => {
        const plan = planOrder(anOrder({ status }), "h3", known);
        const isWrite = plan.kind === "create" || plan.kind === "update";
        const isWritable = ["awaiting_payment", "awaiting_shipment", "on_hold"].includes(
          known.live?.orderStatus ?? "on_hold",
        );
        if (!isWritable || known.live?.mergedOrSplit) expect(isWrite).toBe(false);
        if (known.orderId === undefined && known.keyTakenByOther) expect(isWrite).toBe(false);
        if (plan.kind === "blocked") expect(plan.problems.length).toBeGreaterThan(0);
      }),
    );
  });

  test("only an open order is created", () => {
    fc.assert(
      fc.property(anyStatus, anyKnown, (status, known) => {
        if (planOrder(anOrder({ status }), "h3", known).kind === "create") expect(status).toBe("open");
      }),
    );
  });
});

describe("orderContent", () => {
  const text = (order: Order): string => JSON.stringify(orderContent(order));

  test("the order of lines and members makes no difference", () => {
    const lines = [anOrderLine({ lineNbr: 1 }), anOrderLine({ lineNbr: 3, sku: "B" })];
    const shuffled = Object.fromEntries(Object.entries(anOrder({ lines: lines.toReversed() })).toReversed());
    expect(text(shuffled as unknown as Order)).toBe(text(anOrder({ lines })));
  });

  test.for([
    { name: "a quantity", change: { lines: [anOrderLine({ quantity: 4 })] } },
    { name: "a line that is gone", change: { lines: [] } },
    { name: "a line's weight", change: { lines: [anOrderLine({ weightGrams: 10 })] } },
    { name: "the address", change: { shipTo: { ...anOrder().shipTo, street2: "Floor 2" } } },
    { name: "the requested service", change: { requestedService: "UPS" } },
    { name: "the status", change: { status: "held" as const } },
  ])("$name is a change", ({ change }) => {
    expect(text(anOrder(change))).not.toBe(text(anOrder()));
  });

  test.for([
    { name: "the order's money", change: { orderTotal: 9, taxTotal: 1 } },
    { name: "the store setting", change: { storeId: 9 } },
    { name: "the key template", change: { orderKey: "SO-000123" } },
  ])("$name is no change", ({ change }) => {
    expect(text(anOrder(change))).toBe(text(anOrder()));
  });

  test("a shipment in the ERP is no change of the order", () => {
    const asked = anOrder({ lines: [anOrderLine({ quantity: 5 }), anOrderLine({ lineNbr: 2, quantity: 1 })] });
    const partShipped = anOrder({
      lines: [anOrderLine({ quantity: 2, shippedQuantity: 3 })],
      shippedLines: [anOrderLine({ lineNbr: 2, quantity: 0, shippedQuantity: 1 })],
    });
    expect(text(partShipped)).toBe(text(asked));
  });

  test("an order on hold is its status alone: edits meanwhile are sent with the release", () => {
    expect(text(anOrder({ status: "held", lines: [] }))).toBe(text(anOrder({ status: "held" })));
  });
});

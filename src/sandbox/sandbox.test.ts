import { describe, expect, test } from "vitest";
import { createMovableClock } from "../lib/clock.ts";
import { anOrder, callerOf, startAt } from "../../test/support/shipstation-visitor.ts";
import type { SalesOrderRow } from "./acumatica/tables.ts";
import { createSandbox, sandboxFetch, type Sandbox, type SandboxOptions } from "./sandbox.ts";

function small(options: Partial<SandboxOptions> = {}): Sandbox {
  return createSandbox({ clock: createMovableClock(() => startAt), seed: 5, orders: 2, ...options });
}

/** Sends an order of the ERP to ShipStation as a connector would. */
async function push({ shipstationFetch }: Sandbox, order: SalesOrderRow, change: object = {}): Promise<number> {
  const items = order.Details.map((line) => ({
    lineItemKey: String(line.LineNbr),
    sku: line.InventoryID,
    name: line.InventoryID,
    quantity: line.OrderQty,
  }));
  const saved = await callerOf(shipstationFetch).post(
    "/orders/createorder",
    anOrder(order.OrderNbr, { items, ...change }),
  );
  return saved.orderId;
}

/** Puts a confirmed shipment into the ERP's tables, as a connector would have made it. */
function shipInErp(
  { acumatica, clock }: Sandbox,
  order: SalesOrderRow,
  trackingNumbers: string[],
  status = "Confirmed",
): void {
  acumatica.tables.shipments.push({
    ShipmentNbr: `00${acumatica.tables.shipments.length}`,
    Status: status,
    Details: order.Details.map((line) => ({
      OrderType: order.OrderType,
      OrderNbr: order.OrderNbr,
      OrderLineNbr: line.LineNbr,
      InventoryID: line.InventoryID,
      ShippedQty: line.OrderQty,
    })),
    Packages: trackingNumbers.map((TrackingNbr) => ({ TrackingNbr })),
    LastModifiedDateTime: clock.now(),
  } as never);
}

describe("the oracle", () => {
  const first = (sandbox: Sandbox): SalesOrderRow => sandbox.acumatica.tables.salesOrders[0]!;

  test("an order that nobody sent is missing", () => {
    const verdict = small().check();
    expect(verdict).toMatchObject({ orders: 2, pushed: 0, shipped: 0, failed: 2 });
    expect(verdict.problems).toHaveLength(2);
  });

  test("a whole journey is right", async () => {
    const sandbox = small({ orders: 1 });
    const orderId = await push(sandbox, first(sandbox));
    expect(sandbox.check()).toMatchObject({ orders: 1, pushed: 1, shipped: 0, failed: 0 });
    const labels = sandbox.shipstation.buyLabels({ orderIds: [orderId], packages: 2 });
    shipInErp(
      sandbox,
      first(sandbox),
      labels.map(({ trackingNumber }) => trackingNumber),
    );
    expect(sandbox.check()).toEqual({ orders: 1, pushed: 1, shipped: 1, failed: 0, problems: [] });
  });

  const wrongs: {
    name: string;
    spoil: (sandbox: Sandbox, orderId: number) => Promise<void> | void;
    problem: string;
  }[] = [
    {
      name: "twice in ShipStation",
      spoil: async (sandbox) => {
        await push(sandbox, first(sandbox), { orderKey: "other" });
      },
      problem: "2 times",
    },
    {
      name: "pieces left out",
      spoil: (sandbox, orderId) => {
        const item = sandbox.shipstation.tables.orders.get(orderId)?.items[0];
        if (item) item.quantity += 1;
      },
      problem: "ordered in the ERP and in ShipStation differ",
    },
    {
      name: "a label nobody wrote back",
      spoil: (sandbox, orderId) => void sandbox.shipstation.buyLabels({ orderIds: [orderId] }),
      problem: "is in no package",
    },
    {
      name: "a tracking number in two packages",
      spoil: (sandbox, orderId) => {
        const [label] = sandbox.shipstation.buyLabels({ orderIds: [orderId] });
        shipInErp(sandbox, first(sandbox), [label!.trackingNumber, label!.trackingNumber]);
      },
      problem: "is in 2 packages",
    },
    {
      name: "a shipment that is not confirmed",
      spoil: (sandbox, orderId) => {
        const [label] = sandbox.shipstation.buyLabels({ orderIds: [orderId] });
        shipInErp(sandbox, first(sandbox), [label!.trackingNumber], "Open");
      },
      problem: "is Open",
    },
    {
      name: "more shipped than labelled",
      spoil: (sandbox, orderId) => {
        const [label] = sandbox.shipstation.buyLabels({ orderIds: [orderId] });
        shipInErp(sandbox, first(sandbox), [label!.trackingNumber]);
        shipInErp(sandbox, first(sandbox), []);
      },
      problem: "on labels and shipped in the ERP differ",
    },
  ];
  test.for(wrongs)("$name is found", async ({ spoil, problem }) => {
    const sandbox = small({ orders: 1 });
    await spoil(sandbox, await push(sandbox, first(sandbox)));
    const { shipped, problems } = sandbox.check();
    expect(shipped).toBe(0);
    expect(problems.join("\n")).toContain(problem);
  });

  test("parts of a split order are one order; a merged-away order travels with its survivor", async () => {
    const sandbox = small({ orders: 3 });
    const [one, two, three] = sandbox.acumatica.tables.salesOrders as [SalesOrderRow, SalesOrderRow, SalesOrderRow];
    one.Details[0]!.OrderQty = 2;
    const split = await push(sandbox, one);
    sandbox.shipstation.splitOrder(split, [{ [String(one.Details[0]!.LineNbr)]: 1 }]);
    sandbox.shipstation.mergeOrders([await push(sandbox, two), await push(sandbox, three)]);
    expect(sandbox.check()).toMatchObject({ orders: 3, pushed: 3, failed: 0 });
  });

  test("orders on hold when made, or cancelled since, are not due", () => {
    const sandbox = small({ orders: 1 });
    sandbox.acumatica.createOrder({ status: "On Hold" });
    expect(sandbox.check().orders).toBe(1);
    sandbox.acumatica.editOrder("SO", first(sandbox).OrderNbr, { status: "Canceled" });
    expect(sandbox.check().orders).toBe(0);
  });
});

describe("wiring", () => {
  test("one seed gives one world", () => {
    const rows = (seed: number) => JSON.stringify(small({ seed, orders: 5 }).acumatica.tables.salesOrders);
    expect(rows(3)).toBe(rows(3));
    expect(rows(3)).not.toBe(rows(4));
  });

  test("one fetch serves both hosts, and no other", async () => {
    const sandbox = small();
    const fetch = sandboxFetch(sandbox, {
      acumaticaOrigin: "http://127.0.0.1:4410",
      shipstationOrigin: "https://ssapi.shipstation.com",
    });
    expect((await callerOf(fetch).list("/stores")).length).toBeGreaterThan(0);
    await fetch(new Request("http://127.0.0.1:4410/entity"));
    expect(sandbox.stats()).toMatchObject({ shipstationCalls: 1, acumaticaCalls: 1, shipstationWriteCalls: 0 });
    await expect(fetch(new Request("https://ssapi6.shipstation.com/shipments"))).rejects.toThrow("fetch failed");
  });

  test("faults of the file act on their system, refused orders and dropped hooks included", async () => {
    const received: string[] = [];
    const sandbox = small({
      fetch: async (request) => {
        received.push(await request.text());
        return new Response(null, { status: 200 });
      },
      faults: [
        { system: "shipstation", kind: "refuse-order", orderNumber: "SO2", text: "The order could not be saved." },
        { system: "shipstation", kind: "drop-hook", times: 1 },
      ],
    });
    const caller = callerOf(sandbox.shipstationFetch);
    await caller.post("/webhooks/subscribe", { target_url: "https://us.example/h", event: "SHIP_NOTIFY" });
    const { results } = await caller.post("/orders/createorders", [anOrder("SO1"), anOrder("SO2"), anOrder("SO3")]);
    expect(results.map(({ success }) => success)).toEqual([true, false, true]);
    for (const { orderId } of results.filter(({ success }) => success)) {
      sandbox.shipstation.buyLabels({ orderIds: [orderId] });
    }
    await sandbox.drainHooks();
    expect(received).toHaveLength(1);
  });
});

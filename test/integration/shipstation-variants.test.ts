import { afterEach, describe, expect, test } from "vitest";
import type { ShipStationOptions } from "../../src/sandbox/shipstation/options.ts";
import type { OrderRow } from "../../src/sandbox/shipstation/tables.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Every reading of ShipStation V1 that is not the sandbox's own first choice. */
const variants: Partial<ShipStationOptions>[] = [
  { remainingCountsOwnCall: false, budgetPer: "account" },
  { callsPerMinute: 20, throttleStatus: 400, throttleHeaders: false },
  { callsPerMinute: 20, throttleStatus: 500, retryAfter: true },
  { keyLookup: "account" },
  { lockedUpdate: "refused" },
  { lockedUpdate: "creates-new" },
  { goneKey: "not-found" },
  { splitKey: "updates-first" },
  { bindingError: "per-order", ruleBody: "text" },
  { ruleBody: "model-state" },
  { itemsOnUpdate: "merge", refuseReadOnly: false },
  { saveStatus: 201, longText: "cut" },
  { saveStatus: 202, bulkResults: "reversed" },
  { honourOffsets: true, orderBorders: "inclusive" },
  { zonedDates: true },
  { mergedAway: "listed" },
  { splitNumbers: "suffixed" },
  { splitKeys: "none" },
  { packagesAs: "one-shipment" },
  { nullListElements: true },
  { listLagMs: 20_000 },
  { markAsShippedFires: false },
  { resourceUrlBy: "storeID" },
  { subscribeAnswer: "hook" },
  { webhooks: false },
];

const named = variants.map((options) => ({
  name: JSON.stringify(options).replaceAll(/["{}]/g, "").replaceAll(":", " ").replaceAll(",", ", "),
  options,
}));

const shipStationOrder = (here: World, orderNumber: string): OrderRow =>
  [...here.sandbox.shipstation.tables.orders.values()].find((order) => order.orderNumber === orderNumber)!;

/** Time goes on in steps in which flows wait for their budget, their read-backs and their windows. */
async function minutes(here: World, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await here.run("orders-out");
    await here.run("shipments-back");
    await here.sandbox.drainHooks();
    here.clock.advance(61_000);
  }
}

describe("the whole journey, each order and each label exactly once, where ShipStation's answer is", () => {
  test.for(named)("$name", async ({ options }) => {
    world = await createWorld({ orders: 7, webhooks: options.webhooks ?? true, sandbox: { shipstation: options } });
    const { sandbox } = world;
    const { salesOrders } = sandbox.acumatica.tables;
    const [edited, split, parcels, marked, voided, cancelled, refused] = salesOrders.map(({ OrderNbr }) => OrderNbr);
    sandbox.faults.set([
      { system: "shipstation", kind: "refuse-order", orderNumber: refused!, text: "'Ship Name' must not be empty." },
    ]);
    await world.run("subscription");
    await world.run("subscription");
    await minutes(world, 4);
    sandbox.faults.set([]);
    const records = await world.records("order");
    expect(records.filter(({ state }) => state !== "Processed").map(({ key }) => key)).toEqual([`SO/${refused}`]);

    // The ERP changes an order, cancels another; the refused one is replayed by its change.
    const line = salesOrders[0]!.Details[0]!;
    sandbox.acumatica.editOrder("SO", edited!, { lines: { quantity: { [line.LineNbr]: line.OrderQty + 2 } } });
    sandbox.acumatica.editOrder("SO", cancelled!, { status: "Canceled" });
    const late = salesOrders[6]!.Details[0]!;
    sandbox.acumatica.editOrder("SO", refused!, { lines: { quantity: { [late.LineNbr]: late.OrderQty + 1 } } });
    await minutes(world, 3);
    expect(shipStationOrder(world, cancelled!).orderStatus).toBe("cancelled");

    // The warehouse splits, ships in parcels, marks as shipped, voids and prints again.
    const parts = shipStationOrder(world, split!);
    const piece = parts.items[0]!;
    sandbox.shipstation.splitOrder(parts.orderId, [{ [piece.lineItemKey!]: 1 }]);
    sandbox.shipstation.buyLabels({ orderIds: [shipStationOrder(world, parcels!).orderId], packages: 2 });
    sandbox.shipstation.markAsShipped(shipStationOrder(world, marked!).orderId, {
      carrierCode: "fedex",
      trackingNumber: "770012345678",
    });
    const [wrong] = sandbox.shipstation.buyLabels({ orderIds: [shipStationOrder(world, voided!).orderId] });
    sandbox.shipstation.voidLabel(wrong!.shipmentId);
    world.buyAllLabels();
    await minutes(world, 8);

    expect(sandbox.check()).toMatchObject({ orders: 6, pushed: 6, shipped: 6, failed: 0, problems: [] });
    // Labels and mark-as-shipped, but for the voided one, each in one package.
    const live = [...sandbox.shipstation.tables.shipments.values()].filter(({ voidedAt }) => voidedAt === null);
    const packages = sandbox.acumatica.tables.shipments.flatMap(({ Packages }) =>
      Packages.map((box) => box.TrackingNbr),
    );
    expect(packages.toSorted()).toEqual([...live.map((label) => label.trackingNumber), "770012345678"].toSorted());
    expect(sandbox.shipstation.tables.orders.size).toBe(8);
  });
});

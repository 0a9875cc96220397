import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toPacific } from "../../src/shipstation/pacific-time.ts";
import { createWorld, type World } from "../support/world.ts";

/*
 * The nights in which Pacific clocks change, lived through by the whole application: orders, labels, voids and marks before, between
 * and after, polls every few minutes. ShipStation's wall clock goes back over an hour it has told already, or leaves one out.
 */
const hourMs = 3_600_000;
const minuteMs = 60_000;

let world: World | undefined;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(async () => {
  await world?.close();
  world = undefined;
  vi.useRealTimers();
});

const nights = [
  { name: "November 2026, when 1:00 to 2:00 comes twice", change: Date.UTC(2026, 10, 1, 9) },
  { name: "March 2026, when 2:00 to 3:00 is left out", change: Date.UTC(2026, 2, 8, 10) },
];

describe.each(nights)("through the night of $name", ({ change }) => {
  test.for([
    { name: "with a poll every ten minutes", everyMs: 10 * minuteMs },
    { name: "with a poll that was away for three hours", everyMs: 3 * hourMs },
  ])("$name every label keeps its calendar date, and none is missed or taken twice", async ({ everyMs }) => {
    vi.setSystemTime(change - 3 * hourMs);
    world = await createWorld({ orders: 12 });
    const here = world;
    const { shipstation, acumatica } = here.sandbox;
    await here.run("orders-out");
    await here.run("shipments-back");
    const waiting = [...shipstation.tables.orders.values()].map(({ orderId }) => orderId);
    const walls: string[] = [];

    // One label each half hour, from two and a half hours before the change to three after it.
    for (let tick = 1; here.clock.now() < change + 3.5 * hourMs; tick++) {
      here.clock.advance(5 * minuteMs);
      const orderId = tick % 6 === 1 && tick > 6 ? waiting.shift() : undefined;
      if (orderId !== undefined) {
        shipstation.buyLabels({ orderIds: [orderId] });
        walls.push(toPacific(here.clock.now()));
      }
      if ((tick * 5 * minuteMs) % everyMs === 0) {
        await here.run("orders-out");
        await here.run("shipments-back");
      }
    }
    for (let round = 0; round < 4; round++) {
      here.clock.advance(10 * minuteMs);
      await here.run("shipments-back");
    }

    expect(waiting).toEqual([]);
    // The night is what it was meant to be: the wall went back, or jumped.
    const isBack = walls.some((wall, index) => index > 0 && wall < walls[index - 1]!);
    expect(isBack).toBe(new Date(change).getUTCMonth() === 10);
    expect(here.sandbox.check()).toMatchObject({ orders: 12, pushed: 12, shipped: 12, failed: 0, problems: [] });
    const labels = [...shipstation.tables.shipments.values()];
    expect(acumatica.tables.shipments).toHaveLength(labels.length);
    for (const label of labels) {
      const holders = acumatica.tables.shipments.filter(({ Packages }) =>
        Packages.some((box) => box.TrackingNbr === label.trackingNumber),
      );
      expect(holders.map(({ Status, ShipmentDate }) => [Status, ShipmentDate.slice(0, 10)])).toEqual([
        ["Confirmed", label.shipDate],
      ]);
      expect(label.shipDate).toBe(toPacific(label.createdAt).slice(0, 10));
    }
    const records = await here.records("label");
    expect(records.map(({ state }) => state)).toEqual(labels.map(() => "Processed"));
  });

  test("a void in that night reaches a label whose shipment is not yet made, and a mark as shipped is found", async () => {
    vi.setSystemTime(change - 2 * hourMs);
    world = await createWorld({ orders: 2 });
    const { shipstation } = world.sandbox;
    await world.run("orders-out");
    await world.run("shipments-back");
    const [first, second] = [...shipstation.tables.orders.values()];
    world.clock.advance(1.5 * hourMs);
    const [wrong] = shipstation.buyLabels({ orderIds: [first!.orderId] });
    world.clock.advance(hourMs);
    shipstation.voidLabel(wrong!.shipmentId);
    shipstation.markAsShipped(second!.orderId, { carrierCode: "fedex", trackingNumber: "770000000001" });
    const [right] = shipstation.buyLabels({ orderIds: [first!.orderId] });
    for (let round = 0; round < 4; round++) {
      await world.run("orders-out");
      await world.run("shipments-back");
      world.clock.advance(10 * minuteMs);
    }
    const packages = world.sandbox.acumatica.tables.shipments.flatMap(({ Packages }) =>
      Packages.map((box) => box.TrackingNbr),
    );
    expect(packages.toSorted()).toEqual([right!.trackingNumber, "770000000001"].toSorted());
    expect(world.sandbox.check()).toMatchObject({ shipped: 2, failed: 0 });
  });
});

import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** At most this many orders are packed in one batch of labels. */
const largestBatch = 8;
/** How many orders in a hundred need two parcels. */
const twoParcels = 15;

/** The people who pack: they print labels for orders that wait in ShipStation. */
export interface Warehouse {
  /** Packs one batch of the orders that have waited at least `waitedMs`; tells how many orders it took. */
  pack(waitedMs: number): number;
  /** Orders packed so far. */
  packed(): number;
}

export function createWarehouse(sandbox: Sandbox, clock: Clock, random: Random): Warehouse {
  const packed = new Set<number>();
  return {
    pack: (waitedMs) => {
      const before = clock.now() - waitedMs;
      const waiting = [...sandbox.shipstation.tables.orders.values()].filter(
        (order) =>
          order.orderStatus === "awaiting_shipment" &&
          order.deletedAt === null &&
          order.createdAt <= before &&
          !packed.has(order.orderId),
      );
      if (waiting.length === 0) return 0;
      const batch = waiting.slice(0, 1 + Math.floor(random.next() * largestBatch)).map((order) => order.orderId);
      for (const orderId of batch) packed.add(orderId);
      sandbox.shipstation.buyLabels({ orderIds: batch, packages: random.next() * 100 < twoParcels ? 2 : 1 });
      return batch.length;
    },
    packed: () => packed.size,
  };
}

/** In the demo that stays: an order waits this long, so that a visitor can see it wait, before it is packed. */
const restMs = 8_000;
const roundMs = 2_000;

/** Packs until stopped. A visitor who buys a label first is not disturbed. */
export async function keepPacking(warehouse: Warehouse, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const isOver = await clock.sleep(roundMs, signal).then(
      () => false,
      () => true,
    );
    if (isOver) return;
    warehouse.pack(restMs);
  }
}

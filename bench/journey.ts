import { createWorld, type World } from "../test/support/world.ts";
import { engine } from "../test/support/database.ts";

/** One row of the table. */
export interface Figure {
  what: string;
  value: string;
}

const tables = [
  "records",
  "links",
  "effects",
  "audit",
  "exchanges",
  "shipment_plans",
  "plan_labels",
  "mirror_orders",
] as const;

async function rows(world: World): Promise<number> {
  let count = 0;
  for (const table of tables) {
    const found = await world.app.db
      .selectFrom(table)
      .select((select) => select.fn.countAll<number>().as("rows"))
      .executeTakeFirstOrThrow();
    count += found.rows;
  }
  return count;
}

async function pollAgain(world: World): Promise<void> {
  world.clock.advance(600_000);
  await world.run("orders-out");
  await world.run("shipments-back");
}

/** Whole journeys of `orders` orders on the database of this run: time, calls and rows of each. */
export async function measureJourney(orders: number): Promise<Figure[]> {
  const opening = performance.now();
  const world = await createWorld({ orders });
  const opened = performance.now();
  try {
    await world.run("orders-out");
    const pushed = performance.now();
    world.buyAllLabels();
    await world.run("shipments-back");
    const shipped = performance.now();
    const verdict = world.sandbox.check();
    if (verdict.shipped !== orders) throw new Error(`only ${verdict.shipped} of ${orders} were shipped`);
    const calls = { erp: world.sandbox.acumatica.counts.calls, shipstation: world.sandbox.shipstation.counts.calls };
    const costs = await rows(world);
    await pollAgain(world);
    const before = await rows(world);
    await pollAgain(world);
    const perSecond = orders / ((shipped - opened) / 1000);
    return [
      { what: `${engine}: start with an empty database`, value: `${Math.round(opened - opening)} ms` },
      { what: `${engine}: orders pushed a second`, value: (orders / ((pushed - opened) / 1000)).toFixed(0) },
      { what: `${engine}: shipments written back a second`, value: (orders / ((shipped - pushed) / 1000)).toFixed(0) },
      { what: `${engine}: whole journeys a second`, value: perSecond.toFixed(0) },
      { what: `${engine}: ShipStation calls for ${orders} orders`, value: String(calls.shipstation) },
      { what: `${engine}: Acumatica calls an order`, value: (calls.erp / orders).toFixed(2) },
      { what: `${engine}: rows an order`, value: (costs / orders).toFixed(1) },
      { what: `${engine}: rows added by another poll of it all`, value: String((await rows(world)) - before) },
    ];
  } finally {
    await world.close();
  }
}

import type { RecordKind } from "../../src/ledger/schema.ts";
import { createWorld, type World } from "../support/world.ts";

/** What the replays of all finished records came to. */
export interface Replayed {
  orders: number;
  labels: number;
  /** Records that were planned again, over all rounds. */
  replayed: number;
  /** Writes that reached a system; sign-ins are none. Must be 0. */
  writes: number;
  /** Effects stored. Must be 0. */
  effects: number;
  calls: { acumatica: number; shipstation: number };
  /** Rows added to the ledger. */
  rows: { audit: number; exchanges: number };
}

const kinds: readonly RecordKind[] = ["order", "label"];
/** More runs than this without everything having come to its end are a failure. */
const mostRuns = 2_000;

/** `records` finished records, half of them orders and half their labels, brought to their end by the product itself. */
export async function makeFinished(records: number): Promise<World> {
  const orders = Math.ceil(records / 2);
  const world = await createWorld({ orders, connection: patiently });
  await untilNothingIsDue(world);
  world.buyAllLabels();
  await untilNothingIsDue(world);
  const verdict = world.sandbox.check();
  if (verdict.shipped !== orders) throw new Error(`only ${verdict.shipped} of ${orders} orders were shipped`);
  return world;
}

/** Labels of an order are taken as complete at once: no time passes here but what the calls' budget asks for. */
function patiently(file: Record<string, unknown>): Record<string, unknown> {
  const settings = file["settings"] as { flows: object };
  return { ...file, settings: { ...settings, flows: { ...settings.flows, settleSeconds: 0 } } };
}

/** Has every finished order and label planned again, `times` times, by the API as a person would, and counts what that does. */
export async function replayAll(world: World, times: number): Promise<Replayed> {
  const before = await countsOf(world);
  let replayed = 0;
  for (let time = 0; time < times; time++) {
    for (const kind of kinds) replayed += await replayKind(world, kind);
    await untilNothingIsDue(world);
  }
  const after = await countsOf(world);
  return {
    orders: await finished(world, "order"),
    labels: await finished(world, "label"),
    replayed,
    writes: after.writes - before.writes,
    effects: after.effects - before.effects,
    calls: {
      acumatica: after.calls.acumatica - before.calls.acumatica,
      shipstation: after.calls.shipstation - before.calls.shipstation,
    },
    rows: { audit: after.audit - before.audit, exchanges: after.exchanges - before.exchanges },
  };
}

/** A replay takes five hundred at a time; those it took are not finished any more, until they are again. */
async function replayKind(world: World, kind: RecordKind): Promise<number> {
  for (let all = 0; ;) {
    const response = await world.app.web.request("/api/v1/replay", {
      method: "POST",
      headers: { authorization: `Bearer ${world.app.operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ connection: "demo", kind, state: "Processed" }),
    });
    if (!response.ok) throw new Error(`the replay was answered with ${response.status}: ${await response.text()}`);
    const { replayed } = (await response.json()) as { replayed: number };
    if (replayed === 0) return all;
    all += replayed;
  }
}

/** Runs both flows; where something waits for calls of the next minute, the minute passes. */
async function untilNothingIsDue(world: World): Promise<void> {
  for (let run = 0; run < mostRuns; run++) {
    await world.run("orders-out");
    await world.run("shipments-back");
    if ((await open(world)) === 0) return;
    world.clock.advance(61_000);
  }
  throw new Error("the records do not come to their end");
}

async function open(world: World): Promise<number> {
  const { count } = await world.app.db
    .selectFrom("records")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("kind", "in", kinds)
    .where("state", "in", ["Prepared", "Failed", "Waiting"])
    .executeTakeFirstOrThrow();
  const { acumatica, shipstation } = world.sandbox;
  const known = await finished(world, "label");
  const unknown = acumatica.tables.salesOrders.length - shipstation.tables.orders.size;
  return count + Math.max(0, unknown) + Math.max(0, shipstation.tables.shipments.size - known);
}

async function finished(world: World, kind: RecordKind): Promise<number> {
  const { count } = await world.app.db
    .selectFrom("records")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("kind", "=", kind)
    .where("state", "=", "Processed")
    .executeTakeFirstOrThrow();
  return count;
}

async function countsOf(world: World) {
  const { acumatica, shipstation } = world.sandbox;
  const count = async (table: "effects" | "audit" | "exchanges"): Promise<number> => {
    const row = await world.app.db
      .selectFrom(table)
      .select((select) => select.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return row.count;
  };
  return {
    writes: acumatica.counts.writes + shipstation.counts.writes,
    calls: { acumatica: acumatica.counts.calls, shipstation: shipstation.counts.calls },
    effects: await count("effects"),
    audit: await count("audit"),
    exchanges: await count("exchanges"),
  };
}

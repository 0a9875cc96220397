import { afterEach, describe, expect, test } from "vitest";
import { pauseRestored } from "../../src/connections/restored.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

const minute = 60_000;
const hour = 60 * minute;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
async function started(options: WorldOptions): Promise<World> {
  world = await createWorld({ orders: 1, ...options });
  return world;
}

const creates = ({ sandbox }: World): number =>
  sandbox.acumatica.journal.filter(
    ({ method, path, body }) =>
      method === "PUT" && /\/Shipment\b/i.test(path) && !JSON.stringify(body).includes("ShipmentNbr"),
  ).length;

/** The first create of a shipment is lost on its way; what is to happen meanwhile happens. */
const losingTheFirstCreate =
  (meanwhile: () => void = () => undefined) =>
  (fetch: Fetch): Fetch => {
    let isLost = false;
    return async (request) => {
      const isCreate = request.method === "PUT" && /\/Shipment\b/.test(request.url);
      if (isLost || !isCreate || (await request.clone().text()).includes("ShipmentNbr")) return await fetch(request);
      isLost = true;
      meanwhile();
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    };
  };

/** Minutes pass, with a run in each; gives the minute in which the shipment was asked for again. */
async function minuteOfNextCreate(here: World, most: number): Promise<number | undefined> {
  for (let count = 1; count <= most; count += 1) {
    here.clock.advance(minute);
    await here.run("shipments-back");
    if (creates(here) > 0) return count;
  }
  return undefined;
}

describe("a clock of ours that is set while a shipment's create is in doubt", () => {
  test.for([
    { name: "three hours on", byMs: 3 * hour },
    { name: "three hours back", byMs: -3 * hour },
  ])("$name neither ends the quarantine early nor keeps it up", async ({ byMs }) => {
    let wrongByMs = 0;
    const here = await started({
      wrongByMs: () => wrongByMs,
      network: losingTheFirstCreate(() => (wrongByMs = byMs)),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    here.clock.advance(2 * minute);
    await here.run("shipments-back");
    const again = await minuteOfNextCreate(here, 25);
    expect(again).toBeGreaterThanOrEqual(15);
    expect(again).toBeLessThanOrEqual(18);
    await here.run("shipments-back");
    expect(here.sandbox.acumatica.tables.shipments).toHaveLength(1);
  });

  test.for([
    { name: "ahead", byMs: 3 * hour },
    { name: "behind", byMs: -3 * hour },
  ])("that was $name and is put right keeps its length, too", async ({ byMs }) => {
    let wrongByMs = byMs;
    const here = await started({
      wrongByMs: () => wrongByMs,
      network: losingTheFirstCreate(() => (wrongByMs = 0)),
    });
    wrongByMs = 0;
    await here.run("orders-out");
    here.buyAllLabels();
    here.clock.advance(2 * minute);
    wrongByMs = byMs;
    await here.run("shipments-back");
    const again = await minuteOfNextCreate(here, 25);
    expect(again).toBeGreaterThanOrEqual(15);
    expect(again).toBeLessThanOrEqual(18);
  });

  test("between the last look and the write: nothing is sent before it keeps still", async () => {
    let wrongByMs = 0;
    let isJumping = false;
    const here = await started({ wrongByMs: () => wrongByMs });
    const { db } = here.app;
    const transaction = db.transaction.bind(db);
    // After the last answer, and before what is stored in this transaction.
    db.transaction = () => {
      if (isJumping) wrongByMs += minute;
      return transaction();
    };
    await here.run("orders-out");
    here.buyAllLabels();
    here.clock.advance(2 * minute);
    isJumping = true;
    await here.run("shipments-back");
    expect(wrongByMs).toBeGreaterThan(0);
    expect(creates(here)).toBe(0);
    isJumping = false;
    here.clock.advance(20 * minute);
    await here.run("shipments-back");
    expect(creates(here)).toBe(1);
  });
});

describe("a clock of ours that is wrong while an older database is put back", () => {
  const ask = async (here: World, path: string): Promise<void> => {
    const answer = await here.app.web.request(`/api/v1/connections/${connectionId}/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(200);
  };

  test.for([
    { name: "right", byMs: 0 },
    { name: "three hours ahead", byMs: 3 * hour },
    { name: "three hours behind", byMs: -3 * hour },
  ])(
    "$name, and right again afterwards: no shipment is made for a quarter of an hour, and no longer",
    async ({ byMs }) => {
      let wrongByMs = 0;
      const here = await started({ wrongByMs: () => wrongByMs });
      await here.run("orders-out");
      here.buyAllLabels();
      here.clock.advance(2 * minute);
      wrongByMs = byMs;
      await pauseRestored(here.app.db, new Date(here.clock.now() + byMs), "test");
      await ask(here, "reconcile");
      wrongByMs = 0;
      await ask(here, "resume");
      await here.run("shipments-back");
      expect(await here.records("label")).toMatchObject([{ state: "Waiting", reason_code: "after-restore" }]);
      const made = await minuteOfNextCreate(here, 25);
      expect(made).toBeGreaterThanOrEqual(15);
      expect(made).toBeLessThanOrEqual(17);
    },
  );
});

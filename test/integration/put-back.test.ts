import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { engine } from "../support/database.ts";
import { connectionId, createWorld, type World } from "../support/world.ts";

const ask = async (world: World, path: string): Promise<{ status: number; text: string }> => {
  const answer = await world.app.web.request(`/api/v1/connections/${connectionId}/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.app.operatorToken}`, "content-type": "application/json" },
    body: "{}",
  });
  return { status: answer.status, text: await answer.text() };
};

/** Stops the service, has somebody work on its files, and starts it again. */
async function whileStopped(world: World, work: () => void): Promise<void> {
  await world.app.stop();
  work();
  world.app = { ...world.app, stop: () => Promise.resolve() };
  await world.restart();
}

const written = ({ sandbox }: World) => ({
  orders: [...sandbox.shipstation.tables.orders.values()].map(({ orderKey }) => orderKey).sort(),
  shipments: sandbox.acumatica.tables.shipments.map(({ ShipmentNbr, Status }) => [ShipmentNbr, Status]),
  packages: sandbox.acumatica.tables.shipments.flatMap(({ Packages }) => Packages.map((one) => one.TrackingNbr)),
});

test.runIf(engine === "embedded")(
  "an older copy of the database, put back by hand, writes nothing until a person has reconciled and resumed, and then nothing twice",
  async () => {
    const world = await createWorld({ orders: 4, onDisk: true });
    try {
      const place = join(world.folder, "database");
      const copy = join(world.folder, "copy-of-yesterday");
      // Before anything was pushed.
      await whileStopped(world, () => cpSync(place, copy, { recursive: true }));
      await world.settle();
      const [one, two] = [...world.sandbox.shipstation.tables.orders.keys()];
      world.sandbox.shipstation.buyLabels({ orderIds: [one!, two!] });
      await world.settle();
      const before = written(world);
      expect([before.orders.length, before.shipments.length, before.packages.length]).toEqual([4, 2, 2]);
      // Printed, and not written back when the copy takes the database's place.
      world.buyAllLabels();

      await whileStopped(world, () => {
        rmSync(place, { recursive: true });
        cpSync(copy, place, { recursive: true });
      });
      expect(await world.app.store.get(connectionId)).toMatchObject({
        state: "paused",
        stop: { code: "connection.restored" },
      });
      const calls = world.sandbox.shipstation.counts.calls;
      await world.settle();
      expect(world.sandbox.shipstation.counts.calls).toBe(calls);

      const refused = await ask(world, "resume");
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.text).toContain("connection.unreconciled");
      expect((await ask(world, "reconcile")).status).toBe(200);
      expect((await ask(world, "resume")).status).toBe(200);
      await world.run("orders-out");
      await world.run("shipments-back");
      // What was asked for a moment before the copy was put back may still arrive: no shipment is made for a quarter of an hour.
      expect(written(world).shipments).toEqual(before.shipments);
      const waiting = (await world.records("label")).filter(({ state }) => state === "Waiting");
      expect(waiting.map(({ reason_code }) => reason_code)).toEqual(["after-restore", "after-restore"]);
      world.clock.advance(15 * 60_000);
      await world.settle();
      const after = written(world);
      expect(after.orders).toEqual(before.orders);
      expect(after.shipments.length).toBe(4);
      expect(after.shipments).toEqual(expect.arrayContaining(before.shipments));
      expect(new Set(after.packages).size).toBe(4);
      // What the ERP has completed by itself meanwhile is left out by rule; the rest is adopted by its key.
      const states = (await world.records("order")).map(({ state }) => state).sort();
      expect(states).toEqual(["Filtered", "Filtered", "Processed", "Processed"]);

      // The copy is what the directory knows now: it is not told a second time.
      await world.restart();
      expect(await world.app.store.get(connectionId)).toMatchObject({ state: "active" });
    } finally {
      await world.close();
    }
  },
);

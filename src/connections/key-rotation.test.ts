import { createSecretKey, type KeyObject } from "node:crypto";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { engine, openTestDatabase } from "../../test/support/database.ts";
import { verifyAudit } from "../ledger/audit-verify.ts";
import { otherProcesses, type OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { rotateMasterKey } from "./key-rotation.ts";
import { dataKeyPlace, wrappingOf } from "./master-key-check.ts";
import { open } from "./sealing.ts";
import { createConnectionStore } from "./store.ts";
import { openVault } from "./vault.ts";

const clock = createMovableClock(() => Date.UTC(2026, 0, 5, 8));
const key = (byte: number): KeyObject => createSecretKey(Buffer.alloc(32, byte));
const [oldKey, newKey, strangeKey] = [key(1), key(2), key(3)];
const ids = ["one", "three", "two"];

let database: OpenDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  const store = await storeUnder(oldKey);
  for (const id of ids) {
    await store.add(
      {
        ...{ id, name: id },
        acumatica: {
          ...{ instanceUrl: "https://erp.example.com", tenant: "T", endpointVersion: "24.200.001" },
          ...{ username: "connector", password: `password of ${id}` },
        },
        shipstation: { apiKey: `key of ${id}`, apiSecret: "secret" },
      },
      "test",
    );
  }
});
afterEach(() => database.close());

async function storeUnder(masterKey: KeyObject) {
  const ports = { db: database.db, clock, random: systemRandom };
  return createConnectionStore({ ...ports, vault: await openVault({ ...ports, masterKey }), allowedOrigins: [] });
}

const rotate = (current: KeyObject, next: KeyObject, onConnection?: (id: string) => void) =>
  rotateMasterKey({
    db: database.db,
    current,
    next,
    clock,
    random: systemRandom,
    ...(onConnection && { onConnection }),
  });

const refused = (pattern: RegExp): unknown => expect.objectContaining({ message: expect.stringMatching(pattern) });

async function expectAllUnder(right: KeyObject, wrong: KeyObject): Promise<void> {
  const store = await storeUnder(right);
  for (const connection of await store.list()) {
    const credentials = store.credentials(connection);
    expect(await credentials.acumatica()).toMatchObject({ password: `password of ${connection.id}` });
    expect(await credentials.shipstation()).toMatchObject({ apiKey: `key of ${connection.id}` });
    expect(await store.hookToken(connection.id)).toHaveLength(43);
  }
  await expect(storeUnder(wrong)).rejects.toEqual(refused(/not the one/));
  for (const row of await database.db.selectFrom("vault_keys").selectAll().execute()) {
    expect(() => open(wrappingOf(wrong).key, dataKeyPlace(row.connection_id), row.wrapped)).toThrow();
  }
}

describe("rotating the master key", () => {
  test("the new key opens everything afterwards, the old one nothing", async () => {
    const secrets = await database.db.selectFrom("secrets").selectAll().execute();
    expect(await rotate(oldKey, newKey)).toEqual({ rewrapped: ids, connections: 3, wasDone: false });
    await expectAllUnder(newKey, oldKey);
    // Data keys stay, and with them what they sealed.
    expect(await database.db.selectFrom("secrets").selectAll().execute()).toEqual(secrets);
    const events = await database.db
      .selectFrom("audit")
      .select("connection_id")
      .where("event", "=", "key.rotated")
      .execute();
    expect(events.map((entry) => entry.connection_id)).toEqual(ids);
    expect((await verifyAudit(database.db, {})).every((chain) => chain.found === 0)).toBe(true);
  });

  test("what is added afterwards is under the new key, beside what was there", async () => {
    await rotate(oldKey, newKey);
    const store = await storeUnder(newKey);
    const file = { instanceUrl: "https://erp.example.com", tenant: "T", endpointVersion: "24.200.001", username: "c" };
    const shipstation = { apiKey: "key of four", apiSecret: "s" };
    await store.add(
      { id: "four", name: "four", acumatica: { ...file, password: "password of four" }, shipstation },
      "x",
    );
    await expectAllUnder(newKey, oldKey);
    await rotate(newKey, strangeKey);
    await expectAllUnder(strangeKey, newKey);
  });

  test.for(ids.map((_, index) => index + 1))(
    "interrupted after %d connections: neither key starts the service, and the next run finishes it",
    async (count) => {
      let done = 0;
      const interrupted = rotate(oldKey, newKey, () => {
        done += 1;
        if (done === count) throw new Error("killed");
      });
      await expect(interrupted).rejects.toThrow("killed");
      for (const either of [oldKey, newKey]) await expect(storeUnder(either)).rejects.toEqual(refused(/interrupted/));
      await expect(rotate(oldKey, strangeKey)).rejects.toEqual(refused(/neither key|two other keys/));
      await expect(rotate(strangeKey, newKey)).rejects.toEqual(refused(/neither key|two other keys/));

      const again = await rotate(oldKey, newKey);
      expect(again).toEqual({ rewrapped: ids.slice(count), connections: 3, wasDone: false });
      await expectAllUnder(newKey, oldKey);
    },
  );

  test("interrupted, and again, it can also be led back to the old key", async () => {
    const kill = () => {
      throw new Error("killed");
    };
    await expect(rotate(oldKey, newKey, kill)).rejects.toThrow("killed");
    await expect(rotate(oldKey, newKey, kill)).rejects.toThrow("killed");
    await expect(rotate(newKey, oldKey, kill)).rejects.toThrow("killed");
    await rotate(newKey, oldKey);
    await expectAllUnder(oldKey, newKey);
  });

  test("done already is not done again", async () => {
    await rotate(oldKey, newKey);
    expect(await rotate(oldKey, newKey)).toEqual({ rewrapped: [], connections: 3, wasDone: true });
  });

  test("a wrong current key, the same key twice, or a data key that does not open: nothing is changed", async () => {
    const before = await database.db.selectFrom("vault_keys").selectAll().orderBy("connection_id").execute();
    await expect(rotate(strangeKey, newKey)).rejects.toEqual(refused(/not the one of this database/));
    await expect(rotate(oldKey, oldKey)).rejects.toEqual(refused(/Make another/));
    expect(await database.db.selectFrom("vault_keys").selectAll().orderBy("connection_id").execute()).toEqual(before);
    const [one] = before;
    await database.db
      .updateTable("vault_keys")
      .set({ wrapped: one!.wrapped })
      .where("connection_id", "=", "two")
      .execute();
    await expect(rotate(oldKey, newKey)).rejects.toEqual(refused(/connection two opens with neither key/));
    expect(await (await storeUnder(oldKey)).hookToken("one")).toHaveLength(43);
  });

  // The embedded database has its lock instead.
  test.runIf(engine === "server")("another process of ours on the same server is seen, and named", async () => {
    expect(await otherProcesses(database.db)).toEqual([]);
    const other = new pg.Client({ connectionString: database.url, application_name: "ml-connector 1@elsewhere" });
    await other.connect();
    expect(await otherProcesses(database.db)).toEqual(["ml-connector 1@elsewhere"]);
    await other.end();
  });

  test("what started meanwhile is seen before anything is changed", async () => {
    let looks = 0;
    const expectAlone = (): Promise<void> => {
      looks += 1;
      return looks === 2 ? Promise.reject(new Error("busy")) : Promise.resolve();
    };
    const ports = { db: database.db, clock, random: systemRandom };
    await expect(rotateMasterKey({ ...ports, current: oldKey, next: newKey, expectAlone })).rejects.toThrow("busy");
    expect((await rotate(oldKey, newKey)).rewrapped).toEqual(ids);
  });
});

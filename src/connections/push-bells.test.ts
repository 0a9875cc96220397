import { createSecretKey } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { readWholeDatabase } from "../../test/support/whole-database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { createPushBells, type PushBells } from "./push-bells.ts";
import { createConnectionStore, type ConnectionStore } from "./store.ts";
import { openVault } from "./vault.ts";

let database: OpenDatabase;
let store: ConnectionStore;
let bells: PushBells;
const aFile = (id: string) => ({
  ...{ id, name: id },
  acumatica: {
    instanceUrl: "https://erp.example.com/Acme",
    tenant: "Acme",
    endpointVersion: "24.200.001",
    username: "connector",
    password: "canary",
  },
  shipstation: { apiKey: "canary", apiSecret: "canary" },
});
beforeAll(async () => {
  database = await openTestDatabase();
  const ports = { db: database.db, clock: createMovableClock(), random: systemRandom };
  const vault = await openVault({ ...ports, masterKey: createSecretKey(Buffer.alloc(32, 3)) });
  store = createConnectionStore({ ...ports, vault, allowedOrigins: [] });
  bells = createPushBells({ ...ports, vault });
  for (const id of ["one", "other"]) await store.add(aFile(id), "test");
});
afterAll(() => database.close());

test("a bell is made when it is first asked for, with 256 bits each for token and key, and shown again as it is", async () => {
  const [bell, again] = await Promise.all([bells.show("one", "ada"), bells.show("one", "ada")]);
  expect(again).toEqual(bell);
  for (const secret of [bell.token, bell.key]) expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  const made = await database.db.selectFrom("audit").select("actor").where("event", "=", "push.made").execute();
  expect(made).toEqual([{ actor: "ada" }]);
});

test("only the right key with the right token finds the connection", async () => {
  const one = await bells.show("one", "ada");
  const other = await bells.show("other", "ada");
  expect(await bells.find(one.token, one.key)).toEqual({ id: "one" });
  expect(await bells.find(one.token, other.key)).toBeUndefined();
  expect(await bells.find(other.token, one.key)).toBeUndefined();
  expect(await bells.find(one.key, one.token)).toBeUndefined();
  expect(await bells.find("", "")).toBeUndefined();
});

test("of a renewed bell the one before finds nothing", async () => {
  const before = await bells.show("one", "ada");
  const after = await bells.renew("one", "ada");
  expect(await bells.find(before.token, before.key)).toBeUndefined();
  expect(await bells.find(after.token, after.key)).toEqual({ id: "one" });
  expect(await bells.show("one", "ada")).toEqual(after);
});

test("neither token nor key stands in the database, and both go with their connection", async () => {
  const bell = await bells.show("other", "ada");
  const whole = JSON.stringify([...(await readWholeDatabase(database.db))]);
  expect(whole).toContain("push.token");
  for (const secret of [bell.token, bell.key]) expect(whole).not.toContain(secret);
  await store.remove("other", "test");
  expect(await bells.find(bell.token, bell.key)).toBeUndefined();
});

import { createSecretKey } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { createConnectionStore, type ConnectionStore } from "./store.ts";
import { openVault } from "./vault.ts";

const clock = createMovableClock(() => Date.UTC(2026, 0, 5, 8));
const canaries = ["canary-password", "canary-key", "canary-secret"];
const aFile = (id: string) => ({
  id,
  name: `Shop ${id}`,
  acumatica: {
    instanceUrl: "https://erp.example.com/Acme",
    tenant: "Acme",
    endpointVersion: "24.200.001",
    username: "connector",
    password: canaries[0],
  },
  shipstation: { apiKey: canaries[1], apiSecret: canaries[2] },
});

let database: OpenDatabase;
let store: ConnectionStore;
beforeAll(async () => {
  database = await openTestDatabase();
  const masterKey = createSecretKey(Buffer.alloc(32, 3));
  const ports = { db: database.db, clock, random: systemRandom };
  store = createConnectionStore({ ...ports, vault: await openVault({ ...ports, masterKey }), allowedOrigins: [] });
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom("connections").execute();
});

const auditOf = async (id: string): Promise<unknown[]> => {
  const rows = await database.db
    .selectFrom("audit")
    .select(["actor", "event", "detail"])
    .where("connection_id", "=", id)
    .orderBy("id")
    .execute();
  return rows;
};

describe("the connection store", () => {
  test("what is added can be read, listed and used", async () => {
    const { connection } = await store.add(aFile("a1"), "ada@example.com");
    expect(connection).toMatchObject({ id: "a1", name: "Shop a1", state: "active", username: "connector" });
    expect(await store.get("a1")).toEqual(connection);
    expect(await store.list()).toEqual([connection]);
    const credentials = store.credentials(connection);
    expect(await credentials.acumatica()).toEqual({ username: "connector", password: "canary-password" });
    expect(await credentials.shipstation()).toEqual({ apiKey: "canary-key", apiSecret: "canary-secret" });
  });

  test("one that is added paused rests until a person resumes it", async () => {
    expect((await store.add({ ...aFile("p1"), state: "paused" }, "ada@example.com")).connection.state).toBe("paused");
    expect((await store.get("p1"))?.state).toBe("paused");
    expect(await store.resume("p1", "ada@example.com")).toBe(true);
    expect((await store.get("p1"))?.state).toBe("active");
  });

  test("no secret lies in the clear in any table, nor in what is given out", async () => {
    const { connection, hookToken } = await store.add(aFile("canaries"), "ada@example.com");
    const { rows: tables } = await sql<{
      tablename: string;
    }>`select tablename from pg_tables where schemaname = 'public'`.execute(database.db);
    const dump = [JSON.stringify(connection)];
    for (const { tablename } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(tablename)} t`.execute(
        database.db,
      );
      dump.push(...rows.map(({ row }) => row));
    }
    expect(dump.length).toBeGreaterThan(6);
    for (const secret of [...canaries, hookToken]) {
      for (const spelling of [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")]) {
        expect(dump.join("\n")).not.toContain(spelling);
      }
    }
  });

  test("a taken id is refused, and changes nothing of the one that has it", async () => {
    const { connection } = await store.add(aFile("taken"), "ada");
    await expect(store.add({ ...aFile("taken"), name: "Other" }, "bob")).rejects.toMatchObject({
      code: "connection.invalid",
      problems: [{ field: "id", found: "taken" }],
    });
    expect(await store.get("taken")).toEqual(connection);
    expect((await store.credentials(connection).acumatica()).password).toBe("canary-password");
  });

  test("an invalid file stores nothing", async () => {
    await expect(store.add({ id: "broken" }, "ada")).rejects.toMatchObject({ code: "connection.invalid" });
    expect(await store.list()).toEqual([]);
    expect(await auditOf("broken")).toEqual([]);
  });

  test.for([
    ["the host", { instanceUrl: "https://evil.example.com/Acme" }],
    ["the site on the host", { instanceUrl: "https://erp.example.com/Other" }],
    ["the protocol", { instanceUrl: "http://erp.example.com/Acme" }],
  ])("%s changed in the database: the password can no longer be opened", async ([name, change]) => {
    const id = `moved-${(name as string).split(" ").at(-1)!}`;
    await store.add(aFile(id), "ada");
    await sql`update connections set settings = jsonb_set(settings, '{acumatica,instanceUrl}', ${JSON.stringify(
      (change as { instanceUrl: string }).instanceUrl,
    )}::jsonb) where id = ${id}`.execute(database.db);
    const moved = (await store.get(id))!;
    await expect(store.credentials(moved).acumatica()).rejects.toMatchObject({ code: "connection.secret-unreadable" });
    expect((await store.credentials(moved).shipstation()).apiKey).toBe("canary-key");
  });

  test("ShipStation's origin changed in the database: neither half of the key can be opened", async () => {
    await store.add(aFile("moved-ss"), "ada");
    await sql`update connections set settings = jsonb_set(settings, '{shipstation,origin}', '"https://evil.example.com"'::jsonb)
      where id = 'moved-ss'`.execute(database.db);
    const moved = (await store.get("moved-ss"))!;
    await expect(store.credentials(moved).shipstation()).rejects.toMatchObject({
      code: "connection.secret-unreadable",
    });
  });

  test("one connection's credentials do not open for another with the same address", async () => {
    await store.add(aFile("one"), "ada");
    await store.add(aFile("two"), "ada");
    await sql`update secrets set sealed = (select sealed from secrets s where s.connection_id = 'one' and s.field = secrets.field)
      where connection_id = 'two'`.execute(database.db);
    const two = (await store.get("two"))!;
    await expect(store.credentials(two).acumatica()).rejects.toMatchObject({ code: "connection.secret-unreadable" });
  });

  test("a hook token finds its connection, and only as a whole", async () => {
    const { hookToken } = await store.add(aFile("hooked"), "ada");
    await store.add(aFile("other"), "ada");
    expect(Buffer.from(hookToken, "base64url")).toHaveLength(32);
    expect(await store.hookToken("hooked")).toBe(hookToken);
    expect((await store.findByHookToken(hookToken))?.id).toBe("hooked");
    for (const wrong of ["", hookToken.slice(1), `${hookToken}x`, hookToken.toUpperCase(), "%"]) {
      expect(await store.findByHookToken(wrong)).toBeUndefined();
    }
  });

  test("pause, stop and resume move the state, and each change is told once", async () => {
    await store.add(aFile("states"), "ada");
    expect(await store.pause("states", "ada")).toBe(true);
    expect(await store.pause("states", "ada")).toBe(false);
    expect((await store.get("states"))?.state).toBe("paused");
    expect(await store.stop("states", "acumatica.credentials", "Refused.", "orders-out")).toBe(true);
    expect(await store.stop("states", "acumatica.credentials", "Refused.", "orders-out")).toBe(false);
    expect(await store.get("states")).toMatchObject({
      state: "stopped",
      stop: { code: "acumatica.credentials", text: "Refused." },
    });
    expect(await store.resume("states", "bob")).toBe(true);
    expect(await store.resume("states", "bob")).toBe(false);
    expect(await store.get("states")).toMatchObject({ state: "active", stop: undefined });
    expect(await store.pause("nobody", "ada")).toBe(false);
    expect((await auditOf("states")).slice(1)).toEqual([
      { actor: "ada", event: "connection.paused", detail: {} },
      {
        actor: "orders-out",
        event: "connection.stopped",
        detail: { code: "acumatica.credentials", text: "Refused." },
      },
      { actor: "bob", event: "connection.resumed", detail: {} },
    ]);
  });

  test("removing takes the secrets and their key along, and leaves the audit trail", async () => {
    const { connection } = await store.add(aFile("gone"), "ada");
    expect(await store.remove("gone", "bob")).toBe(true);
    expect(await store.remove("gone", "bob")).toBe(false);
    expect(await store.get("gone")).toBeUndefined();
    for (const table of ["secrets", "vault_keys"] as const) {
      expect(await database.db.selectFrom(table).selectAll().where("connection_id", "=", "gone").execute()).toEqual([]);
    }
    await expect(store.credentials(connection).acumatica()).rejects.toMatchObject({
      code: "connection.secret-unreadable",
    });
    expect((await auditOf("gone")).map((entry) => (entry as { event: string }).event)).toEqual([
      "connection.added",
      "connection.removed",
    ]);
  });

  test("an id that comes back has new keys: its old secrets stay shut", async () => {
    await store.add(aFile("again"), "ada");
    const old = await database.db.selectFrom("secrets").selectAll().where("connection_id", "=", "again").execute();
    await store.remove("again", "ada");
    const { connection } = await store.add(aFile("again"), "ada");
    expect((await store.credentials(connection).acumatica()).password).toBe("canary-password");
    for (const { field, sealed } of old) {
      await database.db
        .updateTable("secrets")
        .set({ sealed })
        .where("connection_id", "=", "again")
        .where("field", "=", field)
        .execute();
    }
    await expect(store.credentials(connection).acumatica()).rejects.toMatchObject({
      code: "connection.secret-unreadable",
    });
  });
});

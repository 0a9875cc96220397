import { createSecretKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { openVault, type Vault } from "./vault.ts";

const clock = createMovableClock(() => Date.UTC(2026, 0, 5));
const masterKey = createSecretKey(Buffer.alloc(32, 9));
const unreadable = expect.objectContaining({ code: "connection.secret-unreadable" });
const erp = (connectionId: string) => ({
  connectionId,
  field: "acumatica.password",
  address: "https://erp.example.com",
});

let database: OpenDatabase;
let vault: Vault;
beforeAll(async () => {
  database = await openTestDatabase();
  vault = await openVault({ db: database.db, masterKey, clock, random: systemRandom });
  for (const id of ["acme", "other"]) {
    await database.db.transaction().execute(async (tx) => {
      const at = new Date(clock.now());
      await tx
        .insertInto("connections")
        .values({
          id,
          name: id,
          state: "active",
          stop_code: null,
          stop_text: null,
          settings: "{}",
          hook_token_hash: null,
          created_at: at,
          updated_at: at,
        })
        .execute();
      await vault.addDataKey(tx, id);
      await vault.put(tx, erp(id), `password of ${id}`);
    });
  }
});
afterAll(() => database.close());

describe("the vault", () => {
  test("gives back what was put in, in this process and in the next", async () => {
    expect(await vault.get(database.db, erp("acme"))).toBe("password of acme");
    const next = await openVault({ db: database.db, masterKey, clock, random: systemRandom });
    expect(await next.get(database.db, erp("other"))).toBe("password of other");
  });

  test("the database holds no secret in the clear, and each connection its own data key", async () => {
    const secrets = await database.db.selectFrom("secrets").selectAll().execute();
    const keys = await database.db.selectFrom("vault_keys").selectAll().execute();
    const dump = JSON.stringify([secrets, keys]);
    expect(dump).not.toContain("password of");
    expect(dump).not.toContain(Buffer.from("password of acme").toString("base64url"));
    expect(new Set(keys.map((row) => row.wrapped)).size).toBe(2);
  });

  test("another master key is found out at start, and writes nothing", async () => {
    const wrong = createSecretKey(Buffer.alloc(32, 10));
    await expect(openVault({ db: database.db, masterKey: wrong, clock, random: systemRandom })).rejects.toThrow(
      /not the one that this database/,
    );
    expect(await database.db.selectFrom("vault_checks").selectAll().execute()).toHaveLength(1);
  });

  test("a missing secret cannot be opened", async () => {
    await expect(vault.get(database.db, { ...erp("acme"), field: "nothing" })).rejects.toEqual(unreadable);
    await expect(vault.get(database.db, erp("nobody"))).rejects.toEqual(unreadable);
  });

  test("rows swapped between connections in the database do not open, with or without their data keys", async () => {
    const swap = async (table: "secrets" | "vault_keys", column: "sealed" | "wrapped"): Promise<void> => {
      const rows = await database.db.selectFrom(table).select(["connection_id", column]).execute();
      const of = (id: string): string =>
        (rows.find((row) => row.connection_id === id) as unknown as Record<string, string>)[column]!;
      const [first, second] = [of("acme"), of("other")];
      await database.db
        .updateTable(table)
        .set({ [column]: second })
        .where("connection_id", "=", "acme")
        .execute();
      await database.db
        .updateTable(table)
        .set({ [column]: first })
        .where("connection_id", "=", "other")
        .execute();
    };
    await swap("secrets", "sealed");
    await expect(vault.get(database.db, erp("acme"))).rejects.toEqual(unreadable);
    await swap("vault_keys", "wrapped");
    const next = await openVault({ db: database.db, masterKey, clock, random: systemRandom });
    await expect(next.get(database.db, erp("acme"))).rejects.toEqual(unreadable);
    await expect(vault.get(database.db, erp("acme"))).rejects.toEqual(unreadable);
    await swap("secrets", "sealed");
    await swap("vault_keys", "wrapped");
    expect(await vault.get(database.db, erp("acme"))).toBe("password of acme");
  });
});

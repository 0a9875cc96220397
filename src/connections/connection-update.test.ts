import { createSecretKey } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import { systemRandom } from "../lib/random.ts";
import { createSignInTries } from "./sign-in-tries.ts";
import { createConnectionStore, type Connection, type ConnectionStore } from "./store.ts";
import { openVault } from "./vault.ts";

const clock = createMovableClock(() => Date.UTC(2026, 0, 5, 8));
const clientId = "4E1B0B34-7A0D-4F7C-9C1E-2B3F5D6A7C8D@Acme";
const file = {
  id: "acme",
  name: "Acme",
  acumatica: {
    instanceUrl: "https://erp.example.com/Acme",
    tenant: "Acme",
    branch: "HQ",
    endpointVersion: "24.200.001",
    username: "connector",
    password: "canary-password",
  },
  shipstation: { apiKey: "canary-key", apiSecret: "canary-secret", v2: { apiKey: "canary-v2" } },
  settings: { orders: { shipFrom: { MAIN: 1, EAST: 2 }, orderTypes: ["SO", "WO"] } },
};

let database: OpenDatabase;
let store: ConnectionStore;
let before: Connection;
beforeAll(async () => {
  database = await openTestDatabase();
  const masterKey = createSecretKey(Buffer.alloc(32, 3));
  const ports = { db: database.db, clock, random: systemRandom };
  store = createConnectionStore({ ...ports, vault: await openVault({ ...ports, masterKey }), allowedOrigins: [] });
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom("connections").execute();
  before = (await store.add(file, "ada@example.com")).connection;
});

const update = async (patch: unknown): Promise<Connection> => (await store.update("acme", patch, "bob@example.com"))!;
const storedFields = async (): Promise<string[]> => {
  const rows = await database.db.selectFrom("secrets").select("field").orderBy("field").execute();
  return rows.map(({ field }) => field);
};
async function problemsOf(patch: unknown): Promise<readonly Problem[]> {
  const thrown = await update(patch).catch((error: unknown) => error);
  if (thrown instanceof ConnectorError && thrown.code === "connection.invalid") return thrown.problems;
  throw new Error(`not refused: ${JSON.stringify(patch)}`);
}

describe("a connection that is changed in place", () => {
  test("a new password changes the password and nothing else", async () => {
    const after = await update({ acumatica: { password: "canary-new" } });
    expect(after).toEqual({ ...before, revision: 1 });
    expect(await store.get("acme")).toEqual(after);
    expect(await store.credentials(after).acumatica()).toEqual({ username: "connector", password: "canary-new" });
    expect(await store.credentials(after).shipstation()).toEqual({ apiKey: "canary-key", apiSecret: "canary-secret" });
    expect(await store.credentials(after).shipstationV2()).toEqual({ apiKey: "canary-v2" });
  });

  test("settings are merged member by member, and null takes one away", async () => {
    const after = await update({
      name: "Acme Ltd",
      acumatica: { branch: null },
      settings: { orders: { shipFrom: { EAST: null, WEST: 3 }, orderTypes: ["SO"] } },
    });
    expect(after.name).toBe("Acme Ltd");
    expect(after.settings.acumatica.branch).toBeUndefined();
    expect(after.settings.orders).toMatchObject({ shipFrom: { MAIN: 1, WEST: 3 }, orderTypes: ["SO"] });
    expect(after.settings.orders.shipFrom).not.toHaveProperty("EAST");
    expect(after.settings.flows).toEqual(before.settings.flows);
  });

  test("flow settings alone leave open clients as they are", async () => {
    expect((await update({ settings: { flows: { orderPollSeconds: 60 } } })).revision).toBe(before.revision);
  });

  test.for([
    ["the ERP's address", { acumatica: { instanceUrl: "https://evil.example.com/Acme" } }, ["acumatica.password"]],
    [
      "the site on the same host",
      { acumatica: { instanceUrl: "https://erp.example.com/Other" } },
      ["acumatica.password"],
    ],
    [
      "V1's address",
      { shipstation: { origin: "https://ssapi6.shipstation.com" } },
      ["shipstation.apiKey", "shipstation.apiSecret"],
    ],
    [
      "V1's address with half of the key",
      { shipstation: { origin: "https://ssapi6.shipstation.com", apiKey: "canary-other" } },
      ["shipstation.apiSecret"],
    ],
  ] as const)("%s does not change unless the secret bound to it is entered again", async ([, patch, fields]) => {
    const problems = await problemsOf(patch);
    expect(problems.map(({ field }) => field)).toEqual(fields);
    for (const { cure } of problems) expect(cure).toMatch(/^Enter it again: .*\.$/);
    expect(JSON.stringify(problems)).not.toContain("canary");
    expect(await store.get("acme")).toEqual(before);
  });

  test("with its password the address moves", async () => {
    const after = await update({ acumatica: { instanceUrl: "https://new.example.com/A/", password: "canary-moved" } });
    expect(after.settings.acumatica.instanceUrl).toBe("https://new.example.com/A");
    expect((await store.credentials(after).acumatica()).password).toBe("canary-moved");
    await expect(store.credentials(before).acumatica()).rejects.toMatchObject({ code: "connection.secret-unreadable" });
  });

  test("another kind of sign-in asks for what it needs, and forgets what it does not", async () => {
    expect((await problemsOf({ acumatica: { signIn: "oauth-code" } })).map(({ field }) => field)).toEqual([
      "acumatica.clientId",
      "acumatica.clientSecret",
    ]);
    const after = await update({ acumatica: { signIn: "oauth-code", clientId, clientSecret: "canary-client" } });
    expect(after).toMatchObject({ username: undefined, settings: { signIn: { kind: "oauth-code", clientId } } });
    expect(await store.credentials(after).application()).toEqual({ clientId, clientSecret: "canary-client" });
    expect(await storedFields()).not.toContain("acumatica.password");
    expect((await problemsOf({ acumatica: { signIn: "password", username: "c" } })).map(({ field }) => field)).toEqual([
      "acumatica.password",
    ]);
  });

  test("without its section V2's key is forgotten, and with it asked for again", async () => {
    const after = await update({ shipstation: { v2: null } });
    expect(store.credentials(after).shipstationV2()).toBeUndefined();
    expect(await storedFields()).not.toContain("shipstation.v2ApiKey");
    expect(await problemsOf({ shipstation: { v2: {} } })).toMatchObject([{ field: "shipstation.v2.apiKey" }]);
  });

  test.for([
    ["an id", { id: "other" }, "id"],
    ["a state", { state: "paused" }, "state"],
    ["a misspelt member", { acumatica: { pasword: "canary" } }, "acumatica.pasword"],
    ["no object", ["canary"], ""],
    ["an empty tenant", { acumatica: { tenant: " " } }, "acumatica.tenant"],
  ] as const)("%s is refused, with a cure", async ([, patch, field]) => {
    const [problem] = await problemsOf(patch);
    expect(problem).toMatchObject({ field, cure: expect.stringMatching(/\.$/) as string });
    expect(await store.get("acme")).toEqual(before);
  });

  test("a connection that is not there is not made", async () => {
    expect(await store.update("nobody", { name: "x" }, "bob")).toBeUndefined();
  });

  test("the audit trail tells what changed, and of secrets only which", async () => {
    await update({ acumatica: { tenant: "Acme2", password: "canary-new" }, shipstation: { v2: null } });
    const entry = await database.db
      .selectFrom("audit")
      .select(["actor", "detail"])
      .where("connection_id", "=", "acme")
      .where("event", "=", "connection.updated")
      .orderBy("id", "desc")
      .executeTakeFirstOrThrow();
    expect(entry).toMatchObject({
      actor: "bob@example.com",
      detail: {
        before: { acumatica: { tenant: "Acme" }, shipstation: { v2: { origin: "https://api.shipstation.com" } } },
        after: { acumatica: { tenant: "Acme2" } },
        secrets: ["acumatica.password"],
        dropped: ["shipstation.v2.apiKey"],
      },
    });
    expect(JSON.stringify(entry)).not.toContain("canary");
  });
});

describe("tries to sign in", () => {
  const refusal = new ConnectorError("acumatica.credentials", { message: "Invalid credentials." });
  const tries = () => createSignInTries(database.db, clock, "acme");
  const refuse = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await tries().take();
      await tries().refused(refusal);
    }
  };

  test("are three in all, whoever makes them, and then none is made", async () => {
    await refuse(3);
    await expect(tries().take()).rejects.toMatchObject({
      code: "acumatica.credentials",
      message: expect.stringMatching(/^Invalid credentials\. Tried 3 times/) as string,
    });
  });

  test("of several processes at once no more than three are made", async () => {
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => tries().take()));
    expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  });

  test("count when their process dies before the answer", async () => {
    for (let time = 0; time < 3; time += 1) await tries().take();
    await expect(tries().take()).rejects.toMatchObject({ code: "acumatica.credentials" });
  });

  test("do not count when the answer was about something else", async () => {
    for (let time = 0; time < 5; time += 1) {
      await tries().take();
      await tries().undecided(false);
    }
    await refuse(3);
    await expect(tries().take()).rejects.toMatchObject({ code: "acumatica.credentials" });
  });

  test("whose answer is unclear count as soon as one is refused, before and after it, and lock nobody out by themselves", async () => {
    const unclear = async (): Promise<void> => {
      await tries().take();
      await tries().undecided(true);
    };
    for (let time = 0; time < 5; time += 1) await unclear();
    await tries().take();
    await tries().accepted();
    await unclear();
    await refuse(1);
    await unclear();
    await expect(tries().take()).rejects.toMatchObject({ code: "acumatica.credentials" });
  });

  test("begin anew after a success", async () => {
    await refuse(2);
    await tries().take();
    await tries().accepted();
    await refuse(3);
    await expect(tries().take()).rejects.toMatchObject({ code: "acumatica.credentials" });
  });

  test("begin anew with new credentials, but not with other settings", async () => {
    await refuse(3);
    await update({ name: "Acme Ltd", shipstation: { apiKey: "k" } });
    await expect(tries().take()).rejects.toMatchObject({ code: "acumatica.credentials" });
    await update({ acumatica: { password: "canary-new" } });
    await tries().take();
  });

  test("begin anew on a person's word, which is told", async () => {
    await refuse(3);
    expect(await store.allowSignIn("acme", "ada@example.com")).toBe(true);
    expect(await store.allowSignIn("acme", "ada@example.com")).toBe(false);
    await tries().take();
    const rows = await database.db.selectFrom("audit").select("actor").where("event", "=", "sign-in.allowed").execute();
    expect(rows).toEqual([{ actor: "ada@example.com" }]);
  });
});

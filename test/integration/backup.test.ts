import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, type App } from "../../src/app.ts";
import { runBackup } from "../../src/cli/backup.ts";
import { demoConfig, demoCredentials } from "../../src/cli/demo-world.ts";
import { runRestore } from "../../src/cli/restore.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { verifyAudit } from "../../src/ledger/audit-verify.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { sandboxFetch } from "../../src/sandbox/sandbox.ts";
import { engine } from "../support/database.ts";
import { connectionId, createWorld, type World } from "../support/world.ts";

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
const masterKey = Buffer.alloc(32, 7);

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ml-backup-"));
  world = await createWorld({ orders: 5, onDisk: true });
  await world.settle();
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A command whose service is the application of this test. */
async function run(
  command: typeof runBackup,
  argv: string[],
  given: { env?: Record<string, string>; fetch?: Fetch } = {},
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    env: { ML_API_TOKEN: world.app.operatorToken, ...given.env },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    readInput: () => Promise.resolve(""),
    fetchFrom: () => given.fetch ?? (async (request) => world.app.web.fetch(request)),
  };
  const code = await command(argv, terminal);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const restore = (dataDir: string, file: string) => run(runRestore, ["--from", file], { env: { ML_DATA_DIR: dataDir } });

const startIn = (dataDir: string, key: Buffer): Promise<App> =>
  createApp({
    config: { ...demoConfig(dataDir, 4400, origins), masterKey: key.toString("base64") },
    ports: {
      clock: world.clock,
      random: systemRandom,
      log: silentLog,
      fetch: sandboxFetch(world.sandbox, {
        acumaticaOrigin: origins.acumatica,
        shipstationOrigin: origins.shipstation,
      }),
    },
    role: "web",
  });

test.runIf(engine === "server")("a PostgreSQL server is backed up by its own means: the command says so", async () => {
  const file = join(folder, "server.backup");
  const { code, err } = await run(runBackup, ["--out", file]);
  expect(code).toBe(2);
  expect(err).toMatch(/pg_dump/);
  expect(existsSync(file)).toBe(false);
  const asked = await world.app.web.request("/api/v1/backup", {
    method: "POST",
    headers: { authorization: `Bearer ${world.app.operatorToken}` },
  });
  expect(asked.status).toBe(409);
});

describe.runIf(engine === "embedded")("the embedded database", () => {
  let file: string;
  beforeAll(async () => {
    file = join(folder, "today.backup");
    // While something is being written.
    const writing = world.app.db.transaction().execute(async (tx) => {
      for (let step = 0; step < 50; step += 1) {
        await tx
          .updateTable("connections")
          .set({ name: `half-way ${step}` })
          .execute();
      }
    });
    const { code, out } = await run(runBackup, ["--out", file]);
    await writing;
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ bytes written to /);
  });

  test("is copied into a file only its owner reads, without the master key or any secret", () => {
    expect(statSync(file).mode & 0o077).toBe(0);
    const bytes = gunzipSync(readFileSync(file));
    expect(bytes.includes("backup.taken")).toBe(true);
    for (const secret of [masterKey, masterKey.toString("base64"), masterKey.toString("hex")]) {
      expect(bytes.includes(secret)).toBe(false);
    }
    for (const secret of [demoCredentials.password, demoCredentials.apiSecret, world.app.operatorToken]) {
      expect(bytes.includes(secret)).toBe(false);
    }
  });

  test("is restored with everything in it, the same master key opening it, and every connection paused", async () => {
    const dataDir = join(folder, "restored");
    mkdirSync(join(dataDir, "keys"), { recursive: true });
    const { code, out, err } = await restore(dataDir, file);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/Paused until a person resumes them: demo\./);
    expect(out).toContain(join(dataDir, "keys", "master.key"));
    expect(readdirSync(dataDir).sort()).toEqual(["database", "keys"]);

    await expect(startIn(dataDir, Buffer.alloc(32, 8))).rejects.toThrow(/not the one/);
    const app = await startIn(dataDir, masterKey);
    try {
      const records = (db: App["db"]) => db.selectFrom("records").selectAll().orderBy("kind").orderBy("key").execute();
      expect(await records(app.db)).toEqual(await records(world.app.db));
      const connection = (await app.store.get(connectionId))!;
      expect(await app.store.credentials(connection).acumatica()).toMatchObject({ password: demoCredentials.password });
      expect(connection).toMatchObject({ state: "paused", stop: { code: "connection.restored" } });
      expect((await verifyAudit(app.db, {})).every((chain) => chain.found === 0)).toBe(true);
      const last = await app.db.selectFrom("audit").selectAll().orderBy("id", "desc").executeTakeFirstOrThrow();
      expect(last).toMatchObject({ event: "connection.restored", detail: { was: { state: "active" } } });
      const view = await app.web.request("/api/v1/connections", {
        headers: { authorization: `Bearer ${app.operatorToken}` },
      });
      const stop = { code: "connection.restored", cure: expect.stringMatching(/then resume/) };
      expect(await view.json()).toMatchObject({ connections: [{ state: "paused", stop }] });
    } finally {
      await app.stop();
    }
  });

  test("writes nothing to either system after a restore until a person resumes", async () => {
    const dataDir = join(folder, "quiet");
    await restore(dataDir, file);
    const app = await startIn(dataDir, masterKey);
    try {
      const calls = () => [world.sandbox.acumatica.counts.calls, world.sandbox.shipstation.counts.calls];
      const before = calls();
      for (const flow of ["orders-out", "shipments-back", "subscription"] as const) await app.run(connectionId, flow);
      expect(calls()).toEqual(before);
      expect(await app.store.resume(connectionId, "ada@example.com")).toBe(true);
      expect(await app.store.get(connectionId)).toMatchObject({ state: "active", stop: undefined });
      await app.run(connectionId, "orders-out");
      expect(calls()).not.toEqual(before);
    } finally {
      await app.stop();
    }
  });

  test("is never restored over another one", async () => {
    const used = await restore(world.folder, file);
    expect(used.code).toBe(1);
    expect(used.err).toMatch(/Nothing was restored\. .* is not empty: it holds .*database/);
    const dataDir = join(folder, "twice");
    expect((await restore(dataDir, file)).code).toBe(0);
    expect((await restore(dataDir, file)).code).toBe(1);
  });

  test("a file that is no whole backup leaves the directory as it was; what a killed restore left is thrown away", async () => {
    const dataDir = join(folder, "broken");
    for (const part of [readFileSync(file).subarray(0, 100_000), Buffer.from("no backup")]) {
      const broken = join(folder, "broken.backup");
      writeFileSync(broken, part);
      expect((await restore(dataDir, broken)).code).toBe(1);
      expect(readdirSync(dataDir)).toEqual([]);
    }
    mkdirSync(join(dataDir, "database.restoring"));
    writeFileSync(join(dataDir, "database.restoring", "half"), "x");
    expect((await restore(dataDir, file)).code).toBe(0);
    expect(readdirSync(dataDir)).toEqual(["database"]);
  });

  test("a copy that did not arrive whole is not kept, nor does it replace yesterday's", async () => {
    const yesterday = join(folder, "kept.backup");
    writeFileSync(yesterday, "yesterday's");
    const cut: Fetch = async (request) => {
      const answer = await world.app.web.fetch(request);
      if (!request.url.endsWith("/backup")) return answer;
      return new Response((await answer.arrayBuffer()).slice(0, 1000), answer);
    };
    const { code, err } = await run(runBackup, ["--out", yesterday], { fetch: cut });
    expect(code).toBe(1);
    expect(err).toMatch(/did not arrive whole/);
    expect(readFileSync(yesterday, "utf8")).toBe("yesterday's");
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  test("needs the operator token: a signed-in browser is refused", async () => {
    const ada = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };
    await world.app.auth.createUser(ada);
    const origin = "http://127.0.0.1:4400";
    const signIn = await world.app.web.request("/api/auth/sign-in/email", {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ email: ada.email, password: ada.password }),
    });
    const cookie = signIn.headers
      .getSetCookie()
      .map((text) => text.split(";")[0])
      .join("; ");
    const answer = await world.app.web.request("/api/v1/backup", { method: "POST", headers: { cookie, origin } });
    expect(answer.status).toBe(403);
  });
});

describe("asked wrongly", () => {
  test.for([[], ["x"], ["--out", "a", "x"]])("backup %j", async (argv) => {
    expect((await run(runBackup, argv)).code).toBe(2);
  });
  test.for([[], ["x"], ["--from", "/no/such/file"]])("restore %j", async (argv) => {
    expect((await run(runRestore, argv)).code).toBe(2);
  });
  test("restore with DATABASE_URL", async () => {
    const env = { DATABASE_URL: "postgres://db.example.com/connector" };
    const { code, err } = await run(runRestore, ["--from", "x"], { env });
    expect(code).toBe(2);
    expect(err).toMatch(/pg_restore/);
  });
});

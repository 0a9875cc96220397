import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTerminal } from "../../test/support/terminal.ts";
import { createApp, type App } from "../app.ts";
import { systemClock } from "../lib/clock.ts";
import { silentLog } from "../lib/log.ts";
import { systemRandom } from "../lib/random.ts";
import { demoConfig, demoConnection, demoCredentials } from "./demo-world.ts";
import { runKeys } from "./keys.ts";

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
const keyText = (byte: number): string => Buffer.alloc(32, byte).toString("base64");

let folder: string;
let newKeyFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ml-keys-"));
  newKeyFile = join(folder, "new.key");
  writeFileSync(newKeyFile, `${keyText(2)}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const dataDir = (): string => join(folder, "data");
const start = (masterKey: string): Promise<App> =>
  createApp({
    config: { ...demoConfig(dataDir(), 4400, origins), masterKey },
    ports: {
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      fetch: () => Promise.reject(new Error("offline")),
    },
    role: "web",
  });
async function run(argv: string[], env: Record<string, string> = {}) {
  const { terminal, out, err } = createTerminal(
    {},
    { env: { ML_DATA_DIR: dataDir(), ML_MASTER_KEY: keyText(1), ...env } },
  );
  return { code: await runKeys(argv, terminal), out: out.join("\n"), err: err.join("\n") };
}
const rotate = (env: Record<string, string> = {}) => run(["rotate", "--new-key-file", newKeyFile], env);

test("the running service is in the way, in plain words; the stopped one's key is rotated", async () => {
  const app = await start(keyText(1));
  await app.addConnection(demoConnection(origins, demoCredentials, false), "test");
  const running = await rotate();
  expect(running.code).toBe(1);
  expect(running.err).toMatch(/in use by process \d+.*Stop it first/);
  await app.stop();

  const stopped = await rotate();
  expect([stopped.code, stopped.err]).toEqual([0, ""]);
  expect(stopped.out).toMatch(/ {2}demo\nOne connection is under the new key[^]*set ML_MASTER_KEY to what/);
  expect(stopped.out).not.toContain(keyText(2));

  await expect(start(keyText(1))).rejects.toThrow(/not the one/);
  const after = await start(keyText(2));
  const connection = (await after.store.get("demo"))!;
  expect(await after.store.credentials(connection).acumatica()).toMatchObject({ password: demoCredentials.password });
  await after.stop();

  const again = await run(["rotate", "--new-key-file", newKeyFile, "--json"]);
  expect([again.code, JSON.parse(again.out)]).toEqual([0, { rewrapped: [], connections: 1, wasDone: true }]);
});

test("a directory without a database stays without one", async () => {
  const { code, err } = await rotate();
  expect(code).toBe(1);
  expect(err).toMatch(/There is no database in/);
  expect(readdirSync(folder)).toEqual(["new.key"]);
});

test("no key is made where one is missing", async () => {
  const { code, err } = await rotate({ ML_MASTER_KEY: "" });
  expect(code).toBe(2);
  expect(err).toMatch(/master\.key.*no such file/);
  expect((await run(["rotate", "--new-key-file", join(folder, "absent")])).err).toMatch(/--new-key-file.*no such file/);
});

test.for([[], ["rotate"], ["frobnicate"], ["rotate", "now"]])("%j is asked wrongly", async (argv) => {
  expect((await run(argv)).code).toBe(2);
});

test("explains itself", async () => {
  const { code, out } = await run(["--help"]);
  expect([code, out.includes("ml-connector keys rotate")]).toEqual([0, true]);
});

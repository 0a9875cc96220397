import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/ledger/database.ts";
import { serverProblems } from "../../src/ledger/server-check.ts";
import type { Database, Db } from "../../src/ledger/schema.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createReadiness } from "../../src/web/health.ts";
import { freePort } from "../support/processes.ts";

/** Where Debian keeps the server's programs; a server of this test's own is started in dangerous ways. */
const root = "/usr/lib/postgresql";
const newest = existsSync(root)
  ? readdirSync(root)
      .toSorted((a, b) => Number(a) - Number(b))
      .at(-1)
  : undefined;
if (newest === undefined)
  process.stderr.write("NOTICE: no PostgreSQL programs here; how a server is checked is not.\n");

let folder: string;
let port: number;
const isRoot = process.getuid?.() === 0;

/** As root it is run by the user postgres: PostgreSQL refuses to be root. */
function run(program: string, ...argv: string[]): void {
  const user = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  const [command = "", ...rest] = [...user, join(root, newest ?? "", "bin", program), ...argv];
  const { status, stderr } = spawnSync(command, rest, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}

const data = (): string => join(folder, "data");
const control = (action: string, settings: readonly string[] = []): void => {
  const options = [`-p ${port} -k '' -h 127.0.0.1`, ...settings.map((setting) => `-c ${setting}`)].join(" ");
  run("pg_ctl", "-D", data(), "-w", "-s", "-m", "fast", "-l", join(folder, "log"), "-o", options, action);
};
const open = () => openDatabase({ kind: "server", url: `postgres://tester@127.0.0.1:${port}/postgres` });

beforeAll(async () => {
  if (newest === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "ml-server-check-"));
  port = await freePort();
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  if (isRoot) chownSync(folder, idOf("-u"), idOf("-g"));
  run("initdb", "-D", data(), "-U", "tester", "-A", "trust", "--no-sync");
  control("start");
});
afterAll(() => {
  if (newest === undefined) return;
  control("stop");
  rmSync(folder, { recursive: true });
});

test.runIf(newest !== undefined)(
  "a server that forgets is refused with everything that is wrong; one that keeps what it acknowledges is used",
  async () => {
    const opened = await open();
    const shown = async (name: string): Promise<string | undefined> =>
      (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(opened.db)).rows[0]?.value;
    expect(await shown("statement_timeout")).toBe("30s");
    expect(await shown("lock_timeout")).toBe("15s");
    expect(await shown("idle_in_transaction_session_timeout")).toBe("30s");
    await opened.close();

    for (const name of ["fsync", "full_page_writes", "synchronous_commit"]) {
      control("restart", [`${name}=off`]);
      await expect(open(), name).rejects.toThrow(`cannot be used: ${name} is off`);
    }
    control("restart", ["fsync=off", "synchronous_commit=off"]);
    await expect(open()).rejects.toThrow(/fsync is off.*synchronous_commit is off/);
  },
);

test.runIf(newest !== undefined)("a replica is refused: it takes no writes", async () => {
  control("stop");
  const file = join(data(), "standby.signal");
  writeFileSync(file, "", { mode: 0o644 });
  control("start");
  await expect(open()).rejects.toThrow("is a replica");
  // A server that becomes one while the service runs still answers reads: it does not count as ready.
  const pool = new pg.Pool({ connectionString: `postgres://tester@127.0.0.1:${port}/postgres` });
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  await sql`select 1`.execute(db);
  expect(await createReadiness(db, systemClock)()).toBe(false);
  await db.destroy();
});

test("a server before version 15 is refused", () => {
  const facts = { isReplica: false, settings: { fsync: "on" } };
  expect(serverProblems({ ...facts, version: 14 }).join()).toContain("PostgreSQL 15 is the oldest");
  expect(serverProblems({ ...facts, version: 15 })).toEqual([]);
});

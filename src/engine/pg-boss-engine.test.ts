import { sql } from "kysely";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { engine as engineName, openTestDatabase, serverUrl } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { beginRun, wakeBy } from "../ledger/wakeups.ts";
import { systemClock } from "../lib/clock.ts";
import { silentLog, type Log } from "../lib/log.ts";
import type { Engine } from "./engine.ts";
import { createPgBossEngine } from "./pg-boss-engine.ts";

let opened: OpenDatabase;
let engines: Engine[] = [];
const now = (): Date => new Date(systemClock.now());
const later = (): Date => new Date(systemClock.now() + 3_600_000);

beforeEach(async () => {
  opened = await openTestDatabase();
  const none = { stop_code: null, stop_text: null, hook_token_hash: null, created_at: now(), updated_at: now() };
  for (const id of ["a", "b"]) {
    await opened.db
      .insertInto("connections")
      .values({ id, name: id, state: "active", settings: "{}", ...none })
      .execute();
  }
});
afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.stop()));
  engines = [];
  await opened.close();
});

/** An engine whose runs the test watches and ends. */
async function startEngine(
  run: (connectionId: string, flow: string) => Promise<void>,
  log: Log = silentLog,
): Promise<Engine> {
  const { db, embedded, url } = opened;
  const engine = createPgBossEngine({ db, embedded, url, clock: systemClock, log, concurrency: 2, run });
  await engine.start();
  engines.push(engine);
  return engine;
}

describe("the engine", () => {
  test("runs what is due, at once when woken, and not what is paused or due later", async () => {
    const ran: string[] = [];
    const engine = await startEngine(async (connectionId, flow) => {
      await beginRun(opened.db, connectionId, flow, now(), later());
      ran.push(`${connectionId}/${flow}`);
    });
    await opened.db.updateTable("connections").set({ state: "paused" }).where("id", "=", "b").execute();
    await wakeBy(opened.db, "a", "orders-out", now());
    await wakeBy(opened.db, "b", "orders-out", now());
    await wakeBy(opened.db, "a", "shipments-back", later());
    engine.wake();
    await vi.waitUntil(() => ran.length > 0, { timeout: 20_000 });
    expect(ran).toEqual(["a/orders-out"]);
  });

  test("a wish during a run is one more run after it, however many wishes there are", async () => {
    const ran: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const engine = await startEngine(async (connectionId, flow) => {
      await beginRun(opened.db, connectionId, flow, now(), later());
      ran.push(flow);
      if (ran.length === 1) await held;
    });
    await wakeBy(opened.db, "a", "orders-out", now());
    engine.wake();
    await vi.waitUntil(() => ran.length === 1, { timeout: 20_000 });
    for (let wish = 0; wish < 5; wish += 1) {
      await wakeBy(opened.db, "a", "orders-out", now());
      engine.wake();
    }
    release();
    await vi.waitUntil(() => ran.length >= 2, { timeout: 20_000 });
    await wakeBy(opened.db, "a", "shipments-back", now());
    engine.wake();
    await vi.waitUntil(() => ran.includes("shipments-back"), { timeout: 20_000 });
    expect(ran.filter((flow) => flow === "orders-out")).toHaveLength(2);
  });

  test("stopping waits for the run at hand", async () => {
    const events: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const engine = await startEngine(async (connectionId, flow) => {
      await beginRun(opened.db, connectionId, flow, now(), later());
      events.push("begun");
      await held;
      events.push("ended");
    });
    await wakeBy(opened.db, "a", "orders-out", now());
    engine.wake();
    await vi.waitUntil(() => events.length === 1, { timeout: 20_000 });
    engines = [];
    const stopped = engine.stop().then(() => events.push("stopped"));
    release();
    await stopped;
    expect(events).toEqual(["begun", "ended", "stopped"]);
  });

  test.runIf(engineName === "server")("two processes never run one flow of a connection at the same time", async () => {
    const running = new Set<string>();
    let overlaps = 0;
    let runs = 0;
    const run = async (connectionId: string, flow: string): Promise<void> => {
      const key = `${connectionId}/${flow}`;
      if (running.has(key)) overlaps += 1;
      running.add(key);
      await beginRun(opened.db, connectionId, flow, now(), later());
      await opened.db.selectFrom("connections").selectAll().execute();
      await wakeBy(opened.db, connectionId, flow, now());
      running.delete(key);
      runs += 1;
    };
    const first = await startEngine(run);
    await startEngine(run);
    for (const id of ["a", "b"]) await wakeBy(opened.db, id, "orders-out", now());
    first.wake();
    await vi.waitUntil(() => runs >= 20, { timeout: 60_000 });
    expect(overlaps).toBe(0);
  });

  test.runIf(engineName === "server")(
    "a flow whose run ended while the database was away runs again as soon as it is back, not when a heartbeat is missed",
    async () => {
      const name = new URL(opened.url!).pathname.slice(1);
      const server = new pg.Client({ connectionString: serverUrl });
      server.on("error", () => undefined);
      await server.connect();
      const errors: string[] = [];
      const log = { ...silentLog, warn: (_fields: object, text: string) => void errors.push(text) };
      let runs = 0;
      const run = async (connectionId: string, flow: string): Promise<void> => {
        runs += 1;
        await beginRun(opened.db, connectionId, flow, now(), now());
        if (runs > 1) return;
        await server.query(`alter database ${name} with allow_connections false`);
        await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
      };
      try {
        const { db, embedded, url } = opened;
        const engine = createPgBossEngine({ db, embedded, url, clock: systemClock, log, concurrency: 1, run });
        engines.push(engine);
        await engine.start();
        await wakeBy(opened.db, "a", "orders-out", now());
        engine.wake();
        await vi.waitUntil(() => runs === 1 && errors.includes("the engine reported an error"), { timeout: 20_000 });
        await vi.waitUntil(() => errors.filter((text) => text.startsWith("looking")).length > 1, { timeout: 20_000 });
      } finally {
        await server.query(`alter database ${name} with allow_connections true`);
        await server.end();
      }
      // A missed heartbeat takes fifteen seconds and up to ten more.
      const backAt = performance.now();
      await vi.waitUntil(() => runs > 1, { timeout: 40_000 });
      expect(performance.now() - backAt).toBeLessThan(10_000);
    },
  );

  /** What the engine tells of its troubles, and when. */
  function listen(): { told: { error: string; at: number }[]; log: Log } {
    const told: { error: string; at: number }[] = [];
    const warn = (fields: object): void => {
      told.push({ error: (fields as { error: string }).error, at: performance.now() });
    };
    return { told, log: { ...silentLog, warn } };
  }

  test("a run that cannot begin, because its tables are full, is tried again once a second and told each time", async () => {
    const { told, log } = listen();
    const begun: number[] = [];
    const full = Object.assign(new Error("could not extend file"), { code: "53100" });
    await startEngine(() => {
      begun.push(performance.now());
      return Promise.reject(full);
    }, log);
    await wakeBy(opened.db, "a", "orders-out", now());
    await vi.waitUntil(() => begun.length >= 4, { timeout: 30_000 });
    expect(begun[3]! - begun[0]!).toBeGreaterThan(2_500);
    expect(told.map(({ error }) => error)).toContain("The database's disk is full: could not extend file");
  });

  test("jobs that cannot be taken, because their table is full, are looked for once a second and told with their reason", async () => {
    const { told, log } = listen();
    await startEngine(() => Promise.resolve(), log);
    const body = "begin raise exception 'could not extend file' using errcode = '53100'; end";
    await sql`create function refuse() returns trigger language plpgsql as ${sql.lit(body)}`.execute(opened.db);
    await sql`create trigger refused before update on engine.job for each row execute function refuse()`.execute(
      opened.db,
    );
    await wakeBy(opened.db, "a", "orders-out", now());
    const perSecond = 2;
    await vi.waitUntil(() => told.length >= 4 * perSecond, { timeout: 30_000 });
    expect(told.at(-1)!.at - told[0]!.at).toBeGreaterThan(2_500);
    expect(new Set(told.map(({ error }) => error.replace(/ \(Queue.*/, "")))).toEqual(
      new Set(["The database's disk is full: could not extend file"]),
    );
    await sql`drop trigger refused on engine.job`.execute(opened.db);
  });
});

import { createSecretKey } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { createStillClock } from "../../test/support/still-clock.ts";
import { demoConnection, demoCredentials } from "../cli/demo-world.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { silentLog } from "../lib/log.ts";
import { systemRandom } from "../lib/random.ts";
import type { Connection } from "./connection.ts";
import { createErpSession } from "./erp-session.ts";
import { createConnectionStore } from "./store.ts";
import { openVault, type Vault } from "./vault.ts";

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };

let opened: OpenDatabase;
let vault: Vault;
let connection: Connection;
beforeAll(async () => {
  opened = await openTestDatabase();
  const ports = { db: opened.db, clock: createStillClock(), random: systemRandom };
  vault = await openVault({ ...ports, masterKey: createSecretKey(Buffer.alloc(32, 7)) });
  const store = createConnectionStore({ ...ports, vault, allowedOrigins: Object.values(origins) });
  ({ connection } = await store.add(demoConnection(origins, demoCredentials, false), "test"));
});
afterAll(() => opened.close());
beforeEach(async () => {
  await sql`delete from erp_sessions`.execute(opened.db);
  await sql`delete from erp_session_users`.execute(opened.db);
});

/** A client of a process of its own; whoever waits moves its time, and may have something happen. */
function clientOf(whileWaiting: () => Promise<unknown> = () => Promise.resolve(), ending?: AbortSignal) {
  const clock = createStillClock();
  const sleep: typeof clock.sleep = async (ms, signal) => {
    await clock.sleep(ms, signal);
    if (!signal) await whileWaiting();
  };
  const waits = { ...clock, sleep };
  const shared = createErpSession(connection, { db: opened.db, vault, clock: waits, log: silentLog, ending });
  return { shared, clock };
}
const nothing = (): Promise<void> => Promise.resolve();

describe("the turn in a connection's ERP session", () => {
  test("who waits in vain for a minute is told when to come back, and has asked the database some hundred times", async () => {
    const [first, second] = [clientOf(), clientOf()];
    await first.shared.alone(async () => {
      await expect(second.shared.alone(nothing)).rejects.toMatchObject({
        code: "acumatica.session-busy",
        disposition: "wait",
        retryAfterMs: 15_000,
        mayHaveApplied: false,
      });
    });
    expect(second.clock.slept.length).toBeGreaterThan(100);
    expect(second.clock.slept.length).toBeLessThan(200);
  });

  test("passes to who waits at the next opportunity, however busy the other is", async () => {
    const order: string[] = [];
    const busy = clientOf();
    const one = async (): Promise<void> => {
      await busy.shared.alone(() => Promise.resolve(void order.push("busy")));
      busy.clock.advance(300);
    };
    await one();
    const waiting = clientOf(async () => {
      if (order.filter((who) => who === "busy").length < 50) await one().catch(() => undefined);
    });
    await waiting.shared.alone(() => Promise.resolve(void order.push("waiting")));
    expect(order.at(-1)).toBe("waiting");
    expect(order.length).toBeLessThan(8);
  });

  test("of a dead process is over after thirty seconds of the database's clock, whatever ours says", async () => {
    const dead = clientOf();
    await dead.shared.alone(nothing);
    dead.clock.advance(7 * 3_600_000);
    const { rows } = await sql<{ left: number }>`
      select extract(epoch from held_until - clock_timestamp())::float8 as left from erp_sessions`.execute(opened.db);
    expect(rows[0]!.left).toBeGreaterThan(20);
    expect(rows[0]!.left).toBeLessThanOrEqual(30);
    await sql`update erp_sessions set held_until = clock_timestamp() - interval '1 ms'`.execute(opened.db);
    const next = clientOf();
    await next.shared.alone(nothing);
    expect(next.clock.slept).toEqual([]);
  });

  test("that was lost stores nothing", async () => {
    const [slow, quick] = [clientOf(), clientOf()];
    await slow.shared.alone(async () => {
      await sql`update erp_sessions set held_until = clock_timestamp() - interval '1 ms'`.execute(opened.db);
      await quick.shared.alone(async () => {
        await quick.shared.keep("quick", true);
      });
      await expect(slow.shared.keep("slow", true)).rejects.toMatchObject({ code: "acumatica.session-busy" });
      await slow.shared.forget();
    });
    await quick.shared.leave();
    const reader = clientOf();
    await reader.shared.alone(async () => {
      expect(await (await reader.shared.kept())?.cookies()).toBe("quick");
    });
  });

  test("a clock that is set back does not keep a turn for ever", async () => {
    const first = clientOf();
    await first.shared.alone(nothing);
    first.clock.advance(-2 * 3_600_000);
    const second = clientOf(() => first.shared.alone(nothing).catch(() => undefined));
    await second.shared.alone(nothing);
    expect(second.clock.slept.length).toBeLessThan(10);
  });

  test("of a client that is closed in the middle of it is lost, and not a defect", async () => {
    const { shared } = clientOf();
    const working = shared.alone(async () => {
      await shared.leave();
      await shared.keep("cookies", true);
    });
    await expect(working).rejects.toMatchObject({ code: "acumatica.session-busy", disposition: "wait" });
  });

  test("is not waited for by a process that ends, save to sign out", async () => {
    const dead = clientOf();
    await dead.shared.alone(nothing);
    const ending = new AbortController();
    const waiting = clientOf(undefined, ending.signal);
    const asked = waiting.shared.alone(nothing);
    ending.abort(new Error("stopping"));
    await expect(asked).rejects.toMatchObject({ code: "acumatica.session-busy" });
    await sql`update erp_sessions set held_until = null, next_holder = null`.execute(opened.db);
    await waiting.shared.alone(nothing, 1_000);
  });

  test("that the database did not let go, because it was away or full, is let go before the next is asked for, and not waited for", async () => {
    const { shared, clock } = clientOf();
    await shared.alone(nothing);
    const body = "begin raise exception 'could not extend file' using errcode = '53100'; end";
    await sql`create function refuse() returns trigger language plpgsql as ${sql.lit(body)}`.execute(opened.db);
    await sql`
      create trigger refused before update on erp_sessions for each row
        when (new.held_until is null) execute function refuse()`.execute(opened.db);
    await expect(shared.leave()).rejects.toThrow("could not extend file");
    await sql`drop function refuse() cascade`.execute(opened.db);
    await shared.alone(nothing);
    expect(clock.slept).toEqual([]);
  });

  test("is not renewed for a client that is closed while it asks", async () => {
    const { shared, clock } = clientOf();
    await shared.alone(nothing);
    clock.advance(2_000);
    const working = shared.alone(nothing);
    const leaving = shared.leave();
    await expect(working).rejects.toMatchObject({ code: "acumatica.session-busy", disposition: "wait" });
    await leaving;
  });

  test("finds the session's cookies, or none, or that the database is away: which is not the same", async () => {
    const { shared } = clientOf();
    await shared.alone(() => shared.keep("cookies", true));
    const read = async () => await shared.alone(async () => await (await shared.kept())?.cookies());
    expect(await read()).toBe("cookies");
    const whole = { ...vault };
    vault.get = () => Promise.reject(new Error("Connection terminated unexpectedly"));
    await expect(read()).rejects.toThrow("Connection terminated");
    Object.assign(vault, whole);
    await sql`delete from secrets where field = 'acumatica.session'`.execute(opened.db);
    expect(await read()).toBeUndefined();
  });

  test("only the last one that leaves is told so", async () => {
    const [first, second] = [clientOf(), clientOf()];
    expect(await first.shared.leave()).toBe(false);
    await first.shared.alone(nothing);
    await first.shared.leave();
    await first.shared.alone(nothing);
    expect(await second.shared.leave()).toBe(false);
    await sql`update erp_sessions set held_until = null`.execute(opened.db);
    await second.shared.alone(nothing);
    expect(await first.shared.leave()).toBe(false);
    expect(await second.shared.leave()).toBe(true);
  });
});

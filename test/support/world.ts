import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, type App } from "../../src/app.ts";
import { demoConfig, demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import type { FlowName } from "../../src/flows/deps.ts";
import { createMovableClock, type Clock, type MovableClock } from "../../src/lib/clock.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import type { RecordKind } from "../../src/ledger/schema.ts";
import { createSeededRandom, systemRandom } from "../../src/lib/random.ts";
import type { FaultFile } from "../../src/sandbox/fault-rules.ts";
import {
  createSandbox,
  sandboxFetch,
  sandboxV2Key,
  type Sandbox,
  type SandboxOptions,
} from "../../src/sandbox/sandbox.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { borrowServerDatabase, engine, openTestDatabase } from "./database.ts";
import { placeEmptyDatabase } from "./template.ts";
import { createSpecWatch, type SpecWatch } from "./spec-watch.ts";

/** The whole application beside both sandboxes, in one process, on a clock the test moves. Flows run when the test says so. */
export interface World {
  app: App;
  sandbox: Sandbox;
  clock: MovableClock;
  /** Where the token and other files of the application lie, with `onDisk` the embedded database, too. */
  folder: string;
  /** One run of a flow. */
  run(flow: FlowName): Promise<void>;
  /** Runs both flows, moving time on between rounds, until nothing more happens or `rounds` are over. */
  settle(rounds?: number): Promise<void>;
  /** Prints a label for every order waiting in ShipStation. */
  buyAllLabels(): void;
  records(kind: RecordKind): Promise<{ key: string; state: string; reason_code: string | null; problems: unknown }[]>;
  /** Holds every exchange against the vendors' specifications; `close` fails with what does not fit. */
  specs: SpecWatch;
  /** A restart: the old process's memory is gone, the database stays. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const connectionId = "demo";
const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };

export interface WorldOptions {
  orders?: number;
  seed?: number;
  webhooks?: boolean;
  /** The connection has a key for ShipStation's V2 as well. */
  v2?: boolean;
  faults?: FaultFile;
  sandbox?: Partial<SandboxOptions>;
  /** Merged over the demo's connection file. */
  connection?: (file: Record<string, unknown>) => Record<string, unknown>;
  /** Around the network, for faults of the test's own. */
  network?: (fetch: Fetch) => Fetch;
  /** By how much the application's clock is wrong now; both systems' are right. */
  wrongByMs?: () => number;
  /** Default: nothing is logged. */
  log?: Log;
  /** The embedded database lies in the folder, where it keeps note of how old it is, and is not in memory. */
  onDisk?: boolean;
  /** With the engine, which runs the flows by itself once `app.start()` was called. Default: without. */
  role?: "web" | "all";
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = createMovableClock();
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-test-"));
  const onServer = engine === "server" ? await borrowServerDatabase() : undefined;
  const inMemory = engine === "embedded" && !options.onDisk ? await openTestDatabase() : undefined;
  if (!onServer && !inMemory) await placeEmptyDatabase(folder);
  let app: App | undefined;
  const specs = createSpecWatch();
  const sandbox = createSandbox({
    clock,
    seed: options.seed ?? 1,
    orders: options.orders ?? 0,
    webhooks: options.webhooks ?? false,
    watch: specs.answers,
    fetch: async (request) => app?.web.fetch(request) ?? new Response(null, { status: 503 }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...options.sandbox,
    // The client would wait a moment of real time between the polls of each confirmation.
    acumatica: { confirmPolls: 0, ...options.sandbox?.acumatica },
  });
  const direct = sandboxFetch(sandbox, { acumaticaOrigin: origins.acumatica, shipstationOrigin: origins.shipstation });
  const fetch = specs.requests(options.network ? options.network(direct) : direct);
  const shared = createSeededRandom(9);
  const start = async (): Promise<App> =>
    createApp({
      config: {
        ...demoConfig(folder, 4400, origins),
        databaseUrl: onServer?.url,
        masterKey: Buffer.alloc(32, 7).toString("base64"),
      },
      ports: {
        fetch,
        clock: options.wrongByMs ? wrongClock(clock, options.wrongByMs) : clock,
        random: { next: () => shared.next(), bytes: (length) => systemRandom.bytes(length) },
        log: options.log ?? silentLog,
      },
      // It outlives a restart, as one on the disk or on a server does.
      ...(inMemory && { database: { ...inMemory, close: () => Promise.resolve() } }),
      role: options.role ?? "web",
    });
  app = await start();
  const credentials = { ...demoCredentials, ...(options.v2 ? { v2ApiKey: sandboxV2Key } : {}) };
  const file = demoConnection(origins, credentials, options.webhooks ?? false) as Record<string, unknown>;
  await app.addConnection(options.connection ? options.connection(file) : file, "test");
  const world: World = {
    app,
    sandbox,
    clock,
    folder,
    specs,
    run: (flow) => world.app.run(connectionId, flow),
    settle: async (rounds = 12) => {
      for (let round = 0; round < rounds; round += 1) {
        const before = sandbox.acumatica.counts.writes + sandbox.shipstation.counts.writes;
        await world.run("orders-out");
        await world.run("shipments-back");
        clock.advance(round < 3 ? 6_000 : 61_000);
        const quiet = before === sandbox.acumatica.counts.writes + sandbox.shipstation.counts.writes;
        if (quiet && round > 3 && (await nothingDue(world))) return;
      }
    },
    buyAllLabels: () => {
      const waiting = [...sandbox.shipstation.tables.orders.values()].filter(
        (order) => order.orderStatus === "awaiting_shipment" && order.deletedAt === null,
      );
      for (const order of waiting) sandbox.shipstation.buyLabels({ orderIds: [order.orderId] });
    },
    records: (kind) =>
      world.app.db
        .selectFrom("records")
        .select(["key", "state", "reason_code", "problems"])
        .where("kind", "=", kind)
        .orderBy("key")
        .execute(),
    restart: async () => {
      await world.app.stop();
      app = await start();
      world.app = app;
    },
    close: async () => {
      await world.app.stop();
      await onServer?.giveBack();
      await inMemory?.close();
      rmSync(folder, { recursive: true, force: true });
      specs.finish();
    },
  };
  return world;
}

/** Somebody sets it; how long something takes, it tells all the same. */
const wrongClock = (clock: MovableClock, byMs: () => number): Clock => ({
  now: () => clock.now() + byMs(),
  elapsed: () => clock.elapsed?.() ?? clock.now(),
  sleep: (ms, signal) => clock.sleep(ms, signal),
});

async function nothingDue(world: World): Promise<boolean> {
  const due = await world.app.db
    .selectFrom("records")
    .select("key")
    // Items and customers have a rhythm of their own; a settling world does not run it.
    .where("kind", "in", ["order", "label"])
    .where("due_at", "is not", null)
    .where("due_at", "<", new Date(world.clock.now() + 3_600_000))
    .executeTakeFirst();
  return due === undefined;
}

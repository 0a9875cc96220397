import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { createApp, type App } from "../../src/app.ts";
import { demoConfig, demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import type { FlowName } from "../../src/flows/deps.ts";
import type { Db } from "../../src/ledger/schema.ts";
import { createMovableClock, type MovableClock } from "../../src/lib/clock.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { createSandbox, sandboxFetch, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { openTestDatabase } from "./database.ts";

export const connectionId = "demo";
const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };

/** Several processes of the service on one database, beside one sandbox whose sessions are watched at every request. */
export interface Processes {
  db: Db;
  sandbox: Sandbox;
  clock: MovableClock;
  /** Another process starts. */
  start(): Promise<App>;
  /** One run of a flow in that process. */
  run(app: App, flow: FlowName): Promise<void>;
  /** A killed process's turn is over: the database's clock goes on. */
  passLease(): Promise<void>;
  /** The session was used long ago, by the database's clock. */
  ageSession(seconds: number): Promise<void>;
  /** The most sessions, and the most requests, that Acumatica ever had at once. */
  most: { sessions: number; inFlight: number };
  close(): Promise<void>;
}

export async function createProcesses(options: {
  orders?: number;
  acumatica?: SandboxOptions["acumatica"];
  connection?: (file: Record<string, unknown>) => Record<string, unknown>;
  network?: (fetch: Fetch) => Fetch;
}): Promise<Processes> {
  const clock = createMovableClock();
  const opened = await openTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-test-"));
  const sandbox = createSandbox({
    clock,
    seed: 1,
    orders: options.orders ?? 0,
    webhooks: false,
    fetch: () => Promise.resolve(new Response(null, { status: 503 })),
    acumatica: { confirmPolls: 0, maxSessions: 6, ...options.acumatica },
  });
  const direct = sandboxFetch(sandbox, { acumaticaOrigin: origins.acumatica, shipstationOrigin: origins.shipstation });
  const most = { sessions: 0, inFlight: 0 };
  let inFlight = 0;
  const watched: Fetch = async (request) => {
    if (!request.url.startsWith(origins.acumatica)) return await direct(request);
    inFlight += 1;
    most.inFlight = Math.max(most.inFlight, inFlight);
    try {
      return await direct(request);
    } finally {
      inFlight -= 1;
      most.sessions = Math.max(most.sessions, sandbox.acumatica.sessionCount());
    }
  };
  const fetch = options.network ? options.network(watched) : watched;
  const apps = new Set<App>();
  const start = async (): Promise<App> => {
    const app = await createApp({
      config: { ...demoConfig(folder, 4400, origins), masterKey: Buffer.alloc(32, 7).toString("base64") },
      ports: { fetch, clock, random: systemRandom, log: silentLog },
      database: { db: opened.db, embedded: undefined, url: undefined, close: () => Promise.resolve() },
      role: "web",
    });
    apps.add(app);
    return app;
  };
  const first = await start();
  const file = demoConnection(origins, demoCredentials, false) as Record<string, unknown>;
  await first.addConnection(options.connection ? options.connection(file) : file, "test");
  return {
    db: opened.db,
    sandbox,
    clock,
    most,
    start,
    run: (app, flow) => app.run(connectionId, flow),
    passLease: async () => {
      await sql`update erp_sessions set held_until = clock_timestamp() - interval '1 second'`.execute(opened.db);
    },
    ageSession: async (seconds) => {
      await sql`update erp_sessions set held_until = null,
        used_at = clock_timestamp() - make_interval(secs => ${seconds})`.execute(opened.db);
    },
    close: async () => {
      for (const app of apps) await app.stop();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

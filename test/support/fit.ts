import { demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import { openClients } from "../../src/connections/clients.ts";
import { parseConnectionFile } from "../../src/connections/connection-file.ts";
import { checkFit, type FitReport } from "../../src/flows/fit-report.ts";
import { createFitWatch } from "../../src/connections/fit-watch.ts";
import type { Db } from "../../src/ledger/schema.ts";
import { createMovableClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import { createSandbox, sandboxFetch, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { createSpecWatch } from "./spec-watch.ts";

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
/** Nothing listens there. */
export const nobody = "http://127.0.0.1:4599";

/** One thing that is not as in the demo. */
export interface Change {
  credentials?: Partial<typeof demoCredentials>;
  instanceUrl?: string;
  endpointVersion?: string;
  sandbox?: Partial<SandboxOptions>;
  /** Done to the systems before they are looked at. */
  before?: (sandbox: Sandbox) => void;
  /** Of the operator; both systems' by default. */
  allowedOrigins?: string[];
  /** Calls of another program with the same key, in the same minute. */
  othersCalls?: number;
}

/** The fit check of the demo's connection against both sandboxes, in process, with one thing changed. */
export async function checkDemo(db: Db, change: Change = {}) {
  const clock = createMovableClock(() => Date.UTC(2026, 0, 5, 17));
  const specs = createSpecWatch();
  const sandbox = createSandbox({ clock, seed: 3, orders: 3, watch: specs.answers, ...change.sandbox });
  change.before?.(sandbox);
  const credentials = { ...demoCredentials, ...change.credentials };
  const demo = demoConnection(origins, credentials, false) as { acumatica: object };
  const acumatica = {
    ...demo.acumatica,
    ...(change.instanceUrl === undefined ? {} : { instanceUrl: change.instanceUrl }),
    ...(change.endpointVersion === undefined ? {} : { endpointVersion: change.endpointVersion }),
  };
  const allowedOrigins = [origins.acumatica, origins.shipstation, nobody];
  const file = parseConnectionFile({ ...demo, acumatica }, allowedOrigins);
  const { id, name, settings, username, secrets } = file;
  const connection = {
    id,
    name,
    settings,
    username,
    state: "active",
    stop: undefined,
    revision: 0,
    createdAt: new Date(clock.now()),
    restoredAt: undefined,
    reconciledAt: undefined,
  } as const;
  const network = specs.requests(
    sandboxFetch(sandbox, { acumaticaOrigin: origins.acumatica, shipstationOrigin: origins.shipstation }),
  );
  const pair = Buffer.from(`${demoCredentials.apiKey}:${demoCredentials.apiSecret}`).toString("base64");
  for (let made = 0; made < (change.othersCalls ?? 0); made += 1) {
    await network(new Request(`${origins.shipstation}/stores`, { headers: { authorization: `Basic ${pair}` } }));
  }
  const callsBefore = sandbox.shipstation.counts.calls;
  const watch = createFitWatch({ fetch: network, clock }, connection.settings.acumatica.instanceUrl);
  const clients = openClients(connection, {
    credentials: {
      acumatica: () => Promise.resolve({ username: username ?? "", password: secrets.password ?? "" }),
      application: () => Promise.reject(new Error("not asked for")),
      shipstation: () => Promise.resolve({ apiKey: secrets.apiKey ?? "", apiSecret: secrets.apiSecret ?? "" }),
      shipstationV2: () => undefined,
    },
    budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    budgetV2: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    fetch: watch.fetch,
    clock,
    random: createSeededRandom(5),
    log: silentLog,
  });
  const { acumatica: erp, shipstation } = clients;
  const report = await checkFit(
    { db, clock, connection, acumatica: erp, shipstation },
    { watch, allowedOrigins: change.allowedOrigins ?? allowedOrigins, keyAddedAt: new Date(clock.now()) },
  );
  await clients.close();
  specs.finish();
  const paths = sandbox.acumatica.journal.map(({ path }) => path.toLowerCase());
  return {
    report,
    signIns: paths.filter((path) => path.endsWith("/auth/login")).length,
    signOuts: paths.filter((path) => path.endsWith("/auth/logout")).length,
    writes: sandbox.acumatica.counts.writes + sandbox.shipstation.counts.writes,
    shipStationCalls: sandbox.shipstation.counts.calls - callsBefore,
    acumaticaCalls: sandbox.acumatica.counts.calls,
    sessions: sandbox.acumatica.sessionCount(),
  };
}

export const failedIn = (report: FitReport): string[] =>
  report.stages.filter(({ verdict }) => verdict === "failed").map(({ id }) => id);
export const stageOf = (report: FitReport, id: string) => report.stages.find((stage) => stage.id === id);

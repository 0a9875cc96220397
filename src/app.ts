import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Hono } from "hono";
import { announceHeads } from "./app/announce-heads.ts";
import { createEpochKeeper } from "./app/epoch-keeper.ts";
import { createValueTableDesk } from "./app/value-tables.ts";
import { createWebConnections } from "./app/web-connections.ts";
import type { Config } from "./config/config.ts";
import { loadMasterKey } from "./config/master-key.ts";
import { ensureOperatorToken } from "./config/operator-token.ts";
import { hookKeysOrigin, openClients, siteName, type ClientDeps } from "./connections/clients.ts";
import { storedCompany } from "./connections/company.ts";
import { idleErpSessions, voidErpTurns } from "./connections/erp-turn.ts";
import { keyAddedAt } from "./connections/fit-key-age.ts";
import { createFitWatch } from "./connections/fit-watch.ts";
import { createLanes } from "./connections/lanes.ts";
import { createPushBells, pushHeader, type PushBells } from "./connections/push-bells.ts";
import { noteReconciled } from "./connections/restored.ts";
import { deriveKey } from "./connections/sealing.ts";
import { createSignIns } from "./connections/sign-in.ts";
import { createConnectionStore, type Connection, type ConnectionStore } from "./connections/store.ts";
import { openVault } from "./connections/vault.ts";
import type { Engine } from "./engine/engine.ts";
import { createPgBossEngine, type EngineDeps } from "./engine/pg-boss-engine.ts";
import { flowOfKind, kindsOfFlow, type FlowName } from "./flows/deps.ts";
import { checkFit } from "./flows/fit-report.ts";
import type { OnStage } from "./connections/fit-stages.ts";
import { labelPdf, parcelsOf } from "./flows/parcels.ts";
import { previewOrders } from "./flows/preview.ts";
import { reconcileSides } from "./flows/reconcile.ts";
import { isFlowName, runFlow, startFlows, type FlowHost } from "./flows/run.ts";
import { unsubscribe } from "./flows/subscription.ts";
import { createAuditHeads } from "./ledger/audit-heads.ts";
import { appendAudit } from "./ledger/audit.ts";
import { dumpDatabase } from "./ledger/backup.ts";
import { openDatabase, type OpenDatabase } from "./ledger/database.ts";
import { ringDoorbell, wakeSpaced } from "./ledger/doorbells.ts";
import { instanceName } from "./ledger/instance.ts";
import { createErpBudget } from "./ledger/erp-budget.ts";
import { observeExchange } from "./ledger/exchanges.ts";
import { createBreaker } from "./ledger/breakers.ts";
import { requireFreeSpace } from "./ledger/free-space.ts";
import { createCallBudget, v2Budget } from "./ledger/quota.ts";
import { createSiteMemory } from "./ledger/site-memory.ts";
import { replayRecords, skipRecord } from "./ledger/replay.ts";
import { voidClaims } from "./ledger/records.ts";
import type { Db } from "./ledger/schema.ts";
import { wakeBy, wakeInterrupted } from "./ledger/wakeups.ts";
import type { Clock } from "./lib/clock.ts";
import type { Fetch } from "./lib/http.ts";
import type { Log } from "./lib/log.ts";
import { newId, type Random } from "./lib/random.ts";
import { parseResourceUrl } from "./shipstation/resource-url.ts";
import { createHookVerifier } from "./shipstation/v2/hook-signature.ts";
import { createAuth, type Auth } from "./web/auth.ts";
import { callbackPath } from "./web/authorisation.ts";
import { createWeb } from "./web/server.ts";

/** The world outside the process, so that a simulation can be all of it. */
export interface AppPorts {
  fetch: Fetch;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface AppOptions {
  config: Config;
  ports: AppPorts;
  /** Folder of the built console. */
  consoleFolder?: string;
  /** The demo's routes, mounted at `/demo`. */
  demo?: Hono;
  /** Without it nothing runs by itself: a `web` process, or a simulation that runs the flows. */
  role?: "all" | "web" | "worker";
  /** Already open and of the newest schema, in place of the configured one. */
  database?: OpenDatabase;
  /** In place of pg-boss: a simulation decides itself when something runs. */
  engine?: (deps: EngineDeps) => Engine;
}

export interface App {
  web: Hono;
  db: Db;
  auth: Auth;
  store: ConnectionStore;
  operatorToken: string;
  /** For the first user; undefined once there is one. */
  setupToken: string | undefined;
  notices: readonly string[];
  /** One run of one flow, as the engine does it. */
  run: (connectionId: string, flow: FlowName) => Promise<void>;
  /** Adds a connection and has its flows run. */
  addConnection: (file: unknown, actor: string) => Promise<Connection>;
  start: () => Promise<void>;
  stop: () => Promise<void>;
}

/** How often ERP sessions that nobody uses are closed. */
const idleCheckMs = 60_000;
/** Sessions that nobody has used for so long are closed, whoever opened them. */
const orphanSeconds = 300;
/** Runs of flows at the same time in one process. */
const concurrency = 4;

/** The only place that wires: configuration and ports in, a running application out. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, ports } = options;
  const { clock, random, log } = ports;
  if (config.databaseUrl === undefined && !options.database) requireFreeSpace(config.dataDir, config.minFreeMb);
  const masterKey = loadMasterKey(config, random);
  const opened =
    options.database ??
    (await openDatabase(
      config.databaseUrl === undefined
        ? { kind: "embedded", directory: config.dataDir }
        : { kind: "server", url: config.databaseUrl },
    ));
  const { db, embedded } = opened;
  // A simulation's database is emptied and filled again: nothing beside it tells its age.
  const epochs = options.database
    ? undefined
    : createEpochKeeper({ db, directory: config.dataDir, clock, random, log });
  await epochs?.begin();
  if (opened.embedded) {
    await voidClaims(db);
    await voidErpTurns(db);
  }
  const vault = await openVault({ db, masterKey: masterKey.key, clock, random }).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const store = createConnectionStore({ db, vault, clock, random, allowedOrigins: config.allowedOrigins });
  const operatorToken = ensureOperatorToken(config, random);
  const publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
  const auth = createAuth({
    db,
    clock,
    log,
    secret: deriveKey(masterKey.key, "sessions").toString("base64"),
    publicUrl,
  });
  const setupToken = (await auth.hasUsers()) ? undefined : newId(random);
  const stopped = new AbortController();
  const ending = stopped.signal;
  const signIns = createSignIns({ db, vault, store, redirectUri: `${publicUrl}${callbackPath}`, ending, ...ports });

  const clientDeps = (connection: Connection): Omit<ClientDeps, "signIn"> => ({
    credentials: store.credentials(connection),
    budget: createCallBudget(db, clock, connection.id),
    erpBudget: erpBudgetOf(connection),
    budgetV2: createCallBudget(db, clock, connection.id, v2Budget),
    ...ports,
  });
  const erpBudgetOf = ({ id, settings: { flows } }: Connection) =>
    flows.erpRequestsPerMinute === undefined ? undefined : createErpBudget(db, id, flows.erpRequestsPerMinute);
  const observe = observeExchange(clock);
  const lanes = createLanes((connection) =>
    openClients(connection, {
      ...clientDeps(connection),
      signIn: signIns.of(connection, observe),
      memory: createSiteMemory(db, clock, connection.id, siteName(connection.settings.acumatica)),
      breakers: (system) => createBreaker(db, clock, connection.id, system),
      observe,
    }),
  );
  const hookVerifier = createHookVerifier(ports);
  const hookAddress = async (connection: Connection): Promise<string> =>
    `${publicUrl}/hooks/shipstation/${await store.hookToken(connection.id)}`;
  // Without a public address ShipStation cannot reach us, and is not asked to.
  const hookUrl = (connection: Connection): Promise<string | undefined> =>
    config.publicUrl === undefined ? Promise.resolve(undefined) : hookAddress(connection);
  const instance = await instanceName(db, random);
  const stopping = (): boolean => stopped.signal.aborted;
  const host: FlowHost = { db, store, lanes, hookUrl, instance, stopping, clock, random, log };
  const run = async (connectionId: string, flow: string): Promise<void> => {
    if (!isFlowName(flow)) return;
    // The engine runs a flow of a connection once at a time: what is still claimed was left by a run that failed or died.
    // Of a run that only seemed dead, the fence refuses every later write.
    for (const kind of kindsOfFlow[flow]) await voidClaims(db, { connectionId, kind });
    await runFlow(host, connectionId, flow);
  };
  const engine: Engine | undefined =
    options.role === "web"
      ? undefined
      : (options.engine ?? createPgBossEngine)({
          ...{ db, embedded: opened.embedded, url: opened.url },
          ...{ clock, log, run, concurrency },
        });

  const wake = async (connectionId: string, flow: string): Promise<void> => {
    await wakeBy(db, connectionId, flow, new Date(clock.now()));
    engine?.wake();
  };
  /** A connection that starts paused waits for the person who resumes it. */
  const begin = async (connectionId: string): Promise<void> => {
    if ((await store.get(connectionId))?.state !== "active") return;
    await startFlows(db, connectionId, new Date(clock.now()));
    engine?.wake();
  };
  const gapMsOf = async (connectionId: string): Promise<number> =>
    ((await store.get(connectionId))?.settings.flows.doorbellGapSeconds ?? 10) * 1000;
  const tableDesk = createValueTableDesk({ db, store, clientsOf: (connection) => lanes.of(connection) });
  const connectionOf = async (id: string): Promise<Connection> => {
    const connection = await store.get(id);
    if (!connection) throw new Error(`no connection ${id}`);
    return connection;
  };
  const auditHeads = createAuditHeads(db, clock, deriveKey(masterKey.key, "audit-heads"));
  const web = createWeb({
    db,
    auditHeads,
    database: opened.embedded ? "embedded" : "server",
    clock,
    random,
    log,
    version: packageVersion(),
    publicUrl,
    operatorTokenHash: createHash("sha256").update(operatorToken).digest("hex"),
    setupToken,
    auth,
    connections: createWebConnections({ db, clock, store, signIns, hookAddress, begin, drop: (id) => lanes.drop(id) }),
    checkFit: async (connectionId, onStage) => fitReport(await connectionOf(connectionId), onStage),
    preview: async (connectionId) => previewOrders(await readDeps(connectionId)),
    reconcile: async (connectionId, days, actor) => {
      const deps = await readDeps(connectionId);
      const found = await reconcileSides(deps, days);
      const theirs = deps.acumatica.theirTime();
      const times = { at: new Date(clock.now()), theirTime: theirs && new Date(theirs.atLeast) };
      await noteReconciled(db, times, actor, connectionId, found.differences.length);
      return found;
    },
    tables: {
      show: async (id, withChoices) => tableDesk.show(await connectionOf(id), withChoices),
      replace: async (id, name, table, actor) => tableDesk.replace(await connectionOf(id), name, table, actor),
    },
    wake,
    ring: async (connectionId, stream) => {
      const flow = "shipments-back";
      await ringDoorbell(db, {
        connectionId,
        stream,
        flow,
        now: new Date(clock.now()),
        gapMs: await gapMsOf(connectionId),
      });
      engine?.wake();
    },
    push: {
      ...pushPort(createPushBells({ db, vault, clock, random }), publicUrl),
      ring: async (connectionId, what) => {
        const flow = flowOfPush[what];
        await wakeSpaced(db, { connectionId, flow, now: new Date(clock.now()), gapMs: await gapMsOf(connectionId) });
        engine?.wake();
      },
    },
    parseResourceUrl,
    hookSignatures: {
      verify: async (connectionId, headers, rawBody) => {
        const connection = await store.get(connectionId);
        return connection ? hookVerifier.verify(hookKeysOrigin(connection), headers, rawBody) : "forged";
      },
      taken: (headers) => hookVerifier.taken(headers),
    },
    parcels: async (connectionId, kind, key) => parcelsOf(await readDeps(connectionId), kind, key),
    labelPdf: async (connectionId, labelKey) => labelPdf(await readDeps(connectionId), labelKey),
    replay: async (request, actor) => {
      const done = await replayRecords(db, new Date(clock.now()), request, flowOfKind, actor);
      engine?.wake();
      return done;
    },
    skip: (request, actor) => {
      const record = { connectionId: request.connection, kind: request.kind, key: request.key };
      return skipRecord(db, new Date(clock.now()), record, request.why, actor);
    },
    onConnectionAdded: begin,
    beforeConnectionRemoved: async (connectionId) => {
      const connection = await store.get(connectionId);
      if (!connection) return;
      await unsubscribe(await readDeps(connectionId)).catch((error: unknown) =>
        log.warn({ connection: connectionId, error: String(error) }, "the webhook subscriptions could not be removed"),
      );
      await lanes.end(connectionId);
    },
    backup: embedded && ((actor) => takeBackup(db, embedded, new Date(clock.now()), actor)),
    consoleFolder: options.consoleFolder,
    demo: options.demo,
  });

  /** The open clients are used. */
  async function readDeps(connectionId: string) {
    const connection = await store.get(connectionId);
    if (!connection) throw new Error(`no connection ${connectionId}`);
    const { acumatica, shipstation, shipstationV2 } = lanes.of(connection);
    return { db, clock, log, connection, acumatica, shipstation, shipstationV2 };
  }

  /** A fit check has clients of its own, so that every call of it is counted; the session is the connection's. */
  async function fitReport(connection: Connection, onStage: OnStage | undefined) {
    const watch = createFitWatch(ports, connection.settings.acumatica.instanceUrl);
    const signIn = signIns.of(connection);
    const clients = openClients(connection, { ...clientDeps(connection), signIn, fetch: watch.fetch });
    const { acumatica, shipstation, shipstationV2 } = clients;
    try {
      return await checkFit(
        { db, clock, connection, acumatica, shipstation },
        {
          ...{ watch, onStage, shipstationV2, allowedOrigins: config.allowedOrigins },
          keyAddedAt: await keyAddedAt(db, connection.id),
          company: () => storedCompany(db, connection.id),
        },
      );
    } finally {
      await clients.close();
    }
  }

  async function closeIdleSessions(): Promise<void> {
    for (;;) {
      const isOver = await clock.sleep(idleCheckMs, stopped.signal).then(
        () => false,
        () => true,
      );
      if (isOver) return;
      await lanes.closeIdle();
      await closeOrphans().catch((error: unknown) => log.warn({ err: error }, "idle sessions could not be looked for"));
      await epochs?.renew();
    }
  }

  /** Sessions that a process has left behind which is not there any more; whoever finds one closes it. */
  async function closeOrphans(): Promise<void> {
    for (const id of await idleErpSessions(db, orphanSeconds)) {
      const connection = await store.get(id);
      if (connection) await lanes.of(connection).closeIfIdle(true);
    }
  }

  return {
    web,
    db,
    auth,
    store,
    operatorToken,
    setupToken,
    notices: masterKey.notices,
    run: (connectionId, flow) => runFlow(host, connectionId, flow),
    addConnection: async (file, actor) => {
      const { connection } = await store.add(file, actor);
      await begin(connection.id);
      return connection;
    },
    start: async () => {
      if (engine) await wakeInterrupted(db, new Date(clock.now()));
      await engine?.start();
      void closeIdleSessions();
      void announceHeads({ heads: auditHeads, clock, log }, stopped.signal);
    },
    stop: async () => {
      stopped.abort(new Error("stopping"));
      await engine?.stop();
      await lanes.closeAll();
      await epochs?.renew();
      await opened.close();
    },
  };
}

/** Orders out reads the stock items, too. */
const flowOfPush = { orders: "orders-out", items: "orders-out" } satisfies Record<string, FlowName>;

function pushPort(bells: PushBells, publicUrl: string) {
  const shown = ({ token, key }: { token: string; key: string }) => ({
    url: `${publicUrl}/hooks/acumatica/${token}`,
    key,
  });
  return {
    header: pushHeader,
    show: async (id: string, actor: string) => shown(await bells.show(id, actor)),
    renew: async (id: string, actor: string) => shown(await bells.renew(id, actor)),
    find: (token: string, key: string) => bells.find(token, key),
  };
}

/** The entry is in the backup, too. */
async function takeBackup(
  db: Db,
  embedded: NonNullable<OpenDatabase["embedded"]>,
  at: Date,
  actor: string,
): Promise<Uint8Array<ArrayBuffer>> {
  await appendAudit(db, at, actor, [{ connectionId: undefined, event: "backup.taken" }]);
  return dumpDatabase(embedded);
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

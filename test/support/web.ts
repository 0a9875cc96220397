import { createHash } from "node:crypto";
import type { Hono } from "hono";
import type { OpenDatabase } from "../../src/ledger/database.ts";
import { createMovableClock, type MovableClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { createAuditHeads } from "../../src/ledger/audit-heads.ts";
import { createAuth } from "../../src/web/auth.ts";
import type { ConnectionStore, PushPort, StoredConnection, WebDeps } from "../../src/web/deps.ts";
import { createWeb } from "../../src/web/server.ts";
import { engine, openTestDatabase } from "./database.ts";

export const publicUrl = "http://127.0.0.1:4400";
export const operatorToken = "operator-token-of-tests";
export const setupToken = "one-time-token-of-tests";
export const hookToken = "h".repeat(43);
export const pushToken = "t".repeat(43);
export const pushKey = "k".repeat(43);
export const ada = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };
export const operator = { authorization: `Bearer ${operatorToken}` };

/** What the parts behind the web side were asked to do. */
export interface Calls {
  wakes: [connectionId: string, flow: string][];
  actions: unknown[][];
  /** Of push notifications. */
  rings: [connectionId: string, what: string][];
}

export interface WebUnderTest {
  web: Hono;
  opened: OpenDatabase;
  clock: MovableClock;
  calls: Calls;
  push: PushPort;
  /** Signs in as `ada`, and gives the headers of a browser that did. */
  signIn(): Promise<{ cookie: string; origin: string }>;
}

/** The web side on an empty database, with one stored connection `acme` and stand-ins for what lies behind. */
export async function openWeb(change: Partial<WebDeps> = {}): Promise<WebUnderTest> {
  const opened = await openTestDatabase();
  const { db } = opened;
  const clock = createMovableClock();
  const calls: Calls = { wakes: [], actions: [], rings: [] };
  const push = pushUnderTest(calls);
  const auth = createAuth({
    db,
    clock,
    log: silentLog,
    secret: "s".repeat(20) + "3cr3t-of-tests-0123456789",
    publicUrl,
  });
  await db
    .insertInto("connections")
    .values({
      id: "acme",
      name: "Acme",
      state: "active",
      settings: "{}",
      created_at: new Date(0),
      updated_at: new Date(0),
      stop_code: null,
      stop_text: null,
      hook_token_hash: null,
    })
    .execute();
  const web = createWeb({
    auditHeads: createAuditHeads(db, clock, Buffer.alloc(32, 5)),
    db,
    database: engine,
    clock,
    random: systemRandom,
    log: silentLog,
    version: "1.2.3",
    publicUrl,
    operatorTokenHash: createHash("sha256").update(operatorToken).digest("hex"),
    setupToken,
    auth,
    connections: storeUnderTest(calls),
    checkFit: (connection) =>
      Promise.resolve({ connection, fits: true, stages: [], calls: { acumatica: 0, shipstation: 0 } }),
    preview: (connection) =>
      Promise.resolve({ connection, since: "2026-01-01T00:00:00.000Z", counts: noCounts, rules: [], orders: [] }),
    reconcile: (connection, days) => {
      calls.actions.push(["reconcile", connection, days]);
      return Promise.resolve({ ...nothingCompared, connection });
    },
    tables: {
      show: (connection) => Promise.resolve({ connection, tables: noTables, unmapped: [], choices: undefined }),
      replace: (connection, name, table, actor) => {
        calls.actions.push(["table", connection, name, table, actor]);
        return Promise.resolve({ connection, tables: noTables, unmapped: [], choices: undefined });
      },
    },
    wake: (...call) => Promise.resolve(void calls.wakes.push(call)),
    ring: () => Promise.resolve(),
    push,
    parseResourceUrl: (url) =>
      typeof url === "string" && url.startsWith("https://ssapi.shipstation.com/fulfillments")
        ? { stream: "fulfillments" }
        : undefined,
    hookSignatures: { verify: () => Promise.resolve("unsigned"), taken: () => undefined },
    parcels: (_, __, key) =>
      Promise.resolve(key === "SO/none" ? undefined : { parcels: [], notice: "V2 is not there." }),
    labelPdf: (_, label) =>
      Promise.resolve(label === "S404" ? undefined : new Uint8Array(Buffer.from(`%PDF-1.4 ${label}`))),
    replay: (request, actor) => {
      calls.actions.push(["replay", request, actor]);
      return Promise.resolve({ matched: 2, replayed: 2, keys: ["SO/1", "SO/2"] });
    },
    skip: (request, actor) => {
      calls.actions.push(["skip", request, actor]);
      return Promise.resolve(request.key !== "SO/none");
    },
    consoleFolder: undefined,
    demo: undefined,
    ...change,
  });
  return {
    web,
    opened,
    clock,
    calls,
    push,
    signIn: async () => {
      if (!(await auth.hasUsers())) await auth.createUser(ada);
      const answer = await web.request("/api/auth/sign-in/email", {
        method: "POST",
        headers: { "content-type": "application/json", origin: publicUrl },
        body: JSON.stringify({ email: ada.email, password: ada.password }),
      });
      const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
      return { cookie: cookies.join("; "), origin: publicUrl };
    },
  };
}

const noCounts = { create: 0, update: 0, cancel: 0, hold: 0, aborted: 0, filtered: 0, settled: 0 };

const noTables = {
  "ship-via": { rows: [], default: null },
  "ship-from": { rows: [], default: null },
  box: { rows: [], default: null },
  store: { rows: [], default: null },
};

const nothingCompared = {
  since: "2026-01-01T00:00:00.000Z",
  compared: { orders: 0, labels: 0, shipments: 0 },
  differences: [],
  unchecked: 0,
  skipped: 0,
};

const acme: StoredConnection = {
  id: "acme",
  name: "Acme",
  state: "active",
  stop: undefined,
  acumatica: {
    instanceUrl: "https://acme.acumatica.com",
    tenant: "Acme",
    branch: undefined,
    endpointName: "Default",
    endpointVersion: "24.200.001",
    username: "connector",
    signIn: "password",
    clientId: undefined,
  },
  shipstation: { origin: "https://ssapi.shipstation.com" },
  webhookUrl: `${publicUrl}/hooks/shipstation/***`,
  authorisation: undefined,
  company: undefined,
  notices: [],
};

function pushUnderTest(calls: Calls): PushPort {
  const address = (key: string) => ({ url: `${publicUrl}/hooks/acumatica/${pushToken}`, key });
  return {
    header: "X-Doorbell-Key",
    show: (connection, actor) => {
      calls.actions.push(["push", connection, actor]);
      return Promise.resolve(address(pushKey));
    },
    renew: (connection, actor) => {
      calls.actions.push(["renew push", connection, actor]);
      return Promise.resolve(address("n".repeat(43)));
    },
    find: (token, key) => Promise.resolve(token === pushToken && key === pushKey ? { id: "acme" } : undefined),
    ring: (...call) => Promise.resolve(void calls.rings.push(call)),
  };
}

function storeUnderTest(calls: Calls): ConnectionStore {
  const stored = new Map<string, StoredConnection>([["acme", acme]]);
  const act = (...call: unknown[]): void => void calls.actions.push(call);
  const set = (id: string, state: StoredConnection["state"]): void => {
    const connection = stored.get(id);
    if (connection) stored.set(id, { ...connection, state });
  };
  return {
    list: () => Promise.resolve([...stored.values()]),
    find: (id) => Promise.resolve(stored.get(id)),
    add: (file, actor) => {
      act("add", file, actor);
      const added = { ...acme, id: "added" };
      stored.set(added.id, added);
      return Promise.resolve(added);
    },
    update: (id, patch, actor) => {
      act("update", id, patch, actor);
      return Promise.resolve();
    },
    authorise: (id, actor) => {
      act("authorise", id, actor);
      return Promise.resolve({ url: "https://acme.acumatica.com/identity/connect/authorize", expiresAt: new Date(0) });
    },
    completeAuthorisation: (returned, signedIn) => {
      act("complete-authorisation", returned, signedIn);
      return Promise.resolve({ id: "acme", name: "Acme <b>" });
    },
    lookAtCompany: () => Promise.resolve({ tenant: "Acme", here: undefined, expected: undefined, isExpected: false }),
    confirmCompany: (id, landmarkId, actor) => {
      act("confirm-company", id, landmarkId, actor);
      return Promise.resolve();
    },
    allowSignIn: (id, actor) => {
      act("allow-sign-in", id, actor);
      return Promise.resolve();
    },
    pause: (id, actor) => {
      act("pause", id, actor);
      set(id, "paused");
      return Promise.resolve();
    },
    resume: (id, actor) => {
      act("resume", id, actor);
      set(id, "active");
      return Promise.resolve();
    },
    remove: (id, actor) => {
      act("remove", id, actor);
      return Promise.resolve(void stored.delete(id));
    },
    findByHookToken: (token) => Promise.resolve(token === hookToken ? { id: "acme" } : undefined),
  };
}

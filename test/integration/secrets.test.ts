import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildConsole } from "../../src/cli/build-console.ts";
import { appendAudit } from "../../src/ledger/audit.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { createLog } from "../../src/lib/log.ts";
import { broken, createBadNetwork, echoOf, silence, type BadMoment } from "../support/bad-network.ts";
import { createCanarySearch, formsOf } from "../support/canaries.ts";
import { engine } from "../support/database.ts";
import { readWholeDatabase } from "../support/whole-database.ts";
import { connectionId, createWorld, type World } from "../support/world.ts";

/** The connection file's secrets. They hold what every way of writing text down escapes differently. */
const password = `Pa"ss\\w/ord' <&> +%20 K7qWx2ZrT9mB4vLc8NdY`;
const apiKey = "8f1dQ3zKpR6wXs0TjVb5Hy2NgMc7LfEa";
const apiSecret = `e4+uJ9/oC=Zi1Wq8"\\'&Dk6SxGn3YtPv7BrAh2`;
const v2Key = "TEST_v2/+Yc4Hn8QwLr2'&%Zk9sBd6XfTg1Mp5VjRu3";
const canaries = [
  { name: "password", text: password },
  { name: "key", text: apiKey },
  { name: "secret", text: apiSecret },
  { name: "V2 key", text: v2Key },
  { name: "Basic header", text: Buffer.from(`${apiKey}:${apiSecret}`).toString("base64") },
];
const search = createCanarySearch(canaries);

const orders = 6;
const logged: string[] = [];
/** Everything the service answered, by what was asked. */
const answered = new Map<string, string>();
let world: World;

/** Ways in which an exchange can end badly, among them answers that repeat the credentials they were sent. */
const moments: BadMoment[] = [
  ...(["/auth/login", "/salesorder", "/shipment"] as const).flatMap((path): BadMoment[] => [
    {
      name: `Acumatica repeats the request, ${path}`,
      meets: (asked) => asked.path.includes("/entity/") && asked.path.endsWith(path),
      happens: async (request) =>
        Response.json({ message: "An error has occurred.", exceptionMessage: await echoOf(request) }, { status: 500 }),
    },
    {
      name: `Acumatica does not answer, ${path}`,
      meets: (asked) => asked.path.includes("/entity/") && asked.path.endsWith(path),
      happens: (request) => silence(request, () => world.clock.advance(900_000)),
    },
  ]),
  {
    name: "Acumatica forgets its session",
    meets: (asked) => asked.method === "GET" && asked.path.endsWith("/salesorder"),
    happens: () => Promise.resolve(Response.json({ message: "You are not logged in." }, { status: 401 })),
  },
  {
    name: "Acumatica shows its sign-in page, with what was sent",
    meets: (asked) => asked.path.endsWith("/auth/login"),
    happens: async (request) =>
      new Response(`<html><title>${await echoOf(request)}</title></html>`, {
        status: 200,
        headers: { "content-type": "text/html" },
      }),
  },
  ...(["/orders/createorders", "/shipments", "/webhooks/subscribe"] as const).flatMap((path): BadMoment[] => [
    {
      name: `ShipStation repeats the request, ${path}`,
      meets: (asked) => asked.path === path,
      happens: async (request) =>
        Response.json({ Message: "An error has occurred.", ExceptionMessage: await echoOf(request) }, { status: 500 }),
    },
    {
      name: `a proxy before ShipStation repeats the request, ${path}`,
      meets: (asked) => asked.path === path,
      happens: async (request) => new Response(await echoOf(request), { status: 502 }),
    },
    {
      name: `the connection to ShipStation breaks, ${path}`,
      meets: (asked) => asked.path === path,
      happens: (request) => broken(request, path === "/shipments" ? "CERT_HAS_EXPIRED" : "ECONNRESET"),
    },
  ]),
  {
    name: "ShipStation V2 repeats the request, of an order's key",
    meets: (asked) => asked.path.startsWith("/v2/shipments/external_shipment_id/"),
    happens: async (request) =>
      Response.json({ request_id: "1", errors: [{ message: await echoOf(request) }] }, { status: 400 }),
  },
  {
    name: "a proxy before ShipStation V2 repeats the request, of labels",
    meets: (asked) => asked.path === "/v2/labels",
    happens: async (request) => new Response(await echoOf(request), { status: 502 }),
  },
  {
    name: "a good answer of ShipStation V2 repeats the request",
    meets: (asked) => asked.path === "/v2/environment/webhooks" && asked.method === "GET",
    happens: async (request) => Response.json([{ webhook_id: "se-1", name: await echoOf(request) }]),
  },
  {
    name: "the connection to ShipStation V2 breaks",
    meets: (asked) => asked.path === "/v2/labels",
    happens: (request) => broken(request, "ECONNRESET"),
  },
  {
    name: "ShipStation does not answer",
    meets: (asked) => asked.path === "/shipments",
    happens: (request) => silence(request, () => world.clock.advance(900_000)),
  },
  {
    name: "a good answer of ShipStation repeats the request in a member of its own",
    meets: (asked) => asked.path === "/orders/createorders",
    happens: async (request, on) => {
      const repeated = await echoOf(request.clone());
      return Response.json({ ...((await (await on(request)).json()) as object), repeated });
    },
  },
  {
    name: "ShipStation refuses the key and repeats it",
    meets: (asked) => asked.method === "GET" && asked.path === "/orders",
    happens: async (request) => Response.json({ Message: await echoOf(request) }, { status: 401 }),
  },
];
const network = createBadNetwork(moments);

/** Of the ERP: not in the file, but who holds one is signed in. */
const sessions = new Set<string>();
function rememberSessions(fetch: Fetch): Fetch {
  return async (request) => {
    const response = await fetch(request);
    const [, session] = /\.ASPXAUTH=([^;]+)/.exec(response.headers.getSetCookie().join("\n")) ?? [];
    if (session !== undefined) sessions.add(session);
    return response;
  };
}

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const response = await world.app.web.request(path, {
    method,
    headers: { authorization: `Bearer ${world.app.operatorToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  answered.set(`${answered.size} ${method} ${path}`, JSON.stringify([...response.headers]) + text);
  return { status: response.status, text };
}

const stateOf = async (): Promise<string | undefined> => (await world.app.store.get(connectionId))?.state;
const resume = (): Promise<unknown> => ask("POST", `/api/v1/connections/${connectionId}/resume`);

/** Every flow once; a person resumes what stopped. */
async function round(): Promise<void> {
  for (const flow of ["subscription", "orders-out", "shipments-back"] as const) {
    await world.run(flow);
    if ((await stateOf()) === "stopped") await resume();
  }
  world.buyAllLabels();
  world.clock.advance(65_000);
}

/** Everything that can be done with a connection, with everything that can go wrong on the way. */
async function journey(): Promise<void> {
  const { acumatica, shipstation, faults } = world.sandbox;
  const ping = () => ask("POST", `/api/v1/connections/${connectionId}/ping`);
  faults.set([
    { system: "acumatica", kind: "html", rate: 0.05, times: 3 },
    { system: "shipstation", kind: "rate-limit-storm", after: 8 },
    { system: "shipstation", kind: "truncated", rate: 0.1, times: 2 },
    { system: "acumatica", kind: "session-limit", after: 2, times: 1 },
  ]);
  await ping();
  for (let rounds = 0; rounds < 80; rounds += 1) {
    await round();
    if (network.left().length === 0 && world.sandbox.check().shipped === orders) break;
  }
  faults.clear();
  await ping();

  acumatica.options.users = [{ name: "connector", password: "changed in the ERP" }];
  world.clock.advance(11 * 60_000);
  await world.run("orders-out");
  await ping();
  acumatica.options.users = [{ name: "connector", password }];
  await resume();
  shipstation.options.keys = [{ key: apiKey, secret: apiSecret, expiresAt: 1 }];
  await world.run("shipments-back");
  await ping();
  shipstation.options.keys = [{ key: apiKey, secret: apiSecret }];
  await resume();
  await world.run("orders-out");

  const file = {
    name: "Other",
    acumatica: { password, apiKey },
    shipstation: { apiKey: [apiKey], apiSecret, password },
  };
  await ask("POST", "/api/v1/connections", file);
  await ask("POST", "/api/v1/connections", { ...connectionFile(), id: connectionId });
  await ask("POST", "/api/v1/connections", { ...connectionFile(), id: "second" });
  await ask("POST", "/api/v1/replay", { connection: connectionId, state: "Processed" });
  await round();
}

const connectionFile = (): Record<string, unknown> => ({
  name: "Second",
  acumatica: {
    ...{ instanceUrl: "http://127.0.0.1:4501", tenant: "Brand", endpointVersion: "24.200.001" },
    ...{ username: "connector", password },
  },
  shipstation: { apiKey, apiSecret, origin: "http://127.0.0.1:4502" },
});

/** The engine's tables fill when the flows run by themselves. */
async function letTheEngineRun(): Promise<void> {
  const startedAt = new Date(world.clock.now());
  await world.app.start();
  await ask("POST", `/api/v1/connections/${connectionId}/wake`);
  await vi.waitFor(
    async () => {
      const ran = await world.app.db.selectFrom("wakeups").select("ran_at").where("ran_at", ">", startedAt).execute();
      expect(ran.length).toBeGreaterThan(2);
    },
    { timeout: 60_000, interval: 50 },
  );
  for (const id of [connectionId, "second"]) await ask("POST", `/api/v1/connections/${id}/pause`);
}

beforeAll(async () => {
  world = await createWorld({
    onDisk: true,
    orders,
    webhooks: true,
    v2: true,
    role: "all",
    log: createLog("debug", { write: (line) => void logged.push(line) }),
    network: (fetch) => network.around(rememberSessions(fetch)),
    sandbox: {
      acumatica: { users: [{ name: "connector", password }], lockAfter: 100 },
      shipstation: { keys: [{ key: apiKey, secret: apiSecret }] },
      shipstationV2: { keys: [{ key: v2Key }] },
    },
    connection: (file) => ({
      ...file,
      acumatica: { ...(file["acumatica"] as object), password },
      shipstation: {
        ...(file["shipstation"] as object),
        ...{ apiKey, apiSecret, v2: { apiKey: v2Key, origin: "http://127.0.0.1:4502" } },
      },
    }),
  });
  await journey();
  await letTheEngineRun();
});
afterAll(() => world.close());

/** Where each canary was found, as `place: canary as form`. */
const findIn = (places: Iterable<[string, string | Buffer]>, find = search): string[] => [
  ...new Set([...places].flatMap(([place, text]) => find(text).map((found) => `${place}: ${found}`))),
];

const filesIn = (folder: string): [string, Buffer][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file, readFileSync(file)]);

async function rowsOf(): Promise<[string, string][]> {
  const tables = await readWholeDatabase(world.app.db);
  return [...tables].flatMap(([table, rows]) => rows.map((row): [string, string] => [table, row]));
}

describe("after a whole journey with every kind of fault, the connection file's secrets are", () => {
  test("in use: the journey succeeded with them, and every fault happened", async () => {
    expect(network.left()).toEqual([]);
    expect(world.sandbox.check()).toMatchObject({ orders, shipped: orders, failed: 0 });
    const audit = await world.app.db.selectFrom("audit").select("event").execute();
    expect(new Set(audit.map(({ event }) => event))).toContain("connection.stopped");
    const failed = await world.app.db.selectFrom("exchanges").select("id").where("failure", "is not", null).execute();
    expect(failed.length).toBeGreaterThan(3);
  });

  test("in no row of any table, the engine's included", async () => {
    const tables = await readWholeDatabase(world.app.db);
    const filled = [...tables].filter(([, rows]) => rows.length > 0).map(([table]) => table);
    for (const table of ["secrets", "records", "effects", "exchanges", "audit", "shipment_plans", "wakeups"]) {
      expect(filled).toContain(`public.${table}`);
    }
    expect(filled.filter((table) => table.startsWith("engine."))).not.toEqual([]);
    expect(findIn(await rowsOf())).toEqual([]);
  });

  test.runIf(engine === "embedded")("in no file of the data directory, write-ahead log included", () => {
    const files = filesIn(world.folder);
    expect(files.some(([file]) => file.includes("pg_wal"))).toBe(true);
    expect(findIn(files)).toEqual([]);
  });

  test("in no line of the log, at its most talkative", () => {
    const levels = new Set(logged.map((line) => (JSON.parse(line) as { level: number }).level));
    for (const level of [20, 30, 40, 50]) expect(levels).toContain(level);
    expect(findIn(logged.map((line) => [line.slice(0, 200), line]))).toEqual([]);
  });

  test("in no answer of the API: every GET route, and what was answered on the way", async () => {
    for (const path of await everyGetAddress()) {
      let { status } = await ask("GET", path);
      if (status === 429) {
        // Labels are asked of ShipStation only so often a minute.
        world.clock.advance(60_000);
        ({ status } = await ask("GET", path));
      }
      expect([path, status]).toEqual([path, 200]);
    }
    expect(answered.size).toBeGreaterThan(40);
    expect(findIn(answered)).toEqual([]);
  });

  test("in no file of the console", async () => {
    await buildConsole();
    const files = filesIn(resolve(import.meta.dirname, "../../dist/console"));
    expect(files.some(([file]) => file.endsWith(".js"))).toBe(true);
    expect(findIn(files)).toEqual([]);
  });
});

test("the ERP's sessions, too, are in no row, no line of the log and no answer", async () => {
  expect(sessions.size).toBeGreaterThan(3);
  const find = createCanarySearch([...sessions].map((text) => ({ name: "session", text })));
  expect(findIn([...(await rowsOf()), ...answered], find)).toEqual([]);
  expect(findIn([["log", logged.join("")]], find)).toEqual([]);
});

/** Every GET route of the OpenAPI document with every id there is, and what stands beside it. */
async function everyGetAddress(): Promise<string[]> {
  const document = JSON.parse((await ask("GET", "/api/openapi.json")).text) as {
    paths: Record<string, { get?: { parameters?: { name: string; in: string; required?: boolean }[] } }>;
  };
  const connections = await world.app.store.list();
  const records = await world.app.db.selectFrom("records").select(["connection_id", "kind", "key"]).execute();
  const fillings: Record<string, Record<string, string>[]> = {
    "": [{}],
    id: connections.map(({ id }) => ({ id })),
    "id label": records
      .filter(({ connection_id, key }) => connection_id === connectionId && /^S\d/.test(key))
      .map(({ connection_id, key }) => ({ id: connection_id, label: key })),
    "connection kind key": records.map(({ connection_id, kind, key }) => ({ connection: connection_id, kind, key })),
  };
  const addresses = Object.entries(document.paths).flatMap(([path, { get }]) => {
    if (!get) return [];
    const needed = (get.parameters ?? []).filter((parameter) => parameter.in === "query" && parameter.required);
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    const filling = fillings[names.join(" ")];
    if (!filling || needed.some(({ name }) => name !== "connection")) {
      throw new Error(`this test does not know what to ask ${path}`);
    }
    const query = needed.length > 0 ? `?connection=${connectionId}` : "";
    return filling.map(
      (values) => path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name]!)) + query,
    );
  });
  expect(addresses.length).toBeGreaterThan(orders * 2 + 4);
  return [...addresses, "/api/v1/audit?limit=200", "/api/v1/records?limit=200", "/healthz", "/readyz", "/metrics"];
}

describe("the search finds", () => {
  test.for(canaries.flatMap(({ name, text }) => formsOf(text).map((form) => ({ ...form, canary: name }))))(
    "the $canary written as $name, in the middle of a line",
    ({ text }) => {
      expect(search(`before ${text} after`)).not.toEqual([]);
      expect(search(Buffer.from(`before ${text} after`))).not.toEqual([]);
    },
  );

  test("the header that ShipStation's calls carry, by the key and the secret inside it", () => {
    const header = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`;
    expect(search(header)).toEqual(expect.arrayContaining(["key as base64", "secret as base64"]));
  });

  test.for(canaries)("the $name in a log line, a row, a file and an answer, once planted there", async ({ text }) => {
    const lines: string[] = [];
    createLog("debug", { write: (line) => void lines.push(line) }).debug({ url: text }, "planted");
    expect(findIn([["log", lines.join("")]])).not.toEqual([]);

    const at = new Date(world.clock.now());
    await appendAudit(world.app.db, at, "test", [{ connectionId, event: "planted", detail: { inside: [{ text }] } }]);
    expect(findIn(await rowsOf()).filter((found) => found.startsWith("public.audit"))).not.toEqual([]);

    answered.clear();
    await ask("GET", `/api/v1/audit?connection=${connectionId}`);
    expect(findIn(answered)).not.toEqual([]);
    if (engine === "embedded") expect(findIn(filesIn(world.folder))).not.toEqual([]);
  });
});

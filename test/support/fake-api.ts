import { resolve } from "node:path";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type {
  Connection,
  ConnectorRecord,
  FitReport,
  Parcels,
  PushDestination,
  RecordDetail,
  RecordState,
  ReplayRequest,
  TimelineEntry,
} from "../../src/console/api.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { errorTable } from "../../src/lib/error-table.ts";
import { consoleFiles } from "../../src/web/console-files.ts";

/**
 * The API with canned answers, so that the console's screens can be driven into every corner. Real are the console's
 * files and the headers they are served with; everything behind `/api` is a table in memory.
 */
export interface FakeApi {
  /** `http://127.0.0.1:<port>` */
  base: string;
  email: string;
  password: string;
  /** May be changed while the console is open. */
  state: FakeState;
  stop(): Promise<void>;
}

export interface FakeState {
  needsSetup: boolean;
  demo: boolean;
  connections: Connection[];
  records: ConnectorRecord[];
  /** What the console asked to be done, in order. */
  done: { path: string; body: unknown }[];
  /** Every API call is answered with this error while set. */
  failWith: { status: number; message: string } | undefined;
}

const email = "operator@example.com";
const password = "correct horse battery";
const cookie = "fake-session";

export async function startFakeApi(): Promise<FakeApi> {
  const state: FakeState = {
    needsSetup: false,
    demo: true,
    connections: [connection()],
    records: records(),
    done: [],
    failWith: undefined,
  };
  const app = new Hono();
  app.use("*", async (c, next) => {
    await next();
    if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", "default-src 'self'");
    c.header("x-content-type-options", "nosniff");
  });
  signInRoutes(app, state);
  const open = ["/api/v1/about", "/api/v1/setup"];
  app.use("/api/v1/*", async (c: Context, next): Promise<Response | void> => {
    if (!open.includes(c.req.path) && getCookie(c, cookie) === undefined) {
      return c.json(failure("request.signed-out", "Sign in first."), 401);
    }
    if (state.failWith && !open.includes(c.req.path)) {
      return c.json(failure("internal.defect", state.failWith.message), state.failWith.status as 500);
    }
    await next();
  });
  connectionRoutes(app, state);
  recordRoutes(app, state);
  demoRoutes(app);
  app.get("/api/v1/errors", (c) =>
    c.json({ errors: Object.entries(errorTable).map(([code, row]) => ({ code, ...row })) }),
  );
  app.all("/api/*", (c) => c.json(failure("request.unknown", "There is nothing at this address."), 404));
  app.route("/", consoleFiles(resolve(import.meta.dirname, "../../dist/console"), systemRandom));

  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await new Promise<void>((listening) => server.once("listening", () => listening()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake API has no port");
  return {
    base: `http://127.0.0.1:${address.port}`,
    email,
    password,
    state,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

const failure = (code: string, message: string, cure?: string) => ({ error: { code, message, cure } });

function signInRoutes(app: Hono, state: FakeState): void {
  app.get("/api/v1/about", (c) =>
    c.json({
      name: "ml-connector",
      version: "0.1.0",
      demo: state.demo,
      needsSetup: state.needsSetup,
      signedIn: getCookie(c, cookie) ? { email, name: "Olive Operator" } : null,
    }),
  );
  app.post("/api/v1/setup", async (c) => {
    const body = await c.req.json<{ token: string }>();
    if (body.token !== "first-token") {
      return c.json(failure("request.forbidden", "This is not the token.", "Copy it from the service's output."), 403);
    }
    state.needsSetup = false;
    return c.body(null, 201);
  });
  app.post("/api/auth/sign-in/email", async (c) => {
    const body = await c.req.json<{ email: string; password: string }>();
    if (body.email !== email || body.password !== password) {
      return c.json({ code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" }, 401);
    }
    setCookie(c, cookie, "yes", { httpOnly: true, sameSite: "Lax", path: "/" });
    return c.json({ redirect: false, token: "unused", user: { email } });
  });
  app.post("/api/auth/sign-out", (c) => {
    setCookie(c, cookie, "", { path: "/", maxAge: 0 });
    return c.json({ success: true });
  });
}

const pushDestination: PushDestination = {
  url: "https://connector.example.com/hooks/acumatica/the-token",
  header: { name: "X-Doorbell-Key", value: "the-key" },
  steps: ["Make an inquiry.", "Enter the address on SM302000."],
};

function connectionRoutes(app: Hono, state: FakeState): void {
  app.get("/api/v1/connections", (c) => c.json({ connections: state.connections }));
  app.post("/api/v1/connections/:id/company/confirm", async (c) => {
    const found = state.connections.find((each) => each.id === c.req.param("id"));
    if (!found?.company) return c.json(failure("request.unknown", "There is no such connection."), 404);
    state.done.push({ path: c.req.path, body: await c.req.json() });
    found.company = { ...found.company, confirmedAt: new Date().toISOString() };
    return c.json({ tenant: "Acme", here: found.company, expected: found.company, isExpected: true });
  });
  app.post("/api/v1/connections/:id/:action", (c) => {
    const { id, action } = c.req.param();
    const found = state.connections.find((each) => each.id === id);
    if (!found) return c.json(failure("request.unknown", "There is no such connection."), 404);
    state.done.push({ path: c.req.path, body: null });
    if (action === "ping") {
      const report = fitReport(id);
      const lines = [...report.stages.flatMap((stage) => [{ trying: stage.title }, { stage }]), { report }];
      return c.body(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), 200, {
        "content-type": "application/x-ndjson",
      });
    }
    if (action === "push") return c.json(pushDestination);
    // Stands for Acumatica's page.
    if (action === "authorise") return c.json({ url: `${new URL(c.req.url).origin}/?consent`, expiresAt: new Date() });
    if (action === "pause") found.state = "paused";
    if (action === "resume") Object.assign(found, { state: "active", stop: null });
    return c.json(found);
  });
}

function recordRoutes(app: Hono, state: FakeState): void {
  app.get("/api/v1/records", (c) => {
    const { limit = "50", after = "0", ...filter } = c.req.query();
    const all = matching(state, filter);
    const end = Number(after) + Number(limit);
    return c.json({ records: all.slice(Number(after), end), next: end < all.length ? String(end) : null });
  });
  app.get("/api/v1/records/:connection/:kind/:key", (c) => {
    const { connection, kind, key } = c.req.param();
    const found = state.records.find(
      (each) => each.connectionId === connection && each.kind === kind && each.key === key,
    );
    return found
      ? c.json(detailOf(found, state.records))
      : c.json(failure("request.unknown", "There is no such record.", "It may belong to a removed connection."), 404);
  });
  app.get("/api/v1/records/:connection/:kind/:key/parcels", (c) => c.json(parcels()));
  app.post("/api/v1/records/:connection/:kind/:key/skip", async (c) => {
    const body = await c.req.json<{ why: string }>();
    const found = state.records.find((each) => each.key === c.req.param("key"));
    if (!found) return c.json(failure("request.unknown", "There is no such record."), 404);
    state.done.push({ path: c.req.path, body });
    found.state = "Skipped";
    found.reason = { code: "skipped-by-person", text: `${email}: ${body.why}`, cure: "Replay it to take it up again." };
    return c.json(found);
  });
  app.post("/api/v1/replay", async (c) => {
    const { dryRun, connection: _, keys, ...filter } = await c.req.json<ReplayRequest>();
    const all = matching(state, filter).filter((each) => keys === undefined || keys.includes(each.key));
    if (dryRun) return c.json({ matched: all.length, replayed: 0, keys: [] });
    state.done.push({ path: c.req.path, body: { keys, ...filter } });
    for (const each of all.slice(0, 500)) {
      Object.assign(each, { state: "Prepared", reason: null, problems: [], changedAt: now(0), dueAt: now(0) });
    }
    return c.json({ matched: all.length, replayed: Math.min(all.length, 500), keys: all.map(({ key }) => key) });
  });
}

function matching(state: FakeState, filter: { [name: string]: string | undefined }): ConnectorRecord[] {
  const search = filter["search"]?.toLowerCase();
  return state.records.filter(
    (each) =>
      (!filter["connection"] || each.connectionId === filter["connection"]) &&
      (!filter["kind"] || each.kind === filter["kind"]) &&
      (!filter["state"] || each.state === filter["state"]) &&
      (!search || [each.key, each.title, ...each.trackingNumbers].join(" ").toLowerCase().includes(search)),
  );
}

/** Both systems of the demo, in the shapes of the sandboxes' control routes. */
function demoRoutes(app: Hono): void {
  let count = 12;
  const settings = { shipstation: { webhooks: true }, acumatica: {} };
  const number = (index: number): string => `SO${String(5100 + index).padStart(6, "0")}`;
  const voided = new Set<number>();
  const bought = new Set<number>();
  const rows = () => Array.from({ length: count }, (_, index) => index + 1);
  const isShipped = (index: number): boolean => index % 3 === 0 || bought.has(index);
  app.get("/demo/orders", (c) => {
    const shipment = (index: number) => ({
      number: `00${9_100 + index}`,
      status: "Confirmed",
      packages: [{ tracking: tracking(index) }],
    });
    return c.json({
      orders: rows().map((index) => ({
        type: "SO",
        number: number(index),
        customer: `C${String(index).padStart(6, "0")}`,
        status: isShipped(index) ? "Completed" : index % 5 === 0 ? "On Hold" : "Open",
        shipments: isShipped(index) ? [shipment(index)] : [],
      })),
    });
  });
  app.post("/demo/orders", async (c) => {
    count += (await c.req.json<{ count: number }>()).count;
    return c.json({ orders: [] }, 201);
  });
  app.get("/demo/shipstation/orders", (c) =>
    c.json({
      orders: rows().map((index) => ({
        orderId: 90_000 + index,
        orderNumber: number(index),
        shipTo: { name: customers[index % customers.length] },
        orderStatus: isShipped(index) ? "shipped" : "awaiting_shipment",
        deleted: false,
        mergedInto: null,
      })),
    }),
  );
  app.get("/demo/shipstation/labels", (c) =>
    c.json({
      labels: rows()
        .filter(isShipped)
        .map((index) => ({
          shipmentId: 700_000 + index,
          orderId: 90_000 + index,
          trackingNumber: tracking(index),
          isReturnLabel: false,
          voided: voided.has(700_000 + index),
        })),
    }),
  );
  app.post("/demo/labels", async (c) => {
    const wanted = await c.req.json<{ orderNumbers?: string[]; all?: boolean }>();
    for (const index of rows()) if (wanted.all || wanted.orderNumbers?.includes(number(index))) bought.add(index);
    return c.json({ labels: [] }, 201);
  });
  app.post("/demo/labels/:id/void", (c) => {
    voided.add(Number(c.req.param("id")));
    return c.json({ approved: true });
  });
  app.get("/demo/settings", (c) => c.json(settings));
  app.put("/demo/settings", async (c) => {
    Object.assign(settings.shipstation, (await c.req.json<{ shipstation: object }>()).shipstation);
    return c.json(settings);
  });
}

const startedAt = Date.now();
const now = (secondsAgo: number): string => new Date(startedAt - secondsAgo * 1_000).toISOString();
const tracking = (index: number): string => `94001118992231${String(10_000_000 + index * 7_919)}`;
const customers = [
  "Harbor Outfitters",
  "Müller & Söhne Baubedarf",
  "Pine Street Hardware",
  "Lakeside Garden Co.",
  "O’Neill Tools",
];

export function connection(): Connection {
  return {
    id: "acme",
    name: "Acme Outdoor",
    state: "active",
    stop: null,
    acumatica: {
      instanceUrl: "https://erp.acme.example/AcumaticaERP",
      tenant: "Acme",
      branch: "MAIN",
      endpointName: "Default",
      endpointVersion: "24.200.001",
      username: "connector",
      signIn: "password",
      clientId: null,
    },
    shipstation: { origin: "https://ssapi.shipstation.com", v2: null },
    authorisation: null,
    company: null,
    notices: [],
    counts: {
      order: { Prepared: 4, Processed: 1_284, Failed: 2, Aborted: 1, Filtered: 37, Skipped: 1, Waiting: 3 },
      label: { Prepared: 0, Processed: 1_190, Failed: 1, Aborted: 0, Filtered: 12, Skipped: 0, Waiting: 2 },
      item: { Prepared: 0, Processed: 412, Failed: 0, Aborted: 0, Filtered: 9, Skipped: 0, Waiting: 88 },
      customer: { Prepared: 0, Processed: 96, Failed: 0, Aborted: 0, Filtered: 2, Skipped: 0, Waiting: 14 },
    },
    polls: [
      { stream: "acumatica.items", polledAt: now(95), position: now(95), seen: 3 },
      { stream: "acumatica.orders", polledAt: now(12), position: now(12), seen: 14 },
      { stream: "shipstation.orders", polledAt: now(41), position: now(41), seen: 14 },
      { stream: "shipstation.shipments", polledAt: now(41), position: now(41), seen: 6 },
    ],
    flows: [
      { flow: "orders-out", dueAt: now(-108), ranAt: now(12), outcome: "ok" },
      { flow: "shipments-back", dueAt: now(-79), ranAt: now(41), outcome: "ok" },
      { flow: "subscription", dueAt: now(-2_400), ranAt: now(1_200), outcome: "ok" },
    ],
    budget: { limit: 40, remaining: 31, windowEndsAt: now(-38) },
  };
}

const reasons: Partial<Record<RecordState, ConnectorRecord["reason"]>> = {
  Failed: { code: "shipstation.server-error", ...wordsOf("shipstation.server-error") },
  Aborted: { code: "order.unmappable", ...wordsOf("order.unmappable") },
  Filtered: {
    code: "status",
    text: "The status is On Hold; only Open is sent.",
    cure: "Nothing to do, unless it should not be left out: then change the rule in settings.",
  },
  Skipped: {
    code: "skipped-by-person",
    text: "olive@example.com: sent by hand",
    cure: "Replay it to take it up again.",
  },
  Waiting: { code: "shipment.in-doubt", ...wordsOf("shipment.in-doubt") },
};

function wordsOf(code: keyof typeof errorTable): { text: string; cure: string } {
  return { text: errorTable[code].message, cure: errorTable[code].cure };
}

const cycle: RecordState[] = [
  "Processed",
  "Prepared",
  "Processed",
  "Failed",
  "Processed",
  "Waiting",
  "Filtered",
  "Processed",
  "Aborted",
  "Skipped",
];

/** 130 orders and the labels of those that have shipped: three pages. */
export function records(): ConnectorRecord[] {
  return Array.from({ length: 130 }, (_, index): ConnectorRecord[] => {
    const state = cycle[index % cycle.length] ?? "Processed";
    const isShipped = state === "Processed" && index % 4 === 0;
    const key = `SO/${String(4_200 - index).padStart(6, "0")}`;
    const order: ConnectorRecord = {
      connectionId: "acme",
      kind: "order",
      key,
      state,
      title: customers[index % customers.length] ?? null,
      reason: reasons[state] ?? null,
      problems:
        state === "Aborted"
          ? [
              {
                field: "ShipToAddress.Country",
                found: "USA",
                cure: "Enter the two-letter country code on the order's Ship-To tab.",
              },
              { field: "Details[2].OrderQty", found: "1.5", cure: "Sell this item in whole units." },
            ]
          : [],
      attempts: state === "Failed" ? 3 : 1,
      dueAt: state === "Failed" || state === "Waiting" ? now(-(40 + index)) : null,
      firstSeenAt: now(4_000 + index * 61),
      changedAt: now(20 + index * 53),
      parentKey: null,
      shipstationOrderId: state === "Processed" ? String(90_412_000 + index) : null,
      trackingNumbers: isShipped ? [tracking(index)] : [],
      shipmentNbrs: isShipped ? [`00${9_300 + index}`] : [],
    };
    if (!isShipped) return [order];
    return [order, { ...order, kind: "label", key: String(501_000 + index), parentKey: key, title: tracking(index) }];
  }).flat();
}

function parcels(): Parcels {
  const trackingUrl = "https://carrier.example/track/1Z9990360312345678";
  return {
    parcels: [{ label: "S342265036", trackingNumber: "1Z9990360312345678", trackingUrl, hasPdf: true }],
    notice: null,
  };
}

function detailOf(record: ConnectorRecord, all: ConnectorRecord[]): RecordDetail {
  return {
    record,
    source: { OrderType: { value: "SO" }, OrderNbr: { value: record.key.slice(3) }, Status: { value: "Open" } },
    labels: all.filter((each) => each.kind === "label" && each.parentKey === record.key),
    links: [{ kind: "order", key: record.key, system: "shipstation", remoteId: "90412000", createdAt: now(3_599) }],
    plans: [{ planId: "p-1", warehouse: "MAIN", state: "confirmed", shipmentNbr: "009300", labelIds: ["501000"] }],
    effects: [{ effectKey: `ss-order:${record.key}`, state: "done", attempt: 1, plan: { orderKey: record.key } }],
    timeline: timelineOf(record),
  };
}

function timelineOf(record: ConnectorRecord): TimelineEntry[] {
  const subject = `${record.kind}:${record.key}`;
  const origin = "https://ssapi.shipstation.com";
  const body = JSON.stringify([
    {
      orderNumber: record.key.slice(3),
      orderKey: record.key,
      orderStatus: "awaiting_shipment",
      items: [{ lineItemKey: "1", sku: "TENT-1004", quantity: 2 }],
    },
  ]);
  const steps: TimelineEntry[] = [
    {
      at: now(90_000),
      type: "exchange",
      id: 1,
      system: "acumatica",
      method: "GET",
      url: "https://erp.acme.example/AcumaticaERP/entity/Default/24.200.001/SalesOrder?$filter=LastModified gt datetimeoffset'2025-01-01T00:00:00Z'",
      status: 200,
      tookMs: 412,
      failure: null,
      requestBody: null,
      responseBody: '[{"OrderNbr":{"value":"004200"}}]',
    },
    {
      at: now(89_999),
      type: "audit",
      subject,
      actor: "orders-out",
      event: "order.seen",
      detail: { state: "Prepared" },
    },
    {
      at: now(89_900),
      type: "exchange",
      id: 2,
      system: "shipstation",
      method: "POST",
      url: `${origin}/orders/createorders`,
      status: 500,
      tookMs: 1_830,
      failure: "ShipStation failed to answer.",
      requestBody: body,
      responseBody: "<html><body>Server Error</body></html>",
    },
    {
      at: now(89_899),
      type: "audit",
      subject,
      actor: "orders-out",
      event: "order.failed",
      detail: { state: "Failed", reason: reasons.Failed },
    },
    {
      at: now(3_600),
      type: "exchange",
      id: 3,
      system: "shipstation",
      method: "POST",
      url: `${origin}/orders/createorders`,
      status: 200,
      tookMs: 640,
      failure: null,
      requestBody: body,
      responseBody: '{"hasErrors":false,"results":[{"orderId":90412000,"success":true}]}',
    },
    {
      at: now(3_599),
      type: "effect",
      subject,
      effectKey: `ss-order:${record.key}`,
      state: "done",
      plan: { orderKey: record.key, lines: 1 },
      evidence: { orderId: 90_412_000 },
      attempt: 2,
    },
    {
      at: now(3_598),
      type: "audit",
      subject,
      actor: "orders-out",
      event: "order.confirmed",
      detail: { state: "Processed", shipStationOrderId: 90_412_000 },
    },
    {
      at: now(60),
      type: "audit",
      subject: "label:501000",
      actor: "shipments-back",
      event: "label.shipped",
      detail: { state: "Processed", shipmentNbr: "009300", trackingNumber: tracking(0), shipVia: "UPSGROUND" },
    },
  ];
  if (record.problems.length > 0) {
    steps.push({
      at: now(20),
      type: "audit",
      subject,
      actor: "orders-out",
      event: "order.unmappable",
      detail: { state: "Aborted", reason: reasons.Aborted, problems: record.problems },
    });
  }
  return steps;
}

function fitReport(id: string): FitReport {
  const stage = (
    name: string,
    title: string,
    verdict: FitReport["stages"][number]["verdict"],
    text: string,
    cure: string | null = null,
    details: string[] = [],
  ) => ({
    ...{ id: name, title, verdict, text, cure, took: 120 + name.length * 31, details },
    ...{ tried: `${title} was tried.`, meaning: null },
  });
  return {
    connection: id,
    fits: false,
    calls: { acumatica: 12, shipstation: 4 },
    stages: [
      stage("reach", "Reach Acumatica", "ok", "erp.acme.example answers over TLS 1.3."),
      stage("sign-in", "Sign in", "ok", "Signed in as connector, tenant Acme, branch MAIN."),
      stage("endpoint", "Endpoint Default 24.200.001", "ok", "It is there.", null, [
        "On offer: Default 22.200.001, 23.200.001, 24.200.001",
      ]),
      stage(
        "rights",
        "Rights",
        "failed",
        "The user may not create shipments.",
        "Give the user's role the rights to Shipments (SO302000).",
      ),
      stage(
        "shipstation",
        "ShipStation key",
        "warning",
        "8 of 40 calls of this minute are used by another program.",
        "Give each program a key of its own.",
      ),
      stage("ship-via", "Ship Via table", "skipped", "Not asked, because shipments cannot be created."),
    ],
  };
}

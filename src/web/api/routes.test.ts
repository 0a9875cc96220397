import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { operator, openWeb, type WebUnderTest } from "../../../test/support/web.ts";
import { appendAudit } from "../../ledger/audit.ts";
import { ConnectorError } from "../../lib/errors.ts";

let site: WebUnderTest;
let browser: { cookie: string; origin: string };
const order: string[] = [];

beforeAll(async () => {
  site = await openWeb({
    onConnectionAdded: (id) => Promise.resolve(void order.push(`added ${id}`)),
    beforeConnectionRemoved: (id) => Promise.resolve(void order.push(`before ${id}`)),
    onConnectionRemoved: (id) => Promise.resolve(void order.push(`removed ${id}`)),
  });
  browser = await site.signIn();
  const at = new Date(Date.UTC(2025, 0, 1));
  await site.opened.db
    .insertInto("records")
    .values({
      connection_id: "acme",
      kind: "order",
      key: "SO/000123",
      state: "Aborted",
      reason_code: "order.unmappable",
      reason_text: "The country is missing.",
      problems: JSON.stringify([{ field: "ShipTo.Country", found: "", cure: "Enter it." }]),
      source: JSON.stringify({ OrderNbr: "000123" }),
      source_hash: "hash",
      parent_key: null,
      remote_key: null,
      title: "Ada Lovelace",
      search: "so/000123 ada lovelace",
      due_at: null,
      first_seen_at: at,
      changed_at: at,
    })
    .execute();
});
afterAll(() => site.opened.close());
beforeEach(() => {
  site.calls.actions.length = 0;
  site.calls.wakes.length = 0;
  order.length = 0;
});

const get = async (path: string) => {
  const answer = await site.web.request(`/api/v1${path}`, { headers: operator });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const send = async (method: string, path: string, body?: object, headers: Record<string, string> = operator) => {
  const answer = await site.web.request(`/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>) };
};

describe("records", () => {
  test("are listed, filtered and searched", async () => {
    const { body } = await get("/records?connection=acme&kind=order&state=Aborted&search=LOVELACE&limit=1");
    expect(body).toEqual({
      records: [
        {
          connectionId: "acme",
          kind: "order",
          key: "SO/000123",
          state: "Aborted",
          title: "Ada Lovelace",
          reason: {
            code: "order.unmappable",
            text: "The country is missing.",
            cure: "Correct the fields named in Acumatica, or the value table, then replay.",
          },
          problems: [{ field: "ShipTo.Country", found: "", cure: "Enter it." }],
          attempts: 0,
          dueAt: null,
          firstSeenAt: "2025-01-01T00:00:00.000Z",
          changedAt: "2025-01-01T00:00:00.000Z",
          parentKey: null,
          shipstationOrderId: null,
          trackingNumbers: [],
          shipmentNbrs: [],
        },
      ],
      next: null,
    });
  });

  test.for(["kind=parcel", "state=prepared", "limit=0", "limit=1000", "limit=many", "after=x"])(
    "a query of %s is refused with the parameter named",
    async (query) => {
      const { status, body } = await get(`/records?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: { problems: [{ field: query.split("=")[0] }] } });
    },
  );

  test("one is found by its encoded key", async () => {
    const { status, body } = await get("/records/acme/order/SO%2F000123");
    expect(status).toBe(200);
    expect(body).toMatchObject({ record: { key: "SO/000123" }, source: { OrderNbr: "000123" }, timeline: [] });
  });

  test.for(["/records/acme/order/SO%2F999", "/records/nobody/order/SO%2F000123", "/records/acme/label/SO%2F000123"])(
    "%s is unknown",
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, body: { error: { code: "request.unknown" } } });
    },
  );

  test("one is skipped in the name of who is signed in, with a reason", async () => {
    const answer = await send("POST", "/records/acme/order/SO%2F000123/skip", { why: " shipped by hand " }, browser);
    expect(answer).toMatchObject({ status: 200, body: { key: "SO/000123" } });
    expect(site.calls.actions).toEqual([
      ["skip", { connection: "acme", kind: "order", key: "SO/000123", why: "shipped by hand" }, "ada@example.com"],
    ]);
    expect(await send("POST", "/records/acme/order/SO%2Fnone/skip", { why: "x" })).toMatchObject({ status: 404 });
    expect(await send("POST", "/records/acme/order/SO%2F000123/skip", { why: " " })).toMatchObject({ status: 422 });
  });

  test("a replay goes through as asked, in the name of who asked", async () => {
    const wanted = { connection: "acme", kind: "order", state: "Aborted", search: "ada", dryRun: true };
    expect(await send("POST", "/replay", wanted)).toEqual({
      status: 200,
      body: { matched: 2, replayed: 2, keys: ["SO/1", "SO/2"] },
    });
    expect(site.calls.actions).toEqual([["replay", wanted, "operator"]]);
    expect(await send("POST", "/replay", { connection: "nobody" })).toMatchObject({ status: 404 });
    const many = Array.from({ length: 501 }, (_, index) => `SO/${index}`);
    expect(await send("POST", "/replay", { connection: "acme", keys: many })).toMatchObject({ status: 422 });
  });
});

describe("connections", () => {
  test("are listed with what they are doing, without any secret", async () => {
    const { body } = await get("/connections");
    expect(body).toMatchObject({
      connections: [
        {
          id: "acme",
          state: "active",
          stop: null,
          acumatica: { tenant: "Acme", branch: null, username: "connector" },
          shipstation: { origin: "https://ssapi.shipstation.com" },
          counts: { order: { Aborted: 1, Prepared: 0 }, label: { Aborted: 0 } },
          polls: [],
          flows: [],
          budget: null,
        },
      ],
    });
  });

  test("one is paused, resumed and woken; resuming and waking run its flows", async () => {
    expect(await send("POST", "/connections/acme/pause", undefined, browser)).toMatchObject({
      body: { state: "paused" },
    });
    expect(site.calls.wakes).toEqual([]);
    expect(await send("POST", "/connections/acme/resume")).toMatchObject({ body: { state: "active" } });
    expect(await send("POST", "/connections/acme/wake")).toMatchObject({ status: 200 });
    const both = [
      ["acme", "orders-out"],
      ["acme", "shipments-back"],
      ["acme", "catalog-out"],
    ];
    expect(site.calls.wakes).toEqual([...both, ...both]);
    expect(site.calls.actions).toEqual([
      ["pause", "acme", "ada@example.com"],
      ["resume", "acme", "operator"],
    ]);
  });

  test("one is added from its file as it is, and removed while its credentials can still be used", async () => {
    const file = { name: "Added", acumatica: { password: "hunter2" }, shipstation: {} };
    expect(await send("POST", "/connections", file)).toMatchObject({ status: 201, body: { id: "added" } });
    expect(await send("DELETE", "/connections/added")).toEqual({ status: 204, body: undefined });
    expect(site.calls.actions).toEqual([
      ["add", file, "operator"],
      ["remove", "added", "operator"],
    ]);
    expect(order).toEqual(["added added", "before added", "removed added"]);
    expect(await send("DELETE", "/connections/added")).toMatchObject({ status: 404 });
  });

  test("all problems of a connection file are told", async () => {
    const problems = [
      { field: "acumatica.instanceUrl", found: "nothing", cure: "Give it." },
      { field: "shipstation.apiKey", found: "nothing", cure: "Give it." },
    ];
    const other = await openWeb({
      connections: {
        ...storeThatRefuses,
        add: () => Promise.reject(new ConnectorError("connection.invalid", { problems })),
      },
    });
    const answer = await other.web.request("/api/v1/connections", {
      method: "POST",
      headers: { ...operator, "content-type": "application/json" },
      body: "{}",
    });
    await other.opened.close();
    expect([answer.status, await answer.json()]).toMatchObject([422, { error: { problems } }]);
  });

  test("a fit check is passed on, and cannot be used to hammer a customer's ERP", async () => {
    const statuses: number[] = [];
    for (let ping = 0; ping < 6; ping++) statuses.push((await send("POST", "/connections/acme/ping")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    site.clock.advance(60_000);
    expect(await send("POST", "/connections/acme/ping")).toEqual({
      status: 200,
      body: { connection: "acme", fits: true, stages: [], calls: { acumatica: 0, shipstation: 0 } },
    });
  });

  test("a preview and a comparison are passed on; what a replay mends is replayed when asked for", async () => {
    expect(await send("POST", "/connections/acme/preview")).toMatchObject({
      status: 200,
      body: { connection: "acme" },
    });
    const plain = await send("POST", "/connections/acme/reconcile", {});
    expect(plain).toMatchObject({ status: 200, body: { connection: "acme", differences: [], replayed: null } });
    const asked = await send("POST", "/connections/acme/reconcile", { days: 30, replay: true });
    expect(asked).toMatchObject({ status: 200, body: { replayed: 0 } });
    expect(site.calls.actions).toEqual([
      ["reconcile", "acme", 14],
      ["reconcile", "acme", 30],
    ]);
    expect(await send("POST", "/connections/acme/reconcile", { days: 91 })).toMatchObject({ status: 422 });
  });

  test.for(["pause", "resume", "wake", "ping", "preview"])("%s of an unknown connection is 404", async (verb) => {
    expect(await send("POST", `/connections/nobody/${verb}`)).toMatchObject({ status: 404 });
  });
});

const refuse = () => Promise.reject(new Error("not asked for"));
const storeThatRefuses = {
  list: () => Promise.resolve([]),
  find: refuse,
  update: refuse,
  allowSignIn: refuse,
  authorise: refuse,
  completeAuthorisation: refuse,
  lookAtCompany: refuse,
  confirmCompany: refuse,
  pause: refuse,
  resume: refuse,
  remove: refuse,
  findByHookToken: refuse,
};

test("the audit trail is read page by page", async () => {
  await site.opened.db
    .insertInto("audit")
    .values(
      [1, 2, 3].map((step) => ({
        connection_id: "acme",
        at: new Date(step),
        actor: "ada@example.com",
        kind: null,
        key: null,
        event: `step.${step}`,
        detail: "{}",
      })),
    )
    .execute();
  const first = await get("/audit?connection=acme&limit=2");
  expect(first.body).toMatchObject({ entries: [{ event: "step.3" }, { event: "step.2" }], next: expect.any(String) });
  const second = await get(`/audit?connection=acme&limit=2&before=${String(first.body["next"])}`);
  expect(second.body).toMatchObject({ entries: [{ event: "step.1", actor: "ada@example.com" }], next: null });
});

test("the audit trail is exported oldest first, and verified", async () => {
  await appendAudit(site.opened.db, new Date(Date.UTC(2026, 0, 5)), "ada@example.com", [
    { connectionId: "chained", event: "step.1" },
    { connectionId: "chained", event: "step.2" },
  ]);
  const first = await get("/audit?connection=chained&limit=1&after=0");
  expect(first.body).toMatchObject({ entries: [{ event: "step.1", seq: 1 }], next: expect.any(String) });
  const second = await get(`/audit?connection=chained&limit=1&after=${String(first.body["next"])}`);
  expect(second.body).toMatchObject({ entries: [{ event: "step.2", seq: 2 }], next: null });
  expect((await get("/audit?connection=chained&since=2026-01-06T00:00:00Z")).body["entries"]).toEqual([]);

  const { body } = await get("/audit/verify?connection=chained");
  const [entry] = second.body["entries"] as { hash: string }[];
  const chain = { connectionId: "chained", head: { seq: 2, hash: entry?.hash }, earlier: 0, findings: [], found: 0 };
  expect(body).toEqual({ intact: true, chains: [chain] });
  expect((await get(`/audit/verify?connection=chained&head=2:${"0".repeat(64)}`)).body).toMatchObject({
    intact: false,
  });
  expect((await get("/audit/verify?head=2:00")).status).toBe(400);
});

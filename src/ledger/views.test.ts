import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { activityOf, countRecords, listAudit, noRecords } from "./connection-views.ts";
import type { OpenDatabase } from "./database.ts";
import { findRecord } from "./record-detail.ts";
import { replayRecords } from "./replay.ts";
import type { Db, RecordKind, RecordState } from "./schema.ts";
import { findRecordView, listRecords, parsePageMark, type RecordQuery } from "./views.ts";

let opened: OpenDatabase;
let db: Db;
const at = (second: number): Date => new Date(Date.UTC(2025, 0, 1, 0, 0, second));

beforeAll(async () => {
  opened = await openTestDatabase();
  db = opened.db;
  for (const id of ["acme", "bolt"]) {
    await db
      .insertInto("connections")
      .values({
        id,
        name: id,
        state: "active",
        stop_code: null,
        stop_text: null,
        settings: "{}",
        hook_token_hash: null,
        created_at: at(0),
        updated_at: at(0),
      })
      .execute();
  }
  // Orders 1 to 5, one a second; two at the same moment; one of another customer under the same number.
  await addRecord({ key: "SO/000001", state: "Processed", search: "so/000001 ada lovelace", at: at(1) });
  await addRecord({
    key: "SO/000002",
    state: "Aborted",
    search: "so/000002 100%_sure",
    at: at(2),
    reason: "order.unmappable",
  });
  await addRecord({ key: "SO/000003", state: "Filtered", search: "so/000003 bob", at: at(3), reason: "status" });
  await addRecord({ key: "SO/000004", state: "Prepared", search: "so/000004 bob", at: at(4) });
  await addRecord({ key: "SO/000005", state: "Prepared", search: "so/000005 bob", at: at(4) });
  await addRecord({ connection: "bolt", key: "SO/000001", state: "Prepared", search: "so/000001 eve", at: at(6) });
  // Order 1 went out, was labelled twice, once in vain, and shipped.
  await addLabel({ key: "S11", tracking: "1Z999AA10123456784", at: at(1) });
  await addLabel({ key: "S12", tracking: "1Z-VOIDED", voided: true, at: at(0) });
  await addLabel({ key: "S13", tracking: "1Z-RETURN", state: "Filtered", at: at(0) });
  await db
    .insertInto("links")
    .values([link("order", "SO/000001", "shipstation", "880011"), link("label", "S11", "acumatica", "SH000077")])
    .execute();
  await db
    .insertInto("shipment_plans")
    .values({
      connection_id: "acme",
      plan_id: "plan-1",
      order_key: "SO/000001",
      warehouse: "MAIN",
      state: "confirmed",
      plan: JSON.stringify({ labelIds: ["S11"] }),
      shipment_nbr: "SH000077",
      created_at: at(10),
      updated_at: at(12),
    })
    .execute();
  await db
    .insertInto("plan_labels")
    .values({ connection_id: "acme", label_id: "S11", warehouse: "MAIN", plan_id: "plan-1" })
    .execute();
  await addStory();
});
afterAll(() => opened.close());

interface Row {
  connection?: string;
  kind?: RecordKind;
  key: string;
  state: RecordState;
  search: string;
  at: Date;
  reason?: string;
  parent?: string;
  source?: object;
}
async function addRecord(row: Row): Promise<void> {
  await db
    .insertInto("records")
    .values({
      connection_id: row.connection ?? "acme",
      kind: row.kind ?? "order",
      key: row.key,
      state: row.state,
      reason_code: row.reason ?? null,
      reason_text: row.reason === undefined ? null : "why",
      source: JSON.stringify(row.source ?? { OrderNbr: row.key }),
      source_hash: "hash",
      parent_key: row.parent ?? null,
      remote_key: null,
      title: null,
      search: row.search,
      due_at: null,
      first_seen_at: row.at,
      changed_at: row.at,
    })
    .execute();
}
const addLabel = (row: { key: string; tracking: string; voided?: boolean; state?: RecordState; at: Date }) =>
  addRecord({
    kind: "label",
    key: row.key,
    state: row.state ?? "Processed",
    search: `${row.key} ${row.tracking}`.toLowerCase(),
    at: row.at,
    parent: "SO/000001",
    source: { id: row.key, tracking: row.tracking, voided: row.voided ?? false },
  });
const link = (kind: RecordKind, key: string, system: "acumatica" | "shipstation", remoteId: string) => ({
  connection_id: "acme",
  kind,
  key,
  system,
  remote_id: remoteId,
  sent_hash: null,
  created_at: at(5),
  updated_at: at(5),
});

async function addStory(): Promise<void> {
  const audit = (key: string, kind: RecordKind, second: number, event: string) => ({
    connection_id: "acme",
    at: at(second),
    actor: "orders-out",
    kind,
    key,
    event,
    detail: JSON.stringify({ step: second }),
  });
  await db
    .insertInto("audit")
    .values([
      audit("SO/000001", "order", 1, "order.seen"),
      audit("SO/000002", "order", 1, "order.seen"),
      audit("SO/000001", "order", 5, "order.pushed"),
      audit("S11", "label", 9, "label.seen"),
    ])
    .execute();
  const exchange = (second: number, subjects: string[], url: string, connection = "acme") => ({
    connection_id: connection,
    at: at(second),
    subjects,
    system: "shipstation" as const,
    method: "POST",
    url,
    status: 200,
    took_ms: 12,
    request_body: "x".repeat(70_000),
    response_body: null,
    failure: null,
  });
  await db
    .insertInto("exchanges")
    .values([
      exchange(4, ["order:SO/000001", "order:SO/000002"], "/orders/createorders"),
      exchange(5, ["label:S11"], "/shipments"),
      exchange(6, ["order:SO/000004"], "/other"),
      exchange(7, ["order:SO/000001"], "/of-bolt", "bolt"),
    ])
    .execute();
  const effect = (key: string, state: "planned" | "done", dispatched: Date | null, settled: Date | null) => ({
    connection_id: "acme",
    effect_key: key,
    kind: "order" as const,
    key: "SO/000001",
    state,
    plan_hash: "hash",
    plan: JSON.stringify({ orders: 1 }),
    attempt: 1,
    fence: 1,
    dispatched_at: dispatched,
    quarantine_until: null,
    settled_at: settled,
    evidence: null,
  });
  await db
    .insertInto("effects")
    .values([effect("send:1", "done", at(3), at(4)), effect("send:2", "planned", null, null)])
    .execute();
}

const keysOf = async (query: Partial<RecordQuery>): Promise<string[]> =>
  (await listRecords(db, { limit: 50, ...query })).records.map((record) => record.key);

describe("a list of records", () => {
  test("comes newest change first, of one connection, kind or state", async () => {
    expect(await keysOf({ connectionId: "acme", kind: "order" })).toEqual([
      "SO/000005",
      "SO/000004",
      "SO/000003",
      "SO/000002",
      "SO/000001",
    ]);
    expect(await keysOf({ connectionId: "acme", state: "Prepared" })).toEqual(["SO/000005", "SO/000004"]);
    expect(await keysOf({ kind: "label" })).toEqual(["S11", "S13", "S12"]);
    expect(await keysOf({ connectionId: "bolt" })).toEqual(["SO/000001"]);
    expect(await keysOf({ connectionId: "nobody" })).toEqual([]);
  });

  test.for([1, 2, 3, 100])("read in pages of %i shows every record once, in the same order", async (limit) => {
    const all = await keysOf({});
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await listRecords(db, { limit, after: after === null ? undefined : parsePageMark(after) });
      expect(page.records.length).toBeLessThanOrEqual(limit);
      seen.push(...page.records.map((record) => record.key));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(all);
    expect(all).toHaveLength(9);
  });

  test.for([
    { by: "its number", search: "000001", found: ["SO/000001", "SO/000001"] },
    { by: "a customer, in any case", search: " Lovelace ", found: ["SO/000001"] },
    { by: "a tracking number of its label", search: "1z999aa1", found: ["S11", "SO/000001"] },
    { by: "its ShipStation order id", search: "880011", found: ["SO/000001"] },
    { by: "the ERP shipment of a label", search: "SH000077", found: ["S11"] },
    { by: "a percent sign, which is no wildcard", search: "%_", found: ["SO/000002"] },
    { by: "a quote, which ends nothing", search: "'; drop table records; --", found: [] },
    { by: "a part of an id, which is another id", search: "88001", found: [] },
  ])("finds a record by $by", async ({ search, found }) => {
    expect((await keysOf({ search })).sort()).toEqual(found.sort());
  });

  test("is searched within one connection only, where one is named", async () => {
    expect(await keysOf({ connectionId: "bolt", search: "000001" })).toEqual(["SO/000001"]);
    expect(await keysOf({ connectionId: "bolt", search: "880011" })).toEqual([]);
    expect(await keysOf({ connectionId: "bolt", search: "1z999aa1" })).toEqual([]);
  });

  test("finds what a replay of the same words would replay", async () => {
    const { matched, keys } = await replayRecords(
      db,
      at(60),
      { connection: "acme", search: "1Z999AA1", dryRun: true },
      () => "orders-out",
      "ada@example.com",
    );
    expect({ matched, keys }).toEqual({ matched: 2, keys: ["S11", "SO/000001"] });
  });

  test.for(["", "x", "W10", Buffer.from('["never","acme","order","SO/1"]').toString("base64url")])(
    "takes no page mark that it did not give: %s",
    (mark) => {
      expect(parsePageMark(mark)).toBeUndefined();
    },
  );
});

describe("one record in a list", () => {
  test("an order carries its ShipStation order, its valid tracking numbers and its ERP shipments", async () => {
    expect(await findRecordView(db, "acme", "order", "SO/000001")).toMatchObject({
      shipstationOrderId: "880011",
      trackingNumbers: ["1Z999AA10123456784"],
      shipmentNbrs: ["SH000077"],
      reason: null,
      changedAt: "2025-01-01T00:00:01.000Z",
    });
    expect(await findRecordView(db, "bolt", "order", "SO/000001")).toMatchObject({
      shipstationOrderId: null,
      trackingNumbers: [],
      shipmentNbrs: [],
    });
  });

  test("a label carries its own tracking number, its ERP shipment and its order's identifier", async () => {
    expect(await findRecordView(db, "acme", "label", "S11")).toMatchObject({
      parentKey: "SO/000001",
      shipstationOrderId: "880011",
      trackingNumbers: ["1Z999AA10123456784"],
      shipmentNbrs: ["SH000077"],
    });
    expect(await findRecordView(db, "acme", "label", "S12")).toMatchObject({
      trackingNumbers: ["1Z-VOIDED"],
      shipmentNbrs: [],
    });
  });

  test("a reason comes with its cure: the error table's, or what to do about a rule", async () => {
    const aborted = await findRecordView(db, "acme", "order", "SO/000002");
    expect(aborted?.reason).toMatchObject({
      code: "order.unmappable",
      text: "why",
      cure: expect.stringContaining("replay"),
    });
    const filtered = await findRecordView(db, "acme", "order", "SO/000003");
    expect(filtered?.reason?.cure).toContain("rule");
  });
});

describe("one record with everything", () => {
  test("an order comes with its labels, plans, links and writes", async () => {
    const detail = await findRecord(db, "acme", "order", "SO/000001");
    expect(detail).toMatchObject({
      record: { key: "SO/000001", state: "Processed" },
      source: { OrderNbr: "SO/000001" },
      labels: [{ key: "S12" }, { key: "S13" }, { key: "S11" }],
      links: [{ remoteId: "880011" }, { remoteId: "SH000077" }],
      plans: [{ planId: "plan-1", state: "confirmed", shipmentNbr: "SH000077", labelIds: ["S11"] }],
      effects: [
        { effectKey: "send:1", state: "done", evidence: null },
        { effectKey: "send:2", state: "planned", settledAt: null },
      ],
    });
  });

  test("its story holds its own steps and its labels', in the order they happened", async () => {
    const { timeline } = (await findRecord(db, "acme", "order", "SO/000001"))!;
    const told = timeline.map((step) =>
      step.type === "audit" ? step.event : step.type === "exchange" ? step.url : step.effectKey,
    );
    expect(told).toEqual(["order.seen", "/orders/createorders", "send:1", "/shipments", "order.pushed", "label.seen"]);
    expect(timeline[5]).toEqual({
      at: "2025-01-01T00:00:09.000Z",
      type: "audit",
      subject: "label:S11",
      actor: "orders-out",
      event: "label.seen",
      detail: { step: 9 },
    });
  });

  test("very long bodies are cut", async () => {
    const { timeline } = (await findRecord(db, "acme", "order", "SO/000001"))!;
    const [exchange] = timeline.filter((step) => step.type === "exchange");
    expect(exchange).toMatchObject({ status: 200, tookMs: 12, responseBody: null, failure: null });
    expect(exchange?.requestBody).toHaveLength(65_536);
  });

  test("a label comes with the plan it is in, and its own story", async () => {
    const detail = await findRecord(db, "acme", "label", "S11");
    expect(detail?.plans).toMatchObject([{ planId: "plan-1" }]);
    expect(detail?.labels).toEqual([]);
    expect(detail?.timeline.map((step) => step.type)).toEqual(["exchange", "audit"]);
  });

  test("another connection's record of the same number has none of it", async () => {
    const detail = await findRecord(db, "bolt", "order", "SO/000001");
    expect(detail).toMatchObject({ labels: [], links: [], plans: [], effects: [] });
    expect(detail?.timeline).toMatchObject([{ url: "/of-bolt" }]);
    expect(await findRecord(db, "bolt", "order", "SO/000002")).toBeUndefined();
  });
});

describe("a connection", () => {
  test("counts its records by kind and state", async () => {
    const counts = await countRecords(db, ["acme", "bolt", "nobody"]);
    expect(counts.get("acme")).toEqual({
      order: { Prepared: 2, Processed: 1, Failed: 0, Aborted: 1, Filtered: 1, Skipped: 0, Waiting: 0 },
      label: { Prepared: 0, Processed: 2, Failed: 0, Aborted: 0, Filtered: 1, Skipped: 0, Waiting: 0 },
      item: noRecords().item,
      customer: noRecords().customer,
    });
    expect(counts.get("bolt")?.order.Prepared).toBe(1);
    expect(counts.has("nobody")).toBe(false);
  });

  test("tells its polls, its flows and the calls it has left", async () => {
    await db
      .insertInto("cursors")
      .values({ connection_id: "acme", stream: "shipstation.orders", position: at(1), polled_at: at(2), seen: 3 })
      .execute();
    await db
      .insertInto("wakeups")
      .values({ connection_id: "acme", flow: "orders-out", due_at: at(9), ran_at: null, outcome: null })
      .execute();
    const quota = (system: "acumatica" | "shipstation", remaining: number) => ({
      connection_id: "acme",
      system,
      window_ends_at: at(60),
      call_limit: 40,
      remaining,
    });
    await db
      .insertInto("quotas")
      .values([quota("acumatica", 1), quota("shipstation", 12)])
      .execute();
    const activity = await activityOf(db, ["acme", "bolt"]);
    expect(activity.get("acme")).toMatchObject({
      polls: [{ stream: "shipstation.orders", position: "2025-01-01T00:00:01.000Z", seen: 3 }],
      flows: [{ flow: "orders-out", dueAt: "2025-01-01T00:00:09.000Z", ranAt: null }],
      budget: { limit: 40, remaining: 12, windowEndsAt: "2025-01-01T00:01:00.000Z" },
    });
    expect(activity.get("bolt")).toMatchObject({ polls: [], flows: [], budget: null });
  });

  test("has an audit trail that is read backwards, page by page", async () => {
    const first = await listAudit(db, { connectionId: "acme", limit: 3 });
    expect(first.entries.map((entry) => entry.event)).toEqual(["label.seen", "order.pushed", "order.seen"]);
    const second = await listAudit(db, { connectionId: "acme", limit: 3, before: Number(first.next) });
    expect(second.entries.map((entry) => entry.key)).toEqual(["SO/000001"]);
    expect(second.next).toBeNull();
    expect((await listAudit(db, { connectionId: "bolt", limit: 3 })).entries).toEqual([]);
  });
});

import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import type { Preview } from "../../src/flows/preview.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld(options);
  return world;
}

const paused = (file: Record<string, unknown>): Record<string, unknown> => ({ ...file, state: "paused" });

async function ask(here: World, path: string): Promise<{ status: number; body: unknown }> {
  const response = await here.app.web.request(`/api/v1/connections/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    body: "{}",
  });
  return { status: response.status, body: await response.json() };
}

async function preview(here: World): Promise<Preview> {
  const { status, body } = await ask(here, `${connectionId}/preview`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Preview;
}

/** Every table but the count of calls, row by row. */
async function wholeLedger(here: World): Promise<Record<string, string[]>> {
  const { rows: tables } = await sql<{
    tablename: string;
  }>`select tablename from pg_tables where schemaname = 'public' order by tablename`.execute(here.app.db);
  const ledger: Record<string, string[]> = {};
  // Calls are counted, and whose turn it is in the ERP's session is noted.
  const passing = new Set(["quotas", "erp_sessions", "erp_session_users"]);
  for (const { tablename } of tables.filter((table) => !passing.has(table.tablename))) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(tablename)} t`.execute(
      here.app.db,
    );
    ledger[tablename] = rows.map(({ row }) => row).sort();
  }
  return ledger;
}

const writes = (here: World): string[] =>
  [...here.sandbox.shipstation.journal, ...here.sandbox.acumatica.journal]
    .filter((entry) => entry.method !== "GET" && !entry.path.includes("/auth/"))
    .map((entry) => `${entry.method} ${entry.path}`);

const shipTo = {
  AddressLine1: "1 Dock Street",
  City: "Portland",
  State: "OR",
  PostalCode: "97201",
  Attention: "Bay 4",
};

/** Three that fit, two held, one without a country. */
function fillErp(here: World): void {
  for (let made = 0; made < 3; made += 1) here.sandbox.acumatica.createOrder();
  for (let made = 0; made < 2; made += 1) here.sandbox.acumatica.createOrder({ status: "On Hold" });
  here.sandbox.acumatica.createOrder({ shipTo });
}

describe("before going live", () => {
  test("a connection whose file says paused neither reads nor writes by itself, and is previewed without a record or a write", async () => {
    const here = await started({ connection: paused });
    fillErp(here);
    expect(await here.app.store.get(connectionId)).toMatchObject({ state: "paused" });
    expect(await here.app.db.selectFrom("wakeups").selectAll().execute()).toEqual([]);
    await here.run("orders-out");
    expect(here.sandbox.acumatica.counts.calls + here.sandbox.shipstation.counts.calls).toBe(0);

    const before = await wholeLedger(here);
    await preview(here);
    const after = await wholeLedger(here);
    // A first sign-in remembers which company it landed in, so that no later one may be elsewhere, and seals its session; nothing else is kept.
    const changed = Object.keys(after).filter((table) => after[table]?.join("\n") !== before[table]?.join("\n"));
    expect(changed).toEqual(["audit", "audit_heads", "companies", "secrets"]);
    const seen = await preview(here);
    expect(await wholeLedger(here)).toEqual(after);
    expect(writes(here)).toEqual([]);
    expect(seen.counts).toEqual({ create: 3, update: 0, cancel: 0, hold: 0, aborted: 1, filtered: 2, settled: 0 });
    expect(seen.rules).toEqual([{ rule: "status-not-listed", count: 2 }]);
    expect(seen.orders).toHaveLength(6);
    const aborted = seen.orders.find((order) => order.kind === "aborted");
    expect(aborted?.problems).toMatchObject([{ field: expect.stringMatching(/Country/), cure: expect.any(String) }]);
  });

  test("what is previewed is what then happens", async () => {
    const here = await started({ connection: paused });
    fillErp(here);
    const seen = await preview(here);
    expect((await ask(here, `${connectionId}/resume`)).status).toBe(200);
    const flows = await here.app.db.selectFrom("wakeups").select("flow").orderBy("flow").execute();
    expect(flows.map((row) => row.flow)).toEqual(["catalog-out", "orders-out", "shipments-back", "subscription"]);
    await here.run("orders-out");
    const keys = (kind: string): string[] => seen.orders.filter((order) => order.kind === kind).map(({ key }) => key);
    const records = await here.records("order");
    const inState = (state: string): string[] => records.filter((row) => row.state === state).map(({ key }) => key);
    expect(inState("Processed")).toEqual(keys("create"));
    expect(inState("Filtered")).toEqual(keys("filtered"));
    expect(inState("Aborted")).toEqual(keys("aborted"));
    expect((await preview(here)).counts).toMatchObject({ create: 0, update: 0, aborted: 1, filtered: 2, settled: 3 });
  });
});

describe("of a running connection", () => {
  test("edits, holds and cancellations are told apart, and nothing is kept", async () => {
    const here = await started({ orders: 4 });
    await here.run("orders-out");
    here.clock.advance(60_000);
    const [edited, held, cancelled] = here.sandbox.acumatica.tables.salesOrders;
    const line = edited!.Details[0]!;
    const change = (order: typeof edited, edit: Parameters<typeof here.sandbox.acumatica.editOrder>[2]): void => {
      here.sandbox.acumatica.editOrder(order!.OrderType, order!.OrderNbr, edit);
    };
    change(edited, { lines: { quantity: { [line.LineNbr]: line.OrderQty + 1 } } });
    change(held, { status: "On Hold" });
    change(cancelled, { status: "Canceled" });
    const before = await wholeLedger(here);
    const wrote = writes(here).length;
    const seen = await preview(here);
    expect(seen.counts).toEqual({ create: 0, update: 1, cancel: 1, hold: 1, aborted: 0, filtered: 0, settled: 1 });
    expect(await wholeLedger(here)).toEqual(before);
    expect(writes(here)).toHaveLength(wrote);
  });

  test("an order shipped a moment ago is locked: ShipStation is asked, not the mirror", async () => {
    const here = await started({ orders: 1 });
    await here.run("orders-out");
    here.clock.advance(60_000);
    here.buyAllLabels();
    const [row] = here.sandbox.acumatica.tables.salesOrders;
    const line = row!.Details[0]!;
    here.sandbox.acumatica.editOrder(row!.OrderType, row!.OrderNbr, {
      lines: { quantity: { [line.LineNbr]: line.OrderQty + 5 } },
    });
    const { counts, orders } = await preview(here);
    expect(counts).toMatchObject({ update: 0, aborted: 1 });
    expect(orders[0]).toMatchObject({ problems: [{ field: "orderStatus", cure: expect.any(String) }] });
  });

  test("what a person left out stays out", async () => {
    const here = await started({ orders: 1 });
    const [first] = here.sandbox.acumatica.tables.salesOrders;
    await here.run("orders-out");
    const key = encodeURIComponent(`${first!.OrderType}/${first!.OrderNbr}`);
    await here.app.web.request(`/api/v1/records/${connectionId}/order/${key}/skip`, {
      method: "POST",
      headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ why: "shipped by hand" }),
    });
    here.clock.advance(60_000);
    here.sandbox.acumatica.editOrder(first!.OrderType, first!.OrderNbr, { status: "Canceled" });
    expect(await preview(here)).toMatchObject({
      counts: { cancel: 0, filtered: 1 },
      rules: [{ rule: "skipped-by-person", count: 1 }],
    });
  });

  test("at most fifty of a kind are listed, and nobody can hammer the ERP with it", async () => {
    const here = await started({ orders: 60 });
    const seen = await preview(here);
    expect(seen.counts.create).toBe(60);
    expect(seen.orders).toHaveLength(50);
    expect((await ask(here, "nobody/preview")).status).toBe(404);
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await ask(here, `${connectionId}/preview`)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });
});

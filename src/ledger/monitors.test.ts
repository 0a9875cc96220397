import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { countViolations, type MonitoredInvariant } from "./monitors.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const now = new Date(Date.UTC(2026, 0, 10));
const run = async (...statements: string[]): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(opened.db);
};
const at = "'2026-01-09T00:00:00Z'";

beforeEach(() =>
  run(
    "delete from connections",
    "delete from audit_heads",
    `insert into connections (id, name, state, settings, created_at, updated_at) values ('c', 'C', 'active', '{}', ${at}, ${at})`,
  ),
);

const effect = (key: string, state: string, scope: string, dispatchedAt: string): string =>
  `insert into effects (connection_id, effect_key, kind, key, state, plan_hash, plan, fence, scope, dispatched_at, quarantine_until)
   values ('c', '${key}', 'label', 'S1', '${state}', 'h', '{}', 1, '${scope}', ${dispatchedAt}, '2026-01-09T23:59:00Z')`;
const link = (kind: string, key: string, remoteId: string): string =>
  `insert into links values ('c', '${kind}', '${key}', '${kind === "order" ? "shipstation" : "acumatica"}', '${remoteId}', null, ${at}, ${at})`;
const label = (key: string, dueAt: string): string =>
  `insert into records (connection_id, kind, key, state, source, source_hash, first_seen_at, changed_at, due_at)
   values ('c', 'label', '${key}', 'Processed', '{}', 'h', ${at}, ${at}, ${dueAt})`;
const plan = (id: string, order: string): string =>
  `insert into shipment_plans (connection_id, plan_id, order_key, warehouse, state, plan, shipment_nbr, created_at, updated_at)
   values ('c', '${id}', '${order}', 'MAIN', 'confirmed', '{}', '000001', ${at}, ${at})`;

const orderEffect = (version: string, sent: string): string =>
  `insert into effects (connection_id, effect_key, kind, key, state, plan_hash, plan, fence, dispatched_at)
   values ('c', 'ss-order:1:${version}', 'order', 'SO/1', 'done', 'h', '${sent}', 1, ${at})`;
const addresses = `update connections set settings =
  '{"acumatica":{"instanceUrl":"https://erp.example/Site"},"shipstation":{"origin":"https://ssapi.example"}}'`;
const exchange = (url: string): string =>
  `insert into exchanges (connection_id, at, subjects, system, method, url, took_ms)
   values ('c', '2026-01-09T23:30:00Z', '{}', 'acumatica', 'GET', '${url}', 5)`;
const shippedPlan = (id: string, shipmentNbr: number): string =>
  `insert into shipment_plans (connection_id, plan_id, order_key, warehouse, state, plan, shipment_nbr, created_at, updated_at)
   values ('c', '${id}', 'SO/1', 'MAIN', 'confirmed', '{"lines":[{"lineNbr":1,"quantity":2},{"lineNbr":2,"quantity":1}]}',
           '${shipmentNbr}', ${at}, ${at})`;

const broken: Record<MonitoredInvariant, { what: string; statements: string[] }> = {
  I1: {
    what: "a ShipStation order of two records",
    statements: [link("order", "SO/1", "7"), link("order", "SO/2", "7")],
  },
  I2: {
    what: "a label of a confirmed shipment without a link to it",
    statements: [plan("a", "SO/1"), "insert into plan_labels values ('c', 'S1', 'MAIN', 'a')"],
  },
  I3: { what: "an ERP shipment of two plans", statements: [plan("a", "SO/1"), plan("b", "SO/2")] },
  I4: {
    what: "a confirmation sent while a package was in doubt",
    statements: [
      effect("acu-pkg:1:S1", "in_doubt", "SO/1 MAIN", "'2026-01-09T23:50:00Z'"),
      effect("acu-confirm:1", "done", "SO/1 MAIN", "'2026-01-09T23:51:00Z'"),
    ],
  },
  I5: { what: "a label that is done and in no shipment", statements: [label("S1", "null")] },
  I6: {
    what: "an order made in ShipStation twice",
    statements: ["v1", "v2"].map((version) => orderEffect(version, '{"order":{}}')),
  },
  I7: {
    what: "a cursor two days ahead of its reading",
    statements: [
      `insert into cursors (connection_id, stream, position, polled_at, seen)
       values ('c', 'acumatica.orders', '2026-01-11T00:00:00Z', ${at}, 0)`,
    ],
  },
  I9: {
    what: "a write under a claim that its record never had",
    statements: [label("S1", "null"), link("label", "S1", "1"), effect("acu-pkg:1:S1", "dispatched", "SO/1 MAIN", at)],
  },
  I10: {
    what: "a request that left for another address",
    statements: [
      addresses,
      exchange("https://erp.example/Site/entity/Default/24.200.001/Shipment"),
      exchange("https://ssapi.example/orders"),
      exchange("https://erp.example.evil.example/entity"),
    ],
  },
  I11: {
    what: "an audit trail whose end is gone",
    statements: ["insert into audit_heads (chain, seq, hash) values ('c', 5, 'h')"],
  },
  I13: {
    what: "credentials tried a fourth time",
    statements: [`insert into sign_in_tries (connection_id, tries, tried_at) values ('c', 4, ${at})`],
  },
  I15: {
    what: "a line shipped beyond what was ordered",
    statements: [
      `insert into records (connection_id, kind, key, state, source, source_hash, first_seen_at, changed_at)
       values ('c', 'order', 'SO/1', 'Processed', '{"Details":[{"LineNbr":1,"OrderQty":3},{"LineNbr":2,"OrderQty":9}]}', 'h', ${at}, ${at})`,
      ...["a", "b"].map((id, index) => shippedPlan(id, index + 1)),
    ],
  },
  I8: { what: "a write sent at no time", statements: [effect("acu-create:a", "dispatched", "SO/1 MAIN", "null")] },
  I12: {
    what: "work that has been due for three hours",
    statements: [label("S1", "'2026-01-09T21:00:00Z'"), link("label", "S1", "000001")],
  },
};

test.for(Object.entries(broken))("$0: is told by its own number, and by no other", async ([id, { statements }]) => {
  await run(...statements);
  const counts = await countViolations(opened.db, now);
  expect([...counts].filter(([, count]) => count > 0)).toEqual([[id, 1]]);
});

test("an order that was made and changed since, and lines shipped in two parts, break nothing", async () => {
  await run(
    orderEffect("v1", '{"order":{}}'),
    orderEffect("v2", '{"order":{},"orderId":7}'),
    `insert into records (connection_id, kind, key, state, source, source_hash, first_seen_at, changed_at)
     values ('c', 'order', 'SO/1', 'Processed', '{"Details":[{"LineNbr":1,"OrderQty":4},{"LineNbr":2,"OrderQty":2}]}', 'h', ${at}, ${at})`,
    shippedPlan("a", 1),
    shippedPlan("b", 2),
  );
  const counts = await countViolations(opened.db, now);
  expect([...counts.values()].every((count) => count === 0)).toBe(true);
});

test("a confirmation that waited for the doubt to be resolved breaks nothing, nor does one of another warehouse", async () => {
  await run(
    effect("acu-pkg:1:S1", "done", "SO/1 MAIN", "'2026-01-09T23:50:00Z'"),
    effect("acu-confirm:1", "done", "SO/1 MAIN", "'2026-01-09T23:51:00Z'"),
    effect("acu-create:b", "in_doubt", "SO/1 EAST", "'2026-01-09T23:50:30Z'"),
  );
  const counts = await countViolations(opened.db, now);
  expect([...counts.values()].every((count) => count === 0)).toBe(true);
});

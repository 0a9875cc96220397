import type { SalesOrder } from "../acumatica/entities.ts";
import type { ItemData } from "../mapping/item-from-acumatica.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { openEffects } from "../ledger/effects.ts";
import { dueRows, recordRows, type RecordRow } from "../ledger/record-rows.ts";
import { errorTable } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { nowOf } from "./deps.ts";
import { listFrom, wholeListing } from "./listings.ts";
import { decideOrder, loadKnowledge, sharedKey, type OrderDecision, type OrderSource } from "./order-decision.ts";
import { mirrorRow, mirrorStream } from "./mirror.ts";
import { orderHash, orderRecordKey, orderTitle, unreadableFields } from "./order-records.ts";
import { changedItems, changedOrders, type ReadDeps } from "./polls.ts";

/** What a run would do with an order, the writes first. `aborted`: it would wait for a person. */
export const previewKinds = ["create", "update", "cancel", "hold", "aborted", "filtered", "settled"] as const;
export type PreviewKind = (typeof previewKinds)[number];

/** Orders of each kind that are listed; all are counted. */
export const previewedPerKind = 50;

export interface PreviewedOrder {
  kind: PreviewKind;
  key: string;
  title: string;
  /** Of a filtered order: the rule that leaves it out. */
  rule: string | null;
  /** Why; null where the kind says it all. */
  text: string | null;
  /** Of an aborted order what must be corrected; else what should be known. */
  problems: readonly Problem[];
}

export interface Preview {
  connection: string;
  /** Orders changed in Acumatica since then were looked at, and those due from before. */
  since: string;
  counts: Record<PreviewKind, number>;
  rules: { rule: string; count: number }[];
  orders: PreviewedOrder[];
}

/**
 * What orders out would write if it ran now. Reads both systems as the flow does and decides by the same code, but keeps nothing: no
 * record, cursor, mirror or effect. Only the calls it makes are counted in the shared call budget.
 */
export async function previewOrders(deps: ReadDeps): Promise<Preview> {
  const items = await changedItems(deps);
  const { orders, sinceMs } = await changedOrders(deps);
  const from = await listFrom(deps, mirrorStream, "everything");
  const live = await wholeListing(deps, from, (at) => deps.shipstation.listOrdersModified(at, "person"));
  return previewOf(deps, { items, orders, sinceMs, live: live.rows });
}

/** What a preview is made of, as it was read. */
export interface PreviewReads {
  items: { sku: string; item: ItemData }[];
  orders: readonly SalesOrder[];
  sinceMs: number;
  /** ShipStation's changed orders. */
  live: readonly SsOrder[];
}

/** The same, of what was read already. */
export async function previewOf(deps: ReadDeps, reads: PreviewReads): Promise<Preview> {
  const { db, connection } = deps;
  const { orders: changed, sinceMs, live } = reads;
  const items = new Map(reads.items.map(({ sku, item }) => [sku, item]));

  const sources = await ordersOf(deps, changed);
  const keys = sources.map(({ key }) => key);
  const rows = await recordRows(db, connection.id, "order", keys);
  const inDoubt = new Set((await openEffects(db, connection.id, "order", keys)).map((effect) => effect.key));
  const known = await loadKnowledge(deps, sources, { items, orders: live.map(mirrorRow) });

  const taken = new Set<string>();
  const previewed = sources.map((order): PreviewedOrder => {
    const head = { key: order.key, title: orderTitle(order.source) };
    const before = withoutPlan(order, rows.get(order.key), inDoubt.has(order.key));
    if (before) return { ...head, ...before };
    const decision = decideOrder(order, known, connection);
    return { ...head, ...(sharing(decision, taken) ?? outcomeOf(decision)) };
  });
  return summed(connection.id, sinceMs, previewed);
}

/** What changed, and what was due before: its stored source is current, or it would be among the changed ones. */
async function ordersOf(deps: ReadDeps, changed: readonly SalesOrder[]): Promise<OrderSource[]> {
  const orders = new Map<string, SalesOrder>();
  for (const row of await dueRows(deps.db, deps.connection.id, "order", nowOf(deps))) {
    orders.set(row.key, row.source as SalesOrder);
  }
  for (const order of changed) orders.set(orderRecordKey(order), order);
  return [...orders]
    .map(([key, source]) => ({ key, source }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

type Previewed = Omit<PreviewedOrder, "key" | "title">;

const previewed = (kind: PreviewKind, text: string | null, problems: readonly Problem[] = []): Previewed => ({
  kind,
  rule: null,
  text,
  problems,
});

/** Orders a run does not plan: unreadable ones, those a person left out or must see to, and those looked up first. */
function withoutPlan({ source }: OrderSource, row: RecordRow | undefined, isInDoubt: boolean): Previewed | undefined {
  if (row?.state === "Skipped") {
    return { ...previewed("filtered", row.reason?.text ?? null), rule: row.reason?.code ?? "skipped-by-person" };
  }
  const unreadable = unreadableFields(source);
  if (unreadable.length > 0) return previewed("aborted", errorTable["acumatica.unreadable"].message, unreadable);
  if (isInDoubt) return previewed("settled", "Sent before; ShipStation is read before anything is sent again.");
  if (row?.state === "Aborted" && row.hash === orderHash(source)) {
    return previewed("aborted", row.reason?.text ?? null, row.problems);
  }
  return undefined;
}

/** Of several new orders that want one key the first has it. */
function sharing(decision: OrderDecision, taken: Set<string>): Previewed | undefined {
  if (decision.kind !== "planned" || decision.plan.kind !== "create") return undefined;
  const { orderKey } = decision.order;
  if (!taken.has(orderKey)) {
    taken.add(orderKey);
    return undefined;
  }
  const { text, problem } = sharedKey(orderKey);
  return previewed("aborted", text, [problem]);
}

function outcomeOf(decision: OrderDecision): Previewed {
  switch (decision.kind) {
    case "gated":
      if (decision.isLinked) return previewed("settled", decision.text);
      return { ...previewed("filtered", decision.text), rule: decision.rule };
    case "unmappable":
      return previewed("aborted", errorTable["order.unmappable"].message, decision.problems);
    case "planned":
      return outcomeOfPlan(decision);
  }
}

const updateKinds = { open: "update", cancelled: "cancel", held: "hold" } as const;

function outcomeOfPlan({ order, plan, warnings }: Extract<OrderDecision, { kind: "planned" }>): Previewed {
  switch (plan.kind) {
    case "create":
      return previewed("create", null, warnings);
    case "update":
      return previewed(updateKinds[order.status], `ShipStation order ${plan.orderId}`, warnings);
    case "settled":
      return previewed("settled", plan.why);
    case "blocked":
      return previewed("aborted", errorTable[plan.code].message, plan.problems);
  }
}

function summed(connection: string, sinceMs: number, all: readonly PreviewedOrder[]): Preview {
  const ofKind = (kind: PreviewKind): PreviewedOrder[] => all.filter((order) => order.kind === kind);
  const counts = Object.fromEntries(previewKinds.map((kind) => [kind, ofKind(kind).length]));
  const rules = new Map<string, number>();
  for (const { rule } of all) if (rule !== null) rules.set(rule, (rules.get(rule) ?? 0) + 1);
  return {
    connection,
    since: new Date(sinceMs).toISOString(),
    counts: counts as Record<PreviewKind, number>,
    rules: [...rules].map(([rule, count]) => ({ rule, count })).toSorted((left, right) => right.count - left.count),
    orders: previewKinds.flatMap((kind) => ofKind(kind).slice(0, previewedPerKind)),
  };
}

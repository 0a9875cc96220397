import { saveMirror } from "../ledger/mirror.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { askV2 } from "./ask-v2.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { planOrders, type OrderSend } from "./order-planning.ts";
import { mirrorRow } from "./mirror.ts";

/**
 * What V2 knows of a key, as V1 shows it. V2's word alone is not enough to act on:
 * - `live`: V1 shows this order with this key.
 * - `gone`: V2 names an order, and V1 does not have it (any more).
 * - `none`: V2 knows none, or V1 shows something else under its id. It proves nothing by itself.
 * - `unasked`: there is no V2, or no answer from it.
 */
export type KeyLookup =
  { kind: "live"; order: SsOrder } | { kind: "gone"; orderId: number } | { kind: "none" | "unasked" };

/** The order with exactly this key, wherever the polls have not been (facts: shipstation 6.3). */
export async function lookUpKey(deps: FlowDeps, recordKey: string, orderKey: string): Promise<KeyLookup> {
  const about = <T>(work: () => Promise<T>): Promise<T> =>
    deps.archive.about([{ kind: "order", key: recordKey }], work);
  const asked = await askV2(deps, (v2) => about(() => v2.findOrderByKey(orderKey)));
  if (!asked) return { kind: "unasked" };
  const named = asked.answer;
  if (!named) return { kind: "none" };
  const order = await about(() => deps.shipstation.getOrder(named.orderId));
  if (order === undefined) return { kind: "gone", orderId: named.orderId };
  if (order.orderKey === orderKey) return { kind: "live", order };
  deps.log.warn({ order: recordKey, shipStationOrderId: named.orderId }, "V1 does not show the key that V2 found");
  return { kind: "none" };
}

/** Keys asked for at the same time. */
const atOnce = 5;

/**
 * Before new orders are made: those whose key ShipStation has already, on an order older than our mirror, are planned again with that
 * order known, so that it is adopted or left alone as the mirror's rules say. As many as the V2 budget grants are asked for; for the
 * others the mirror's word counts, as without V2.
 */
export async function planWithFoundKeys(
  deps: FlowDeps,
  plans: { creates: OrderSend[]; updates: OrderSend[] },
): Promise<{ creates: OrderSend[]; updates: OrderSend[] }> {
  if (deps.shipstationV2 === undefined) return plans;
  const found = new Map<OrderSend, SsOrder>();
  for (let at = 0; at < plans.creates.length && !deps.stopping(); at += atOnce) {
    const group = plans.creates.slice(at, at + atOnce);
    const lookups = await Promise.all(group.map((send) => lookUpKey(deps, send.claim.key, send.order.orderKey)));
    for (const [index, send] of group.entries()) {
      const lookup = lookups[index];
      if (lookup?.kind === "live") found.set(send, lookup.order);
    }
    if (lookups.some(({ kind }) => kind === "unasked")) break;
  }
  if (found.size === 0) return plans;
  await deps.db
    .transaction()
    .execute((tx) => saveMirror(tx, deps.connection.id, nowOf(deps), [...found.values()].map(mirrorRow)));
  const again = await planOrders(
    deps,
    [...found.keys()].map(({ claim }) => claim),
  );
  return {
    creates: [...plans.creates.filter((send) => !found.has(send)), ...again.creates],
    updates: [...plans.updates, ...again.updates],
  };
}

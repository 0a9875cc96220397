import { contentHash } from "../ledger/hash.ts";
import { everDispatched } from "../ledger/effects.ts";
import { itemsBySku } from "../ledger/items.ts";
import { linksOf, saveLink, type Link } from "../ledger/links.ts";
import { mirrorByIds, mirrorByKeys, type MirrorOrder } from "../ledger/mirror.ts";
import { refreshSource, settleRecord, type Claim, type Outcome } from "../ledger/records.ts";
import { asConnectorError } from "../lib/errors.ts";
import { errorTable } from "../lib/error-table.ts";
import { orderContent, planOrder, type KnownOrder, type Order } from "../core/orders.ts";
import type { ItemData } from "../mapping/item-from-acumatica.ts";
import { orderFromAcumatica } from "../mapping/order-from-acumatica.ts";
import { gateOrder } from "../mapping/order-gate.ts";
import type { SalesOrder } from "../acumatica/entities.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { isConnectionWide, outcomeOfError } from "./failure.ts";
import { orderHash, orderRecordKey } from "./polls.ts";

/** One order to be sent, with the claim it is sent under. */
export interface OrderSend {
  claim: Claim;
  order: Order;
  /** Hash of what is sent: the version. */
  hash: string;
  orderId: number | undefined;
}

/**
 * Decides for each claimed order what ShipStation needs. What needs nothing, cannot be expressed or must not be touched
 * is settled here, with its reason; what is returned is to be sent.
 */
export async function planOrders(deps: FlowDeps, claims: readonly Claim[]) {
  const creates: OrderSend[] = [];
  const updates: OrderSend[] = [];
  const current: Claim[] = [];
  for (const claim of claims) {
    const fresh = await currentSource(deps, claim);
    if (fresh) current.push(fresh);
  }
  const known = await loadKnown(deps, current);
  for (const claim of current) {
    const source = claim.source as SalesOrder;
    const links = known.links.get(claim.key) ?? [];
    const gate = gateOrder(source, deps.connection.settings.orders, links.length > 0);
    if (!gate.pass) {
      const state = links.length > 0 ? "Processed" : "Filtered";
      await settle(deps, claim, { state, reason: { code: gate.rule, text: gate.text }, event: "order.gated" });
      continue;
    }
    const mapped = orderFromAcumatica(source, deps.connection.settings.orders, known.items);
    if (!mapped.ok) {
      const reason = { code: "order.unmappable", text: errorTable["order.unmappable"].message };
      await settle(deps, claim, { state: "Aborted", reason, problems: mapped.problems, event: "order.unmappable" });
      continue;
    }
    const order = mapped.value;
    const hash = contentHash(orderContent(order));
    const plan = planOrder(order, hash, knownOrder(order, claim, links, known));
    switch (plan.kind) {
      case "settled": {
        const detail = { why: plan.why };
        const outcome = { state: "Processed" as const, event: "order.settled", detail, remoteKey: order.orderKey };
        await settle(deps, claim, outcome, plan.orderId === undefined ? undefined : { orderId: plan.orderId, hash });
        break;
      }
      case "blocked": {
        const reason = { code: plan.code, text: errorTable[plan.code].message };
        await settle(deps, claim, { state: "Aborted", reason, problems: plan.problems, event: "order.blocked" });
        break;
      }
      case "create":
        creates.push({ claim, order, hash, orderId: undefined });
        break;
      case "update":
        updates.push({ claim, order, hash, orderId: plan.orderId });
        break;
    }
  }
  return withoutSharedKeys(deps, creates, updates);
}

/** Two documents of one batch that want one key: the first by key goes, the others wait for a person. */
async function withoutSharedKeys(deps: FlowDeps, creates: OrderSend[], updates: OrderSend[]) {
  const taken = new Set<string>();
  const kept: OrderSend[] = [];
  for (const send of creates) {
    if (taken.has(send.order.orderKey)) {
      const reason = {
        code: "order.key-taken",
        text: `Another order of this connection uses the key ${send.order.orderKey}.`,
      };
      const problem = {
        field: "OrderNbr",
        found: send.order.orderKey,
        cure: "Put the order type into the connection's order key template, e.g. {OrderType}-{OrderNbr}.",
      };
      await settle(deps, send.claim, { state: "Aborted", reason, problems: [problem], event: "order.blocked" });
      continue;
    }
    taken.add(send.order.orderKey);
    kept.push(send);
  }
  return { creates: kept, updates };
}

/** The order as the ERP has it now: after a failure or a replay it is read again. Settles it when it is gone or unreadable. */
async function currentSource(deps: FlowDeps, claim: Claim): Promise<Claim | undefined> {
  if (claim.reasonCode === undefined) return claim;
  const [orderType = "", orderNbr = ""] = claim.key.split("/", 2);
  try {
    const subject = [{ kind: "order" as const, key: claim.key }];
    const source = await deps.archive.about(subject, () => deps.acumatica.getSalesOrder(orderType, orderNbr));
    if (source === undefined) {
      const reason = { code: "gone-in-erp", text: "The order no longer exists in Acumatica." };
      await settle(deps, claim, { state: "Filtered", reason, event: "order.gone" });
      return undefined;
    }
    const wanted = { ...source, OrderType: orderType, OrderNbr: orderNbr };
    const hash = orderHash(source);
    if (orderRecordKey(source) !== claim.key) return claim;
    return hash === claim.hash
      ? { ...claim, source: wanted }
      : await deps.db.transaction().execute((tx) => refreshSource(tx, claim, source, hash));
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (isConnectionWide(error)) throw error;
    await settle(deps, claim, outcomeOfError(error, claim, nowOf(deps), deps.random, "order.unread"));
    return undefined;
  }
}

interface Known {
  links: Map<string, Link[]>;
  items: Map<string, ItemData>;
  mirror: Map<string, MirrorOrder[]>;
  mirrorIds: Map<string, MirrorOrder>;
  dispatched: Set<string>;
}

async function loadKnown(deps: FlowDeps, claims: readonly Claim[]): Promise<Known> {
  const keys = claims.map((claim) => claim.key);
  const skus = claims.flatMap((claim) =>
    ((claim.source as SalesOrder).Details ?? []).map((line) => (line.InventoryID ?? "").trim()),
  );
  const items = await itemsBySku<ItemData>(deps.db, deps.connection.id, [...new Set(skus)]);
  const links = new Map<string, Link[]>();
  for (const link of await linksOf(deps.db, deps.connection.id, "order", keys)) {
    links.set(link.key, [...(links.get(link.key) ?? []), link]);
  }
  const orderKeys = claims.flatMap((claim) => {
    const mapped = orderFromAcumatica(claim.source as SalesOrder, deps.connection.settings.orders, items);
    return mapped.ok ? [mapped.value.orderKey] : [];
  });
  const mirror = new Map<string, MirrorOrder[]>();
  for (const row of await mirrorByKeys(deps.db, deps.connection.id, orderKeys)) {
    if (row.orderKey !== undefined) mirror.set(row.orderKey, [...(mirror.get(row.orderKey) ?? []), row]);
  }
  const linkedIds = [...links.values()].flat().map((link) => link.remoteId);
  const mirrorIds = new Map(
    (await mirrorByIds(deps.db, deps.connection.id, linkedIds)).map((row) => [row.orderId, row] as const),
  );
  return {
    links,
    items,
    mirror,
    mirrorIds,
    dispatched: await everDispatched(deps.db, deps.connection.id, "order", keys),
  };
}

function knownOrder(order: Order, claim: Claim, links: readonly Link[], known: Known): KnownOrder {
  const link = links[0];
  const linkedRow = link && known.mirrorIds.get(link.remoteId);
  const byKey = known.mirror.get(order.orderKey) ?? [];
  const row = linkedRow ?? byKey[0];
  return {
    orderId: link === undefined ? undefined : Number(link.remoteId),
    sentHash: link?.sentHash,
    live: row && { orderStatus: row.orderStatus ?? "", orderKey: row.orderKey, orderId: Number(row.orderId) },
    keyTakenByOther: link === undefined && byKey.length > 0 && !known.dispatched.has(claim.key),
  };
}

/** `found`: an order of ours that was found again; it is linked, with the hash of what it is taken to hold. */
async function settle(
  deps: FlowDeps,
  claim: Claim,
  outcome: Outcome,
  found?: { orderId: number; hash: string },
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if (found) {
      const link = { kind: "order" as const, key: claim.key, system: "shipstation" as const };
      await saveLink(tx, deps.connection.id, nowOf(deps), {
        ...link,
        remoteId: String(found.orderId),
        sentHash: found.hash,
      });
    }
    await settleRecord(tx, claim, nowOf(deps), outcome, "orders-out");
  });
}

import type { SalesOrder } from "../acumatica/entities.ts";
import type { Order } from "../core/orders.ts";
import { saveLink } from "../ledger/links.ts";
import { refreshSource, settleRecord, type Claim, type Outcome } from "../ledger/records.ts";
import { asConnectorError } from "../lib/errors.ts";
import { errorTable } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { isConnectionWide, outcomeOfError } from "./failure.ts";
import { decideOrder, loadKnowledge, sharedKey } from "./order-decision.ts";
import { orderHash, orderRecordKey } from "./order-records.ts";

/** One order to be sent, with the claim it is sent under. */
export interface OrderSend {
  claim: Claim;
  order: Order;
  /** Hash of what is sent: the version. */
  hash: string;
  orderId: number | undefined;
  /** What a person should know although it is sent. */
  warnings: readonly Problem[];
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
  const sources = current.map((claim) => ({ key: claim.key, source: claim.source as SalesOrder }));
  const known = await loadKnowledge(deps, sources);
  for (const claim of current) {
    const decision = decideOrder({ key: claim.key, source: claim.source as SalesOrder }, known, deps.connection);
    if (decision.kind === "gated") {
      const state = decision.isLinked ? "Processed" : "Filtered";
      const reason = { code: decision.rule, text: decision.text };
      await settle(deps, claim, { state, reason, event: "order.gated" });
      continue;
    }
    if (decision.kind === "unmappable") {
      const reason = { code: "order.unmappable", text: errorTable["order.unmappable"].message };
      const { problems } = decision;
      await settle(deps, claim, { state: "Aborted", reason, problems, event: "order.unmappable" });
      continue;
    }
    const { order, hash, plan, warnings } = decision;
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
        creates.push({ claim, order, hash, orderId: undefined, warnings });
        break;
      case "update":
        updates.push({ claim, order, hash, orderId: plan.orderId, warnings });
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
      const { text, problem } = sharedKey(send.order.orderKey);
      const reason = { code: "order.key-taken", text };
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

/** `found`: an order of ours that was found again; it is linked, with the hash of what it is taken to hold. */
async function settle(
  deps: FlowDeps,
  claim: Claim,
  outcome: Outcome,
  found?: { orderId: number; hash: string },
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if (found) {
      const link = { system: "shipstation" as const, remoteId: String(found.orderId), sentHash: found.hash };
      await saveLink(tx, claim, nowOf(deps), link);
    }
    await settleRecord(tx, claim, nowOf(deps), outcome, "orders-out");
  });
}

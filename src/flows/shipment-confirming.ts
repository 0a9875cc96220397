import { confirmGate } from "../core/shipment-gate.ts";
import { shipmentsOfPlan } from "../core/shipment-match.ts";
import { missingTracking, packageSteps } from "../core/shipment-packages.ts";
import type { ErpShipment } from "../core/shipments.ts";
import { appendAudit } from "../ledger/audit.ts";
import { dispatchEffect, settleEffect } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { plansOfOrder } from "../ledger/shipment-plans.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import type { WriteAhead } from "../lib/http.ts";
import { requireSeenLately, seeLabelsAgain, type Gate } from "./shipment-gate.ts";
import {
  aheadOf,
  confirmKey,
  createKey,
  inDoubt,
  openEffectsOf,
  packageKey,
  quarantineOf,
  readShipment,
  readShipmentsOf,
  scopeOf,
  settleOne,
  underHold,
  type PlanWork,
} from "./shipment-work.ts";

/**
 * Confirming twice is refused by Acumatica, so of a lost answer the status tells. But what another worker has just stored may leave within
 * five seconds: it is not called undone before that.
 */
const confirmQuarantineMs = 10_000;

/** Step 4: confirm, then believe only the status that is read. */
export async function confirm(work: PlanWork, number: string, gate: Gate): Promise<void> {
  const { deps, plan, claim } = work;
  const effectKey = confirmKey(number);
  const sent = (await openEffectsOf(work)).get(effectKey);
  if (sent) {
    const leftMs = quarantineOf(work, sent);
    if (leftMs > 0) throw inDoubt(leftMs);
    // It was sent, and the status just read says Open: it did not take effect.
    await settleOne(work, effectKey, "not_done", { status: "not confirmed" });
  }
  let { seenAt } = gate;
  const store = aheadOf(work, async (tx, now, theirTimeMs) => {
    requireSeenLately(work, seenAt);
    await appendAudit(tx, now, "shipments-back", [
      { connectionId: deps.connection.id, kind: "label", key: claim.key, event: "shipment.gate", detail: gate.detail },
    ]);
    await dispatchEffect(tx, claim, now, {
      effectKey,
      planHash: contentHash(plan),
      plan: { shipmentNbr: number },
      quarantineMs: confirmQuarantineMs,
      theirTimeMs,
      scope: scopeOf(plan),
    });
  });
  let isStored = false as boolean;
  const ahead: WriteAhead = async () => {
    seenAt = await seeLabelsAgain(work, seenAt);
    const lastLook = await store();
    isStored = true;
    return lastLook;
  };
  let failure: ConnectorError | undefined;
  try {
    await deps.acumatica.confirmShipment(number, ahead);
  } catch (thrown) {
    failure = asConnectorError(thrown);
    if (!isStored) throw failure;
  }
  const after = await readShipment(work, number);
  if (confirmGate(after).kind === "done") {
    await settleOne(work, effectKey, "done", { status: after.status });
    return;
  }
  const evidence = { status: after.status, ...(failure ? { code: failure.code, message: failure.message } : {}) };
  await settleOne(work, effectKey, failure?.mayHaveApplied === true ? "in_doubt" : "refused", evidence);
  throw failure ?? new ConnectorError("shipment.not-confirmed");
}

/**
 * Found confirmed: by us before a crash, or by a person. That also answers what became of the writes before it. A tracking number that is
 * not in it is not forced in: a person corrects the shipment (I5).
 */
export async function settleConfirmed(work: PlanWork, shipment: ErpShipment): Promise<void> {
  const { plan } = work;
  const open = await openEffectsOf(work);
  const steps = packageSteps(plan, shipment);
  const evidence = { shipmentNbr: shipment.number, status: shipment.status };
  const missing = missingTracking(plan, shipment);
  await underHold(work, async (tx, now) => {
    for (const effectKey of open.keys()) {
      const at = plan.packages.findIndex(({ labelId }) => packageKey(shipment.number, labelId) === effectKey);
      const isDone = effectKey === createKey(plan) || effectKey === confirmKey(shipment.number);
      const state = isDone || steps[at]?.kind === "none" ? "done" : "not_done";
      await settleEffect(tx, work.claim, effectKey, now, state, evidence);
    }
  });
  if (missing.length > 0) throw new ConnectorError("shipment.confirmed-without-tracking", { problems: missing });
}

/** One more read of the order: the labels are in this shipment and in no other (I2). Returns the numbers of the others. */
export async function otherShipments(work: PlanWork, number: string): Promise<string[]> {
  const { deps, plan, stored } = work;
  const order = await deps.acumatica.getSalesOrder(plan.orderType, plan.orderNbr);
  if (!order) return [];
  const plans = await plansOfOrder(deps.db, deps.connection.id, stored.orderKey);
  const known = new Set([
    number,
    ...plans.flatMap(({ planId, shipmentNbr }) => (planId === plan.id ? [] : (shipmentNbr ?? []))),
  ]);
  const others = await readShipmentsOf(work, order, (each) => !known.has(each));
  return shipmentsOfPlan(plan, others).map((shipment) => shipment.number);
}

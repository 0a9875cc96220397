import type { SalesOrder } from "../acumatica/entities.ts";
import { allLabelIds, signedBy } from "../core/shipment-mark.ts";
import { planShipments } from "../core/shipment-plan.ts";
import { judgeLabel, type ErpOrder, type Label, type ShipmentPlan } from "../core/shipments.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { linksOf } from "../ledger/links.ts";
import { mirrorByIds } from "../ledger/mirror.ts";
import { releaseClaims } from "../ledger/many-records.ts";
import { holdClaim, settleRecord, type Claim, type Outcome } from "../ledger/records.ts";
import { freezePlan, plansOfOrder, type StoredPlan } from "../ledger/shipment-plans.ts";
import { momentOf, type Moment } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { errorTable } from "../lib/error-table.ts";
import { erpOrderFrom } from "../mapping/erp-from-acumatica.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { isConnectionWide, outcomeOfError } from "./failure.ts";
import { advancePlan } from "./shipment-writing.ts";
import { combinedLabels } from "./combined-labels.ts";

const actor = "shipments-back";
/** How often a label looks whether the earlier shipment of its order has been settled. */
const earlierShipmentMs = 10 * 60_000;

/** When labels are looked at again whose order another worker has in hand. */
const otherWorkerMs = 60_000;

/** Brings the labels of one order into the ERP, as far as they go now. Each label's record says how far. */
export async function shipOrder(deps: FlowDeps, orderKey: string | undefined, claims: readonly Claim[]): Promise<void> {
  const open = new Map(claims.map((claim) => [claim.key, claim]));
  const settle = async (labelId: string, outcome: Outcome): Promise<void> => {
    const claim = open.get(labelId);
    if (!claim) return;
    open.delete(labelId);
    await deps.db.transaction().execute((tx) => settleRecord(tx, claim, nowOf(deps), outcome, actor));
  };
  try {
    if (orderKey === undefined) {
      for (const claim of claims) await settle(claim.key, filtered(judgeLabel(claim.source as Label, false)));
      return;
    }
    const subjects = [
      { kind: "order" as const, key: orderKey },
      ...claims.map(({ key }) => ({ kind: "label" as const, key })),
    ];
    await deps.archive.about(subjects, () => shipKnownOrder(deps, orderKey, open, settle));
    // Of a plan that another worker carries on.
    await releaseClaims(deps.db, [...open.values()], new Date(deps.clock.now() + otherWorkerMs));
  } catch (thrown) {
    const error = asConnectorError(thrown);
    // Another worker has the order; of the claims that are left the fence says whose they are.
    if (error.code === "claim.lost") {
      deps.log.warn({ connection: deps.connection.id, order: orderKey }, error.message);
      await releaseClaims(deps.db, [...open.values()], new Date(deps.clock.now() + otherWorkerMs));
      return;
    }
    if (isConnectionWide(error)) {
      await releaseClaims(deps.db, [...open.values()], nowOf(deps));
      throw error;
    }
    for (const claim of [...open.values()]) {
      await settle(claim.key, outcomeOfError(error, claim, nowOf(deps), deps.random, "label.failed"));
    }
    deps.log.warn({ connection: deps.connection.id, order: orderKey, code: error.code }, error.message);
  }
}

type Settle = (labelId: string, outcome: Outcome) => Promise<void>;

async function shipKnownOrder(
  deps: FlowDeps,
  orderKey: string,
  open: Map<string, Claim>,
  settle: Settle,
): Promise<void> {
  const plans = await plansOfOrder<ShipmentPlan>(deps.db, deps.connection.id, orderKey);
  await settleVoided(open, plans, settle);
  await settleCombined(deps, open, plans, settle);
  if (open.size === 0) return;

  const begunAt = momentOf(deps.clock);
  const [orderType = "", orderNbr = ""] = orderKey.split("/", 2);
  const source = await deps.acumatica.getSalesOrder(orderType, orderNbr);
  // Now that Acumatica has told the time.
  const quietMs = quietAfterRestore(deps);
  if (quietMs > 0) {
    const reason = {
      code: "after-restore",
      text: "What was written before the database was put back may still arrive.",
    };
    const dueAt = new Date(deps.clock.now() + quietMs);
    for (const key of [...open.keys()]) await settle(key, { state: "Waiting", reason, dueAt, event: "label.waiting" });
    return;
  }
  if (source === undefined) {
    for (const labelId of open.keys()) await settle(labelId, aborted("label.order-unknown", "label.failed"));
    return;
  }
  // An earlier plan of this order is carried to its end before a new one is made (failures 3.4).
  const frozen = plans.filter((plan) => plan.state === "frozen");
  for (const stored of frozen)
    await advancePlan(deps, stored, source, { claim: claimOf(open, stored.plan), begunAt }, settle);
  const planned = new Set(plans.flatMap((stored) => allLabelIds(stored.plan)));
  for (const labelId of [...open.keys()].filter((id) => planned.has(id))) {
    const done = plans
      .filter((stored) => allLabelIds(stored.plan).includes(labelId))
      .every((stored) => stored.state === "confirmed");
    if (done) await settle(labelId, { state: "Processed", event: "label.settled" });
  }
  const fresh = [...open.values()].filter((claim) => !planned.has(claim.key));
  if (fresh.length === 0) return;
  if (plans.some((stored) => stored.state === "frozen")) {
    const reason = { code: "earlier-shipment", text: "An earlier shipment of this order is not confirmed yet." };
    const dueAt = new Date(deps.clock.now() + earlierShipmentMs);
    for (const claim of fresh) await settle(claim.key, { state: "Waiting", reason, dueAt, event: "label.waiting" });
    return;
  }
  // What was just confirmed has changed the order's open quantities.
  const current = frozen.length === 0 ? source : await deps.acumatica.getSalesOrder(orderType, orderNbr);
  await planFresh(deps, orderKey, { source: current ?? source, begunAt }, fresh, settle);
}

/**
 * A shipment that is not remembered may have been asked for a moment before the database was put back: its quarantine is waited for, from the
 * comparison on, and by Acumatica's clock. Gives how long that is still.
 */
function quietAfterRestore({ acumatica, clock, connection }: FlowDeps): number {
  const since = connection.reconciledAt ?? connection.restoredAt;
  if (since === undefined) return 0;
  const now = acumatica.theirTime()?.atLeast ?? clock.now();
  return since.getTime() + connection.settings.flows.quarantineSeconds * 1000 - now;
}

/** Labels no plan holds yet: wait until the order's labels are all there, then freeze one plan per warehouse and carry it out. */
async function planFresh(
  deps: FlowDeps,
  orderKey: string,
  { source, begunAt }: { source: SalesOrder; begunAt: Moment },
  fresh: readonly Claim[],
  settle: Settle,
): Promise<void> {
  const erp = erpOrderFrom(source, deps.connection.settings.orders);
  const labels = fresh.map((claim) => claim.source as Label);
  const until = await settleWindowEnd(deps, orderKey, erp, labels);
  if (until !== undefined) {
    const reason = { code: "settle-window", text: "Waiting for further labels of this order." };
    for (const claim of fresh)
      await settle(claim.key, { state: "Waiting", reason, dueAt: until, event: "label.waiting" });
    return;
  }
  const { plans, problems, warnings } = planShipments(erp, labels, deps.connection.settings.shipments);
  for (const problem of problems) {
    await settle(problem.labelId, aborted(problem.code, "label.unplannable", problem.problems));
  }
  for (const planned of plans) {
    const signed = signedBy(planned, deps.instance);
    const plan = warnings.length > 0 ? { ...signed, warnings } : signed;
    const stored: StoredPlan<ShipmentPlan> = {
      planId: plan.id,
      orderKey,
      warehouse: plan.warehouse,
      state: "frozen",
      plan,
      shipmentNbr: undefined,
    };
    const frozen = { planId: plan.id, orderKey, warehouse: plan.warehouse, plan, labelIds: allLabelIds(plan) };
    const hold = await deps.db.transaction().execute(async (tx) => {
      for (const claim of fresh) await holdClaim(tx, claim);
      return freezePlan(tx, deps.connection.id, nowOf(deps), frozen);
    });
    const claim = fresh.find((candidate) => allLabelIds(plan).includes(candidate.key));
    await advancePlan(deps, stored, source, { claim, begunAt, hold }, plans.length === 1 ? settle : undefined);
    if (plans.length > 1) await settleIfAllConfirmed(deps, orderKey, allLabelIds(plan), settle);
  }
}

/** A label that travels in two warehouses' shipments is done when both are. */
async function settleIfAllConfirmed(
  deps: FlowDeps,
  orderKey: string,
  labelIds: readonly string[],
  settle: Settle,
): Promise<void> {
  const all = await plansOfOrder<ShipmentPlan>(deps.db, deps.connection.id, orderKey);
  for (const labelId of labelIds) {
    const holding = all.filter((stored) => allLabelIds(stored.plan).includes(labelId));
    if (holding.every((stored) => stored.state === "confirmed")) {
      await settle(labelId, { state: "Processed", event: "label.shipped", attempts: 0 });
    }
  }
}

/** Voids: before any plan the label is left out; once its shipment is confirmed a person must decide. */
async function settleVoided(
  open: Map<string, Claim>,
  plans: readonly StoredPlan<ShipmentPlan>[],
  settle: Settle,
): Promise<void> {
  for (const claim of [...open.values()]) {
    const label = claim.source as Label;
    if (!label.voided) continue;
    const holding = plans.filter((stored) => allLabelIds(stored.plan).includes(label.id));
    if (holding.length === 0) await settle(label.id, filtered(judgeLabel(label, true)));
    else if (holding.some((stored) => stored.state === "confirmed")) {
      await settle(label.id, aborted("label.voided-after-shipping", "label.voided"));
    }
    // In a frozen plan that is not confirmed yet: advancePlan stops before the confirmation.
  }
}

/** What became of a label whose order was combined away cannot be read: before any plan a person must decide, in one the gate stops. */
async function settleCombined(
  deps: FlowDeps,
  open: Map<string, Claim>,
  plans: readonly StoredPlan<ShipmentPlan>[],
  settle: Settle,
): Promise<void> {
  const planned = new Set(plans.flatMap((stored) => allLabelIds(stored.plan)));
  const labels = [...open.values()].map((claim) => claim.source as Label).filter(({ id }) => !planned.has(id));
  for (const id of await combinedLabels(deps, labels))
    await settle(id, aborted("label.order-combined", "label.failed"));
}

/**
 * Until when to wait for further labels; undefined when the labels cover all that is open, when ShipStation calls the order
 * shipped, or when the window since the last label is over.
 */
async function settleWindowEnd(
  deps: FlowDeps,
  orderKey: string,
  erp: ErpOrder,
  labels: readonly Label[],
): Promise<Date | undefined> {
  if (labels.some((label) => label.source === "fulfillment" || label.lines === undefined)) return undefined;
  const open = erp.lines.reduce((sum, line) => sum + line.openQty, 0);
  const covered = labels.flatMap((label) => label.lines ?? []).reduce((sum, line) => sum + line.quantity, 0);
  if (covered >= open) return undefined;
  const [link] = await linksOf(deps.db, deps.connection.id, "order", [orderKey]);
  const [row] = link ? await mirrorByIds(deps.db, deps.connection.id, [link.remoteId]) : [];
  if (row?.orderStatus === "shipped") return undefined;
  const known = await labelsOfOrder(deps.db, deps.connection.id, orderKey);
  const last = Math.max(...known.map((entry) => entry.firstSeenAt.getTime()));
  const until = last + deps.connection.settings.flows.settleSeconds * 1000;
  return until > deps.clock.now() ? new Date(until) : undefined;
}

function claimOf(open: ReadonlyMap<string, Claim>, plan: ShipmentPlan): Claim | undefined {
  return allLabelIds(plan)
    .map((id) => open.get(id))
    .find((claim) => claim !== undefined);
}

function filtered(verdict: ReturnType<typeof judgeLabel>): Outcome {
  if (verdict.kind === "use") return aborted("label.order-unknown", "label.failed");
  return { state: "Filtered", reason: { code: verdict.rule, text: verdict.text }, event: "label.filtered" };
}

function aborted(code: keyof typeof errorTable, event: string, problems: Outcome["problems"] = []): Outcome {
  return { state: "Aborted", reason: { code, text: errorTable[code].message }, problems, event };
}

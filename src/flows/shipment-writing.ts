import type { SalesOrder, Shipment, ShipmentPatch } from "../acumatica/entities.ts";
import { confirmGate } from "../core/shipment-gate.ts";
import { allLabelIds } from "../core/shipment-mark.ts";
import { matchShipment } from "../core/shipment-match.ts";
import { compareShipment, headStep, packageSteps, type HeadStep } from "../core/shipment-packages.ts";
import type { ErpShipment, ShipmentPlan } from "../core/shipments.ts";
import { dispatchEffect, findEffect, settleEffect } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { saveLink } from "../ledger/links.ts";
import type { Claim, Outcome } from "../ledger/records.ts";
import { updatePlan, type StoredPlan } from "../ledger/shipment-plans.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import { erpShipmentFrom } from "../mapping/erp-from-acumatica.ts";
import { shipmentToAcumatica } from "../mapping/shipment-to-acumatica.ts";
import { nowOf, type FlowDeps } from "./deps.ts";

/** After the quarantine an absent shipment is looked for twice, this far apart (failures 3.4). */
const secondLookMs = 30_000;
/** Confirming twice is refused by Acumatica, so a lost answer needs no quarantine: the status tells. */
const confirmQuarantineMs = 0;

type Settle = ((labelId: string, outcome: Outcome) => Promise<void>) | undefined;

/**
 * Carries one frozen plan to a confirmed ERP shipment (the table of failures 3.4): find or create → packages → read back and compare
 * → confirm → read the status. Without a claim on one of its labels nothing is written.
 */
export async function advancePlan(
  deps: FlowDeps,
  stored: StoredPlan<ShipmentPlan>,
  source: SalesOrder,
  claim: Claim | undefined,
  settle: Settle,
): Promise<void> {
  if (!claim) return;
  const { plan } = stored;
  const number = stored.shipmentNbr ?? (await findOrCreate(deps, stored, source, claim));
  await updatePlan(deps.db, deps.connection.id, plan.id, nowOf(deps), { shipmentNbr: number });

  const shipment = await readShipment(deps, number);
  const gate = confirmGate(shipment);
  if (gate.kind === "person") throw new ConnectorError(gate.code, { problems: gate.problems });
  if (gate.kind === "confirm") {
    const complete = await completePackages(deps, plan, shipment);
    const differences = compareShipment(plan, complete);
    if (differences.length > 0) throw new ConnectorError("shipment.read-back-differs", { problems: differences });
    await settleEffect(deps.db, deps.connection.id, createKey(plan), nowOf(deps), "done", { shipmentNbr: number });
    await refuseVoided(deps, stored);
    await confirm(deps, plan, number, claim);
  } else await settleConfirmed(deps, plan, shipment);
  await recordShipped(deps, stored, number, settle);
}

const createKey = (plan: ShipmentPlan): string => `acu-create:${plan.id}`;
const confirmKey = (number: string): string => `acu-confirm:${number}`;

/** Found confirmed: by us before a crash, or by a person. That also answers what became of the writes before it. */
async function settleConfirmed(deps: FlowDeps, plan: ShipmentPlan, shipment: ErpShipment): Promise<void> {
  for (const effectKey of [createKey(plan), confirmKey(shipment.number)]) {
    const effect = await findEffect(deps.db, deps.connection.id, effectKey);
    if (effect?.state !== "dispatched" && effect?.state !== "in_doubt") continue;
    const evidence = { shipmentNbr: shipment.number, status: shipment.status };
    await settleEffect(deps.db, deps.connection.id, effectKey, nowOf(deps), "done", evidence);
  }
}

/** Step 1: a shipment that bears our mark or tracking number, or is plainly this one, is adopted; else one is created. */
async function findOrCreate(
  deps: FlowDeps,
  stored: StoredPlan<ShipmentPlan>,
  source: SalesOrder,
  claim: Claim,
): Promise<string> {
  const { plan } = stored;
  const candidates: ErpShipment[] = [];
  for (const row of source.Shipments ?? []) {
    if (row.ShipmentNbr === undefined) continue;
    const shipment = await deps.acumatica.getShipment(row.ShipmentNbr);
    if (shipment) candidates.push(erpShipmentFrom(shipment));
  }
  const match = matchShipment(plan, candidates);
  if (match.kind === "adopt") {
    await settleEffect(deps.db, deps.connection.id, createKey(plan), nowOf(deps), "done", {
      adopted: match.number,
      by: match.by,
    });
    return match.number;
  }
  if (match.kind === "person") throw new ConnectorError(match.code, { problems: match.problems });
  await refuseInDoubt(deps, plan);
  return create(deps, plan, claim);
}

/** An earlier create whose answer was lost: not there counts only after the quarantine, and only when seen twice. */
async function refuseInDoubt(deps: FlowDeps, plan: ShipmentPlan): Promise<void> {
  const effect = await findEffect(deps.db, deps.connection.id, createKey(plan));
  if (!effect || (effect.state !== "dispatched" && effect.state !== "in_doubt")) return;
  const now = deps.clock.now();
  const quarantineMs = (effect.quarantineUntil?.getTime() ?? 0) - now;
  if (quarantineMs > 0) throw new ConnectorError("shipment.in-doubt", { retryAfterMs: quarantineMs });
  const seen = effect.evidence as { absentAt?: number } | null;
  if (seen?.absentAt === undefined || now - seen.absentAt < secondLookMs) {
    const absentAt = seen?.absentAt ?? now;
    await settleEffect(deps.db, deps.connection.id, effect.effectKey, nowOf(deps), "in_doubt", { absentAt });
    throw new ConnectorError("shipment.in-doubt", { retryAfterMs: Math.max(1, absentAt + secondLookMs - now) });
  }
  await settleEffect(deps.db, deps.connection.id, effect.effectKey, nowOf(deps), "not_done", {
    absentAt: seen.absentAt,
    again: now,
  });
}

async function create(deps: FlowDeps, plan: ShipmentPlan, claim: Claim): Promise<string> {
  const input = shipmentToAcumatica(plan);
  await deps.db.transaction().execute((tx) =>
    dispatchEffect(tx, claim, nowOf(deps), {
      effectKey: createKey(plan),
      planHash: contentHash(plan),
      plan: input,
      quarantineMs: deps.connection.settings.flows.quarantineSeconds * 1000,
    }),
  );
  try {
    const created = await deps.acumatica.createShipment(input);
    if (created.ShipmentNbr === undefined) throw new ConnectorError("acumatica.unreadable", { mayHaveApplied: true });
    return created.ShipmentNbr.trim();
  } catch (thrown) {
    const error = asConnectorError(thrown);
    const evidence = { code: error.code, message: error.message };
    const state = error.mayHaveApplied ? "in_doubt" : error.disposition === "person" ? "refused" : "not_done";
    await settleEffect(deps.db, deps.connection.id, createKey(plan), nowOf(deps), state, evidence);
    // Looked for at once: most lost answers were carried out.
    if (error.mayHaveApplied) throw new ConnectorError("shipment.in-doubt", { retryAfterMs: 1_000, cause: error });
    throw error;
  }
}

/** Step 2: the head as planned, where somebody else made the shipment, and one package per label, each with its mark and tracking number. Rows are addressed by id; only a missing one is appended. */
async function completePackages(deps: FlowDeps, plan: ShipmentPlan, shipment: ErpShipment): Promise<ErpShipment> {
  const steps = packageSteps(plan, shipment);
  const blocked = steps.find((step) => step.kind === "person");
  if (blocked) throw new ConnectorError(blocked.code, { problems: blocked.problems });
  const wanted = shipmentToAcumatica(plan).Packages;
  const changes = steps.flatMap((step) => {
    if (step.kind !== "fill" && step.kind !== "append") return [];
    const at = plan.packages.findIndex((entry) => entry.labelId === step.labelId);
    const input = wanted[at];
    return input ? [step.kind === "fill" ? { ...input, id: step.id } : input] : [];
  });
  const head = headStep(plan, shipment);
  if (changes.length === 0 && head === undefined) return shipment;
  await deps.acumatica.updateShipment(shipment.number, {
    ...(head && headPatch(head)),
    ...(changes.length > 0 && { Packages: changes }),
  });
  return readShipment(deps, shipment.number);
}

const headPatch = (head: HeadStep): ShipmentPatch => ({
  ...(head.shipVia !== undefined && { ShipVia: head.shipVia }),
  ...(head.shippedOn !== undefined && { ShipmentDate: head.shippedOn }),
  ...(head.freightCost !== undefined && { FreightCost: head.freightCost }),
  ...(head.freightPrice !== undefined && { FreightPrice: head.freightPrice }),
  ...(head.unlimitedPackages !== undefined && { UnlimitedPackages: head.unlimitedPackages }),
});

/** Step 3: a label voided meanwhile must not be confirmed. */
async function refuseVoided(deps: FlowDeps, stored: StoredPlan<ShipmentPlan>): Promise<void> {
  const labels = await labelsOfOrder(deps.db, deps.connection.id, stored.orderKey);
  const voided = labels.filter(({ key, label }) => label.voided && allLabelIds(stored.plan).includes(key));
  if (voided.length === 0) return;
  throw new ConnectorError("shipment.blocked", {
    message: "A label of this shipment was voided before it was confirmed.",
    problems: voided.map(({ key, label }) => ({
      field: "Packages.TrackingNbr",
      found: label.tracking ?? key,
      cure: "Delete the unconfirmed shipment in Acumatica, then replay the labels that are still valid.",
    })),
  });
}

/** Step 4: confirm, then believe only the status that is read. */
async function confirm(deps: FlowDeps, plan: ShipmentPlan, number: string, claim: Claim): Promise<void> {
  const effectKey = confirmKey(number);
  const before = await findEffect(deps.db, deps.connection.id, effectKey);
  if (before?.state === "dispatched" || before?.state === "in_doubt") {
    // It was sent, and the status just read says Open: it did not take effect.
    await settleEffect(deps.db, deps.connection.id, effectKey, nowOf(deps), "not_done", { status: "not confirmed" });
  }
  await deps.db.transaction().execute((tx) =>
    dispatchEffect(tx, claim, nowOf(deps), {
      effectKey,
      planHash: contentHash(plan),
      plan: { shipmentNbr: number },
      quarantineMs: confirmQuarantineMs,
    }),
  );
  let failure: ConnectorError | undefined;
  try {
    await deps.acumatica.confirmShipment(number);
  } catch (thrown) {
    failure = asConnectorError(thrown);
  }
  const after = await readShipment(deps, number);
  if (confirmGate(after).kind === "done") {
    await settleEffect(deps.db, deps.connection.id, effectKey, nowOf(deps), "done", { status: after.status });
    return;
  }
  const evidence = { status: after.status, ...(failure ? { code: failure.code, message: failure.message } : {}) };
  await settleEffect(
    deps.db,
    deps.connection.id,
    effectKey,
    nowOf(deps),
    failure?.mayHaveApplied === true ? "in_doubt" : "refused",
    evidence,
  );
  throw failure ?? new ConnectorError("shipment.not-confirmed");
}

async function readShipment(deps: FlowDeps, number: string): Promise<ErpShipment> {
  const shipment: Shipment | undefined = await deps.acumatica.getShipment(number);
  if (!shipment) {
    throw new ConnectorError("shipment.blocked", {
      message: `Shipment ${number} no longer exists in Acumatica.`,
      problems: [
        {
          field: "ShipmentNbr",
          found: number,
          cure: "It was deleted by hand: ship the order by hand, or replay after checking.",
        },
      ],
    });
  }
  return erpShipmentFrom(shipment);
}

async function recordShipped(
  deps: FlowDeps,
  stored: StoredPlan<ShipmentPlan>,
  number: string,
  settle: Settle,
): Promise<void> {
  const { plan } = stored;
  await deps.db.transaction().execute(async (tx) => {
    const now = nowOf(deps);
    await updatePlan(tx, deps.connection.id, plan.id, now, { state: "confirmed", shipmentNbr: number });
    for (const labelId of allLabelIds(plan)) {
      await saveLink(tx, deps.connection.id, now, {
        kind: "label",
        key: labelId,
        system: "acumatica",
        remoteId: number,
        sentHash: undefined,
      });
    }
  });
  stored.state = "confirmed";
  stored.shipmentNbr = number;
  if (!settle) return;
  for (const labelId of plan.labelIds) {
    const tracking = plan.packages.find((entry) => entry.labelId === labelId)?.tracking;
    const detail = { shipmentNbr: number, trackingNumber: tracking, shipVia: plan.shipVia, shippedOn: plan.shippedOn };
    await settle(labelId, {
      state: "Processed",
      problems: plan.warnings ?? [],
      event: "label.shipped",
      attempts: 0,
      detail,
    });
  }
}

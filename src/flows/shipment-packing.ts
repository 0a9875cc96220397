import type { ShipmentPatch } from "../acumatica/entities.ts";
import { headStep, packageSteps, type HeadStep, type PackageStep } from "../core/shipment-packages.ts";
import type { ErpShipment, PlannedPackage } from "../core/shipments.ts";
import { dispatchEffect, settleEffect } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import { packageToAcumatica } from "../mapping/shipment-to-acumatica.ts";
import {
  aheadOf,
  headKey,
  inDoubt,
  openEffectsOf,
  packageKey,
  readShipment,
  resolveAbsent,
  scopeOf,
  settleFailed,
  settleOne,
  underHold,
  type PlanWork,
} from "./shipment-work.ts";

/** What is kept of a change to a shipment. */
interface SentChange {
  /** `append` is not repeatable: sent twice it makes two packages. The others set values. */
  step: "append" | "fill" | "head";
  change: object;
}

/**
 * Step 2: the head as planned, where somebody else made the shipment, and one package per label, each with its mark and tracking
 * number. Rows are addressed by id; only a missing one is appended, under the same rules as a create: an append in doubt is looked
 * for, and its absence counts only after the quarantine.
 */
export async function completePackages(work: PlanWork, shipment: ErpShipment): Promise<ErpShipment> {
  const steps = stepsFor(work, shipment);
  await resolveSent(work, shipment, steps);
  const changes = changesFor(work, shipment, steps);
  if (changes.length === 0) return shipment;
  await send(work, shipment.number, changes);
  const after = await readShipment(work, shipment.number);
  await settleByLook(work, after, changes);
  return after;
}

function stepsFor({ plan }: PlanWork, shipment: ErpShipment): PackageStep[] {
  const steps = packageSteps(plan, shipment);
  const blocked = steps.find((step) => step.kind === "person");
  if (blocked) throw new ConnectorError(blocked.code, { problems: blocked.problems });
  return steps;
}

/** Changes sent earlier whose outcome is open: what the shipment shows decides. */
async function resolveSent(work: PlanWork, shipment: ErpShipment, steps: readonly PackageStep[]): Promise<void> {
  const open = await openEffectsOf(work);
  for (const [index, planned] of work.plan.packages.entries()) {
    const effect = open.get(packageKey(shipment.number, planned.labelId));
    if (!effect) continue;
    if (steps[index]?.kind === "none") await settleOne(work, effect.effectKey, "done", seenIn(shipment));
    else if ((effect.plan as SentChange).step === "append") await resolveAbsent(work, effect);
    else await settleOne(work, effect.effectKey, "not_done", seenIn(shipment));
  }
  if (!open.has(headKey(shipment.number))) return;
  const isHeadRight = headStep(work.plan, shipment) === undefined;
  await settleOne(work, headKey(shipment.number), isHeadRight ? "done" : "not_done", seenIn(shipment));
}

interface Change extends SentChange {
  effectKey: string;
  patch: ShipmentPatch;
}

function changesFor({ plan }: PlanWork, shipment: ErpShipment, steps: readonly PackageStep[]): Change[] {
  const changes = plan.packages.flatMap((planned, index) => packageChange(shipment.number, planned, steps[index]));
  const head = headStep(plan, shipment);
  if (head === undefined) return changes;
  const patch = headPatch(head);
  return [...changes, { effectKey: headKey(shipment.number), step: "head", change: patch, patch }];
}

function packageChange(number: string, planned: PlannedPackage, step: PackageStep | undefined): Change[] {
  if (step?.kind !== "fill" && step?.kind !== "append") return [];
  const change = packageToAcumatica(planned, step.kind === "fill" ? step.id : undefined);
  const effectKey = packageKey(number, planned.labelId);
  return [{ effectKey, step: step.kind, change, patch: { Packages: [change] } }];
}

/** All of them in one call. */
async function send(work: PlanWork, number: string, changes: readonly Change[]): Promise<void> {
  const { deps, claim, plan } = work;
  const packages = changes.flatMap(({ patch }) => patch.Packages ?? []);
  const head = changes.find(({ step }) => step === "head")?.patch;
  const ahead = aheadOf(work, async (tx, now, theirTimeMs) => {
    for (const { effectKey, step, change } of changes) {
      const sent: SentChange = { step, change };
      const quarantineMs = step === "append" ? deps.connection.settings.flows.quarantineSeconds * 1000 : 0;
      const planHash = contentHash(change);
      const scope = scopeOf(plan);
      await dispatchEffect(tx, claim, now, { effectKey, planHash, plan: sent, quarantineMs, theirTimeMs, scope });
    }
  });
  try {
    const patch = { ...head, ...(packages.length > 0 && { Packages: packages }) };
    await deps.acumatica.updateShipment(number, patch, ahead);
  } catch (thrown) {
    const error = asConnectorError(thrown);
    await settleFailed(
      work,
      changes.map(({ effectKey }) => effectKey),
      error,
    );
    if (error.mayHaveApplied) throw inDoubt(1_000, error);
    throw error;
  }
}

/** Answered and read: what is not there now was not saved, and the comparison tells a person. */
async function settleByLook(work: PlanWork, after: ErpShipment, changes: readonly Change[]): Promise<void> {
  const steps = packageSteps(work.plan, after);
  const isThere = ({ effectKey, step }: Change): boolean => {
    if (step === "head") return headStep(work.plan, after) === undefined;
    const at = work.plan.packages.findIndex(({ labelId }) => packageKey(after.number, labelId) === effectKey);
    return steps[at]?.kind === "none";
  };
  await underHold(work, async (tx, now) => {
    for (const change of changes) {
      const state = isThere(change) ? "done" : "not_done";
      await settleEffect(tx, work.claim, change.effectKey, now, state, seenIn(after));
    }
  });
}

const seenIn = ({ number, status, packages }: ErpShipment) => ({
  shipmentNbr: number,
  status,
  packages: packages.map(({ tracking, mark }) => `${mark?.trim() ?? ""} ${tracking?.trim() ?? ""}`.trim()),
});

const headPatch = (head: HeadStep): ShipmentPatch => ({
  ...(head.shipVia !== undefined && { ShipVia: head.shipVia }),
  ...(head.shippedOn !== undefined && { ShipmentDate: head.shippedOn }),
  ...(head.freightCost !== undefined && { FreightCost: head.freightCost }),
  ...(head.freightPrice !== undefined && { FreightPrice: head.freightPrice }),
  ...(head.unlimitedPackages !== undefined && { UnlimitedPackages: head.unlimitedPackages }),
});

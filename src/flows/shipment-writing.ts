import type { SalesOrder } from "../acumatica/entities.ts";
import { confirmGate } from "../core/shipment-gate.ts";
import { allLabelIds } from "../core/shipment-mark.ts";
import type { ShipmentPlan } from "../core/shipments.ts";
import { saveLabelLinks } from "../ledger/links.ts";
import type { Claim, Outcome } from "../ledger/records.ts";
import { leavePlan, takePlan, updatePlan, type PlanHold, type StoredPlan } from "../ledger/shipment-plans.ts";
import { errorTable } from "../lib/error-table.ts";
import type { Moment } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { confirm, otherShipments, settleConfirmed } from "./shipment-confirming.ts";
import { findOrCreate } from "./shipment-finding.ts";
import { passGate } from "./shipment-gate.ts";
import { completePackages } from "./shipment-packing.ts";
import { createKey, readShipment, settleOne, underHold, type PlanWork } from "./shipment-work.ts";

type Settle = ((labelId: string, outcome: Outcome) => Promise<void>) | undefined;

/** Whom a plan is carried on by; without a claim on one of its labels, or while another worker holds it, nothing is written. */
export interface PlanHands {
  claim: Claim | undefined;
  /** Before the order was read. */
  begunAt: Moment;
  /** Of who has just frozen it; otherwise it is taken. */
  hold?: PlanHold;
}

/**
 * Carries one frozen plan to a confirmed ERP shipment (the table of failures 3.4): find or create → packages → read back and compare
 * → gate → confirm → read the status.
 */
export async function advancePlan(
  deps: FlowDeps,
  stored: StoredPlan<ShipmentPlan>,
  source: SalesOrder,
  { claim, begunAt, hold: given }: PlanHands,
  settle: Settle,
): Promise<void> {
  if (!claim) return;
  const { plan } = stored;
  const hold = given ?? (await takePlan(deps.db, deps.connection.id, plan.id, nowOf(deps)));
  if (!hold) return;
  try {
    const work: PlanWork = { deps, stored, plan, source, claim, hold, begunAt };
    await carryOut(work, settle);
  } finally {
    await leavePlan(deps.db, hold);
  }
}

async function carryOut(work: PlanWork, settle: Settle): Promise<void> {
  const { stored, plan } = work;
  const number = stored.shipmentNbr ?? (await findOrCreate(work));
  await underHold(work, (tx, now) => updatePlan(tx, work.hold, now, { shipmentNbr: number }));

  const shipment = await readShipment(work, number);
  await settleOne(work, createKey(plan), "done", { shipmentNbr: number });
  const gate = confirmGate(shipment);
  if (gate.kind === "person") throw new ConnectorError(gate.code, { problems: gate.problems });
  if (gate.kind === "confirm") {
    const complete = await completePackages(work, shipment);
    await confirm(work, number, await passGate(work, complete));
  } else await settleConfirmed(work, shipment);
  await recordShipped(work, number, await otherShipments(work, number), settle);
}

async function recordShipped(work: PlanWork, number: string, others: readonly string[], settle: Settle): Promise<void> {
  const { stored, plan } = work;
  await underHold(work, async (tx, now) => {
    await updatePlan(tx, work.hold, now, { state: "confirmed", shipmentNbr: number });
    await saveLabelLinks(tx, work.hold, now, allLabelIds(plan), number);
  });
  stored.state = "confirmed";
  stored.shipmentNbr = number;
  if (!settle) return;
  for (const labelId of plan.labelIds) {
    const tracking = plan.packages.find((entry) => entry.labelId === labelId)?.tracking;
    const detail = { shipmentNbr: number, trackingNumber: tracking, shipVia: plan.shipVia, shippedOn: plan.shippedOn };
    const outcome: Outcome =
      others.length > 0
        ? madeTwice(number, others)
        : { state: "Processed", problems: plan.warnings ?? [], event: "label.shipped", attempts: 0 };
    await settle(labelId, { ...outcome, detail });
  }
}

/** What must never be, and is looked for all the same (failures 3.4 (vi)). */
function madeTwice(number: string, others: readonly string[]): Outcome {
  const code = "shipment.made-twice";
  const found = `${number} and ${others.join(", ")}`;
  const cure = "Keep one of them on the Shipments form (SO302000): delete or correct the other, then skip this record.";
  const problems = [{ field: "ShipmentNbr", found, cure }];
  return { state: "Aborted", reason: { code, text: errorTable[code].message }, problems, event: "label.shipped-twice" };
}

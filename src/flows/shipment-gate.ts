import { allLabelIds } from "../core/shipment-mark.ts";
import { compareShipment } from "../core/shipment-packages.ts";
import type { ErpShipment } from "../core/shipments.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { msSince, type Moment } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { combinedLabels } from "./combined-labels.ts";
import { isGood, lookAtLabels } from "./label-sight.ts";
import type { PlanWork } from "./shipment-work.ts";
import { paused } from "./write-ahead.ts";

/** ShipStation is asked for the labels again before a confirmation when they were seen longer ago than this. */
const seenFreshMs = 10_000;
/** What took longer than this to be seen is looked at again. */
const seenKnownMs = 12_000;
const looks = 3;
/** And so long ago they may have been seen when the confirmation is stored. */
const seenAtMostMs = 15_000;

export interface Gate {
  /** What was looked at, for the audit trail. */
  detail: object;
  /** Since when the labels are known to be good. */
  seenAt: Moment;
}

/**
 * Step 3: what must hold before a shipment is confirmed, each from a read of this very run. What it looked at is kept with the
 * confirmation, in the audit trail. The labels are seen last, and again when it is our turn to send (`seeLabelsAgain`), and that nothing of
 * this order and warehouse is in doubt in the transaction that stores the confirmation (I4).
 */
export async function passGate(work: PlanWork, shipment: ErpShipment): Promise<Gate> {
  const differences = compareShipment(work.plan, shipment);
  if (differences.length > 0) throw new ConnectorError("shipment.read-back-differs", { problems: differences });
  const shipVia = await refuseSecondLabel(work, shipment);
  // Now, and not in our turn with the ERP: then as a rule nothing is left to be asked.
  const seenAt = await seeLabels(work);
  const detail = { shipmentNbr: shipment.number, equalsPlan: true, labels: allLabelIds(work.plan), voided: 0, shipVia };
  return { detail, seenAt };
}

/** The labels are good as of a moment ago. A worker that stood still since it saw them, or waited for its turn, looks again. */
export async function seeLabelsAgain(work: PlanWork, before: Moment): Promise<Moment> {
  const { clock } = work.deps;
  if (msSince(before, clock) <= seenFreshMs) return before;
  for (let look = 0; look < looks; look++) {
    const seenAt = await seeLabels(work);
    if (msSince(seenAt, clock) <= seenKnownMs) return seenAt;
  }
  throw new ConnectorError("network.timeout", {
    message: `ShipStation took longer than ${seenKnownMs / 1_000} seconds to show the labels; nothing was confirmed.`,
  });
}

/** Throws when what was looked at has become old since: the worker stood still. */
export function requireSeenLately({ deps: { clock } }: PlanWork, seenAt: Moment): void {
  if (msSince(seenAt, clock) > seenAtMostMs) throw paused();
}

/**
 * Sees every label of the plan in ShipStation, not voided; resolves with since when that is known. That no void is listed would prove
 * nothing: with an order that was combined into another one its labels vanish, voids included (facts: shipstation 2.9).
 */
async function seeLabels(work: PlanWork): Promise<Moment> {
  const { deps } = work;
  const labels = await labelsOfPlan(work);
  refuseBad(await knownToBeBad(work, labels));
  const bought = labels.filter(({ label }) => label.source === "label");
  const sight = await lookAtLabels(
    deps,
    bought.map(({ label }) => label),
  );
  refuseBad(bought.filter(({ key }) => !isGood(sight, key)));
  return sight.begunAt;
}

type StoredLabel = Awaited<ReturnType<typeof labelsOfOrder>>[number];

async function labelsOfPlan({ deps, stored, plan }: PlanWork): Promise<StoredLabel[]> {
  const ids = new Set(allLabelIds(plan));
  const all = await labelsOfOrder(deps.db, deps.connection.id, stored.orderKey);
  return all.filter(({ key }) => ids.has(key));
}

/** Labels of the plan that our records know to be voided, or to be of an order that was combined into another one, which takes a void. */
export async function voidedLabels(work: PlanWork): Promise<StoredLabel[]> {
  return knownToBeBad(work, await labelsOfPlan(work));
}

async function knownToBeBad({ deps }: PlanWork, labels: readonly StoredLabel[]): Promise<StoredLabel[]> {
  const combined = await combinedLabels(
    deps,
    labels.map(({ label }) => label),
  );
  return labels.filter(({ key, label }) => label.voided || combined.has(key));
}

function refuseBad(labels: readonly StoredLabel[]): void {
  if (labels.length === 0) return;
  throw new ConnectorError("shipment.blocked", {
    message:
      "A label of this shipment was voided before it was confirmed, or ShipStation does not show it any more because its order was combined with another one.",
    problems: labels.map(({ key, label }) => ({
      field: "Packages.TrackingNbr",
      found: label.tracking ?? key,
      cure: "Delete the unconfirmed shipment in Acumatica, then replay the labels that are still valid.",
    })),
  });
}

/**
 * Confirming a shipment whose Ship Via belongs to a carrier plug-in buys a label from it (I14), unless the shipment says that it is packed
 * elsewhere (facts: acumatica 4.3, 4.4). What the site does not tell cannot be held against it: the fit report warns of that.
 */
async function refuseSecondLabel({ deps }: PlanWork, shipment: ErpShipment): Promise<string> {
  const code = shipment.shipVia?.trim() ?? "";
  if (shipment.unlimitedPackages === true) return `${code || "none"}; packed elsewhere`;
  if (code === "") return "none";
  const isIntegrated = await deps.acumatica.isIntegratedShipVia(code);
  if (isIntegrated !== true) return `${code}; ${isIntegrated === false ? "not integrated" : "not told"}`;
  throw new ConnectorError("shipment.buys-label", {
    problems: [
      {
        field: "ShipVia",
        found: code,
        cure: `Give the connection's Ship Via table a code without a carrier plug-in, and shipment ${shipment.number} too (SO302000); then replay.`,
      },
    ],
  });
}

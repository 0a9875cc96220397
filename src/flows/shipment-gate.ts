import { allLabelIds } from "../core/shipment-mark.ts";
import { compareShipment } from "../core/shipment-packages.ts";
import type { ErpShipment } from "../core/shipments.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { momentOf, msSince, type Moment } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { combinedLabels, lookForVoids } from "./voided-labels.ts";
import type { PlanWork } from "./shipment-work.ts";
import { paused } from "./write-ahead.ts";

/** ShipStation's list of voided labels is asked again before a confirmation when it was read longer ago than this. */
const voidsFreshMs = 10_000;
/** What was looked at this long ago is looked at again. */
const voidsKnownMs = 12_000;
const looks = 3;
/** And this old they may be when the confirmation is stored. */
const voidsAtMostMs = 15_000;

/**
 * Step 3: what must hold before a shipment is confirmed, each from a read of this very run. What it looked at is kept with the
 * confirmation, in the audit trail. Voids are looked at last, when it is our turn to send (`passVoids`), and that nothing of this order and
 * warehouse is in doubt in the transaction that stores the confirmation (I4).
 */
export async function passGate(work: PlanWork, shipment: ErpShipment): Promise<object> {
  const differences = compareShipment(work.plan, shipment);
  if (differences.length > 0) throw new ConnectorError("shipment.read-back-differs", { problems: differences });
  const shipVia = await refuseSecondLabel(work, shipment);
  // Now, and not in our turn with the ERP: then as a rule nothing is left to be asked.
  await lookForVoids(work.deps, voidsFreshMs);
  return { shipmentNbr: shipment.number, equalsPlan: true, labels: allLabelIds(work.plan), voided: 0, shipVia };
}

/**
 * No label of the plan is voided, as of a moment ago; resolves with the moment since when that is known. A worker that stood still while it looked, or waited for
 * its turn with ShipStation, looks again.
 */
export async function passVoids(work: PlanWork): Promise<Moment> {
  const { clock } = work.deps;
  for (let look = 0; look < looks; look++) {
    const { wall, elapsed } = momentOf(clock);
    const ageMs = await lookForVoids(work.deps, voidsFreshMs);
    const knownAsOf = { wall: wall - ageMs, elapsed: elapsed - ageMs };
    const voided = await voidedLabels(work);
    if (voided.length > 0) {
      throw new ConnectorError("shipment.blocked", {
        message:
          "A label of this shipment was voided, or its order combined with another one, before it was confirmed.",
        problems: voided.map(({ key, label }) => ({
          field: "Packages.TrackingNbr",
          found: label.tracking ?? key,
          cure: "Delete the unconfirmed shipment in Acumatica, then replay the labels that are still valid.",
        })),
      });
    }
    if (msSince(knownAsOf, clock) <= voidsKnownMs) return knownAsOf;
  }
  throw new ConnectorError("network.timeout", {
    message: `ShipStation took longer than ${voidsKnownMs / 1_000} seconds to list the voided labels; nothing was confirmed.`,
  });
}

/** Throws when what was looked at has become old since: the worker stood still. */
export function requireFreshVoids({ deps: { clock } }: PlanWork, voidsAt: Moment): void {
  if (msSince(voidsAt, clock) > voidsAtMostMs) throw paused();
}

/** Labels of the plan that our records know to be voided, or to be of an order that was combined into another one, which takes a void. */
export async function voidedLabels({ deps, stored, plan }: PlanWork) {
  const all = await labelsOfOrder(deps.db, deps.connection.id, stored.orderKey);
  const labels = all.filter(({ key }) => allLabelIds(plan).includes(key));
  const combined = await combinedLabels(
    deps,
    labels.map(({ label }) => label),
  );
  return labels.filter(({ key, label }) => label.voided || combined.has(key));
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

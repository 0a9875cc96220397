import { allLabelIds } from "../core/shipment-mark.ts";
import { compareShipment } from "../core/shipment-packages.ts";
import type { ErpShipment } from "../core/shipments.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { ConnectorError } from "../lib/errors.ts";
import { readVoids } from "./label-polls.ts";
import type { PlanWork } from "./shipment-work.ts";

/** ShipStation's list of voided labels is asked again before a confirmation when it was read longer ago than this. */
const voidsFreshMs = 15_000;

/**
 * Step 3: what must hold before a shipment is confirmed, each from a read of this very run. What it looked at is kept with the
 * confirmation, in the audit trail. That nothing of this order and warehouse is in doubt is looked at last, in the transaction that
 * stores the confirmation (I4).
 */
export async function passGate(work: PlanWork, shipment: ErpShipment): Promise<object> {
  const differences = compareShipment(work.plan, shipment);
  if (differences.length > 0) throw new ConnectorError("shipment.read-back-differs", { problems: differences });
  const shipVia = await refuseSecondLabel(work, shipment);
  await readVoids(work.deps, voidsFreshMs);
  const voided = await voidedLabels(work);
  if (voided.length > 0) {
    throw new ConnectorError("shipment.blocked", {
      message: "A label of this shipment was voided before it was confirmed.",
      problems: voided.map(({ key, label }) => ({
        field: "Packages.TrackingNbr",
        found: label.tracking ?? key,
        cure: "Delete the unconfirmed shipment in Acumatica, then replay the labels that are still valid.",
      })),
    });
  }
  return { shipmentNbr: shipment.number, equalsPlan: true, labels: allLabelIds(work.plan), voided: 0, shipVia };
}

/** Labels of the plan that our records know to be voided. */
export async function voidedLabels({ deps, stored, plan }: PlanWork) {
  const labels = await labelsOfOrder(deps.db, deps.connection.id, stored.orderKey);
  return labels.filter(({ key, label }) => label.voided && allLabelIds(plan).includes(key));
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

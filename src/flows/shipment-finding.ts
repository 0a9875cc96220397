import { matchShipment } from "../core/shipment-match.ts";
import { dispatchEffect } from "../ledger/effects.ts";
import { contentHash } from "../ledger/hash.ts";
import { dropPlan } from "../ledger/shipment-plans.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import { erpOrderFrom } from "../mapping/erp-from-acumatica.ts";
import { shipmentToAcumatica } from "../mapping/shipment-to-acumatica.ts";
import { voidedLabels } from "./shipment-gate.ts";
import {
  aheadOf,
  createKey,
  inDoubt,
  openEffectsOf,
  readShipmentsOf,
  resolveAbsent,
  scopeOf,
  settleFailed,
  settleOne,
  underHold,
  type PlanWork,
} from "./shipment-work.ts";

/** Step 1: a shipment that bears our mark or tracking number, or is plainly this one, is adopted; else one is created. */
export async function findOrCreate(work: PlanWork): Promise<string> {
  const { plan, source } = work;
  const match = matchShipment(plan, await readShipmentsOf(work, source));
  const open = await openEffectsOf(work);
  if (match.kind === "adopt") {
    // Only our mark proves that our own create is what made it: beside any other, ours may still land (I4).
    if (match.by !== "mark") await resolveAbsent(work, open.get(createKey(plan)));
    await settleOne(work, createKey(plan), "done", { adopted: match.number, by: match.by });
    return match.number;
  }
  if (match.kind === "person") throw new ConnectorError(match.code, { problems: match.problems });
  await resolveAbsent(work, open.get(createKey(plan)));
  await refuseVoided(work);
  refuseOverShipping(work);
  return create(work);
}

async function create(work: PlanWork): Promise<string> {
  const { deps, plan, claim } = work;
  const input = shipmentToAcumatica(plan);
  const ahead = aheadOf(work, (tx, now, theirTimeMs) =>
    dispatchEffect(tx, claim, now, {
      effectKey: createKey(plan),
      planHash: contentHash(plan),
      plan: input,
      quarantineMs: deps.connection.settings.flows.quarantineSeconds * 1000,
      theirTimeMs,
      scope: scopeOf(plan),
    }),
  );
  try {
    const created = await deps.acumatica.createShipment(input, ahead);
    if (created.ShipmentNbr === undefined) throw new ConnectorError("acumatica.unreadable", { mayHaveApplied: true });
    return created.ShipmentNbr.trim();
  } catch (thrown) {
    const error = asConnectorError(thrown);
    await settleFailed(work, [createKey(plan)], error);
    // Looked for at once: most lost answers were carried out.
    if (error.mayHaveApplied) throw inDoubt(1_000, error);
    throw error;
  }
}

/** Nothing was made yet, and a label of the plan is worth nothing any more: the others are planned without it. */
async function refuseVoided(work: PlanWork): Promise<void> {
  if ((await voidedLabels(work)).length === 0) return;
  await underHold(work, (tx) => dropPlan(tx, work.hold));
  throw new ConnectorError("shipment.replanned", { retryAfterMs: 1_000 });
}

/** What was open when the plan was frozen somebody may have shipped since (I15). */
function refuseOverShipping({ deps, plan, source }: PlanWork): void {
  const { lines } = erpOrderFrom(source, deps.connection.settings.orders);
  const problems = plan.lines.flatMap(({ lineNbr, quantity }) => {
    const open = lines.find((line) => line.lineNbr === lineNbr)?.openQty ?? 0;
    const cure = "Correct the open quantity in Acumatica, or ship the rest by hand, then replay.";
    return open >= quantity ? [] : [{ field: `Details[${lineNbr}].OpenQty`, found: `${open} of ${quantity}`, cure }];
  });
  if (problems.length > 0) throw new ConnectorError("label.over-shipped", { problems });
}

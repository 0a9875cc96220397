import { claimByParents, claimDue, type Claim } from "../ledger/records.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { readLabels } from "./label-polls.ts";
import { shipOrder } from "./order-shipping.ts";

/** Labels worked on in one go; those of one order are always taken together. */
const batchSize = 200;

/**
 * Shipments back: labels printed in ShipStation become confirmed Acumatica shipments with tracking number, carrier and ship date.
 *
 *   read new and voided labels → per order: freeze a shipment plan → find or create the ERP shipment
 *   → packages → read back and compare → confirm → read the status → Processed
 *
 * Each step reads before it writes (failures 3.4), so the flow resumes after a failure at any of them. Doorbells only make it
 * run sooner; the polls alone are complete.
 */
export async function shipmentsBack(deps: FlowDeps): Promise<void> {
  await readLabels(deps);
  while (!deps.stopping()) {
    const due = { connectionId: deps.connection.id, kind: "label" as const, now: nowOf(deps), limit: batchSize };
    const claims = await claimDue(deps.db, due);
    if (claims.length === 0) break;
    const parentKeys = [...new Set(claims.flatMap((claim) => claim.parentKey ?? []))];
    const siblings = await claimByParents(deps.db, { ...due, parentKeys });
    for (const [orderKey, labels] of byOrder([...claims, ...siblings])) {
      // An order takes seconds: a stop does not wait for two hundred. The others stay due.
      if (deps.stopping()) break;
      await shipOrder(deps, orderKey, labels);
    }
    await deps.archive.flush();
  }
  await deps.archive.flush();
}

function byOrder(claims: readonly Claim[]): Map<string | undefined, Claim[]> {
  const groups = new Map<string | undefined, Claim[]>();
  for (const claim of claims) groups.set(claim.parentKey, [...(groups.get(claim.parentKey) ?? []), claim]);
  return groups;
}

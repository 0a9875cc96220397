import { claimDue } from "../ledger/records.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { mirrorAgeMs, readMirror } from "./mirror.ts";
import { readItems, readOrders, sweepOrders } from "./polls.ts";
import { fillProducts } from "./product-polls.ts";
import { planWithFoundKeys } from "./order-lookup.ts";
import { planOrders } from "./order-planning.ts";
import { sendCreates, sendUpdate } from "./order-sending.ts";
import { lookAtDoubtful, readBackPushed } from "./order-reading-back.ts";

/** ShipStation takes at most this many orders in one bulk write (facts: shipstation 2.4). */
const bulkSize = 100;
/** A mirror this old is refreshed before it is trusted to say that a key is free. */
const mirrorFreshMs = 60_000;

/**
 * Orders out: Acumatica's fulfillable orders become ShipStation orders.
 *
 *   read what changed → plan each order from both sides → send (new ones in bulk) → read back → Processed
 *
 * Safe to run at any time, twice, or after a crash at any point: an order whose write is in doubt is looked up in ShipStation
 * before anything is sent for it again, and a linked order is never created a second time (I1).
 */
export async function ordersOut(deps: FlowDeps): Promise<void> {
  await readItems(deps);
  await readOrders(deps);
  await sweepOrders(deps);
  const age = await mirrorAgeMs(deps);
  if (age === undefined || age > mirrorFreshMs) await readMirror(deps);
  await fillProducts(deps);

  while (!deps.stopping()) {
    const claims = await claimDue(deps.db, { ...mine(deps), now: nowOf(deps), limit: bulkSize });
    if (claims.length === 0) break;
    const settledByLook = await lookAtDoubtful(deps, claims);
    const planned = await planOrders(
      deps,
      claims.filter((claim) => !settledByLook.has(claim.key)),
    );
    const plans = await planWithFoundKeys(deps, planned);
    await sendCreates(deps, plans.creates);
    for (const update of plans.updates) if (!deps.stopping()) await sendUpdate(deps, update);
    await deps.archive.flush();
  }

  await readBackPushed(deps);
  await deps.archive.flush();
}

const mine = (deps: FlowDeps) => ({ connectionId: deps.connection.id, kind: "order" as const });

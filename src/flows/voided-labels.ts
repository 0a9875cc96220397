import type { Label } from "../core/shipments.ts";
import { polledAtOf } from "../ledger/cursors.ts";
import { combinedOrders } from "../ledger/mirror.ts";
import type { FlowDeps } from "./deps.ts";
import { readVoids, voids } from "./label-polls.ts";
import { mirrorStream, readMirror } from "./mirror.ts";

/**
 * Learns of labels that are worth nothing any more; resolves as `readVoids` does. A void is not listed once its order was combined into
 * another one (facts: shipstation 2.9). So the orders are read after the voids: what is missing from the one list is told by the other.
 */
export async function lookForVoids(deps: FlowDeps, freshMs: number): Promise<number> {
  const ageMs = await readVoids(deps, freshMs);
  if (await isMirrorLater(deps)) return ageMs;
  await readMirror(deps);
  return (await isMirrorLater(deps)) ? ageMs : Infinity;
}

/** Whether the orders were read after the voids. Filling the mirror for the first time is the business of orders out. */
async function isMirrorLater({ db, connection, clock }: FlowDeps): Promise<boolean> {
  const polledAt = await polledAtOf(db, connection.id, [voids, mirrorStream]);
  const mirrorAt = polledAt.get(mirrorStream)?.getTime();
  if (mirrorAt === undefined) return true;
  // Later than now: the clock was set back since.
  return mirrorAt >= (polledAt.get(voids)?.getTime() ?? 0) && mirrorAt <= clock.now();
}

/** Of these labels, those whose order was combined into another one. */
export async function combinedLabels(
  { db, connection }: Pick<FlowDeps, "db" | "connection">,
  labels: readonly Label[],
): Promise<Set<string>> {
  const orderIds = labels.flatMap(({ orderId }) => (orderId === undefined ? [] : [String(orderId)]));
  const combined = await combinedOrders(db, connection.id, orderIds);
  return new Set(labels.flatMap(({ id, orderId }) => (combined.has(String(orderId)) ? [id] : [])));
}

import type { Label } from "../core/shipments.ts";
import { combinedOrders } from "../ledger/mirror.ts";
import type { FlowDeps } from "./deps.ts";

/** Of these labels, those whose order the mirror knows to be combined into another one. */
export async function combinedLabels(
  { db, connection }: Pick<FlowDeps, "db" | "connection">,
  labels: readonly Label[],
): Promise<Set<string>> {
  const orderIds = labels.flatMap(({ orderId }) => (orderId === undefined ? [] : [String(orderId)]));
  const combined = await combinedOrders(db, connection.id, orderIds);
  return new Set(labels.flatMap(({ id, orderId }) => (combined.has(String(orderId)) ? [id] : [])));
}

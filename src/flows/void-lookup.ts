import { labelsNotVoided } from "../ledger/label-owners.ts";
import { labelFromShipment } from "../mapping/label-from-shipstation.ts";
import type { Label } from "../core/shipments.ts";
import type { CallPriority } from "../shipstation/v1/client.types.ts";
import { askV2 } from "./ask-v2.ts";
import type { FlowDeps } from "./deps.ts";
import { sinceCursor } from "./streams.ts";

/**
 * The second net for voids: what V2 says is voided and our records say is not is read again from V1, whose word counts (facts:
 * shipstation 6.3). Returns the labels as V1 shows them now; undefined when V2 was not asked or did not answer.
 */
export async function labelsVoidedByStatus(
  deps: FlowDeps,
  stream: string,
  priority: CallPriority,
): Promise<Label[] | undefined> {
  const sinceMs = await sinceCursor(deps, stream);
  const asked = await askV2(deps, (v2) => v2.listLabelsVoided(sinceMs, priority));
  if (!asked) return undefined;
  const voided = new Map(asked.answer.rows.map((row) => [`S${row.labelId}`, row]));
  const missed = await labelsNotVoided(deps.db, deps.connection.id, [...voided.keys()]);
  const orderIds = new Set(missed.map(({ orderId }) => orderId));
  const labels: Label[] = [];
  for (const orderId of orderIds) {
    const rows = await deps.shipstation.listShipmentsOfOrder(orderId, priority);
    labels.push(...rows.map(labelFromShipment));
  }
  const wanted = new Set(missed.map(({ id }) => id));
  const seen = labels.filter(({ id }) => wanted.has(id));
  const contradicted = seen.filter((label) => !label.voided).map(({ id }) => id);
  if (contradicted.length > 0) {
    deps.log.warn({ labels: contradicted }, "V1 shows labels as good that V2 shows as voided; V1 counts");
    deps.notices.add(`ShipStation V2 shows ${contradicted.join(", ")} as voided, V1 does not; V1 counts.`);
  }
  return seen;
}

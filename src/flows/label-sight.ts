import type { Label } from "../core/shipments.ts";
import { momentOf, msSince, type Moment } from "../lib/clock.ts";
import { labelFromShipment } from "../mapping/label-from-shipstation.ts";
import { fromPacific } from "../shipstation/pacific-time.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { FlowDeps } from "./deps.ts";

/** A listing of labels serves for every shipment that is confirmed within these seconds. */
const listKnownMs = 10_000;
/** Older labels are asked for one order at a time: all that were printed since would be more than a page. */
const listReachMs = 2 * 3_600_000;

/** What ShipStation shows of labels. */
export interface Sight {
  /** Before anything of it was asked for. */
  begunAt: Moment;
  /** By label; one that is not there was not shown. */
  labels: ReadonlyMap<string, Label>;
}

interface ListSight extends Sight {
  /** What was printed since then is in it. */
  sinceMs: number;
}

/** The last list of each client, so that all that work with it share it. */
const lists = new WeakMap<ShipStationClient, Promise<ListSight>>();

/** A poll has just shown these labels. */
export function keepSight({ shipstation }: FlowDeps, begunAt: Moment, labels: readonly Label[]): void {
  lists.set(shipstation, Promise.resolve({ begunAt, sinceMs: Infinity, labels: byId(labels) }));
}

const byId = (labels: readonly Label[]): Map<string, Label> => new Map(labels.map((label) => [label.id, label]));

/**
 * Looks at labels in ShipStation: in the list of those printed lately, one call for all that are confirmed in these seconds; what that does
 * not show is asked for by its order, which alone can tell that a label is not there any more.
 */
export async function lookAtLabels(deps: FlowDeps, wanted: readonly Label[]): Promise<Sight> {
  const begunAt = momentOf(deps.clock);
  if (wanted.length === 0) return { begunAt, labels: new Map() };
  const listed = await listOf(deps, wanted);
  const missing = wanted.filter(({ id }) => !listed || !isGood(listed, id));
  const labels = new Map(listed?.labels);
  for (const orderId of new Set(missing.flatMap((label) => label.orderId ?? []))) {
    for (const label of missing) if (label.orderId === orderId) labels.delete(label.id);
    for (const row of await deps.shipstation.listShipmentsOfOrder(orderId)) {
      const label = labelFromShipment(row);
      labels.set(label.id, label);
    }
  }
  return { begunAt: missing.length === wanted.length ? begunAt : (listed?.begunAt ?? begunAt), labels };
}

/** Shown, and not voided. */
export const isGood = ({ labels }: Sight, id: string): boolean => labels.get(id)?.voided === false;

/** The list that reaches back to all of these labels; undefined where they are too old for it, or do not tell their age. */
async function listOf(deps: FlowDeps, wanted: readonly Label[]): Promise<ListSight | undefined> {
  const { clock, shipstation } = deps;
  const sinceMs = Math.min(...wanted.map(({ createdAt }) => printedMs(createdAt)));
  if (!(clock.now() - sinceMs <= listReachMs)) return undefined;
  const known = await lists.get(shipstation)?.catch(() => undefined);
  if (known && msSince(known.begunAt, clock) <= listKnownMs) {
    if (known.sinceMs <= sinceMs || wanted.every(({ id }) => isGood(known, id))) return known;
  }
  const asked = list(deps, sinceMs);
  lists.set(shipstation, asked);
  return await asked;
}

async function list(deps: FlowDeps, sinceMs: number): Promise<ListSight> {
  const begunAt = momentOf(deps.clock);
  const { result: listing } = await deps.archive.polling(() => deps.shipstation.listShipmentsCreated(sinceMs));
  if (listing.rest) throw listing.rest.because;
  return { begunAt, sinceMs, labels: byId(listing.rows.map(labelFromShipment)) };
}

/** NaN where it cannot be read. */
function printedMs(createdAt: string | undefined): number {
  try {
    return createdAt === undefined ? NaN : fromPacific(createdAt);
  } catch {
    return NaN;
  }
}

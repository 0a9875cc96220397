import { judgeLabel, type Label } from "../core/shipments.ts";
import { serviceCode } from "../core/value-tables.ts";
import { noteCodes } from "../ledger/codes-seen.ts";
import { answerDoorbell, rungStreams } from "../ledger/doorbells.ts";
import { contentHash } from "../ledger/hash.ts";
import { ordersOfLabels } from "../ledger/label-owners.ts";
import { mirrorByIds } from "../ledger/mirror.ts";
import { saveSeen, type SeenRecord } from "../ledger/records.ts";
import { labelFromFulfillment, labelFromShipment } from "../mapping/label-from-shipstation.ts";
import { momentOf } from "../lib/clock.ts";
import { fromPacific } from "../shipstation/pacific-time.ts";
import type { CallPriority, ListFrom, Listing } from "../shipstation/v1/client.types.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { keepSight } from "./label-sight.ts";
import { beginListing, keepListing } from "./listings.ts";
import { mirrorAgeMs, readMirror } from "./mirror.ts";
import { measureLateness, type Stamped } from "./streams.ts";
import { labelsVoidedByStatus } from "./void-lookup.ts";

/** Streams that no doorbell announces are read at least this often. */
const quietStreamsMs = 60_000;
/** The second net for voids, where the connection has V2. */
const voidsByStatus = "shipstation.voids-v2";

/**
 * The streams of shipments back, into records: new labels, voided labels, orders marked as shipped, changed orders. When only
 * doorbells woke us the first stream is enough; the others follow their own rhythm. Cursors move with their rows (I7).
 */
export async function readLabels(deps: FlowDeps): Promise<void> {
  const bells = await rungStreams(deps.db, deps.connection.id);
  const priority: CallPriority = bells.length > 0 ? "doorbell" : "background";
  await readStream(deps, "shipstation.shipments", async (from) => {
    const begunAt = momentOf(deps.clock);
    const listing = labelsOf(await deps.shipstation.listShipmentsCreated(from, priority), labelFromShipment);
    keepSight(deps, begunAt, listing.rows);
    return listing;
  });
  const age = await mirrorAgeMs(deps);
  const quiet = age === undefined || age >= quietStreamsMs || bells.length === 0;
  if (quiet) {
    await readStream(deps, "shipstation.voids", async (from) =>
      labelsOf(await deps.shipstation.listShipmentsVoided(from, priority), labelFromShipment),
    );
    if (deps.shipstationV2) {
      await readStream(deps, voidsByStatus, async () => {
        const rows = await labelsVoidedByStatus(deps, voidsByStatus, priority);
        return rows && { rows, serverTimeMs: undefined, unreadable: [] };
      });
    }
    // Filling the mirror is the business of orders out: twice at the same time it would take twice the calls.
    if (age !== undefined) await readMirror(deps, priority);
  }
  if (quiet || bells.some((bell) => bell.stream === "fulfillments")) {
    await readStream(deps, "shipstation.fulfillments", async (from) =>
      labelsOf(await deps.shipstation.listFulfillmentsCreated(from, priority), labelFromFulfillment),
    );
  }
  if (bells.length === 0) return;
  await deps.db.transaction().execute(async (tx) => {
    for (const bell of bells) await answerDoorbell(tx, deps.connection.id, bell);
  });
}

type ReadLabels = Omit<Listing<unknown>, "rows"> & { rows: Label[] };

function labelsOf<T>(listing: Listing<T>, toLabel: (row: T) => Label): ReadLabels {
  return { ...listing, rows: listing.rows.map(toLabel) };
}

async function readStream(
  deps: FlowDeps,
  stream: string,
  /** undefined: it could not be read this time, and is read from the same place again. */
  read: (from: ListFrom) => Promise<ReadLabels | undefined>,
): Promise<void> {
  const start = await beginListing(deps, stream);
  const { result: listing, attribute } = await deps.archive.polling(() => read(start.from));
  if (listing === undefined) return;
  const owners = await ownersOf(deps, listing.rows);
  const labels = listing.rows.map((label) => seenLabel(label, owners.get(label.id)));
  const seen = [...labels, ...listing.unreadable.map((row) => seenUnreadable(stream, row))];
  await keepListing(deps, start, listing, async (tx) => {
    const { changed, added } = await saveSeen(tx, deps.connection.id, nowOf(deps), seen, "shipments-back");
    await measureLateness(
      tx,
      deps,
      start,
      stampsOf(
        stream,
        listing.rows.filter((label) => added.has(label.id)),
      ),
    );
    const fresh = new Set(changed);
    const ours = listing.rows.filter((label) => fresh.has(label.id) && owners.get(label.id) !== undefined);
    await noteCodes(tx, deps.connection.id, nowOf(deps), ours.flatMap(codesOfLabel));
    attribute(changed.map((key) => ({ kind: "label" as const, key })));
  });
}

/** When ShipStation says that new labels were made; of a void, or of a label read by its status, that says nothing of the stream. */
function stampsOf(stream: string, labels: readonly Label[]): Stamped[] {
  if (stream !== "shipstation.shipments" && stream !== "shipstation.fulfillments") return [];
  return labels.map(({ id, createdAt }) => ({
    key: id,
    stampedMs: createdAt === undefined ? undefined : instantOf(createdAt),
  }));
}

/** A time that cannot be read measures nothing. */
function instantOf(pacific: string): number | undefined {
  try {
    return fromPacific(pacific);
  } catch {
    return undefined;
  }
}

/**
 * The orders of ours that labels belong to. A label of an order nobody knows yet may be of a part that the warehouse has just split off:
 * the mirror tells, once it has seen it.
 */
async function ownersOf(deps: FlowDeps, labels: readonly Label[]): Promise<Map<string, string>> {
  const { id } = deps.connection;
  const owners = await ordersOfLabels(deps.db, id, labels);
  const strangers = labels.flatMap((label) =>
    owners.has(label.id) || label.orderId === undefined ? [] : [String(label.orderId)],
  );
  const known = new Set((await mirrorByIds(deps.db, id, strangers)).map(({ orderId }) => orderId));
  if (strangers.every((orderId) => known.has(orderId)) || (await mirrorAgeMs(deps)) === undefined) return owners;
  await readMirror(deps);
  return ordersOfLabels(deps.db, id, labels);
}

/** What the value tables should know of a label. */
const codesOfLabel = (label: Label) => [
  { list: "service" as const, code: serviceCode(label), example: label.id },
  { list: "package" as const, code: label.package ?? "", example: label.id },
];

/** A row that could not be read is kept as it came: a tracking number may be in it (I5). */
function seenUnreadable(stream: string, row: { raw: unknown; reason: string }): SeenRecord {
  const id = (row.raw as { shipmentId?: unknown } | null)?.shipmentId;
  const hash = contentHash({ stream, ...row });
  const problem = {
    field: stream,
    found: row.reason,
    cure: "Look at the label in ShipStation. If it is one of ours, enter its tracking number in Acumatica and report the record.",
  };
  const key = typeof id === "number" ? `S${id}` : `unreadable-${hash.slice(0, 12)}`;
  return {
    kind: "label",
    key,
    source: row.raw ?? {},
    hash,
    state: "Aborted",
    reason: { code: "shipstation.unreadable", text: "ShipStation's record could not be read." },
    problems: [problem],
    title: key,
    search: key.toLowerCase(),
  };
}

/** A label as its record keeps it. */
export function seenLabel(label: Label, orderKey: string | undefined): SeenRecord {
  const verdict = judgeLabel({ ...label, voided: false }, orderKey !== undefined);
  const words = [label.id, label.tracking, label.orderNumber, orderKey, label.carrier];
  return {
    kind: "label",
    key: label.id,
    source: label,
    hash: contentHash(label),
    state: verdict.kind === "use" ? "Prepared" : "Filtered",
    ...(verdict.kind === "filtered" ? { reason: { code: verdict.rule, text: verdict.text } } : {}),
    ...(orderKey === undefined ? {} : { parentKey: orderKey }),
    title: label.tracking ?? label.orderNumber ?? label.id,
    search: words
      .filter((word) => word !== undefined)
      .join(" ")
      .toLowerCase(),
  };
}

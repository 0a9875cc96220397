import { judgeLabel, type Label } from "../core/shipments.ts";
import { serviceCode } from "../core/value-tables.ts";
import { noteCodes } from "../ledger/codes-seen.ts";
import { moveCursor } from "../ledger/cursors.ts";
import { answerDoorbell, rungStreams } from "../ledger/doorbells.ts";
import { contentHash } from "../ledger/hash.ts";
import { ordersOfLabels } from "../ledger/label-owners.ts";
import { saveSeen, type SeenRecord } from "../ledger/records.ts";
import { labelFromFulfillment, labelFromShipment } from "../mapping/label-from-shipstation.ts";
import type { CallPriority, Listing } from "../shipstation/v1/client.types.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { mirrorAgeMs, nextPosition, readMirror, sinceCursor } from "./polls.ts";

/** Streams that no doorbell announces are read at least this often. */
const quietStreamsMs = 60_000;

/**
 * The streams of shipments back, into records: new labels, voided labels, orders marked as shipped, changed orders. When only
 * doorbells woke us the first stream is enough; the others follow their own rhythm. Cursors move with their rows (I7).
 */
export async function readLabels(deps: FlowDeps): Promise<void> {
  const bells = await rungStreams(deps.db, deps.connection.id);
  const priority: CallPriority = bells.length > 0 ? "doorbell" : "background";
  await readStream(deps, "shipstation.shipments", async (sinceMs) =>
    labelsOf(await deps.shipstation.listShipmentsCreated(sinceMs, priority), labelFromShipment),
  );
  const age = await mirrorAgeMs(deps);
  const quiet = age === undefined || age >= quietStreamsMs || bells.length === 0;
  if (quiet) {
    await readStream(deps, "shipstation.voids", async (sinceMs) =>
      labelsOf(await deps.shipstation.listShipmentsVoided(sinceMs, priority), labelFromShipment),
    );
    await readMirror(deps, priority);
  }
  if (quiet || bells.some((bell) => bell.stream === "fulfillments")) {
    await readStream(deps, "shipstation.fulfillments", async (sinceMs) =>
      labelsOf(await deps.shipstation.listFulfillmentsCreated(sinceMs, priority), labelFromFulfillment),
    );
  }
  await deps.db.transaction().execute(async (tx) => {
    for (const bell of bells) await answerDoorbell(tx, deps.connection.id, bell);
  });
}

interface ReadLabels {
  labels: Label[];
  serverTimeMs: number | undefined;
  unreadable: Listing<unknown>["unreadable"];
}

function labelsOf<T>(listing: Listing<T>, toLabel: (row: T) => Label): ReadLabels {
  return { ...listing, labels: listing.rows.map(toLabel) };
}

async function readStream(
  deps: FlowDeps,
  stream: string,
  read: (sinceMs: number) => Promise<ReadLabels>,
): Promise<void> {
  const since = await sinceCursor(deps, stream);
  const { result, attribute } = await deps.archive.polling(() => read(since));
  const { labels, serverTimeMs, unreadable } = result;
  const owners = await ordersOfLabels(deps.db, deps.connection.id, labels);
  const changed = await deps.db.transaction().execute(async (tx) => {
    const read = labels.map((label) => seenLabel(label, owners.get(label.id)));
    const seen = [...read, ...unreadable.map((row) => seenUnreadable(stream, row))];
    const keys = await saveSeen(tx, deps.connection.id, nowOf(deps), seen, "shipments-back");
    const fresh = new Set(keys);
    const ours = labels.filter((label) => fresh.has(label.id) && owners.get(label.id) !== undefined);
    await noteCodes(tx, deps.connection.id, nowOf(deps), ours.flatMap(codesOfLabel));
    await moveCursor(tx, deps.connection.id, stream, nextPosition(deps, serverTimeMs), nowOf(deps), labels.length);
    return keys;
  });
  attribute(changed.map((key) => ({ kind: "label" as const, key })));
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

function seenLabel(label: Label, orderKey: string | undefined): SeenRecord {
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

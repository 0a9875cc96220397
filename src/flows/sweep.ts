import { instantMs } from "../acumatica/lists.ts";
import { labelsMarkedOn, type Difference, type DifferenceKind } from "../core/reconciliation.ts";
import { moveCursor, noteSweepFinds, readCursor } from "../ledger/cursors.ts";
import { recordsByRemote } from "../ledger/links.ts";
import { recordRows } from "../ledger/record-rows.ts";
import { saveSeen } from "../ledger/records.ts";
import { replayRecords } from "../ledger/replay.ts";
import { wakeBy } from "../ledger/wakeups.ts";
import { fromPacific } from "../shipstation/pacific-time.ts";
import { flowOfKind, nowOf, type FlowDeps } from "./deps.ts";
import { seenLabel } from "./label-polls.ts";
import { orderRecordKey } from "./order-records.ts";
import { compareBoth } from "./reconcile.ts";
import { readBothSides, type BothSides } from "./reconcile-reading.ts";

const sweepMs = 24 * 3_600_000;
const days = 14;
const actor = "nightly-sweep";
/** What changed later than this the polls and flows may still be at work on. */
const restingMs = 3_600_000;
const stream = "sweep.nightly";

/** With or without a record of ours: these are never a person's doing alone. */
const mustNotBe: ReadonlySet<DifferenceKind> = new Set<DifferenceKind>([
  "missing-in-shipstation",
  "label-missing-in-erp",
]);

interface Find {
  sweep: "nightly";
  kind: "order" | "label";
  key: string;
  what: string;
}

/**
 * Once a day both systems are read over two weeks, counted and compared: orders per key, labels per shipment, and every difference that no
 * record of ours is at work on. Each find is a fault of ours: it is kept and counted, and what a replay mends is replayed.
 */
export async function sweepBothSides(deps: FlowDeps): Promise<void> {
  const { db, connection } = deps;
  const last = await readCursor(db, connection.id, stream);
  if (last && deps.clock.now() - last.polledAt.getTime() < sweepMs) return;
  // The first day there is nothing that could have been missed.
  const finds = last ? await findAll(deps) : [];
  const now = nowOf(deps);
  await db.transaction().execute(async (tx) => {
    await noteSweepFinds(tx, connection.id, now, finds);
    await moveCursor(tx, connection.id, stream, now, now, finds.length);
  });
  if (finds.length === 0) return;
  deps.log.error(
    { connection: connection.id, finds: finds.slice(0, 20) },
    "the nightly comparison found what no poll had",
  );
  deps.notices.add(
    `The nightly comparison found ${finds.length} things that no poll had; they are listed by reconcile.`,
  );
}

async function findAll(deps: FlowDeps): Promise<Find[]> {
  const sides = await readBothSides(deps, days, "background");
  const { differences } = await compareBoth(deps, sides);
  const missed: Difference[] = [];
  for (const difference of differences) {
    if (!difference.byReplay && !mustNotBe.has(difference.kind)) continue;
    if (await isAtRest(deps, difference, sides)) missed.push(difference);
  }
  await keepUnseen(deps, sides);
  const records = missed.flatMap(({ kind: what, records: of }) => of.map((record) => ({ ...record, what })));
  for (const kind of ["order", "label"] as const) {
    const keys = records.filter((record) => record.kind === kind).map(({ key }) => key);
    if (keys.length === 0) continue;
    await replayRecords(
      deps.db,
      nowOf(deps),
      { connection: deps.connection.id, kind, keys },
      flowOfKind,
      "nightly-sweep",
    );
  }
  return [...records, ...(await twice(deps, sides))].map((record) => ({ sweep: "nightly", ...record }));
}

/** Nobody is at work on it: no record waits, has failed or given up, and neither side changed within the last hour. */
async function isAtRest(deps: FlowDeps, { records }: Difference, sides: BothSides): Promise<boolean> {
  for (const { kind, key } of records) {
    const row = (await recordRows(deps.db, deps.connection.id, kind, [key])).get(key);
    if (row?.dueAt !== undefined || row?.state === "Aborted" || row?.state === "Skipped") return false;
    const changed = kind === "order" ? orderChangedMs(sides, key) : labelMadeMs(sides, key);
    if (changed !== undefined && changed > deps.clock.now() - restingMs) return false;
  }
  return true;
}

function orderChangedMs(sides: BothSides, key: string): number | undefined {
  const order = sides.erpOrders.find((each) => orderRecordKey(each) === key);
  const at = instantMs(order?.LastModified ?? "");
  return Number.isNaN(at) ? undefined : at;
}

function labelMadeMs(sides: BothSides, key: string): number | undefined {
  const made = sides.labels.find(({ label }) => label.id === key)?.label.createdAt;
  return made === undefined ? undefined : fromPacific(made);
}

/** What must be there once: a key of ours among ShipStation's live orders (I1), a label among the shipments of a warehouse (I2). */
async function twice(deps: FlowDeps, sides: BothSides): Promise<Omit<Find, "sweep">[]> {
  const live = sides.mirrorRows.filter(
    ({ orderKey, orderStatus, parentId }) =>
      orderKey !== undefined && orderStatus !== "cancelled" && parentId === undefined,
  );
  const orders: Omit<Find, "sweep">[] = [];
  for (const [orderKey, rows] of Map.groupBy(live, (row) => row.orderKey ?? "")) {
    if (rows.length < 2) continue;
    const ids = rows.map(({ orderId }) => orderId);
    const linked = await recordsByRemote(deps.db, deps.connection.id, "shipstation", "order", ids);
    if (linked.size > 0) orders.push({ kind: "order", key: orderKey, what: "orders-with-one-key" });
  }
  const marked = sides.shipments
    .filter(({ status }) => !/^cancell?ed$/i.test(status))
    .flatMap((shipment) =>
      labelsMarkedOn(shipment).map((label) => `${label} ${shipment.warehouse ?? ""} ${orderOf(shipment)}`),
    );
  const labels = [...Map.groupBy(marked, (place) => place)]
    .filter(([, shipments]) => shipments.length > 1)
    .map(([place]) => ({ kind: "label" as const, key: place.split(" ")[0] ?? "", what: "shipments-with-one-label" }));
  return [...orders, ...labels];
}

/** A label that no poll has brought is stored now: its tracking number must not be lost (I5). */
async function keepUnseen(deps: FlowDeps, sides: BothSides): Promise<void> {
  const known = await recordRows(
    deps.db,
    deps.connection.id,
    "label",
    sides.labels.map(({ label }) => label.id),
  );
  const unseen = sides.labels.filter(({ label }) => !known.has(label.id) && !label.voided);
  if (unseen.length === 0) return;
  const seen = unseen.map(({ label, orderKey }) => seenLabel(label, orderKey));
  await deps.db.transaction().execute(async (tx) => {
    await saveSeen(tx, deps.connection.id, nowOf(deps), seen, actor);
    await wakeBy(tx, deps.connection.id, "shipments-back", nowOf(deps));
  });
}

const orderOf = ({ lines }: BothSides["shipments"][number]): string =>
  [...new Set(lines.map(({ orderType, orderNbr }) => `${orderType}/${orderNbr}`))].join(",");

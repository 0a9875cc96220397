import { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { SiteMemory, TimeWindow } from "./client.types.ts";
import { equals, modifiedWithin, type Query } from "./odata.ts";
import { entityCall, readOne, readRows, type AnyRow, type Reading } from "./reads.ts";
import type { Site } from "./requests.ts";
import type { Send } from "./send.ts";

/** Servers differ about whether the borders of a filter belong to it, so a window is asked wider and cut afterwards. */
const windowMarginMs = 1_000;

/** Slices overlap a little for the same reason. */
const sliceOverlapMs = 10;

/** A slice this narrow is not cut again: everything in it was saved at once. */
const narrowestMs = 1_000;

/** How often a narrow slice is paged through until two passes agree. */
const mostPasses = 6;

export interface ListPorts {
  send: Send;
  site: Site;
  log: Log;
  /** `$top` of every list call; falls for good when a page turns out too large, as orders of hundreds of lines make it. */
  pageSize: number;
  /** Entities this site cannot list with their details are remembered here: a restart does not try again. */
  memory: SiteMemory;
}

type AnsweredAt = TimeWindow["answeredAt"];

interface Slice {
  fromMs: number;
  toMs: number;
}

/**
 * Every record modified in the window, each once, or an error. The contract has no ordering and no count, and page numbers over rows
 * that move lose some; so a slice is complete only when it returns fewer rows than were allowed (facts: acumatica 2.2).
 * `only`: fields of the main view that must have these texts.
 */
export async function listModified<Row extends AnyRow>(
  ports: ListPorts,
  reading: Reading<Row>,
  window: TimeWindow,
  only: Readonly<Record<string, string>> = {},
): Promise<Row[]> {
  if (window.toMs <= window.fromMs) return [];
  const topic = `unlistable:${reading.entity}`;
  if ((await ports.memory.recall(topic)) === undefined) {
    try {
      const rows = await collect(ports, reading, window, { expand: reading.expand, filter: equals(only) });
      return await completeRows(ports, reading, rows, (row) => reading.isIncomplete?.(row) === true);
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || thrown.code !== "acumatica.list-unsupported") throw thrown;
      await ports.memory.keep(topic, thrown.message);
      ports.log.warn(
        { entity: reading.entity, said: thrown.message },
        "this entity is read record by record from now on",
      );
    }
  }
  const rows = await collect(ports, reading, window, {
    select: [...reading.keys, reading.modifiedField],
    filter: equals(only),
  });
  return completeRows(ports, reading, rows, () => true);
}

/** Reads those rows singly that need it. A record that has vanished meanwhile is left out. */
async function completeRows<Row extends AnyRow>(
  { send, site }: ListPorts,
  reading: Reading<Row>,
  rows: Row[],
  needsReading: (row: Row) => boolean,
): Promise<Row[]> {
  const complete: Row[] = [];
  for (const row of rows) {
    const keys = reading.keysOf(row).map((key) => key ?? "");
    const read = needsReading(row) ? await readOne(send, site, reading, keys, row.id) : row;
    if (read) complete.push(read);
  }
  return complete;
}

/** All slices of the window, deduplicated and cut to it; of a record seen twice the later answer counts. */
async function collect<Row extends AnyRow>(
  ports: ListPorts,
  reading: Reading<Row>,
  window: TimeWindow,
  shape: Query,
): Promise<Row[]> {
  const found = new Map<string, Row>();
  let isFirst = true;
  const answeredAt = (serverTimeMs: number): void => {
    if (isFirst) window.answeredAt?.(serverTimeMs);
    isFirst = false;
  };
  const slices: Slice[] = [{ fromMs: window.fromMs - windowMarginMs, toMs: window.toMs + windowMarginMs }];
  for (let slice = slices.shift(); slice; slice = slices.shift()) {
    const isNarrow = slice.toMs - slice.fromMs <= narrowestMs;
    const rows = await smallerIfTooLarge(ports, () =>
      isNarrow
        ? pageUntilStable(ports, reading, slice, shape, answeredAt)
        : readPage(ports, reading, slice, shape, 0, answeredAt),
    );
    if (!rows) {
      slices.unshift(slice);
      continue;
    }
    if (!isNarrow && rows.length >= ports.pageSize) {
      const times = rows.map((row) => instantMs(reading.modifiedOf(row) ?? ""));
      if (!times.some((at) => isNear(slice, at))) throw endless(reading, "its rows are not of the time asked for");
      // The earlier part is taken up first: a record saved meanwhile moves to a later one, and is still met there.
      slices.unshift(...cut(slice, times));
      continue;
    }
    for (const row of rows) found.set(identityOf(reading, row), row);
  }
  return [...found.values()].filter((row) => isWithin(window, reading.modifiedOf(row)));
}

/** Undefined when the answer was too large: the page is smaller now, and is to be asked for again. */
async function smallerIfTooLarge<Row>(ports: ListPorts, read: () => Promise<Row[]>): Promise<Row[] | undefined> {
  try {
    return await read();
  } catch (thrown) {
    const isTooLarge = thrown instanceof ConnectorError && thrown.code === "network.too-large";
    if (!isTooLarge || ports.pageSize === 1) throw thrown;
    ports.pageSize = Math.max(1, Math.floor(ports.pageSize / 4));
    ports.log.info({ rows: ports.pageSize }, "a page of Acumatica's was too large; smaller ones are asked for");
    return undefined;
  }
}

/**
 * Parts of a slice that was full, together more than the whole. The rows that came hint where the others are: a burst (an import,
 * a mass update) is cut out in one step, and anything else is cut where half of them lie on either side.
 */
function cut(slice: Slice, hints: number[]): Slice[] {
  const { fromMs, toMs } = slice;
  const times = hints.filter((at) => at >= fromMs && at <= toMs).sort((a, b) => a - b);
  const first = times.at(0) ?? fromMs;
  const last = times.at(-1) ?? toMs;
  if (last - first + 4 * sliceOverlapMs <= narrowestMs) {
    const burst = { fromMs: first - 2 * sliceOverlapMs, toMs: last + 2 * sliceOverlapMs };
    const before = { fromMs, toMs: first - sliceOverlapMs };
    const after = { fromMs: last + sliceOverlapMs, toMs };
    return [before, burst, after].filter((part) => part.toMs > part.fromMs);
  }
  const sixteenth = (toMs - fromMs) / 16;
  const median = times.at(times.length / 2) ?? (fromMs + toMs) / 2;
  // However the hints are spread, each part is clearly shorter than the whole.
  const middle = Math.round(Math.min(toMs - sixteenth, Math.max(fromMs + sixteenth, median)));
  return [
    { fromMs, toMs: middle + sliceOverlapMs },
    { fromMs: middle - sliceOverlapMs, toMs },
  ];
}

async function readPage<Row extends AnyRow>(
  { send, site, pageSize }: ListPorts,
  reading: Reading<Row>,
  { fromMs, toMs }: Slice,
  shape: Query,
  skip: number,
  answeredAt: AnsweredAt,
): Promise<Row[]> {
  const filter = [modifiedWithin(reading.modifiedField, fromMs, toMs), shape.filter].filter(Boolean).join(" and ");
  const url = site.entity(reading.entity, undefined, { ...shape, filter, top: pageSize, skip });
  return readRows(send, entityCall(site, reading.entity, url), reading.schema, answeredAt);
}

/** A second that holds more rows than a page: paged by number, over and over, until two passes show the same rows. */
async function pageUntilStable<Row extends AnyRow>(
  ports: ListPorts,
  reading: Reading<Row>,
  slice: Slice,
  shape: Query,
  answeredAt: AnsweredAt,
): Promise<Row[]> {
  let seenBefore: string | undefined;
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const found = new Map<string, Row>();
    let pages = 0;
    for (let last = ports.pageSize; last >= ports.pageSize; pages += 1) {
      const rows = await readPage(ports, reading, slice, shape, pages * ports.pageSize, answeredAt);
      const before = found.size;
      for (const row of rows) found.set(identityOf(reading, row), row);
      if (rows.length >= ports.pageSize && found.size === before)
        throw endless(reading, "each page shows the same rows");
      last = rows.length;
    }
    const seen = [...found.keys()].sort().join(" ");
    // One page that was not full cannot have lost a row to its neighbour.
    if (pages === 1 || seen === seenBefore) return [...found.values()];
    seenBefore = seen;
  }
  throw new ConnectorError("acumatica.unreadable", {
    message: `The list of ${reading.entity} kept changing while it was read.`,
  });
}

const isNear = ({ fromMs, toMs }: Slice, at: number): boolean =>
  at >= fromMs - windowMarginMs && at <= toMs + windowMarginMs;

/** A site, or something in front of it, that passes over `$filter` or `$skip` would be asked for ever. */
const endless = <Row>({ entity }: Reading<Row>, why: string): ConnectorError =>
  new ConnectorError("acumatica.unreadable", { message: `The list of ${entity} has no end: ${why}.` });

/** The record's id is its NoteID, stable for life; the keys stand in where an answer has none (facts: acumatica 2.1). */
function identityOf<Row extends AnyRow>(reading: Reading<Row>, row: Row): string {
  const keys = reading.keysOf(row);
  if (row.id) return row.id;
  if (keys.every((key) => key)) return JSON.stringify(keys);
  throw new ConnectorError("acumatica.unreadable", { message: `A row of ${reading.entity} came without id and key.` });
}

/** A row whose time cannot be read is kept: to read it once too often is harmless. */
function isWithin({ fromMs, toMs }: TimeWindow, modified: string | undefined): boolean {
  const at = instantMs(modified ?? "");
  return Number.isNaN(at) || (at >= fromMs && at < toMs);
}

/** An instant of Acumatica: true UTC or a stated offset. One without an offset is not taken for this machine's local time. */
export function instantMs(text: string): number {
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  return Date.parse(hasOffset || !text.includes("T") ? text : `${text}Z`);
}

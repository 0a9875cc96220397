import type { Clock } from "../../lib/clock.ts";
import { asConnectorError, ConnectorError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { lowerBound, secondBefore, toPacific, toWallClock } from "../pacific-time.ts";
import type { CallPriority, Listing, ListingRest } from "./client.types.ts";
import { createCollector, memberOf } from "./collect.ts";
import { createStepReader, isEnd, pageSize, type Place, type ReadPage, type Step } from "./pages.ts";
import type { Sender } from "./send.ts";
import { createSlipWatch, type SlipWatch } from "./slips.ts";
import type { Stream } from "./streams.ts";

/** Calls of one listing without a pause, those for hunting unreadable records included; and pages of one second. */
export const maxPagesPerListing = 200;
/** How often an interrupted listing goes back to where pages were turned; after that the nightly comparison has to find what moved. */
const maxRestarts = 5;

type Position = ListingRest["at"];

/**
 * Everything in the stream since an instant (failures: 3.5). Rows move while we read, so page numbers are not trusted: each
 * request starts from the last date seen, a second wider because filters may be exclusive, and is page 1 again; only while one
 * second fills a page are its pages turned. The end is a page with fewer rows than asked for, unless `total` says that the
 * server gives smaller pages; `pages` is never believed. A listing that fits one page costs one call. One that is larger than
 * the budget of a minute, or is interrupted otherwise, gives what it has and where to go on.
 */
export async function listSince<T>(
  ports: ListPorts,
  stream: Stream<T>,
  from: number | ListingRest,
  priority: CallPriority,
): Promise<Listing<T>> {
  const goesOn = typeof from === "object";
  const since = goesOn ? from.since : secondBefore(toPacific(lowerBound(from)));
  const collector = createCollector(stream);
  const watch = createSlipWatch();
  const readStep = createStepReader();
  let startedMs = goesOn ? from.startedMs : undefined;
  let calls = 0;

  const reader =
    (start: string | undefined): ReadPage =>
    async (page, size) => {
      calls += 1;
      if (calls > maxPagesPerListing) throw endless(stream.path);
      const window = {
        ...(stream.sinceName && { [stream.sinceName]: since }),
        ...(stream.moveName && start !== undefined && { [stream.moveName]: start }),
      };
      const query = { ...stream.query, ...window, page, pageSize: size };
      const sent = await ports.sender.send({ method: "GET", path: stream.path, query, priority });
      startedMs ??= sent.serverTimeMs ?? ports.clock.now();
      return { ...placesIn(sent.body, stream.rowsName), serverTimeMs: sent.serverTimeMs };
    };

  let at = goesOn ? from.at : windowFrom(stream.sinceName && stream.sinceName === stream.moveName ? since : undefined);
  if (at.offset > 0) watch.turned(at.start, undefined);
  /** Undeliverable records since the last page that was delivered: what follows tells whether it is they or an outage. */
  let holes: Place[] = [];
  let reached: Position | undefined;
  let rest: Listing<T>["rest"];
  for (;;) {
    let step: Step;
    try {
      // Where pages came smaller than asked for, those of another size do not line up with them.
      step = await readStep(reader(at.start), at.offset, at.seen >= at.offset);
    } catch (thrown) {
      const because = asConnectorError(thrown);
      if (!reached || !isPause(because)) throw thrown;
      const where = whereToGoOn(reached, stream, watch, goesOn ? (from.restarts ?? 0) : 0);
      rest = { from: { since, startedMs: startedMs ?? ports.clock.now(), ...where }, because };
      break;
    }
    if (goesOn && at === from.at && !isSamePaging(at, step)) {
      ports.log.info({ path: stream.path, from: at.start }, "Pages have another size now; reading them again.");
      at = windowFrom(at.start);
      continue;
    }
    if (step.places[0]?.kind === "hole") holes.push(...step.places);
    else {
      watch.moved(collector.take([...holes, ...step.places]));
      holes = [];
    }
    if (step.total !== undefined && step.total < at.total) watch.shrank();
    const next = after(at, step, stream);
    if (next === undefined) {
      collector.take(holes);
      holes = [];
      const again = watch.rereadFrom();
      if (!again) break;
      ports.log.info(
        { path: stream.path, from: again.from },
        "Rows moved while pages were turned; reading them again.",
      );
      at = reached = windowFrom(again.from);
      continue;
    }
    if (next.offset > 0 || at.offset > 0)
      watch.turned(at.start, lastDateOf(at.last, step.places, stream.dateName) ?? undefined);
    at = next;
    if (holes.length === 0) reached = next;
  }
  return { rows: collector.rows(), serverTimeMs: startedMs, unreadable: collector.unreadable(), rest };
}

export interface ListPorts {
  sender: Sender;
  clock: Clock;
  log: Log;
}

/** What ends by itself: the budget comes back, so does the server. */
const isPause = ({ disposition }: ConnectorError): boolean => disposition === "wait" || disposition === "retry";

/**
 * Where an interrupted listing goes on. Who goes on does not know which rows were read before, so a row that moves meanwhile tells
 * nothing: where rows move, what is not certain yet is read again.
 */
function whereToGoOn(
  reached: Position,
  stream: Pick<Stream<unknown>, "dateName">,
  watch: SlipWatch,
  restarts: number,
): Pick<ListingRest, "at" | "restarts"> {
  const uncertain = stream.dateName === "modifyDate" ? watch.uncertainFrom() : undefined;
  if (!uncertain || restarts >= maxRestarts) return { at: reached, restarts };
  return { at: windowFrom(uncertain.from), restarts: restarts + 1 };
}

/** Pages that came smaller than asked for are numbered by the size they had then: the next one must be as large. */
function isSamePaging({ seen, offset }: Position, { places, total = 0 }: Step): boolean {
  if (seen >= offset) return true;
  const rowsPerPage = seen / (offset / pageSize);
  return places.length === Math.min(rowsPerPage, total - seen);
}

function windowFrom(start: string | undefined): Position {
  return { start, offset: 0, seen: 0, total: 0 };
}

/** Where to read after this step: undefined at the end, a later window if the dates allow, else the next rows. */
function after(
  at: Position,
  { places, total, size }: Step,
  stream: Pick<Stream<unknown>, "dateName" | "moveName" | "path">,
): Position | undefined {
  const seen = at.seen + places.length;
  if (isEnd(places.length, seen, total, size)) return undefined;
  if (places.length < size && at.offset % pageSize > 0) {
    throw new ConnectorError("shipstation.unreadable", {
      message: `ShipStation gave ${places.length} of ${size} records of ${stream.path} and says that there are more; where they are cannot be told.`,
    });
  }
  // A server that gives smaller pages than asked for counts in its own: only whole pages are numbered alike.
  const whole = places.length < size ? pageSize - (at.offset % pageSize) : size;
  const offset = at.offset + whole;
  const last = lastDateOf(at.last, places, stream.dateName);
  if (offset % pageSize > 0) return { start: at.start, offset, seen, total: total ?? at.total, last };
  const start = typeof last === "string" && stream.moveName ? secondBefore(last) : undefined;
  if (start !== undefined && start > (at.start ?? "")) return windowFrom(start);
  if (offset >= maxPagesPerListing * pageSize) throw endless(stream.path);
  return { start: at.start, offset, seen, total: total ?? 0 };
}

/** The rows of an answer. Only a well-formed answer is believed, an empty one above all. */
export function placesIn(body: unknown, rowsName: string): { places: Place[]; total: number | undefined } {
  const rows = memberOf(body, rowsName);
  const total = memberOf(body, "total");
  const isEmpty = rows === null && total === 0;
  if (!Array.isArray(rows) && !isEmpty) {
    throw new ConnectorError("shipstation.unreadable", { message: `ShipStation's answer has no list of ${rowsName}.` });
  }
  return {
    places: (Array.isArray(rows) ? rows : []).map((raw: unknown) => ({ kind: "raw", raw })),
    total: typeof total === "number" ? total : undefined,
  };
}

/**
 * The date of the last row, `last` being that of the rows before; null once a page is not in ascending order: then the window must
 * not be moved by it.
 */
function lastDateOf(last: Position["last"], places: readonly Place[], dateName: string): string | null | undefined {
  for (const place of places) {
    const wall = place.kind === "raw" ? toWallClock(memberOf(place.raw, dateName)) : undefined;
    if (wall === undefined) continue;
    if (last === null || (last !== undefined && wall < last)) return null;
    last = wall;
  }
  return last;
}

function endless(path: string): ConnectorError {
  return new ConnectorError("internal.defect", {
    message: `The listing of ${path} did not end within ${maxPagesPerListing} calls.`,
  });
}

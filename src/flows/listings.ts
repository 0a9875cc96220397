import { readStreamState, saveRest } from "../ledger/cursors.ts";
import type { Tx } from "../ledger/schema.ts";
import type { Listing, ListFrom, ListingRest } from "../shipstation/v1/client.types.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import type { ReadDeps } from "./polls.ts";
import { beginPoll, keepPoll, nextPosition, sinceCursor, type PollDeps, type StreamStart } from "./streams.ts";

type List<T> = (from: ListFrom) => Promise<Listing<T>>;

/** Before ShipStation existed: everything of the account. */
const beginningMs = Date.UTC(2010, 0, 1);
/** Pauses of the call budget that a person's listing waits for. */
const pausesWaitedFor = 5;

/** Where a listing starts, and the cursor it is kept under. */
export interface ListingStart extends StreamStart {
  from: ListFrom;
}

/** As it is stored: with when its first part was asked for, by our clock. What the listing does not show may be as old as that. */
interface StoredRest extends ListingRest {
  begunMs: number;
}

/**
 * Where a stream of ShipStation is read on: the rest of an interrupted listing, else its cursor. A stream that was never read begins
 * with the connection, or with everything the account has; one without a filter is read whole each time.
 */
export async function beginListing(
  deps: PollDeps,
  stream: string,
  begin: "connection" | "everything" | "whole" = "connection",
): Promise<ListingStart> {
  const start = await beginPoll(deps, stream, begin === "whole");
  const { rest } = start;
  // A clock that was set back cannot tell how old the first part is: it is read again.
  if (isRest(rest) && rest.begunMs <= start.begunAt.getTime())
    return { ...start, from: rest, begunAt: new Date(rest.begunMs) };
  return { ...start, from: begin === "everything" && !start.cursor ? beginningMs : start.sinceMs };
}

/** The same, for who only looks. */
export async function listFrom(
  deps: Pick<ReadDeps, "db" | "clock" | "connection">,
  stream: string,
  begin: "connection" | "everything" = "connection",
): Promise<ListFrom> {
  const { cursor, rest } = await readStreamState(deps.db, deps.connection.id, stream, new Date(deps.clock.now()));
  if (isRest(rest)) return rest;
  return begin === "everything" && !cursor ? beginningMs : sinceCursor(deps, stream);
}

/**
 * Keeps a listing in one transaction: its rows, and where the stream is read on. The cursor moves only when the listing is complete;
 * of an interrupted one the rows are kept, and what interrupted it is thrown: the next run goes on from there (I7). Undefined when
 * another worker has overtaken it: nothing is kept.
 */
export async function keepListing<T, Kept>(
  deps: Pick<FlowDeps, "db" | "clock" | "connection">,
  start: StreamStart,
  listing: Pick<Listing<T>, "rest" | "serverTimeMs"> & { rows: readonly T[] },
  keep: (tx: Tx) => Promise<Kept>,
): Promise<Kept | undefined> {
  const { rest } = listing;
  const position = rest ? undefined : nextPosition(deps, listing.serverTimeMs);
  const kept = await keepPoll(deps, start, { position, rows: listing.rows.length }, async (tx, hasRest) => {
    const result = await keep(tx);
    const stored: StoredRest | undefined = rest && { ...rest.from, begunMs: start.begunAt.getTime() };
    if (stored || hasRest) await saveRest(tx, deps.connection.id, start.stream, stored, nowOf(deps));
    return result;
  });
  if (rest) throw rest.because;
  return kept;
}

/** A complete listing for somebody who waits for it: over the pauses of the call budget, but not for ever. */
export async function wholeListing<T>(
  deps: Pick<ReadDeps, "clock">,
  from: ListFrom,
  list: List<T>,
): Promise<Listing<T>> {
  const whole = await list(from);
  for (let pause = 0; whole.rest; pause++) {
    const { from: next, because } = whole.rest;
    if (because.disposition !== "wait" || pause === pausesWaitedFor) throw because;
    await deps.clock.sleep(because.retryAfterMs ?? 60_000);
    const more = await list(next);
    whole.rows.push(...more.rows);
    whole.unreadable.push(...more.unreadable);
    whole.rest = more.rest;
  }
  return whole;
}

/** Another version of the program may have kept it otherwise: then the listing starts anew. */
const isRest = (rest: unknown): rest is StoredRest =>
  typeof rest === "object" &&
  rest !== null &&
  "since" in rest &&
  "startedMs" in rest &&
  "at" in rest &&
  "begunMs" in rest;

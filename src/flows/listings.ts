import { moveCursor, readCursor, readRest, saveRest } from "../ledger/cursors.ts";
import type { Tx } from "../ledger/schema.ts";
import type { Listing, ListFrom, ListingRest } from "../shipstation/v1/client.types.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { nextPosition, sinceCursor, type ReadDeps } from "./polls.ts";

type List<T> = (from: ListFrom) => Promise<Listing<T>>;

/** Before ShipStation existed: everything of the account. */
const beginningMs = Date.UTC(2010, 0, 1);
/** Pauses of the call budget that a person's listing waits for. */
const pausesWaitedFor = 5;

/**
 * Where a stream of ShipStation is read on: the rest of an interrupted listing, else its cursor. A stream that was never read begins
 * with the connection, or with everything the account has.
 */
export async function listFrom(
  deps: Pick<ReadDeps, "db" | "connection">,
  stream: string,
  begin: "connection" | "everything" = "connection",
): Promise<ListFrom> {
  const rest = await readRest(deps.db, deps.connection.id, stream);
  if (isRest(rest)) return rest;
  const isNew = begin === "everything" && !(await readCursor(deps.db, deps.connection.id, stream));
  return isNew ? beginningMs : sinceCursor(deps, stream);
}

/**
 * Keeps a listing in one transaction: its rows, and where the stream is read on. The cursor moves only when the listing is complete;
 * of an interrupted one the rows are kept, and what interrupted it is thrown: the next run goes on from there (I7).
 */
export async function keepListing<T, Kept>(
  deps: Pick<FlowDeps, "db" | "clock" | "connection">,
  stream: string,
  listing: Pick<Listing<T>, "rest" | "serverTimeMs"> & { rows: readonly T[] },
  keep: (tx: Tx) => Promise<Kept>,
): Promise<Kept> {
  const { id } = deps.connection;
  const { rest } = listing;
  const kept = await deps.db.transaction().execute(async (tx) => {
    const result = await keep(tx);
    await saveRest(tx, id, stream, rest?.from, nowOf(deps));
    if (!rest) {
      const position = nextPosition(deps, listing.serverTimeMs);
      await moveCursor(tx, id, stream, position, nowOf(deps), listing.rows.length);
    }
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
const isRest = (rest: unknown): rest is ListingRest =>
  typeof rest === "object" && rest !== null && "since" in rest && "startedMs" in rest && "at" in rest;

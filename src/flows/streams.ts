import type { AcumaticaClient } from "../acumatica/client.types.ts";
import type { Connection } from "../connections/store.ts";
import {
  lockCursor,
  moveCursor,
  noteLateness,
  readStreamState,
  type Cursor,
  type StreamState,
} from "../ledger/cursors.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** What a poll re-reads before its cursor: transactions commit late, clocks differ (failures 3.5). */
const overlapAtLeastMs = 15 * minuteMs;
/** Beyond this a larger overlap is no cure. */
const overlapAtMostMs = 6 * 60 * minuteMs;
/** What a cursor stays behind now, for rows that are stamped but not yet visible. */
const settleMs = 30_000;
/** How far ahead of our clock a window reaches: theirs may be fast. */
export const aheadMs = 5 * minuteMs;
/** A cursor older than this is caught up in parts, oldest first. */
const staleMs = dayMs;

interface StreamDeps {
  db: Db;
  clock: Clock;
  connection: Connection;
}

/** What beginning a poll needs besides: somebody to tell, and both systems, whose clocks count. */
export interface PollDeps extends StreamDeps {
  log: Log;
  notices: Set<string>;
  acumatica: Pick<AcumaticaClient, "serverTimeMs">;
  shipstation: Pick<ShipStationClient, "serverTimeMs">;
}

/** Where a poll starts, and the cursor it is kept under. */
export interface StreamStart {
  stream: string;
  cursor: Cursor | undefined;
  sinceMs: number;
  begunAt: Date;
  /** Where an interrupted listing goes on. */
  rest?: unknown;
}

/** The documents changed since the stream's cursor, as an instant; the connection's start for a new stream. */
export async function sinceCursor(deps: StreamDeps, stream: string): Promise<number> {
  return sinceOf(deps, await readState(deps, stream));
}

const readState = (deps: StreamDeps, stream: string): Promise<StreamState> =>
  readStreamState(deps.db, deps.connection.id, stream, new Date(deps.clock.now()));

/** A little before the cursor: three times the largest lateness that was measured in 30 days, and at least a quarter of an hour. */
function sinceOf({ connection }: StreamDeps, { cursor, latenessMs }: StreamState): number {
  if (!cursor) return connection.createdAt.getTime() - connection.settings.flows.startFromDays * dayMs;
  return cursor.position.getTime() - overlapFor(latenessMs);
}

/** The overlap that a measured lateness asks for. */
export const overlapFor = (latenessMs: number): number =>
  Math.min(overlapAtMostMs, Math.max(overlapAtLeastMs, 3 * latenessMs));

/**
 * Begins a poll. Refuses a cursor that lies in the future: what happens before it would never be asked for. Which of the clocks is wrong
 * the other system is asked, because it is by its clock that cursors move. `isWhole`: it is read from its beginning every time.
 */
export async function beginPoll(deps: PollDeps, stream: string, isWhole = false): Promise<StreamStart> {
  const state = await readState(deps, stream);
  const { cursor, rest } = state;
  const now = deps.clock.now();
  if (cursor && cursor.position.getTime() > now + aheadMs) await refuseFuture(deps, stream, cursor.position);
  if (cursor && !isWhole && now - cursor.position.getTime() > staleMs) {
    const text = `${stream} was last read up to ${cursor.position.toISOString()}: it is caught up, oldest first.`;
    deps.notices.add(text);
    deps.log.warn({ connection: deps.connection.id, stream }, text);
  }
  return { stream, cursor, rest, sinceMs: sinceOf(deps, state), begunAt: new Date(now) };
}

async function refuseFuture(deps: PollDeps, stream: string, position: Date): Promise<void> {
  const system = stream.startsWith("acumatica.") ? deps.acumatica : deps.shipstation;
  const theirs = await system.serverTimeMs();
  if (theirs !== undefined && position.getTime() <= theirs + aheadMs) {
    deps.notices.add(`This machine's clock is behind: ${stream} has been read up to ${position.toISOString()}.`);
    return;
  }
  throw new ConnectorError("cursor.in-future", {
    message: `${stream} claims to be read up to ${position.toISOString()}, which is in the future.`,
    retryAfterMs: aheadMs,
  });
}

/** Where a stream's cursor moves after a complete read; `theirNow` is the other system's clock, where it told. */
export function nextPosition(deps: { clock: Clock }, theirNow?: number): Date {
  return new Date(Math.min(deps.clock.now(), theirNow ?? Infinity) - settleMs);
}

/** A row that a poll has brought for the first time, and the moment the other system stamped it with. */
export interface Stamped {
  key: string;
  stampedMs: number | undefined;
}

/**
 * Keeps a poll in one transaction: its rows, and the cursor (I7). Undefined when another worker has kept one of this stream meanwhile:
 * then this one is thrown away, because its rows may be older than those that are stored.
 */
export function keepPoll<Kept>(
  deps: StreamDeps,
  start: StreamStart,
  to: { position: Date | undefined; rows: number },
  keep: (tx: Tx, hasRest: boolean) => Promise<Kept>,
): Promise<Kept | undefined> {
  const { id } = deps.connection;
  return deps.db.transaction().execute(async (tx) => {
    const locked = await lockCursor(tx, id, start.stream, start.cursor);
    if (!locked) return undefined;
    const kept = await keep(tx, locked.hasRest);
    if (to.position) await moveCursor(tx, id, start.stream, to.position, start.begunAt, to.rows);
    return kept;
  });
}

/**
 * Measures how late the new rows among these were: of one stamped before the cursor, which an earlier poll ought to have seen, the time
 * from its stamp to that poll. It raises the overlap of the polls that follow.
 */
export async function measureLateness(
  tx: Tx,
  deps: Pick<StreamDeps, "clock" | "connection">,
  { stream, cursor }: StreamStart,
  rows: readonly Stamped[],
): Promise<void> {
  if (!cursor) return;
  const lateness = rows.map(({ stampedMs }) =>
    stampedMs !== undefined && stampedMs < cursor.position.getTime() ? cursor.polledAt.getTime() - stampedMs : 0,
  );
  const largest = Math.max(0, ...lateness);
  if (largest === 0 || largest > overlapAtMostMs) return;
  await noteLateness(tx, deps.connection.id, stream, new Date(deps.clock.now()), largest);
}

/** A long window in days, oldest first; a short one as it is. */
export function daysOf(fromMs: number, toMs: number): { fromMs: number; toMs: number }[] {
  const days: { fromMs: number; toMs: number }[] = [];
  let at = fromMs;
  for (; toMs - at > 2 * dayMs; at += dayMs) days.push({ fromMs: at, toMs: at + dayMs });
  return [...days, { fromMs: at, toMs }];
}

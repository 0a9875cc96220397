import { Temporal } from "temporal-polyfill";
import { ConnectorError } from "../lib/errors.ts";

/*
 * ShipStation V1 tells and expects Pacific wall clock without an offset (facts: shipstation 1.6). Two traps follow. In November
 * one hour has two meanings: it is read as the earlier instant, so that nothing is taken for newer than it is. In March one hour
 * does not exist: it is read as the same minute after the gap.
 */
const zone = "America/Los_Angeles";

const hourMs = 3_600_000;
/** How near to a clock change a cursor gets the extra hour. */
const nearClockChangeMs = 3 * hourMs;

const wallClock =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{0,9}))?)?)?(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?$/i;

/** An instant as Pacific wall clock, `yyyy-mm-dd hh:mm:ss`; parts of a second are cut off. */
export function toPacific(ms: number): string {
  const local = at(ms);
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: "second" })}`;
}

/** The Pacific calendar date of an instant, `yyyy-mm-dd`. */
export function pacificDate(ms: number): string {
  return at(ms).toPlainDate().toString();
}

/**
 * What ShipStation wrote, as an instant in whole milliseconds. An offset or `Z` is honoured where there is one; a date alone is
 * midnight. November's repeated hour gives the earlier instant, March's missing hour the instant after the gap.
 * Throws ConnectorError `shipstation.unreadable` when it is not a date.
 */
export function fromPacific(text: string): number {
  const { date, time, second, fraction, offset } = parts(text);
  const plain = `${date}T${time}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}`;
  try {
    if (offset) return Temporal.Instant.from(`${plain}${offset}`).epochMilliseconds;
    return Temporal.PlainDateTime.from(plain).toZonedDateTime(zone, { disambiguation: "compatible" }).epochMilliseconds;
  } catch (thrown) {
    throw notADate(text, thrown);
  }
}

/**
 * What ShipStation wrote, as `yyyy-mm-dd hh:mm:ss` on its own wall clock, ready to be asked for again; undefined when it is not
 * a date. Text without an offset keeps its digits, so a window that moves along such texts is not disturbed by a clock change.
 */
export function toWallClock(text: unknown): string | undefined {
  const [, date, time = "00:00", second = "00", , offset] =
    (typeof text === "string" && wallClock.exec(text.trim())) || [];
  if (date === undefined) return undefined;
  if (offset === undefined) return `${date} ${time}:${second}`;
  try {
    return toPacific(fromPacific(text as string));
  } catch {
    // A row without a readable date is still a row: only the window does not move by it.
    return undefined;
  }
}

/** One second earlier on the wall clock, without any zone. `wall` is as `toWallClock` gives it. */
export function secondBefore(wall: string): string {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = wall.split(/\D/).map(Number);
  const earlier = new Date(Date.UTC(year, month - 1, day, hour, minute, second - 1));
  return earlier.toISOString().slice(0, 19).replace("T", " ");
}

/**
 * Where a window that starts at `ms` must start to be asked for in wall clock: an hour earlier within 3 h of a Pacific clock
 * change, because an event after `ms` can then carry a wall clock before it (failures: F13, 3.5). Only the start matters: an
 * event cannot read more than an hour early. Never decreases while `ms` grows, so a cursor that follows it never goes back:
 * the hour is given gradually, from 4 h to 3 h before the change.
 */
export function lowerBound(ms: number): number {
  const change = at(ms - nearClockChangeMs).getTimeZoneTransition("next")?.epochMilliseconds;
  if (change === undefined) return ms;
  const rampStart = change - nearClockChangeMs - hourMs;
  return ms - Math.min(Math.max(0, ms - rampStart), hourMs);
}

function at(ms: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);
}

function parts(text: string): { date: string; time: string; second: string; fraction: string; offset: string } {
  const [, date, time = "00:00", second = "00", fraction = "", offset = ""] = wallClock.exec(text.trim()) ?? [];
  if (date === undefined) throw notADate(text);
  return { date, time, second, fraction, offset };
}

function notADate(text: string, cause?: unknown): ConnectorError {
  return new ConnectorError("shipstation.unreadable", { message: `"${text.slice(0, 40)}" is not a date.`, cause });
}

import { Temporal } from "temporal-polyfill";

/**
 * ShipStation V1 keeps and compares Pacific wall-clock time and never tells an offset (facts: shipstation 1.6). A *wall*
 * here is that clock's reading as milliseconds, written as if it were UTC. In November two instants share one wall, so
 * lists compared by wall go back one hour: this is what the real system shows, and it is kept.
 */
export type Wall = number;

const hourMs = 3_600_000;
const offsets = new Map<number, number>();

/** The zone's offset is constant within a UTC hour, so each hour is asked of the zone rules once. */
function offsetAt(instant: number): number {
  const hour = Math.floor(instant / hourMs);
  let offset = offsets.get(hour);
  if (offset === undefined) {
    const zoned = Temporal.Instant.fromEpochMilliseconds(hour * hourMs).toZonedDateTimeISO("America/Los_Angeles");
    offset = zoned.offsetNanoseconds / 1_000_000;
    offsets.set(hour, offset);
  }
  return offset;
}

/** What a Pacific clock shows at this instant. */
export function wallAt(instant: number): Wall {
  return Math.floor(instant) + offsetAt(instant);
}

/** `2015-07-16T14:00:34.8230000`: orders, shipments, fulfillments, customers, warehouses. */
export function sevenDigits(instant: number): string {
  return `${new Date(wallAt(instant)).toISOString().slice(0, 23)}0000`;
}

/** `2015-07-16T14:00:34.82`: items, products and stores, whose trailing zeros are cut. */
export function trimmedDigits(instant: number): string {
  return new Date(wallAt(instant))
    .toISOString()
    .slice(0, 23)
    .replace(/\.?0+$/, "");
}

/** `2015-07-16`. */
export function pacificDay(instant: number): string {
  return new Date(wallAt(instant)).toISOString().slice(0, 10);
}

/** A stored wall as an answer shows it. */
export function wallText(wall: Wall): string {
  return `${new Date(wall).toISOString().slice(0, 23)}0000`;
}

/** A stored wall as UTC with a `Z`; of November's two instants the earlier. */
export function instantText(wall: string): string {
  return Temporal.PlainDateTime.from(wall).toZonedDateTime("America/Los_Angeles").toInstant().toString();
}

const isoLike =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Reads a date of a request. A date alone is midnight. Whether ShipStation honours a zone suffix is unknown (facts:
 * shipstation 1.6, open question 4); `honourOffsets` chooses, and the default of the sandbox is the pessimistic "no".
 */
export function parseWall(text: string, honourOffsets: boolean): Wall | undefined {
  const trimmed = text.trim();
  const iso = isoLike.exec(trimmed);
  const us = iso ? null : american.exec(trimmed);
  const parts = iso ? iso.slice(1, 7) : us ? [us[3], us[1], us[2], us[4], us[5], us[6]] : undefined;
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) => Number(part ?? 0));
  const fraction = Number((iso?.[7] ?? "0").padEnd(3, "0").slice(0, 3));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
  const check = new Date(wall);
  if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day || hour > 23 || minute > 59) return undefined;
  const zone = iso?.[8]?.toUpperCase();
  return zone && honourOffsets ? wallAt(wall - zoneMs(zone)) : wall;
}

function zoneMs(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

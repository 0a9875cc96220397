import { ConnectorError } from "../../lib/errors.ts";

/** The largest page ShipStation gives (facts: shipstation 2.6, 3.1). */
export const pageSize = 500;

/** Page sizes for hunting an unreadable record; each divides the one before, so that pages line up. */
const divisions = [pageSize, 125, 25, 5, 1];

/** So many unreadable records in a row are no records but an outage. */
const maxHolesInRow = 5;
const maxHolesPerListing = 20;

/** A place in a page: what was there, or a record that ShipStation cannot deliver. */
export type Place = { kind: "raw"; raw: unknown } | { kind: "hole"; reason: string };

export interface Page {
  places: Place[];
  /** What the answer says the whole window holds. */
  total: number | undefined;
  serverTimeMs: number | undefined;
  /** More than one call was needed, so rows may have moved over a border in between. */
  wasDivided: boolean;
}

export type ReadPage = (page: number, size: number) => Promise<Omit<Page, "wasDivided">>;

/**
 * Reads a page of `pageSize` rows. ShipStation answers 500 for any page that holds one record it cannot read (facts: shipstation
 * 1.5); such a page is divided until the record stands alone, which becomes a hole, and all others are there. One such record
 * costs at most 20 calls. An answer over the size limit is divided as well. Made once per listing: it counts the holes.
 */
export function createDividingReader(): (read: ReadPage, page: number) => Promise<Page> {
  let holes = 0;
  let holesInRow = 0;

  async function readAt(read: ReadPage, offset: number, division: number): Promise<Page> {
    const size = divisions[division] ?? 1;
    try {
      const page = await read(offset / size + 1, size);
      holesInRow = 0;
      return { ...page, wasDivided: false };
    } catch (thrown) {
      // Everything but an unreadable record goes on to the caller.
      if (!isUndeliverable(thrown)) throw thrown;
      if (size > 1) return divide(read, offset, size, division + 1);
      holes += 1;
      holesInRow += 1;
      if (holesInRow > maxHolesInRow || holes > maxHolesPerListing) throw thrown;
      const places: Place[] = [{ kind: "hole", reason: thrown.message }];
      return { places, total: undefined, serverTimeMs: undefined, wasDivided: true };
    }
  }

  async function divide(read: ReadPage, offset: number, size: number, division: number): Promise<Page> {
    const whole: Page = { places: [], total: undefined, serverTimeMs: undefined, wasDivided: true };
    const step = divisions[division] ?? 1;
    for (let at = offset; at < offset + size; at += step) {
      const part = await readAt(read, at, division);
      whole.places.push(...part.places);
      whole.total = part.total ?? whole.total;
      whole.serverTimeMs ??= part.serverTimeMs;
      if (part.places.length < step) break;
    }
    return whole;
  }

  return (read, page) => readAt(read, (page - 1) * pageSize, 0);
}

/**
 * Whether this was the last page: an empty one, or one with fewer rows than asked for, unless `total` says that there are more
 * than the `seen` so far (the largest page is documented for orders only). `pages` may be 0 and is never asked.
 */
export function isEnd(rows: number, seen: number, total: number | undefined): boolean {
  return rows === 0 || (rows < pageSize && !(total !== undefined && total > seen));
}

function isUndeliverable(thrown: unknown): thrown is ConnectorError {
  if (!(thrown instanceof ConnectorError)) return false;
  if (thrown.code === "network.too-large") return true;
  return (
    thrown.status === 500 && (thrown.code === "shipstation.server-error" || thrown.code === "shipstation.unreadable")
  );
}

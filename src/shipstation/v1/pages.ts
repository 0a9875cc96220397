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
}

/** A page that was delivered, or the hole where one record cannot be; `size` is what was asked for. */
export interface Step extends Page {
  size: number;
}

export type ReadPage = (page: number, size: number) => Promise<Page>;

/**
 * Reads the rows from `offset` on, as many as can be delivered in one page. ShipStation answers 500 for any page that holds one
 * record it cannot read (facts: shipstation 1.5); such a page is asked for in ever smaller ones, down to the record alone, which
 * becomes a hole. The pages behind it are as large as their place allows, so that one such record costs at most 20 calls and the
 * hunt can be interrupted at any step. An answer over the size limit is divided as well. Without `mayDivide` what fails is thrown.
 * Made once per listing: it counts the holes.
 */
export function createStepReader(): (read: ReadPage, offset: number, mayDivide: boolean) => Promise<Step> {
  let holes = 0;
  let holesInRow = 0;
  return async (read, offset, mayDivide) => {
    for (const size of divisions.filter((each) => offset % each === 0)) {
      try {
        const page = await read(offset / size + 1, size);
        holesInRow = 0;
        return { ...page, size };
      } catch (thrown) {
        // Everything but an unreadable record goes on to the caller.
        if (!isUndeliverable(thrown) || !mayDivide) throw thrown;
        if (size > 1) continue;
        holes += 1;
        holesInRow += 1;
        if (holesInRow > maxHolesInRow || holes > maxHolesPerListing) throw thrown;
        const places: Place[] = [{ kind: "hole", reason: thrown.message }];
        return { places, total: undefined, serverTimeMs: undefined, size };
      }
    }
    throw new ConnectorError("internal.defect", { message: `${offset} is no place in a list.` });
  };
}

/**
 * Whether this was the last page: an empty one, or one with fewer rows than asked for, unless `total` says that there are more
 * than the `seen` so far (the largest page is documented for orders only). `pages` may be 0 and is never asked.
 */
export function isEnd(rows: number, seen: number, total: number | undefined, size: number = pageSize): boolean {
  return rows === 0 || (rows < size && !(total !== undefined && total > seen));
}

function isUndeliverable(thrown: unknown): thrown is ConnectorError {
  if (!(thrown instanceof ConnectorError)) return false;
  if (thrown.code === "network.too-large") return true;
  return (
    thrown.status === 500 && (thrown.code === "shipstation.server-error" || thrown.code === "shipstation.unreadable")
  );
}

import type { z } from "zod";
import { toWallClock } from "../pacific-time.ts";
import type { Listing } from "./client.types.ts";
import type { Place } from "./pages.ts";

type Unreadable = Listing<unknown>["unreadable"][number];

interface Known<T> {
  row: T;
  /** The date the window moves by, as wall clock. */
  wall: string | undefined;
}

/** Records ShipStation could not deliver, told by their neighbours in the list. */
interface Gap {
  after: unknown;
  before: unknown;
  count: number;
  reason: string;
}

export interface Collector<T> {
  /**
   * Takes in the rows of one page; the same row seen again replaces the former. Returns the former wall clocks of rows that
   * came again with another one: they moved while we read.
   */
  take(places: readonly Place[]): string[];
  rows(): T[];
  unreadable(): Unreadable[];
}

/** Gathers the pages of one listing: nulls skipped, rows once each in the order last seen, what does not parse kept apart. */
export function createCollector<T>(shape: {
  schema: z.ZodType<T>;
  idName: string;
  dateName: string;
  path: string;
}): Collector<T> {
  const rows = new Map<unknown, Known<T>>();
  const unreadable = new Map<unknown, Unreadable>();
  const gaps: Gap[] = [];
  let previous: unknown;

  function takeRow(raw: unknown): string | undefined {
    const id = memberOf(raw, shape.idName) ?? JSON.stringify(raw);
    const parsed = shape.schema.safeParse(raw);
    const former = rows.get(id);
    rows.delete(id);
    unreadable.delete(id);
    if (parsed.success) rows.set(id, { row: parsed.data, wall: toWallClock(memberOf(raw, shape.dateName)) });
    else unreadable.set(id, { raw, reason: firstIssue(parsed.error) });
    return former?.wall === rows.get(id)?.wall ? undefined : former?.wall;
  }

  function takeGap(gap: Gap): void {
    // Windows overlap, so the same gap is met twice, once perhaps at a border where only one neighbour shows.
    const known = gaps.find((other) => same(other.after, gap.after) || same(other.before, gap.before));
    if (!known) gaps.push(gap);
  }

  return {
    take: (places) => {
      const moved: string[] = [];
      let gap: Gap | undefined;
      for (const place of places) {
        if (place.kind === "hole") {
          gap ??= { after: previous, before: undefined, count: 0, reason: place.reason };
          gap.count += 1;
        } else if (place.raw !== null) {
          const formerWall = takeRow(place.raw);
          if (formerWall !== undefined) moved.push(formerWall);
          previous = memberOf(place.raw, shape.idName);
          if (gap) takeGap({ ...gap, before: previous });
          gap = undefined;
        }
      }
      if (gap) takeGap(gap);
      return moved;
    },
    rows: () => [...rows.values()].map((known) => known.row),
    unreadable: () => [
      ...unreadable.values(),
      ...gaps.map(({ reason, ...where }) => ({ raw: { path: shape.path, ...where }, reason })),
    ],
  };
}

export function memberOf(raw: unknown, name: string): unknown {
  return typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>)[name] : undefined;
}

/** `items.0.quantity: Invalid input`, of the first thing wrong. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "row"}: ${issue.message}` : error.message;
}

const same = (one: unknown, other: unknown): boolean => one !== undefined && one === other;

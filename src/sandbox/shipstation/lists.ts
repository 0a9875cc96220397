import type { Account } from "./account.ts";
import { modelState, ok, exception, type Answer } from "./answers.ts";
import { parseWall, wallAt, type Wall } from "./pacific.ts";

/** Query strings and pages as ShipStation V1 treats them (facts: shipstation 1.5, 2.6, 3.1). */
export interface Query {
  /** Value of a parameter, in any case of its name; undefined when absent or empty. When it is there twice, the first wins. */
  text: (name: string) => string | undefined;
  number: (name: string) => number | undefined;
  flag: (name: string) => boolean;
  /** Pacific wall clock; a value that is no date makes the whole call a 400. */
  wall: (name: string) => Wall | undefined;
  /** Set when a value could not be read. */
  refusal: () => Answer | undefined;
}

export function readQuery(account: Account, search: URLSearchParams): Query {
  const values = new Map<string, string>();
  for (const [name, value] of search) {
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, value);
  }
  const bad: Record<string, string[]> = {};
  const text = (name: string): string | undefined => {
    const value = values.get(name.toLowerCase())?.trim();
    return value === "" ? undefined : value;
  };
  const refuse = (name: string, value: string): void => {
    bad[name] = [`The value '${value}' is not valid for ${name}.`];
  };
  return {
    text,
    number: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (!Number.isNaN(number)) return number;
      refuse(name, value);
      return undefined;
    },
    flag: (name) => /^true$/i.test(text(name) ?? ""),
    wall: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const wall = parseWall(value, account.options.honourOffsets);
      if (wall === undefined) refuse(name, value);
      return wall;
    },
    refusal: () => (Object.keys(bad).length > 0 ? modelState(bad) : undefined),
  };
}

/** Whether an instant lies in a window of the query. Order windows exclude their borders, the others include them. */
export function inWindow(
  query: Query,
  name: string,
  borders: "exclusive" | "inclusive",
): ((instant: number | null) => boolean) | undefined {
  const start = query.wall(`${name}Start`);
  const end = query.wall(`${name}End`);
  if (start === undefined && end === undefined) return undefined;
  return (instant) => instant !== null && isBetween(wallAt(instant), start, end, borders);
}

export function isBetween(wall: Wall, start: Wall | undefined, end: Wall | undefined, borders: string): boolean {
  if (borders === "inclusive") return (start === undefined || wall >= start) && (end === undefined || wall <= end);
  return (start === undefined || wall > start) && (end === undefined || wall < end);
}

export interface Page<T> {
  /** Name of the list's member in the answer. */
  name: string;
  rows: T[];
  render: (row: T) => object;
  /** Rows that make any page holding them answer 500. */
  isPoison?: (row: T) => boolean;
  /** Products, shipments and fulfillments say 0 pages when there is one. */
  saysNoPages?: boolean;
}

/** One page of a list: `{name: [...], total, page, pages}`. Past the end it is empty. */
export function answerPage<T>(account: Account, query: Query, list: Page<T>): Answer {
  const page = Math.max(1, Math.floor(query.number("page") ?? 1));
  const asked = Math.floor(query.number("pageSize") ?? 100);
  const pageSize = asked < 1 ? 100 : Math.min(asked, 500);
  const refusal = query.refusal();
  if (refusal) return refusal;
  const shown = list.rows.slice((page - 1) * pageSize, page * pageSize);
  if (shown.some((row) => list.isPoison?.(row))) {
    return exception("System.FormatException", "Input string was not in a correct format.");
  }
  const elements: (object | null)[] = shown.map(list.render);
  if (account.options.nullListElements && elements.length > 0) elements.splice(1, 0, null);
  const pages = Math.ceil(list.rows.length / pageSize);
  return ok({
    [list.name]: elements,
    total: list.rows.length,
    page,
    pages: list.saysNoPages && pages <= 1 ? 0 : pages,
  });
}

/** Sorts a fresh array by `sortBy` and `sortDir`; an unknown `sortBy` means the default. Equal keys fall back to the id. */
export function sortRows<T>(
  query: Query,
  rows: T[],
  keys: Record<string, (row: T) => number | string>,
  idOf: (row: T) => number,
): T[] {
  const key = keys[query.text("sortBy")?.toLowerCase() ?? "default"] ?? keys["default"] ?? idOf;
  const direction = query.text("sortDir")?.toLowerCase() === "desc" ? -1 : 1;
  return rows.sort((left, right) => {
    const [a, b] = [key(left), key(right)];
    return direction * (a < b ? -1 : a > b ? 1 : idOf(left) - idOf(right));
  });
}

import { badValue, type V2Answer } from "./answers.ts";

/** A query of V2, read strictly: what is out of range is refused, and names are case-sensitive. */
export interface V2Query {
  text: (name: string) => string | undefined;
  /** Instants in the form of RFC 3339. */
  instant: (name: string) => number | undefined;
  oneOf: <T extends string>(name: string, values: readonly T[]) => T | undefined;
  /** A whole number from 1 on. */
  count: (name: string) => number | undefined;
  /** Set when a value could not be read. */
  refusal: () => V2Answer | undefined;
}

export function readQuery(search: URLSearchParams): V2Query {
  let refusal: V2Answer | undefined;
  const text = (name: string): string | undefined => search.get(name) ?? undefined;
  const refused = (name: string, value: string, message: string): number => {
    refusal ??= badValue(name, value, message);
    return Number.NaN;
  };
  return {
    text,
    instant: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value) ? Date.parse(value) : Number.NaN;
      return Number.isNaN(ms) ? refused(name, value, `${name} must be a valid date.`) : ms;
    },
    oneOf: (name, values) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = values.find((each) => each === value);
      if (found === undefined) refused(name, value, `${name} must be one of ${values.join(", ")}.`);
      return found;
    },
    count: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : refused(name, value, `${name} must be a positive integer.`);
    },
    refusal: () => refusal,
  };
}

/** One page of a list; past the end it is empty. `prev` and `next` are `{}` where there is none (facts: payloads 3.2). */
export function pageOf<T>(
  rows: readonly T[],
  name: string,
  query: V2Query,
  url: URL,
  render: (row: T) => unknown,
): object {
  const page = query.count("page") ?? 1;
  const size = query.count("page_size") ?? 25;
  const pages = Math.ceil(rows.length / size);
  const link = (to: number): object => {
    const target = new URL(url.pathname, "https://api.shipstation.com");
    target.search = url.search;
    target.searchParams.set("page", String(to));
    target.searchParams.set("page_size", String(size));
    return { href: target.href };
  };
  return {
    [name]: rows.slice((page - 1) * size, page * size).map(render),
    total: rows.length,
    page,
    pages,
    links: {
      first: link(1),
      last: link(Math.max(1, pages)),
      prev: page > 1 ? link(page - 1) : {},
      next: page < pages ? link(page + 1) : {},
    },
  };
}

/** By an instant of each row; rows of one instant by id. */
export function sorted<T>(rows: readonly T[], instantOf: (row: T) => number, direction: "asc" | "desc"): T[] {
  const ascending = rows.toSorted((left, right) => instantOf(left) - instantOf(right));
  return direction === "asc" ? ascending : ascending.reverse();
}

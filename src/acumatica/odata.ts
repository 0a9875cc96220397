/** Parameters of a list or record read; the contract knows exactly these (facts: acumatica 2.2). */
export interface Query {
  filter?: string;
  expand?: readonly string[];
  select?: readonly string[];
  /** Fields of the form that the contract does not have: `View.Field`. */
  custom?: readonly string[];
  top?: number;
  skip?: number;
}

/** A string literal for `$filter`: quotes are doubled. Every value that enters a filter passes through here. */
export const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** An instant for `$filter`, in UTC with milliseconds. Its plus sign is encoded when the query is built. */
export const instantLiteral = (atMs: number): string =>
  `datetimeoffset'${new Date(atMs).toISOString().replace("Z", "+00:00")}'`;

/** `Field eq 'text'` for each pair, joined by `and`. */
export const equals = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([field, text]) => `${field} eq ${textLiteral(text)}`)
    .join(" and ");

/** Rows whose field lies in the span; both ends included, because servers differ about the borders. */
export const modifiedWithin = (field: string, fromMs: number, toMs: number): string =>
  `${field} ge ${instantLiteral(fromMs)} and ${field} le ${instantLiteral(toMs)}`;

/** The query with its `?`, or nothing. Blanks become %20 and a plus %2B: a bare plus would be read as a blank. */
export function queryString(query: Query): string {
  const parameters: [string, string | undefined][] = [
    ["$filter", query.filter],
    ["$expand", query.expand?.join(",")],
    ["$select", query.select?.join(",")],
    ["$custom", query.custom?.join(",")],
    ["$top", query.top?.toString()],
    ["$skip", query.skip ? query.skip.toString() : undefined],
  ];
  const given = parameters.flatMap(([name, value]) => (value ? [`${name}=${encodeParameter(value)}`] : []));
  return given.length === 0 ? "" : `?${given.join("&")}`;
}

/** Commas and slashes mean nothing in a query and stay readable. */
const encodeParameter = (value: string): string =>
  encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%2F", "/");

/**
 * Characters a web server refuses or reads as structure in a path even when they are percent-encoded.
 * `#` and blanks are fine once encoded (facts: acumatica 5, InventoryID).
 */
const unsafeInPath = /[/\\%+&*:<>?|]|[. ]$|^\.+$/;

/** The keys as path segments, or undefined when a key cannot travel in a path and the record is to be found by filter. */
export function keyPath(keys: readonly string[]): string | undefined {
  if (keys.some((key) => key === "" || unsafeInPath.test(key))) return undefined;
  return keys.map(encodeURIComponent).join("/");
}

import fc from "fast-check";
import type { Wire } from "./payload-parsers.ts";

/** One change of an answer: `at` picks the place, `by` what is put there; both count around. */
export interface Mutation {
  kind: keyof typeof inside | keyof typeof outside;
  at: number;
  by: number;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** As JSON text, so that what no object of ours could hold is among them. */
const hostile = [
  "null",
  "{}",
  "[]",
  '""',
  '" "',
  '"NULL"',
  "true",
  "false",
  "0",
  "-1",
  "1.5",
  "0.0000",
  "1e308",
  "1e999",
  "-1e999",
  "9007199254740993",
  "1202324501429",
  "-0",
  '"1"',
  '"1.50 USD"',
  '{"value":{}}',
  '{"value":null}',
  '{"value":[]}',
  '{"value":"x"}',
  "[null]",
  "[[]]",
  "[{}]",
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e\\u0000\\ufeff"',
  '"  padded  "',
  '"2024-02-30T25:61:61"',
  '"0001-01-01T00:00:00"',
  '"9999-12-31T23:59:59.9999999"',
  '"+275760-09-13T00:00:00Z"',
  '"2024-11-03T01:30:00.0000000"',
  '"2024-03-10T02:30:00"',
  '"07/04/2026 00:09:02"',
  '"-271821-04-20"',
  '"__proto__"',
  '"constructor"',
  '"<NEW>"',
  '"../../etc"',
  '"https://evil.example/orders?x=1"',
  '"se-"',
  '"se-99999999999999999999"',
  '"%2e%2e%00"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  nested(3_000, "[", "]"),
  `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`,
  `"${"x".repeat(70_000)}"`,
  `[${"null,".repeat(2_000)}null]`,
];
const keys = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "value",
  "error",
  "errors",
  "length",
  "id",
  "\u0000",
  "ORDERID",
];
const statuses = [
  200, 201, 202, 203, 204, 206, 207, 208, 226, 300, 302, 304, 400, 401, 402, 403, 404, 405, 406, 409, 411, 412, 413,
  415, 418, 422, 429, 451, 500, 501, 502, 503, 504, 511, 599,
];
const texts = [
  "",
  " ",
  "null",
  "undefined",
  "[",
  "{",
  '"',
  "\ufeff",
  "<html><head><title>API Login Limit</title></head></html>",
  "<!DOCTYPE html><title>502 Bad Gateway</title>",
  "The custom error module does not recognize this error.",
  "NaN",
  "\u0000",
  '{"Message":"Too many requests"}',
  '{"message":"Too Many Requests"}',
  '{"errors":null}',
  "true",
  "-",
  "{}{}",
];
const headers: [string, string][] = [
  ["content-type", "text/html"],
  ["content-type", "text/plain; charset=utf-16"],
  ["content-type", ""],
  ["content-type", "application/json"],
  ["retry-after", "-1"],
  ["retry-after", "1e999"],
  ["retry-after", "soon"],
  ["x-rate-limit-reset", "99999999999"],
  ["x-rate-limit-reset", "-5"],
  ["x-rate-limit-limit", "0"],
  ["x-rate-limit-remaining", "NaN"],
  ["date", "yesterday"],
  ["date", "Tue, 30 Feb 2024 25:00:00 GMT"],
  ["ratelimit-reset", "Infinity"],
  ["ratelimit-limit", "x"],
  ["ratelimit-remaining", "-1"],
  ["location", "https://evil.example/status/1"],
  ["location", "//evil.example"],
  ["location", "http://["],
  ["location", "/entity/default/24.200.001/Shipment/ConfirmShipment/status/1"],
  ["set-cookie", "a"],
  ["set-cookie", "ASP.NET_SessionId=; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  ["set-cookie", "=x; Domain=evil.example"],
  ["content-encoding", "br"],
  ["content-length", "5"],
];

interface Place {
  holder: { [name: string]: Json } | Json[];
  name: string;
}

/** Every member and element, outermost first. */
function placesOf(value: Json, places: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return places;
  const holder = value;
  for (const [name, member] of Object.entries<Json>(value)) {
    places.push({ holder, name });
    placesOf(member, places);
  }
  return places;
}

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
const get = ({ holder, name }: Place): Json => (holder as Record<string, Json>)[name] ?? null;
const put = ({ holder, name }: Place, value: Json): void => {
  Object.defineProperty(holder, name, { value, enumerable: true, writable: true, configurable: true });
};
const drop = ({ holder, name }: Place): void => {
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else Reflect.deleteProperty(holder, name);
};

/** Changes inside the JSON. Big values go in as marks and are written into the text at the end. */
const inside = {
  drop: (place: Place) => drop(place),
  replace: (place: Place, by: number, marks: string[]) => {
    marks.push(pick(hostile, by));
    put(place, `\u0001${marks.length - 1}\u0001`);
  },
  retype: (place: Place, by: number) => {
    const value = get(place);
    if (typeof value === "number") put(place, by % 2 ? String(value) : [value]);
    else if (typeof value === "string") put(place, by % 2 ? Number(value) || 0 : { value });
    else if (Array.isArray(value)) put(place, by % 2 ? (value[0] ?? null) : Object.fromEntries(value.entries()));
    else if (typeof value === "object" && value !== null) put(place, by % 2 ? [value] : Object.values(value));
    else put(place, String(value));
  },
  rename: (place: Place, by: number) => {
    const value = get(place);
    drop(place);
    put({ ...place, name: Array.isArray(place.holder) ? String(place.holder.length) : pick(keys, by) }, value);
  },
  repeat: ({ holder, name }: Place, by: number) => {
    const value = get({ holder, name });
    // More than a page of rows, but not of ever larger ones.
    const most = Math.min(by % 120, Math.floor(100_000 / (JSON.stringify(value).length + 1)));
    if (Array.isArray(holder)) for (let count = most; count >= 0; count -= 1) holder.push(structuredClone(value));
    else put({ holder, name: name.toUpperCase() }, value);
  },
  negate: (place: Place) => {
    const value = get(place);
    if (typeof value === "number") put(place, -value * 1e6);
    else if (typeof value === "boolean") put(place, !value);
    else if (typeof value === "string") put(place, ` ${value.toUpperCase()}\u00a0`);
    else put(place, null);
  },
};

/** Changes of the answer as a whole. */
const outside = {
  cut: (wire: Wire, at: number) => ({ ...wire, text: wire.text.slice(0, at % (wire.text.length + 1)) }),
  insert: (wire: Wire, at: number, by: number) => {
    const cut = at % (wire.text.length + 1);
    return { ...wire, text: wire.text.slice(0, cut) + pick([...texts, ...hostile], by) + wire.text.slice(cut) };
  },
  /** A key that JSON knows twice, or that reaches for a prototype. */
  key: (wire: Wire, at: number, by: number) => {
    const opens = [...wire.text.matchAll(/\{/g)].map((found) => found.index + 1);
    const cut = opens.length === 0 ? 0 : pick(opens, at);
    const member = `"${pick(["__proto__", "constructor", "orderId", "id"], by)}":{"polluted":true},`;
    return { ...wire, text: wire.text.slice(0, cut) + member + wire.text.slice(cut) };
  },
  text: (wire: Wire, _at: number, by: number) => ({ ...wire, text: pick(texts, by) }),
  status: (wire: Wire, _at: number, by: number) => ({ ...wire, status: pick(statuses, by) }),
  header: (wire: Wire, _at: number, by: number) => {
    const changed = new Headers(wire.headers);
    const [name, value] = pick(headers, by);
    changed.set(name, value);
    return { ...wire, headers: changed };
  },
};

const isInside = (kind: Mutation["kind"]): kind is keyof typeof inside => kind in inside;

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    // Changes inside are the most of them.
    kind: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...(Object.keys(inside) as Mutation["kind"][])) },
      { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(outside) as Mutation["kind"][])) },
    ),
    at: fc.nat({ max: 1_000_000 }),
    by: fc.nat({ max: 10_000 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The answer with these changes, one after the other. */
export function mutated(wire: Wire, changes: readonly Mutation[]): Wire {
  let body: Json | undefined;
  try {
    body = JSON.parse(wire.text) as Json;
  } catch {
    body = undefined;
  }
  const marks: string[] = [];
  for (const { kind, at, by } of changes) {
    if (!isInside(kind) || body === undefined) continue;
    const places = placesOf(body);
    if (places.length > 0) inside[kind](pick(places, at), by, marks);
  }
  let out: Wire = wire;
  if (body !== undefined) {
    const text = JSON.stringify(body).replace(
      /"\\u0001(\d+)\\u0001"/g,
      (_, index: string) => marks[Number(index)] ?? "0",
    );
    out = { ...wire, text };
  }
  for (const { kind, at, by } of changes) if (!isInside(kind)) out = outside[kind](out, at, by);
  return out;
}

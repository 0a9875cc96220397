import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseHookBody } from "./hook-body.ts";
import { hookToken, operator, openWeb, type WebUnderTest } from "../../test/support/web.ts";

let site: WebUnderTest;
const rings: [connectionId: string, stream: string][] = [];
let isDiskFull = false;
beforeAll(async () => {
  site = await openWeb({
    ring: (...ring) => (isDiskFull ? Promise.reject(new Error("disk full")) : Promise.resolve(void rings.push(ring))),
  });
});
afterAll(() => site.opened.close());
beforeEach(() => {
  rings.length = 0;
  isDiskFull = false;
});

const genuine = {
  resource_url: "https://ssapi.shipstation.com/fulfillments?batchId=1",
  resource_type: "FULFILLMENT_SHIPPED",
};
const send = (body: BodyInit, more: { token?: string; type?: string; headers?: Record<string, string> } = {}) =>
  site.web.request(`/hooks/shipstation/${more.token ?? hookToken}`, {
    method: "POST",
    headers: { "content-type": more.type ?? "application/json", ...more.headers },
    body,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  });
const facts = async (answer: Response) => ({
  status: answer.status,
  headers: Object.fromEntries(answer.headers),
  body: await answer.text(),
});

test("a genuine hook rings its stream once and is answered at once, without a word", async () => {
  const answer = await send(JSON.stringify(genuine));
  expect([answer.status, await answer.text()]).toEqual([202, ""]);
  expect(rings).toEqual([["acme", "fulfillments"]]);
});

test.for([
  { what: "a URL of another host", body: { ...genuine, resource_url: "https://evil.example/shipments" } },
  { what: "no URL", body: { resource_type: "SHIP_NOTIFY" } },
  { what: "a URL that is no text", body: { resource_url: { $ne: 1 } } },
  { what: "nothing at all", body: {} },
])("a hook with $what rings the ordinary poll, and looks no different to its sender", async ({ body }) => {
  const answer = await send(JSON.stringify(body));
  expect(await facts(answer)).toEqual(await facts(await send(JSON.stringify(genuine))));
  expect(rings[0]).toEqual(["acme", "shipments"]);
});

test.for(["z".repeat(43), "short", "x".repeat(300)])(
  "the unknown token %s rings nothing, and is answered like a known one",
  async (token) => {
    const known = await facts(await send(JSON.stringify(genuine)));
    rings.length = 0;
    expect(await facts(await send(JSON.stringify(genuine), { token }))).toEqual(known);
    expect(rings).toEqual([]);
  },
);

const large = JSON.stringify({ ...genuine, padding: "x".repeat(16 * 1024) });
test.for([
  { what: "an oversized body", status: 413, body: () => large },
  {
    what: "an oversized body of unknown length",
    status: 413,
    body: () => new Blob([large]).stream(),
  },
  { what: "a form", status: 415, body: () => "resource_url=x", type: "application/x-www-form-urlencoded" },
  { what: "plain text", status: 415, body: () => JSON.stringify(genuine), type: "text/plain" },
  {
    what: "a type that only begins alike",
    status: 415,
    body: () => JSON.stringify(genuine),
    type: "application/jsonx",
  },
  { what: "broken JSON", status: 400, body: () => "{" },
  { what: "a list", status: 400, body: () => "[]" },
])("$what is refused with $status, whatever the token", async ({ status, body, type }) => {
  for (const token of [hookToken, "z".repeat(43)]) {
    expect((await send(body(), { token, ...(type === undefined ? {} : { type }) })).status).toBe(status);
  }
  expect(rings).toEqual([]);
});

test("a type with a character set is still JSON", async () => {
  expect((await send(JSON.stringify(genuine), { type: "application/json; charset=utf-8" })).status).toBe(202);
});

test("only POST is a hook", async () => {
  expect((await site.web.request(`/hooks/shipstation/${hookToken}`)).status).toBe(404);
});

test("a bell that could not be kept is answered 503, so that the sender tries again", async () => {
  isDiskFull = true;
  expect((await send(JSON.stringify(genuine))).status).toBe(503);
});

test("hooks are counted by what became of them, and their tokens are in no metric", async () => {
  const text = await (await site.web.request("/metrics", { headers: operator })).text();
  for (const outcome of ["rung", "unparsed", "unknown", "refused"]) expect(text).toContain(`outcome="${outcome}"`);
  expect(text).not.toContain(hookToken);
});

describe("parseHookBody", () => {
  const nested = (depth: number): unknown => (depth === 1 ? {} : { a: nested(depth - 1) });
  const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, index) => [`k${index}`, index]));

  test.for([
    { name: "a genuine body", text: JSON.stringify(genuine), fits: true },
    { name: "colons and quotes within strings", text: '{"a":"b: \\"c\\": d\\\\","e:f":1}', fits: true },
    { name: "eight levels", text: JSON.stringify(nested(8)), fits: true },
    { name: "nine levels", text: JSON.stringify(nested(9)), fits: false },
    { name: "nine levels of lists", text: `{"a":${"[".repeat(8)}[]${"]".repeat(8)}}`, fits: false },
    { name: "fifty keys", text: JSON.stringify(wide(50)), fits: true },
    { name: "fifty-one keys", text: JSON.stringify(wide(51)), fits: false },
    { name: "__proto__", text: '{"__proto__":{"a":1}}', fits: false },
    { name: "__proto__ further down", text: '{"a":[{"__proto__":1}]}', fits: false },
    { name: "constructor", text: '{"constructor":{"prototype":1}}', fits: false },
    { name: "a key given twice", text: '{"resource_url":"a","resource_url":"b"}', fits: false },
    { name: "a key given twice in other letters", text: '{"a":1,"\\u0061":2}', fits: false },
    { name: "null", text: "null", fits: false },
    { name: "nothing", text: "", fits: false },
  ])("$name: fits $fits", ({ text, fits }) => {
    expect(parseHookBody(text) !== undefined).toBe(fits);
  });
});

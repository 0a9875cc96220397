import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openWeb, operator, publicUrl, pushKey, pushToken, type WebUnderTest } from "../../test/support/web.ts";

let site: WebUnderTest;
let isDiskFull = false;
beforeAll(async () => {
  site = await openWeb();
  site.push.ring = (...call) =>
    isDiskFull ? Promise.reject(new Error("disk full")) : Promise.resolve(void site.calls.rings.push(call));
});
afterAll(() => site.opened.close());
beforeEach(() => {
  site.calls.rings.length = 0;
  isDiskFull = false;
});

let made = 0;
/** A notification as Acumatica writes it, by a number of its own. */
const notification = (more: object = {}): string =>
  JSON.stringify({
    Inserted: [{ OrderNbr: "000101", SOOrder_lastModifiedDateTime: "2026-01-05T17:00:23.1" }],
    Deleted: [{ OrderNbr: "000101   ", SOOrder_lastModifiedDateTime: "2026-01-05T17:00:23.103" }],
    Query: "Orders to ship",
    CompanyId: "Acme",
    Id: `1af4d140-5321-41f2-a2ec-${String(++made).padStart(12, "0")}`,
    TimeStamp: 0,
    AdditionalInfo: {},
    ...more,
    // .NET ticks, above 2^53 (facts: payloads 4.8): a number that JavaScript cannot hold.
  }).replace('"TimeStamp":0', '"TimeStamp":638465233453014192');

const send = async (
  body: BodyInit,
  more: { token?: string; key?: string | null; type?: string } = {},
): Promise<{ status: number; body: string; headers: [string, string][] }> => {
  const { token = pushToken, key = pushKey, type = "application/json" } = more;
  const answer = await site.web.request(`/hooks/acumatica/${token}`, {
    method: "POST",
    headers: { "content-type": type, ...(key === null ? {} : { "X-Doorbell-Key": key }) },
    body,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  });
  return { status: answer.status, body: await answer.text(), headers: [...answer.headers] };
};

test("a push notification of the ERP rings once and is answered 2xx at once; its ticks above 2^53 do not matter", async () => {
  expect(await send(notification())).toMatchObject({ status: 202, body: "" });
  expect(site.calls.rings).toEqual([["acme", "orders"]]);
});

test.for([
  { query: "Stock Items: Last Modified Date", what: "items" },
  { query: "ML-StockItems", what: "items" },
  { query: "Order items to ship", what: "orders" },
  { query: "Anything", what: "orders" },
  { query: { $ne: 1 }, what: "orders" },
])("the query $query only says where to look: $what", async ({ query, what }) => {
  await send(notification({ Query: query }));
  expect(site.calls.rings).toEqual([["acme", what]]);
});

test("of its rows nothing is believed: another tenant's, none, or no rows at all ring just the same", async () => {
  await send(notification({ CompanyId: "Somebody", Inserted: [{ OrderNbr: { $gt: "" } }], Deleted: "x" }));
  await send("{}");
  expect(site.calls.rings).toEqual([
    ["acme", "orders"],
    ["acme", "orders"],
  ]);
});

test("a notification that is sent again by the same Id is answered well and rings no more", async () => {
  const twice = notification();
  expect((await send(twice)).status).toBe(202);
  expect((await send(twice)).status).toBe(202);
  expect(site.calls.rings).toHaveLength(1);
});

test("a bell that could not be kept is answered 503, and the next attempt with the same Id rings", async () => {
  const again = notification();
  isDiskFull = true;
  expect((await send(again)).status).toBe(503);
  isDiskFull = false;
  expect((await send(again)).status).toBe(202);
  expect(site.calls.rings).toHaveLength(1);
});

test.for<{ what: string; token?: string; key?: string | null }>([
  { what: "a wrong token", token: "z".repeat(43) },
  { what: "a token of another form", token: "short" },
  { what: "a wrong key", key: "z".repeat(43) },
  { what: "no key", key: null },
  { what: "an empty key", key: "" },
  { what: "the token for the key", key: pushToken },
])("$what rings nothing, and is answered like the right ones", async ({ token, key }) => {
  const right = await send(notification());
  site.calls.rings.length = 0;
  const wrong = { ...(token === undefined ? {} : { token }), ...(key === undefined ? {} : { key }) };
  expect(await send(notification(), wrong)).toEqual(right);
  expect(site.calls.rings).toEqual([]);
});

const rows = Array.from({ length: 9_000 }, (_, index) => ({ OrderNbr: String(index), Status: "Open" }));
test.for([
  { what: "of known length", body: (text: string): BodyInit => text },
  { what: "of unknown length", body: (text: string): BodyInit => new Blob([text]).stream() },
])("a body with more rows than we care to read, $what, rings unread", async ({ body }) => {
  const text = notification({ Inserted: rows, Query: "Stock Items" });
  expect(text.length).toBeGreaterThan(256 * 1024);
  expect((await send(body(text))).status).toBe(202);
  expect(site.calls.rings).toEqual([["acme", "orders"]]);
});

test("many rows below that are no trouble", async () => {
  expect((await send(notification({ Inserted: rows.slice(0, 3_000), Query: "Stock Items" }))).status).toBe(202);
  expect(site.calls.rings).toEqual([["acme", "items"]]);
});

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
test.for([
  { what: "broken JSON", status: 400, body: "{" },
  { what: "a list", status: 400, body: "[]" },
  { what: "nothing", status: 400, body: "" },
  { what: "a key that reaches the prototype", status: 400, body: '{"Inserted":[{"__proto__":{"a":1}}]}' },
  { what: "a key given twice", status: 400, body: '{"Query":"a","Query":"b"}' },
  { what: "a body of many levels", status: 400, body: JSON.stringify(nested(12)) },
  { what: "a form", status: 415, body: "Query=x", type: "application/x-www-form-urlencoded" },
  { what: "plain text", status: 415, body: "{}", type: "text/plain" },
])("$what is refused with $status, whatever the token and key", async ({ status, body, type }) => {
  const as = type === undefined ? {} : { type };
  expect((await send(body, as)).status).toBe(status);
  expect((await send(body, { ...as, token: "z".repeat(43) })).status).toBe(status);
  expect((await send(body, { ...as, key: null })).status).toBe(status);
  expect(site.calls.rings).toEqual([]);
});

test("what to enter in Acumatica is told to who is signed in and asks for it, and to nobody else", async () => {
  const ask = (headers: Record<string, string>, path = "acme/push") =>
    site.web.request(`/api/v1/connections/${path}`, { method: "POST", headers });
  expect((await ask({})).status).toBe(401);
  expect((await ask(operator, "nobody/push")).status).toBe(404);
  const answer = await ask(operator);
  expect(await answer.json()).toMatchObject({
    url: `${publicUrl}/hooks/acumatica/${pushToken}`,
    header: { name: "X-Doorbell-Key", value: pushKey },
    steps: expect.arrayContaining([expect.stringMatching(/SM302000/)]),
  });
  const renewed = (await (await ask(operator, "acme/push/renew")).json()) as { header: { value: string } };
  expect(renewed.header.value).not.toBe(pushKey);
  expect(site.calls.actions.map(([what]) => what)).toEqual(["push", "renew push"]);
  const listed = await (await site.web.request("/api/v1/connections", { headers: operator })).text();
  expect(listed).not.toContain(pushKey);
});

import { beforeAll, expect, test } from "vitest";
import { ada, openWeb, publicUrl, setupToken, type WebUnderTest } from "../../test/support/web.ts";

let site: WebUnderTest;
beforeAll(async () => {
  site = await openWeb();
});

const setUp = (body: object) =>
  site.web.request("/api/v1/setup", {
    method: "POST",
    headers: { "content-type": "application/json", origin: publicUrl },
    body: JSON.stringify(body),
  });
const about = async () => (await (await site.web.request("/api/v1/about")).json()) as { needsSetup: boolean };

test("the first user needs the one-time token, a proper password, and is made once", async () => {
  expect(await about()).toMatchObject({ needsSetup: true, demo: false });

  const wrong = await setUp({ ...ada, token: "wrong" });
  expect(wrong.status).toBe(403);
  const weak = await setUp({ token: setupToken, name: "", email: "nobody", password: "short" });
  expect(weak.status).toBe(422);
  const { error } = (await weak.json()) as { error: { problems: { field: string }[] } };
  expect(error.problems.map(({ field }) => field)).toEqual(["name", "email", "password"]);
  expect(await about()).toMatchObject({ needsSetup: true });

  // Two at the same moment: one makes the user, the other finds one.
  const both = await Promise.all([
    setUp({ ...ada, token: setupToken }),
    setUp({ ...ada, email: "eve@example.com", token: setupToken }),
  ]);
  expect(both.map((answer) => answer.status)).toEqual([201, 409]);
  expect(await about()).toMatchObject({ needsSetup: false });
  expect((await setUp({ ...ada, email: "eve@example.com", token: setupToken })).status).toBe(409);

  const browser = await site.signIn();
  expect((await site.web.request("/api/v1/status", { headers: browser })).status).toBe(200);
});

test("guessing the one-time token is slowed down", async () => {
  const statuses = new Set<number>();
  for (let guess = 0; guess < 12; guess++) statuses.add((await setUp({ ...ada, token: `guess ${guess}` })).status);
  expect(statuses).toContain(429);
  site.clock.advance(60_000);
  expect((await setUp({ ...ada, token: "guess" })).status).toBe(409);
});

test("without a built console, pages say what to do", async () => {
  const answer = await site.web.request("/", { headers: { accept: "text/html" } });
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain("npm run build:console");
});

test("without a demo, its routes do not exist", async () => {
  const browser = await site.signIn();
  expect((await site.web.request("/demo/orders", { headers: browser })).status).toBe(404);
});

test("a service whose database is gone is alive but not ready", async () => {
  await site.opened.close();
  expect((await site.web.request("/healthz")).status).toBe(200);
  const answer = await site.web.request("/readyz");
  expect([answer.status, await answer.json()]).toEqual([503, { ready: false }]);
});

import { describe, expect, test } from "vitest";
import { smallAccount } from "../../../test/support/shipstation-visitor.ts";
import { sandboxApiKey, sandboxApiSecret } from "./shipstation-sandbox.ts";

const basic = (key: string, secret: string) => ({ authorization: `Basic ${btoa(`${key}:${secret}`)}` });

describe("credentials", () => {
  test.for([
    { name: "none", headers: { authorization: "" } },
    { name: "another scheme", headers: { authorization: "Bearer x" } },
    { name: "a wrong secret", headers: basic(sandboxApiKey, "wrong") },
    { name: "an unknown key", headers: basic("other", sandboxApiSecret) },
  ])("$name is refused with 401 and costs no call of the budget", async ({ headers }) => {
    const { call } = smallAccount();
    const answer = await call("GET", "/stores", undefined, headers);
    expect([answer.status, answer.json]).toEqual([401, { message: "Unauthorized" }]);
    expect(answer.headers.get("x-rate-limit-limit")).toBeNull();
  });

  test("a 401 may also be a web page or nothing", async () => {
    const wrong = basic("a", "b");
    const html = await smallAccount({ unauthorizedBody: "html" }).call("GET", "/stores", undefined, wrong);
    expect(html.text).toContain("<html>");
    expect((await smallAccount({ unauthorizedBody: "empty" }).call("GET", "/stores", undefined, wrong)).text).toBe("");
  });

  test("a key pair expires, and another one has its own budget", async () => {
    const { account, call, clock } = smallAccount({ callsPerMinute: 1 });
    account.options.keys = [
      { key: sandboxApiKey, secret: sandboxApiSecret, expiresAt: clock.now() + 1_000 },
      { key: "second", secret: "pair" },
    ];
    expect((await call("GET", "/stores")).status).toBe(200);
    expect((await call("GET", "/stores")).status).toBe(429);
    expect((await call("GET", "/stores", undefined, basic("second", "pair"))).status).toBe(200);
    clock.advance(1_000);
    expect((await call("GET", "/stores")).status).toBe(401);
  });

  test.for([402, 403] as const)("a plan without the API answers %i", async (planStatus) => {
    const { call } = smallAccount({ planStatus });
    expect((await call("GET", "/stores")).status).toBe(planStatus);
  });
});

describe("budget of calls", () => {
  test("forty a minute in fixed windows, told in every answer, seconds left instead of a time", async () => {
    const { call, clock, account } = smallAccount({ callsPerMinute: 40 });
    clock.advance(30_000 - (clock.now() % 60_000) + 60_000);
    const statuses: number[] = [];
    for (let index = 0; index < 40; index++) statuses.push((await call("GET", "/stores")).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const over = await call("GET", "/stores");
    expect([over.status, over.json]).toEqual([429, { message: "Too Many Requests" }]);
    expect(over.headers.get("x-rate-limit-limit")).toBe("40");
    expect(over.headers.get("x-rate-limit-remaining")).toBe("0");
    expect(over.headers.get("x-rate-limit-reset")).toBe("30");
    expect(account.counts).toEqual({ calls: 41, writes: 0, rateLimited: 1 });
    clock.advance(29_999);
    expect((await call("GET", "/stores")).status).toBe(429);
    clock.advance(1);
    const fresh = await call("GET", "/stores");
    expect([fresh.status, fresh.headers.get("x-rate-limit-remaining")]).toEqual([200, "39"]);
  });

  test("what is left may not count the call itself", async () => {
    const { call } = smallAccount({ callsPerMinute: 40, remainingCountsOwnCall: false });
    expect((await call("GET", "/stores")).headers.get("x-rate-limit-remaining")).toBe("40");
  });
});

describe("paths and methods", () => {
  test.for(["//stores", "/Stores", "/STORES/", "/stores"])("%s is the same path", async (path) => {
    expect((await smallAccount().call("GET", path)).status).toBe(200);
  });

  test("a known path with another method is 405, an unknown path 404", async () => {
    const { call } = smallAccount();
    expect((await call("PUT", "/orders/createorder", {})).status).toBe(405);
    expect((await call("GET", "/nowhere")).status).toBe(404);
    expect((await call("GET", "/shipments/1")).status).toBe(404);
  });

  test("Date is GMT while the bodies are Pacific", async () => {
    const { call } = smallAccount();
    expect((await call("GET", "/stores")).headers.get("date")).toBe("Mon, 02 Mar 2026 16:30:00 GMT");
  });

  test("the journal keeps every request, bodies of writes only, and not more than asked", async () => {
    const { call, account } = smallAccount({ journalLimit: 2 });
    await call("GET", "/stores?showInactive=true");
    await call("POST", "/orders/createorder", {});
    await call("GET", "/users");
    expect(account.journal).toMatchObject([
      { method: "POST", path: "/orders/createorder", status: 400, body: "{}" },
      { method: "GET", path: "/users", status: 200, body: undefined },
    ]);
  });
});

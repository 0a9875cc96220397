import { describe, expect, test } from "vitest";
import { createMovableClock } from "../lib/clock.ts";
import { createSeededRandom } from "../lib/random.ts";
import { parseFaults } from "./fault-rules.ts";
import { createFaults } from "./faults.ts";

/** One system that counts what it carries out, behind its faults. */
function behind(file: unknown, seed = 1) {
  const clock = createMovableClock(() => Date.parse("2026-03-02T16:30:00Z"));
  const faults = createFaults({ clock, random: createSeededRandom(seed) });
  faults.set(file);
  const carriedOut: string[] = [];
  const system = async (request: Request): Promise<Response> => {
    carriedOut.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`.trim());
    return Response.json({ answer: "a rather long answer, so that half of it is something" });
  };
  const around = faults.around("shipstation", system);
  const call = (method = "GET", path = "/orders", body?: string, signal?: AbortSignal): Promise<Response> =>
    around(
      new Request(`https://ssapi.shipstation.com${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      }),
    );
  return { clock, faults, carriedOut, call, erp: faults.around("acumatica", system) };
}

describe("rules that cannot be used are refused, each member named", () => {
  test.for([
    { name: "an unknown kind", file: [{ system: "shipstation", kind: "magic" }], text: "rules.0.kind" },
    { name: "an unknown member", file: [{ system: "shipstation", kind: "html", often: 1 }], text: "often" },
    { name: "a rate above one", file: [{ system: "shipstation", kind: "html", rate: 2 }], text: "rules.0.rate" },
    { name: "a status without one", file: [{ system: "shipstation", kind: "status" }], text: "rules.0.status" },
    { name: "late without a delay", file: [{ system: "shipstation", kind: "late" }], text: "rules.0.delayMs" },
    {
      name: "a fault of the other system",
      file: [{ system: "acumatica", kind: "drop-hook" }],
      text: "shipstation only",
    },
    {
      name: "a refusal of no order",
      file: [{ system: "shipstation", kind: "refuse-order" }],
      text: "orderNumber or index",
    },
    { name: "no list", file: { rule: [] }, text: "rules" },
  ])("$name", ({ file, text }) => {
    expect(() => parseFaults(file)).toThrow(text);
  });

  test("a list and a file with rules are the same", () => {
    const rule = { system: "shipstation", kind: "html" };
    expect(parseFaults([rule])).toEqual(parseFaults({ rules: [rule] }));
  });
});

describe("which request is hit", () => {
  test("method, part of the path in any case, part of the body, and the system", async () => {
    const rule = {
      system: "shipstation",
      kind: "html",
      match: { method: "POST", path: "/Orders", bodyContains: "SO7" },
    };
    const { call, erp } = behind([rule]);
    expect((await call("POST", "/orders/createorder", '{"orderNumber":"SO7"}')).status).toBe(502);
    expect((await call("POST", "/orders/createorder", '{"orderNumber":"SO8"}')).status).toBe(200);
    expect((await call("GET", "/orders")).status).toBe(200);
    expect((await erp(new Request("https://erp.example/orders", { method: "POST", body: "SO7" }))).status).toBe(200);
  });

  test("after lets some pass, times bounds the hits", async () => {
    const { call, faults } = behind([{ system: "shipstation", kind: "status", status: 503, after: 1, times: 2 }]);
    const statuses: number[] = [];
    for (let index = 0; index < 5; index++) statuses.push((await call()).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    expect(faults.list()).toMatchObject([{ matched: 5, fired: 2 }]);
  });

  test("a rate is drawn, the same for the same seed", async () => {
    const draw = async (seed: number): Promise<string> => {
      const { call } = behind([{ system: "shipstation", kind: "status", status: 500, rate: 0.3 }], seed);
      let pattern = "";
      for (let index = 0; index < 60; index++) pattern += (await call()).ok ? "." : "x";
      return pattern;
    };
    const first = await draw(1);
    expect(first).toBe(await draw(1));
    expect(first).not.toBe(await draw(2));
    expect(first).toMatch(/x/);
    expect(first).toMatch(/\./);
  });

  test("the first rule that fires decides; cleared rules do nothing", async () => {
    const { call, faults } = behind([
      { system: "shipstation", kind: "status", status: 501, times: 1 },
      { system: "shipstation", kind: "status", status: 502 },
    ]);
    expect([(await call()).status, (await call()).status]).toEqual([501, 502]);
    faults.clear();
    expect((await call()).status).toBe(200);
  });
});

describe("what a hit looks like", () => {
  test("status and html are not carried out", async () => {
    const { call, carriedOut } = behind([
      { system: "shipstation", kind: "status", status: 500, body: { Message: "no" }, times: 1 },
      { system: "shipstation", kind: "html", status: 503 },
    ]);
    expect(await (await call()).json()).toEqual({ Message: "no" });
    const page = await call();
    expect([page.status, page.headers.get("content-type")]).toEqual([503, "text/html"]);
    expect(await page.text()).toContain("<html>");
    expect(carriedOut).toEqual([]);
  });

  test.for([
    { kind: "timeout-before", done: [] },
    { kind: "timeout-after", done: ["POST /orders {}"] },
  ])("$kind answers only when the caller gives up", async ({ kind, done }) => {
    const { call, carriedOut } = behind([{ system: "shipstation", kind }]);
    const giveUp = new AbortController();
    let outcome = "waiting";
    const answer = call("POST", "/orders", "{}", giveUp.signal).then(
      () => (outcome = "answered"),
      () => (outcome = "gave up"),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect([outcome, carriedOut]).toEqual(["waiting", done]);
    giveUp.abort(new Error("too slow"));
    await answer;
    expect(outcome).toBe("gave up");
  });

  test("reset breaks the body after its headers, carried out or not", async () => {
    const { call, carriedOut } = behind([
      { system: "shipstation", kind: "reset", times: 1 },
      { system: "shipstation", kind: "reset", executed: false },
    ]);
    for (let index = 0; index < 2; index++) {
      const answer = await call();
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow("terminated");
    }
    expect(carriedOut).toHaveLength(1);
  });

  test("truncated carries out and cuts the answer", async () => {
    const { call, carriedOut } = behind([{ system: "shipstation", kind: "truncated" }]);
    const text = await (await call()).text();
    expect(text.startsWith('{"answer"')).toBe(true);
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(carriedOut).toHaveLength(1);
  });

  test("a storm of 429 lasts its time and then is over", async () => {
    const { call, clock, faults } = behind([
      { system: "shipstation", kind: "rate-limit-storm", delayMs: 30_000, after: 1 },
    ]);
    expect((await call()).status).toBe(200);
    const first = await call();
    expect([first.status, await first.json()]).toEqual([429, { message: "Too Many Requests" }]);
    expect(first.headers.get("x-rate-limit-reset")).toBe("30");
    clock.advance(29_000);
    expect((await call()).headers.get("x-rate-limit-reset")).toBe("1");
    clock.advance(1_000);
    expect((await call()).status).toBe(200);
    expect(faults.rateLimited()).toBe(2);
  });

  test("session-limit hits sign-ins only", async () => {
    const { erp } = behind([{ system: "acumatica", kind: "session-limit" }]);
    const login = await erp(new Request("https://erp.example/entity/auth/login", { method: "POST", body: "{}" }));
    expect([login.status, await login.text()]).toEqual([500, expect.stringContaining("API Login Limit")]);
    expect((await erp(new Request("https://erp.example/entity"))).status).toBe(200);
  });

  test("late is carried out after its delay, even when the caller has gone", async () => {
    const { call, clock, carriedOut } = behind([{ system: "shipstation", kind: "late", delayMs: 600_000 }]);
    const giveUp = new AbortController();
    const answer = call("POST", "/orders", "{}", giveUp.signal);
    await new Promise((resolve) => setImmediate(resolve));
    giveUp.abort(new Error("too slow"));
    expect(carriedOut).toEqual([]);
    clock.advance(600_000);
    expect((await answer).status).toBe(200);
    expect(carriedOut).toEqual(["POST /orders {}"]);
  });

  test("orders are refused by number or place, hooks dropped by address", () => {
    const { faults } = behind([
      { system: "shipstation", kind: "refuse-order", orderNumber: "SO7", text: "No." },
      { system: "shipstation", kind: "refuse-order", index: 3, times: 1 },
      { system: "shipstation", kind: "drop-hook", match: { path: "ship_notify" } },
    ]);
    expect(faults.refuseOrder("SO77", 0)).toBe("No.");
    expect(faults.refuseOrder("SO1", 3)).toBe("The order could not be saved.");
    expect(faults.refuseOrder("SO1", 3)).toBeUndefined();
    expect(faults.isHookDropped("SHIP_NOTIFY", "https://ssapi.shipstation.com/shipments")).toBe(true);
    expect(faults.isHookDropped("ORDER_NOTIFY", "https://ssapi.shipstation.com/orders")).toBe(false);
  });
});

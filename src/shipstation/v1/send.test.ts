import { describe, expect, test } from "vitest";
import { createMovableClock } from "../../lib/clock.ts";
import type { ConnectorError } from "../../lib/errors.ts";
import type { Exchange, Fetch } from "../../lib/http.ts";
import { silentLog } from "../../lib/log.ts";
import { createSender, type SeenBudget, type SendRequest } from "./send.ts";

const limits = { "X-Rate-Limit-Limit": "40", "X-Rate-Limit-Remaining": "29", "X-Rate-Limit-Reset": "22" };
const read: SendRequest = { method: "GET", path: "/orders", priority: "background" };
const write: SendRequest = { method: "POST", path: "/orders/createorder", body: { orderKey: "k" }, priority: "person" };

/** A sender over one answer (or one failing network), with everything it did written down. */
function senderOver(answer: () => Response | Promise<Response>) {
  const seen = {
    steps: [] as string[],
    requests: [] as Request[],
    budgets: [] as SeenBudget[],
    exchanges: [] as Exchange[],
  };
  const fetch: Fetch = async (request) => {
    seen.steps.push("fetch");
    seen.requests.push(request);
    return answer();
  };
  const clock = createMovableClock(() => 1_000_000);
  const sender = createSender({
    origin: "https://ssapi.shipstation.com",
    credentials: () => Promise.resolve({ apiKey: "key", apiSecret: "sécret:" }),
    budget: {
      take: (priority) => {
        seen.steps.push(`take ${priority}`);
        return Promise.resolve();
      },
      observe: (budget) => {
        seen.budgets.push(budget);
        return Promise.resolve();
      },
    },
    fetch,
    clock,
    log: silentLog,
    observe: (exchange) => seen.exchanges.push(exchange),
  });
  return { sender, seen, clock };
}

const ok = (body: unknown, headers: Record<string, string> = limits) =>
  new Response(JSON.stringify(body), { status: 200, headers });

const failure = (work: Promise<unknown>): Promise<ConnectorError> =>
  work.then(
    () => Promise.reject(new Error("it succeeded")),
    (thrown: unknown) => thrown as ConnectorError,
  );

describe("one call", () => {
  test("takes one of the budget, then sends Basic credentials and JSON", async () => {
    const { sender, seen } = senderOver(() => ok({ a: 1 }));
    expect((await sender.send(write)).body).toEqual({ a: 1 });
    expect(seen.steps).toEqual(["take person", "fetch"]);
    const [request] = seen.requests;
    expect(request?.url).toBe("https://ssapi.shipstation.com/orders/createorder");
    expect(request?.headers.get("authorization")).toBe(`Basic ${Buffer.from("key:sécret:").toString("base64")}`);
    expect(request?.headers.get("content-type")).toBe("application/json");
    expect(await request?.text()).toBe('{"orderKey":"k"}');
  });

  test("a read has no body and its query is encoded", async () => {
    const { sender, seen } = senderOver(() => ok([]));
    await sender.send({ ...read, query: { orderNumber: "SO 1&x=+", modifyDateStart: "2026-01-01 00:00:00", page: 2 } });
    const url = new URL(seen.requests[0]!.url);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      orderNumber: "SO 1&x=+",
      modifyDateStart: "2026-01-01 00:00:00",
      page: "2",
    });
    expect(seen.requests[0]!.headers.has("content-type")).toBe(false);
  });

  test("a spent budget keeps the call from leaving", async () => {
    const { sender, seen } = senderOver(() => ok({}));
    const none = createSender({
      origin: "https://ssapi.shipstation.com",
      credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
      budget: { take: () => Promise.reject(new Error("spent")), observe: () => Promise.resolve() },
      fetch: () => Promise.reject(new Error("it left")),
      clock: createMovableClock(),
      log: silentLog,
    });
    await expect(none.send(read)).rejects.toThrow("spent");
    expect(sender.lastSeenBudget()).toBeUndefined();
    expect(seen.steps).toEqual([]);
  });

  test("ShipStation's clock is told with the answer", async () => {
    const { sender } = senderOver(() => ok({}, { Date: "Sat, 23 Jan 2021 17:19:48 GMT" }));
    expect((await sender.send(read)).serverTimeMs).toBe(Date.UTC(2021, 0, 23, 17, 19, 48));
    const { sender: silent } = senderOver(() => ok({}, { Date: "-1" }));
    expect((await silent.send(read)).serverTimeMs).toBeUndefined();
  });
});

describe("the budget is told", () => {
  test("the headers of a good answer", async () => {
    const { sender, seen } = senderOver(() => ok({}));
    await sender.send(read);
    expect(seen.budgets).toEqual([{ limit: 40, remaining: 29, resetSeconds: 22 }]);
    expect(sender.lastSeenBudget()).toEqual({ limit: 40, remaining: 29, resetSeconds: 22 });
  });

  test("the headers of a refusal", async () => {
    const { sender, seen } = senderOver(() => new Response("no", { status: 400, headers: limits }));
    await failure(sender.send(write));
    expect(seen.budgets).toEqual([{ limit: 40, remaining: 29, resetSeconds: 22 }]);
  });

  test.for([
    ["with headers", limits, { limit: 40, remaining: 0, resetSeconds: 22 }],
    ["with the reset only", { "X-Rate-Limit-Reset": "20" }, { limit: 40, remaining: 0, resetSeconds: 20 }],
    ["without any", {}, { limit: 40, remaining: 0, resetSeconds: 60 }],
  ] as const)("that nothing is left, after a throttled answer %s", async ([, headers, told]) => {
    const { sender, seen } = senderOver(() => new Response("Too Many Requests", { status: 429, headers }));
    const error = await failure(sender.send(write));
    expect(error).toMatchObject({ code: "shipstation.rate-limited", retryAfterMs: told.resetSeconds * 1000 });
    expect(error.mayHaveApplied).toBe(false);
    expect(seen.budgets).toEqual([told]);
  });

  test("nothing, when the headers are missing or no numbers", async () => {
    for (const headers of [{}, { ...limits, "X-Rate-Limit-Reset": "soon" }, { "X-Rate-Limit-Limit": "40" }]) {
      const { sender, seen } = senderOver(() => ok({}, headers));
      await sender.send(read);
      expect(seen.budgets).toEqual([]);
    }
  });

  test("a budget that cannot be updated does not cost us the answer of a write", async () => {
    const sender = createSender({
      origin: "https://ssapi.shipstation.com",
      credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
      budget: { take: () => Promise.resolve(), observe: () => Promise.reject(new Error("database is gone")) },
      fetch: () => Promise.resolve(ok({ orderId: 1 })),
      clock: createMovableClock(),
      log: silentLog,
    });
    expect((await sender.send(write)).body).toEqual({ orderId: 1 });
  });
});

describe("a lost answer", () => {
  test.for([
    ["a connection that breaks", () => Promise.reject(new TypeError("fetch failed")), "network.unreachable"],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://x" } }), "network.redirected"],
    ["half an answer", () => new Response('{"orderId":'), "shipstation.unreadable"],
    ["an answer over 10 MB", () => new Response(new Uint8Array(10 * 1024 * 1024 + 1)), "network.too-large"],
    ["a gateway's page", () => new Response("<html>", { status: 502 }), "shipstation.unreadable"],
  ] as const)("%s leaves a write in doubt", async ([, answer, code]) => {
    const { sender } = senderOver(answer);
    expect(await failure(sender.send(write))).toMatchObject({ code, mayHaveApplied: true });
  });

  test("a host that never was reached leaves no doubt", async () => {
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const { sender } = senderOver(() => Promise.reject(new TypeError("fetch failed", { cause: refused })));
    expect(await failure(sender.send(write))).toMatchObject({ code: "network.unreachable", mayHaveApplied: false });
  });

  const silence = (): Promise<never> => new Promise<never>(() => undefined);
  const endless = (): Response => new Response(new ReadableStream());

  test.for([
    ["a read without a first byte", read, silence, 20_000, false],
    ["a write without a first byte", write, silence, 60_000, true],
    ["a read whose answer does not end", read, endless, 60_000, false],
    ["a write whose answer does not end", write, endless, 90_000, true],
  ] as const)("%s is given its time, then it has timed out", async ([, request, answer, ms, mayHaveApplied]) => {
    const { sender, clock, seen } = senderOver(answer);
    let settled = false;
    const failed = failure(sender.send(request)).finally(() => (settled = true));
    while (seen.requests.length === 0) await Promise.resolve();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    clock.advance(ms - 1);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(settled).toBe(false);
    clock.advance(1);
    expect(await failed).toMatchObject({ code: "network.timeout", mayHaveApplied });
  });
});

describe("the observer", () => {
  test("sees the whole exchange, and no credentials in it", async () => {
    const { sender, seen } = senderOver(() => ok({ orderId: 7 }));
    await sender.send(write);
    expect(seen.exchanges).toEqual([
      {
        system: "shipstation",
        method: "POST",
        url: "https://ssapi.shipstation.com/orders/createorder",
        requestBody: '{"orderKey":"k"}',
        status: 200,
        responseBody: '{"orderId":7}',
        tookMs: 0,
        failure: undefined,
      },
    ]);
    const told = JSON.stringify(seen.exchanges);
    for (const secret of ["sécret", "Basic", Buffer.from("key:sécret:").toString("base64")]) {
      expect(told).not.toContain(secret);
    }
  });

  test("sees refusals and failures too", async () => {
    const refused = senderOver(() => new Response("no", { status: 400 }));
    await failure(refused.sender.send(write));
    expect(refused.seen.exchanges).toMatchObject([{ status: 400, responseBody: "no", failure: undefined }]);

    const broken = senderOver(() => Promise.reject(new TypeError("fetch failed")));
    await failure(broken.sender.send(read));
    expect(broken.seen.exchanges).toMatchObject([{ status: undefined, failure: "network.unreachable" }]);
  });
});

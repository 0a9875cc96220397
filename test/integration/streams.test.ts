import { afterEach, describe, expect, test } from "vitest";
import { daysOf, overlapFor } from "../../src/flows/streams.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld({ orders: 1, ...options });
  return world;
}

const cursorOf = (here: World, stream = "acumatica.orders") =>
  here.app.db.selectFrom("cursors").selectAll().where("stream", "=", stream).executeTakeFirstOrThrow();
const outcomeOf = async (here: World, flow = "orders-out") =>
  (await here.app.db.selectFrom("wakeups").select("outcome").where("flow", "=", flow).executeTakeFirst())?.outcome;
const moveCursor = (here: World, position: Date) =>
  here.app.db.updateTable("cursors").set({ position }).where("stream", "=", "acumatica.orders").execute();
const orderKeys = async (here: World) => (await here.records("order")).map(({ key }) => key);

/** An order whose transaction took so long that it became visible only now. */
function lateOrder(here: World, stampedAgoMs: number): string {
  const order = here.sandbox.acumatica.createOrder();
  order.LastModified = here.clock.now() - stampedAgoMs;
  return `${order.OrderType}/${order.OrderNbr}`;
}

/** Acumatica tells the time in each answer. */
const telling =
  (time: () => number) =>
  (fetch: Fetch): Fetch =>
  async (request) => {
    const answer = await fetch(request);
    if (!request.url.startsWith("http://127.0.0.1:4501")) return answer;
    const headers = new Headers(answer.headers);
    headers.set("date", new Date(time()).toUTCString());
    return new Response(answer.body, { status: answer.status, headers });
  };

describe("the overlap of a poll", () => {
  test("is a quarter of an hour, three times the largest lateness measured, and never more than six hours", () => {
    expect(overlapFor(0)).toBe(15 * minuteMs);
    expect(overlapFor(10 * minuteMs)).toBe(30 * minuteMs);
    expect(overlapFor(5 * 60 * minuteMs)).toBe(6 * 60 * minuteMs);
  });

  test("finds an order that became visible ten minutes after its time stamp, and grows by what was measured", async () => {
    const here = await started();
    await here.run("orders-out");
    here.clock.advance(20 * minuteMs);
    await here.run("orders-out");
    here.clock.advance(minuteMs);
    const first = lateOrder(here, 10 * minuteMs);
    await here.run("orders-out");
    expect(await orderKeys(here)).toContain(first);
    const [measured] = await here.app.db.selectFrom("stream_lateness").selectAll().execute();
    expect(measured).toMatchObject({ stream: "acumatica.orders" });
    expect(Math.round(measured!.largest_ms / minuteMs)).toBe(9);

    here.clock.advance(minuteMs);
    const second = lateOrder(here, 25 * minuteMs);
    await here.run("orders-out");
    expect(await orderKeys(here)).toContain(second);
  });
});

describe("a cursor in the future", () => {
  test("is refused and told, and nothing is read; when the clocks have passed it reading goes on", async () => {
    const here = await started();
    await here.run("orders-out");
    await moveCursor(here, new Date(here.clock.now() + 2 * dayMs));
    const key = lateOrder(here, 0);
    here.clock.advance(minuteMs);
    await here.run("orders-out");
    expect(await outcomeOf(here)).toContain("cursor.in-future");
    expect(await orderKeys(here)).not.toContain(key);
    expect((await here.app.store.get(connectionId))?.state).toBe("active");
  });

  test("is none if Acumatica's own clock has passed it: ours is behind then, and work goes on", async () => {
    const here = await started({ network: telling(() => Date.now() + 2 * 60 * minuteMs) });
    await here.run("orders-out");
    await moveCursor(here, new Date(here.clock.now() + 60 * minuteMs));
    const key = lateOrder(here, -62 * minuteMs);
    await here.run("orders-out");
    expect(await outcomeOf(here)).toContain("clock is behind");
    expect(await orderKeys(here)).toContain(key);
  });
});

test("a cursor follows Acumatica's clock where that is behind ours: what is saved there later is not passed over", async () => {
  const here = await started({ network: telling(() => Date.now() - 2 * 60 * minuteMs) });
  await here.run("orders-out");
  const { position } = await cursorOf(here);
  expect(here.clock.now() - position.getTime()).toBeGreaterThan(119 * minuteMs);
});

describe("after days of silence", () => {
  test("the days are read one by one, oldest first, and each moves the cursor", async () => {
    const here = await started();
    await here.run("orders-out");
    const keys: string[] = [];
    for (let day = 0; day < 5; day += 1) {
      here.clock.advance(dayMs);
      keys.push(lateOrder(here, 0));
    }
    await here.run("orders-out");
    expect(await orderKeys(here)).toEqual(expect.arrayContaining(keys));
    expect(await outcomeOf(here)).toContain("acumatica.orders was last read up to");
    expect((await cursorOf(here)).polls).toBeGreaterThanOrEqual(5);
  });

  test("each day's poll is as old as its own beginning, by which lateness is measured", async () => {
    const listMs = 90_000;
    const beginnings: number[] = [];
    const here = await started({
      network: (fetch) => async (request) => {
        const isList = request.method === "GET" && /SalesOrder\?/.test(request.url) && /LastModified/.test(request.url);
        if (isList) beginnings.push(here.clock.now());
        const answer = await fetch(request);
        if (isList) here.clock.advance(listMs);
        return answer;
      },
    });
    await here.run("orders-out");
    here.clock.advance(3 * dayMs);
    beginnings.length = 0;
    await here.run("orders-out");
    const { polled_at, polls } = await cursorOf(here);
    expect(polls).toBe(4);
    expect(polled_at.getTime()).toBeGreaterThanOrEqual(beginnings[0]! + 2 * listMs);

    // Stamped four minutes before the last of them began, and there only now.
    const stampedAgoMs = here.clock.now() - polled_at.getTime() + 4 * minuteMs;
    lateOrder(here, stampedAgoMs);
    await here.run("orders-out");
    const [measured] = await here.app.db.selectFrom("stream_lateness").selectAll().execute();
    expect(Math.round(measured!.largest_ms / minuteMs)).toBe(4);
  });

  test("a long window is cut into days, the last of them at most two long", () => {
    const days = daysOf(0, 4.5 * dayMs);
    expect(days.map(({ fromMs, toMs }) => (toMs - fromMs) / dayMs)).toEqual([1, 1, 1, 1.5]);
    expect(daysOf(0, dayMs)).toEqual([{ fromMs: 0, toMs: dayMs }]);
  });
});

test("a poll that another worker has overtaken is thrown away: older rows do not replace newer ones", async () => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const here = await started({
    network: (fetch) => async (request) => {
      const answer = await fetch(request);
      const isList = request.method === "GET" && /SalesOrder\?/.test(request.url);
      if (isList) await meanwhile?.();
      return answer;
    },
  });
  await here.run("orders-out");
  const order = here.sandbox.acumatica.tables.salesOrders[0]!;
  const [line] = order.Details;
  here.clock.advance(minuteMs);
  here.sandbox.acumatica.editOrder(order.OrderType, order.OrderNbr, { lines: { quantity: { [line!.LineNbr]: 41 } } });
  // The answer is on its way; before it is stored another worker keeps a poll of its own.
  meanwhile = () =>
    here.app.db
      .updateTable("cursors")
      .set((row) => ({ polls: row("polls", "+", 1) }))
      .execute();
  const stored = async () =>
    JSON.stringify((await here.app.db.selectFrom("records").select("source").where("kind", "=", "order").execute())[0]);
  const before = { source: await stored(), position: (await cursorOf(here)).position };
  await here.run("orders-out");
  expect({ source: await stored(), position: (await cursorOf(here)).position }).toEqual(before);
  meanwhile = undefined;
  await here.run("orders-out");
  expect(await stored()).toContain("41");
});

test("an order that changed without a trace in its time stamp is found by the hourly sweep, and counted as our fault", async () => {
  const here = await started();
  await here.run("orders-out");
  here.clock.advance(61 * minuteMs);
  await here.run("orders-out");
  const order = here.sandbox.acumatica.tables.salesOrders[0]!;
  order.Details[0]!.OrderQty += 7;
  order.Details[0]!.OpenQty += 7;
  here.clock.advance(61 * minuteMs);
  await here.run("orders-out");
  const finds = await here.app.db.selectFrom("sweep_finds").selectAll().execute();
  expect(finds).toMatchObject([{ sweep: "hourly", kind: "order", key: `${order.OrderType}/${order.OrderNbr}` }]);
  const [live] = here.sandbox.shipstation.tables.orders.values();
  expect(live?.items[0]?.quantity).toBe(order.Details[0]!.OpenQty);
});

import { expect, test } from "vitest";
import { createMovableClock } from "../lib/clock.ts";
import { createFitWatch, mostCalls } from "./fit-watch.ts";

const erp = "https://erp.example.com/Site";
const ships = "https://ssapi.shipstation.com/stores";
const v2 = "https://api.shipstation.com/v2/carriers";

/** A network on a clock of its own: each answer takes as long as listed. */
function watched(headers: (now: number) => Record<string, string> = () => ({}), took: number[] = []) {
  let now = 1_000_000;
  const clock = createMovableClock(() => now);
  const sent: string[] = [];
  const fetch = (request: Request): Promise<Response> => {
    sent.push(request.url);
    now += took.shift() ?? 0;
    return Promise.resolve(new Response(null, { headers: headers(now) }));
  };
  const watch = createFitWatch({ fetch, clock }, erp);
  return { watch, sent, ask: (url: string) => watch.fetch(new Request(url)) };
}

test("of a fit check at most 30 calls reach ShipStation, both APIs together", async () => {
  const { sent, ask, watch } = watched();
  const outcomes: unknown[] = [];
  for (let call = 0; call < 50; call += 1) {
    outcomes.push(await ask(call % 2 === 0 ? ships : v2).catch((thrown: unknown) => thrown));
  }
  expect(mostCalls.shipstation).toBe(30);
  expect(sent).toHaveLength(30);
  expect(outcomes[30]).toMatchObject({ code: "fit.call-limit" });
  expect(watch.seen.shipstation.calls).toBe(30);
});

test("of Acumatica's calls one is kept for signing out, which is never refused", async () => {
  const { sent, ask } = watched();
  for (let call = 0; call < 200; call += 1) await ask(`${erp}/entity`).catch(() => undefined);
  expect(sent).toHaveLength(mostCalls.acumatica - 1);
  await ask(`${erp}/entity/auth/logout`);
  expect(sent).toHaveLength(mostCalls.acumatica);
});

test("a part of the check has its own share, and what it left is there for the next", async () => {
  const { sent, ask, watch } = watched();
  await expect(
    watch.within("shipstation", 3, async () => {
      for (;;) await ask(ships);
    }),
  ).rejects.toMatchObject({ code: "fit.call-limit" });
  expect(sent).toHaveLength(3);
  await ask(ships);
  expect(sent).toHaveLength(4);
});

test("the other clock is told by the quickest answer, at the middle of its way", async () => {
  const { ask, watch } = watched((now) => ({ date: new Date(now + 60_000).toUTCString() }), [8_000, 0, 4_000]);
  for (let call = 0; call < 3; call += 1) await ask(ships);
  expect(watch.seen.shipstation.skewMs).toBeGreaterThan(59_000);
  expect(watch.seen.shipstation.skewMs).toBeLessThanOrEqual(60_500);
  expect(watch.seen.shipstation.slowestMs).toBe(8_000);
  expect(watch.seen.acumatica.skewMs).toBeUndefined();
});

test("the budget is that of the first answer which told one", async () => {
  let left = 40;
  const { ask, watch } = watched(() => ({
    ...(left-- < 40
      ? { "x-rate-limit-limit": "40", "x-rate-limit-remaining": String(left), "x-rate-limit-reset": "9" }
      : {}),
  }));
  for (let call = 0; call < 3; call += 1) await ask(ships);
  expect(watch.seen.shipstation.firstBudget).toEqual({ limit: 40, remaining: 38, resetSeconds: 9, callsBefore: 1 });
});

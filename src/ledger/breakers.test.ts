import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { createStillClock } from "../../test/support/still-clock.ts";
import type { MovableClock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { createBreaker, type Breaker } from "./breakers.ts";
import type { OpenDatabase } from "./database.ts";
import { noticesOf } from "./notices.ts";

let opened: OpenDatabase;
let clock: MovableClock;
let breaker: Breaker;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const at = new Date(Date.UTC(2026, 0, 1));
  const none = { stop_code: null, stop_text: null, hook_token_hash: null };
  await opened.db
    .insertInto("connections")
    .values({ id: "c", name: "C", state: "active", settings: "{}", ...none, created_at: at, updated_at: at })
    .execute();
  clock = createStillClock();
  breaker = createBreaker(opened.db, clock, "c", "shipstation");
});

const passes = async (of: Breaker): Promise<boolean | number> =>
  of.pass().then(
    () => true,
    (thrown: unknown) => {
      expect(asConnectorError(thrown).code).toBe("shipstation.circuit-open");
      return asConnectorError(thrown).retryAfterMs ?? 0;
    },
  );
const fail = async (times: number): Promise<void> => {
  for (let time = 0; time < times; time += 1) await breaker.failed("it answered 503.");
};
const notices = async () => (await noticesOf(opened.db, ["c"])).get("c") ?? [];

test("it opens when half of eight calls of a minute failed, and says why and until when", async () => {
  for (let time = 0; time < 4; time += 1) await breaker.worked();
  await fail(3);
  expect(await passes(breaker)).toBe(true);
  await fail(1);
  expect(await passes(breaker)).toBe(30_000);
  expect(await notices()).toMatchObject([{ code: "shipstation.circuit-open" }]);
  expect((await notices())[0]?.text).toContain("503");
});

test("seven failures are too few to tell, and failures of different minutes do not add up", async () => {
  await fail(7);
  expect(await passes(breaker)).toBe(true);
  clock.advance(61_000);
  await fail(7);
  expect(await passes(breaker)).toBe(true);
});

test("a process that saw no failure leaves the system alone, too", async () => {
  const other = createBreaker(opened.db, clock, "c", "shipstation");
  expect(await passes(other)).toBe(true);
  await fail(8);
  clock.advance(3_000);
  expect(await passes(other)).toBe(27_000);
  expect(await passes(createBreaker(opened.db, clock, "c", "acumatica"))).toBe(true);
});

test("after the pause one call tries; it failing the pause is twice as long, it working all go on", async () => {
  const other = createBreaker(opened.db, clock, "c", "shipstation");
  await fail(8);
  clock.advance(30_000);
  expect(await passes(breaker)).toBe(true);
  expect(await passes(other)).toBeGreaterThan(0);
  await fail(1);
  expect(await passes(breaker)).toBe(60_000);
  clock.advance(60_000);
  expect(await passes(other)).toBe(true);
  await other.worked();
  expect(await passes(breaker)).toBe(true);
  expect(await notices()).toEqual([]);
});

test("the pause never grows beyond a quarter of an hour, and a try whose process died is somebody else's after a while", async () => {
  await fail(8);
  for (let round = 0; round < 12; round += 1) {
    clock.advance(15 * 60_000);
    expect(await passes(breaker)).toBe(true);
    await fail(1);
  }
  expect(await passes(breaker)).toBe(15 * 60_000);
  clock.advance(15 * 60_000);
  expect(await passes(breaker)).toBe(true);
  clock.advance(91_000);
  expect(await passes(createBreaker(opened.db, clock, "c", "shipstation"))).toBe(true);
});

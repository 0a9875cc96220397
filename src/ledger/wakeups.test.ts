import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { moveCursor, readCursor } from "./cursors.ts";
import type { OpenDatabase } from "./database.ts";
import { answerDoorbell, ringDoorbell, rungStreams } from "./doorbells.ts";
import { createCallBudget } from "./quota.ts";
import { beginRun, dueFlows, endRun, nextDue, wakeBy, wakeInterrupted } from "./wakeups.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);

beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const none = { stop_code: null, stop_text: null, hook_token_hash: null, created_at: at(0), updated_at: at(0) };
  await opened.db
    .insertInto("connections")
    .values({ id: "c", name: "C", state: "active", settings: "{}", ...none })
    .execute();
});

describe("when flows are due", () => {
  test("the earlier of two wishes counts", async () => {
    await wakeBy(opened.db, "c", "orders-out", at(60));
    await wakeBy(opened.db, "c", "orders-out", at(10));
    await wakeBy(opened.db, "c", "orders-out", at(30));
    expect(await nextDue(opened.db, at(0))).toEqual(at(10));
    expect(await dueFlows(opened.db, at(9))).toEqual([]);
    expect(await dueFlows(opened.db, at(10))).toEqual([{ connectionId: "c", flow: "orders-out" }]);
  });

  test("a wake during a run asks for another run", async () => {
    await wakeBy(opened.db, "c", "orders-out", at(0));
    await beginRun(opened.db, "c", "orders-out", at(1), at(121));
    await wakeBy(opened.db, "c", "orders-out", at(2));
    await endRun(opened.db, "c", "orders-out", undefined, "ok");
    expect(await nextDue(opened.db, at(0))).toEqual(at(2));
  });

  test("a run that its process did not end is due again when the next process starts; one that ended keeps its time", async () => {
    for (const flow of ["orders-out", "shipments-back", "subscription"]) await wakeBy(opened.db, "c", flow, at(500));
    await beginRun(opened.db, "c", "orders-out", at(1), at(121));
    await beginRun(opened.db, "c", "shipments-back", at(1), at(121));
    await endRun(opened.db, "c", "shipments-back", undefined, "ok");
    await wakeInterrupted(opened.db, at(2));
    expect(await dueFlows(opened.db, at(2))).toEqual([{ connectionId: "c", flow: "orders-out" }]);
    expect(await nextDue(opened.db, at(0))).toEqual(at(2));
  });

  test("what ran by a clock that has gone back since is due now, not when that clock said", async () => {
    await wakeBy(opened.db, "c", "orders-out", at(0));
    await beginRun(opened.db, "c", "orders-out", at(7_200), at(7_320));
    expect(await nextDue(opened.db, at(0))).toEqual(at(0));
    expect(await dueFlows(opened.db, at(0))).toEqual([{ connectionId: "c", flow: "orders-out" }]);
    // Clocks of several machines differ by seconds.
    expect(await dueFlows(opened.db, at(7_140))).toEqual([]);
  });

  test("a paused connection is never due", async () => {
    await wakeBy(opened.db, "c", "orders-out", at(0));
    await opened.db.updateTable("connections").set({ state: "paused" }).execute();
    expect(await dueFlows(opened.db, at(100))).toEqual([]);
  });
});

describe("doorbells", () => {
  const ring = (seconds: number) =>
    ringDoorbell(opened.db, {
      connectionId: "c",
      stream: "shipments",
      flow: "shipments-back",
      now: at(seconds),
      gapMs: 10_000,
    });

  test("a hundred rings are one row and one run", async () => {
    for (let count = 0; count < 100; count += 1) await ring(1);
    expect(await rungStreams(opened.db, "c")).toEqual([{ stream: "shipments", rings: 100 }]);
    expect(await dueFlows(opened.db, at(1))).toHaveLength(1);
  });

  test("rings after a run wait out the gap, so that a flood costs at most one look per gap", async () => {
    await ring(1);
    await beginRun(opened.db, "c", "shipments-back", at(2), at(122));
    await ring(3);
    expect(await nextDue(opened.db, at(0))).toEqual(at(12));
  });

  test("a ring during the look is not answered by it", async () => {
    await ring(1);
    const [bell] = await rungStreams(opened.db, "c");
    await ring(2);
    await opened.db.transaction().execute((tx) => answerDoorbell(tx, "c", bell!));
    expect(await rungStreams(opened.db, "c")).toHaveLength(1);
  });
});

test("a cursor never goes back", async () => {
  const move = (seconds: number) =>
    opened.db.transaction().execute((tx) => moveCursor(tx, "c", "s", at(seconds), at(seconds), 1));
  await move(100);
  await move(50);
  expect(await readCursor(opened.db, "c", "s")).toEqual({ position: at(100), polledAt: at(50), polls: 2 });
});

describe("the ShipStation calls of a minute", () => {
  const takeAll = async (
    budget: ReturnType<typeof createCallBudget>,
    priority: "background" | "doorbell" | "person",
  ) => {
    for (let taken = 0; taken < 300; taken += 1) {
      const error = await budget.take(priority).then(
        () => undefined,
        (thrown: unknown) => asConnectorError(thrown),
      );
      if (error) return { taken, error };
    }
    throw new Error("no limit was met");
  };

  test("36 of 40 are planned, and a quarter of them is kept for doorbells and people", async () => {
    const clock = createMovableClock(() => at(0).getTime());
    const budget = createCallBudget(opened.db, clock, "c");
    const background = await takeAll(budget, "background");
    expect(background.taken).toBe(27);
    expect(background.error).toMatchObject({ code: "shipstation.budget-spent", retryAfterMs: 60_000 });
    expect((await takeAll(budget, "doorbell")).taken).toBe(6);
    expect((await takeAll(budget, "person")).taken).toBe(3);
    clock.advance(60_000);
    expect((await takeAll(budget, "background")).taken).toBe(27);
  });

  test("what other programs used counts, as the headers tell it", async () => {
    const clock = createMovableClock(() => at(0).getTime());
    const budget = createCallBudget(opened.db, clock, "c");
    await budget.take("background");
    await budget.observe({ limit: 40, remaining: 14, resetSeconds: 20 });
    const { taken, error } = await takeAll(budget, "background");
    expect(taken).toBe(1);
    expect(error.retryAfterMs).toBe(20_000);
    clock.advance(20_000);
    expect((await takeAll(budget, "background")).taken).toBe(27);
  });

  test("a larger limit, told by the headers, is used at once", async () => {
    const clock = createMovableClock(() => at(0).getTime());
    const budget = createCallBudget(opened.db, clock, "c");
    await budget.take("person");
    await budget.observe({ limit: 200, remaining: 199, resetSeconds: 30 });
    expect((await takeAll(budget, "person")).taken).toBe(179);
    clock.advance(30_000);
    expect((await takeAll(budget, "person")).taken).toBe(180);
  });
});

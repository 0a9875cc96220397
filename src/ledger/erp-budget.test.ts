import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { createErpBudget } from "./erp-budget.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const none = { stop_code: null, stop_text: null, hook_token_hash: null };
  const at = new Date();
  await opened.db
    .insertInto("connections")
    .values({ id: "c", name: "C", state: "active", settings: "{}", ...none, created_at: at, updated_at: at })
    .execute();
});

/** The server's clock goes on. */
const pass = (seconds: number) =>
  sql`update quotas set window_ends_at = window_ends_at - make_interval(secs => ${seconds})`.execute(opened.db);

/** How many requests two processes get together, asking in turn, before both are told to wait. */
async function takenAtOnce(perMinute: number): Promise<number> {
  const [one, two] = [createErpBudget(opened.db, "c", perMinute), createErpBudget(opened.db, "c", perMinute)];
  let taken = 0;
  while ((await one.take()) === 0) {
    taken += 1;
    if ((await two.take()) !== 0) break;
    taken += 1;
  }
  return taken;
}

test("all processes together ask at most 45 % of the licensed requests in a minute", async () => {
  let taken = await takenAtOnce(50);
  for (let second = 1; second < 60; second += 1) {
    await pass(1);
    taken += await takenAtOnce(50);
  }
  expect(taken).toBeLessThanOrEqual(50 * 0.45 + 1);
  expect(taken).toBeGreaterThanOrEqual(50 * 0.36);
});

test("who finds none is told when there is one again, and then there is", async () => {
  const budget = createErpBudget(opened.db, "c", 50);
  await takenAtOnce(50);
  const waitMs = await budget.take();
  expect(waitMs).toBeGreaterThan(1_000);
  expect(waitMs).toBeLessThanOrEqual(60_000 / (50 * 0.36));
  await pass(waitMs / 1_000);
  expect(await budget.take()).toBe(0);
});

test("a server's clock that was set back does not stop everything for hours", async () => {
  const budget = createErpBudget(opened.db, "c", 50);
  await budget.take();
  await pass(-7_200);
  expect(await budget.take()).toBe(0);
});

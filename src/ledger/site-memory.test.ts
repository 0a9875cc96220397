import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import type { OpenDatabase } from "./database.ts";
import { createSiteMemory } from "./site-memory.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const at = new Date(Date.UTC(2026, 0, 1));
beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const none = { stop_code: null, stop_text: null, hook_token_hash: null, created_at: at, updated_at: at };
  for (const id of ["c", "d"]) {
    await opened.db
      .insertInto("connections")
      .values({ id, name: id, state: "active", settings: "{}", ...none })
      .execute();
  }
});

const clock = createMovableClock(() => at.getTime());
const memoryOf = (connectionId: string, site: string) => createSiteMemory(opened.db, clock, connectionId, site);

test("what was learned of a site is recalled by whoever comes after, as it was kept", async () => {
  const fact = { members: { Shipment: ["Hold"] }, source: "swagger" };
  await memoryOf("c", "erp Default/24").keep("members", fact);
  expect(await memoryOf("c", "erp Default/24").recall("members")).toEqual(fact);
  expect(await memoryOf("c", "erp Default/24").recall("unlistable:SalesOrder")).toBeUndefined();
  expect(await memoryOf("d", "erp Default/24").recall("members")).toBeUndefined();
});

test("after a change of address or endpoint nothing is recalled, and what is learned anew replaces the old", async () => {
  await memoryOf("c", "erp Default/22").keep("unlistable:SalesOrder", "no");
  expect(await memoryOf("c", "erp Default/24").recall("unlistable:SalesOrder")).toBeUndefined();
  await memoryOf("c", "erp Default/24").keep("unlistable:SalesOrder", "still no");
  expect(await memoryOf("c", "erp Default/24").recall("unlistable:SalesOrder")).toBe("still no");
  expect(await memoryOf("c", "erp Default/22").recall("unlistable:SalesOrder")).toBeUndefined();
});

test("after a week it is to be learned again", async () => {
  const memory = memoryOf("c", "erp Default/24");
  await memory.keep("unlistable:SalesOrder", "no");
  clock.advance(6 * 86_400_000);
  expect(await memory.recall("unlistable:SalesOrder")).toBe("no");
  clock.advance(86_400_000);
  expect(await memory.recall("unlistable:SalesOrder")).toBeUndefined();
});

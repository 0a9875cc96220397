import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { claimDue, saveSeen, settleRecord, type Claim, type Outcome } from "./records.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const hour = 3_600_000;
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);

beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const none = { stop_code: null, stop_text: null, hook_token_hash: null };
  await opened.db
    .insertInto("connections")
    .values({ id: "c", name: "C", state: "active", settings: "{}", ...none, created_at: at(0), updated_at: at(0) })
    .execute();
});

async function orders(count: number): Promise<Claim[]> {
  const seen = Array.from({ length: count }, (_, index) => ({
    ...{ kind: "order" as const, key: `SO/${index}`, source: {}, hash: "one", state: "Prepared" as const, search: "" },
  }));
  await opened.db.transaction().execute((tx) => saveSeen(tx, "c", at(0), seen, "test"));
  return claimDue(opened.db, { connectionId: "c", kind: "order", now: at(0), limit: count });
}
const settle = (claim: Claim, ms: number, outcome: Omit<Outcome, "event">): Promise<void> =>
  opened.db
    .transaction()
    .execute((tx) => settleRecord(tx, claim, at(ms), { ...outcome, event: "order.tested" }, "test"));
const reason = { code: "shipstation.server-error", text: "ShipStation failed." };
/** Fails, to be tried again in two seconds. */
const fail = (claim: Claim, ms: number): Promise<void> =>
  settle(claim, ms, { state: "Failed", reason, isTry: true, dueAt: at(ms + 2_000) });
const rows = () => opened.db.selectFrom("records").selectAll().orderBy("key").execute();
const soon = async (ms: number): Promise<number> =>
  (await rows()).filter(({ state, due_at }) => state === "Failed" && due_at! <= at(ms + 2_000)).length;

describe("what failed is tried again", () => {
  test("soon for ten records of a connection on which nothing goes well, and the others between five and fifteen minutes later", async () => {
    for (const claim of await orders(60)) await fail(claim, 1_000);
    expect(await soon(1_000)).toBe(10);
    const others = (await rows()).flatMap(({ due_at }) =>
      due_at! > at(3_000) ? [due_at!.getTime() - at(1_000).getTime()] : [],
    );
    expect(others).toHaveLength(50);
    expect(Math.min(...others)).toBeGreaterThanOrEqual(300_000);
    expect(Math.max(...others)).toBeLessThanOrEqual(900_000);
    expect(new Set(others).size).toBeGreaterThan(40);
  });

  test("soon for one more with every ten that went well in the last ten minutes", async () => {
    const claims = await orders(260);
    for (const claim of claims.slice(0, 200)) await settle(claim, 500, { state: "Processed" });
    for (const claim of claims.slice(200)) await fail(claim, 1_000);
    expect(await soon(1_000)).toBe(30);
  });

  test("soon, however much failed and went well some time ago", async () => {
    const claims = await orders(41);
    for (const claim of claims.slice(0, 40)) await fail(claim, 0);
    await fail(claims[40]!, 11 * 60_000);
    const last = (await rows()).find(({ key }) => key === claims[40]!.key);
    expect(last?.due_at).toEqual(at(11 * 60_000 + 2_000));
  });
});

describe("what is tried for a day", () => {
  test("is given to a person, with the reason of the last try", async () => {
    const [claim] = await orders(1);
    for (const hours of [0, 8, 16, 23.9]) await fail(claim!, hours * hour);
    expect((await rows())[0]).toMatchObject({ state: "Failed", trying_since: at(0) });
    await fail(claim!, 24 * hour);
    expect((await rows())[0]).toMatchObject({
      state: "Aborted",
      reason_code: "record.tried-for-a-day",
      reason_text: expect.stringContaining("ShipStation failed. (shipstation.server-error)"),
      due_at: null,
      trying_since: null,
    });
  });

  test("is counted from the first try after it last went well, or was changed", async () => {
    const [claim] = await orders(1);
    await fail(claim!, 0);
    await settle(claim!, hour, { state: "Processed" });
    await fail(claim!, 20 * hour);
    await fail(claim!, 30 * hour);
    expect((await rows())[0]).toMatchObject({ state: "Failed", trying_since: at(20 * hour) });
    const changed = { kind: "order", key: "SO/0", source: {}, hash: "two", state: "Prepared", search: "" } as const;
    await opened.db.transaction().execute((tx) => saveSeen(tx, "c", at(31 * hour), [changed], "test"));
    expect((await rows())[0]).toMatchObject({ state: "Prepared", trying_since: null });
  });

  test("a doubt that is never resolved is no exception; a wait that is no try is", async () => {
    const [doubt, wait] = await orders(2);
    const waiting = { state: "Waiting", reason: { code: "shipment.in-doubt", text: "In doubt." } } as const;
    for (const hours of [0, 12, 25]) {
      await settle(doubt!, hours * hour, { ...waiting, isTry: true, dueAt: at((hours + 1) * hour) });
      await settle(wait!, hours * hour, { ...waiting, dueAt: at((hours + 1) * hour) });
    }
    expect((await rows()).map(({ state }) => state)).toEqual(["Aborted", "Waiting"]);
  });
});

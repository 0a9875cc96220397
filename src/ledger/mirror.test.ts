import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { combinedOrders, saveMirror, type MirrorOrder } from "./mirror.ts";

let opened: OpenDatabase;
const now = new Date("2026-05-01T14:00:00Z");

beforeEach(async () => {
  opened = await openTestDatabase();
  await opened.db
    .insertInto("connections")
    .values({
      id: "acme",
      name: "Acme",
      state: "active",
      stop_code: null,
      stop_text: null,
      settings: "{}",
      hook_token_hash: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
});
afterEach(() => opened.close());

const order = (orderId: string, modifyDate: string, combined: string[] = []): MirrorOrder => ({
  orderId,
  orderKey: `key-${orderId}`,
  orderNumber: orderId,
  orderStatus: "awaiting_shipment",
  storeId: undefined,
  combined,
  modifyDate,
});
const save = (...orders: MirrorOrder[]): Promise<void> =>
  opened.db.transaction().execute((tx) => saveMirror(tx, "acme", now, orders));
const combined = async (): Promise<string[]> => [...(await combinedOrders(opened.db, "acme", ["1", "2", "3"]))].sort();

test("an order that was combined into another one is known as such, also one that was never seen, until it is seen again", async () => {
  await save(order("1", "10:00"));
  expect(await combined()).toEqual([]);
  await save(order("9", "10:05", ["1", "2"]));
  expect(await combined()).toEqual(["1", "2"]);
  // Separated again, which changes it.
  await save(order("1", "10:10"));
  expect(await combined()).toEqual(["2"]);
});

test("an order that two others name in one listing is kept once", async () => {
  await save(order("8", "10:05", ["3"]), order("9", "10:06", ["3"]));
  expect(await combined()).toEqual(["3"]);
});

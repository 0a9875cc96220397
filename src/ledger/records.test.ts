import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { asConnectorError } from "../lib/errors.ts";
import type { OpenDatabase } from "./database.ts";
import { nextDueRecord } from "./due-records.ts";
import { dispatchEffect, everDispatched, findEffect, openEffects, settleEffect } from "./effects.ts";
import { linksOf, saveLink } from "./links.ts";
import { releaseClaims, settleAlike } from "./many-records.ts";
import {
  claimByParents,
  claimDue,
  expectRemoteKey,
  refreshSource,
  saveSeen,
  settleRecord,
  type Claim,
  type SeenRecord,
} from "./records.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const mine = { connectionId: "c", kind: "order" as const };

beforeEach(async () => {
  await opened.db.deleteFrom("connections").execute();
  const moment = { created_at: at(0), updated_at: at(0) };
  const none = { stop_code: null, stop_text: null, hook_token_hash: null };
  await opened.db
    .insertInto("connections")
    .values({ id: "c", name: "C", state: "active", settings: "{}", ...none, ...moment })
    .execute();
});

const seen = (key: string, more: Partial<SeenRecord> = {}): SeenRecord => ({
  kind: "order",
  key,
  source: { key },
  hash: "one",
  state: "Prepared",
  search: key,
  ...more,
});
const save = (records: SeenRecord[], now = at(1)): Promise<string[]> =>
  opened.db.transaction().execute(async (tx) => (await saveSeen(tx, "c", now, records, "test")).changed);
const settle = (claim: Claim, state: "Processed" | "Failed", now = at(2)): Promise<void> =>
  opened.db.transaction().execute((tx) => settleRecord(tx, claim, now, { state, event: "order.tested" }, "test"));
const rows = () => opened.db.selectFrom("records").selectAll().orderBy("key").execute();
const auditEvents = async (): Promise<string[]> =>
  (await opened.db.selectFrom("audit").select("event").where("connection_id", "=", "c").orderBy("id").execute()).map(
    (entry) => entry.event,
  );

describe("what a poll saw", () => {
  test("a new record is stored due at once, with one audit entry", async () => {
    const before = (await auditEvents()).length;
    expect(await save([seen("SO/1")])).toEqual(["SO/1"]);
    expect((await auditEvents()).slice(before)).toEqual(["order.seen"]);
    expect(await nextDueRecord(opened.db, "c", "order")).toEqual(at(1));
  });

  test("the same hash again changes nothing at all", async () => {
    await save([seen("SO/1")]);
    const [row] = await rows();
    const before = (await auditEvents()).length;
    expect(await save([seen("SO/1"), seen("SO/1")], at(9))).toEqual([]);
    expect(await rows()).toEqual([row]);
    expect(await auditEvents()).toHaveLength(before);
  });

  test("a changed record is due again with its attempts forgotten; a skipped one stays skipped", async () => {
    await save([seen("SO/1"), seen("SO/2")]);
    await opened.db.updateTable("records").set({ state: "Skipped", due_at: null }).where("key", "=", "SO/2").execute();
    await opened.db
      .updateTable("records")
      .set({ state: "Aborted", attempts: 9, due_at: null })
      .where("key", "=", "SO/1")
      .execute();
    await save([seen("SO/1", { hash: "two" }), seen("SO/2", { hash: "two" })], at(5));
    expect((await rows()).map((row) => [row.state, row.attempts, row.due_at])).toEqual([
      ["Prepared", 0, at(5)],
      ["Skipped", 0, null],
    ]);
  });
});

describe("claims", () => {
  test("never more than the limit, however many are due: a bulk write takes a hundred", async () => {
    await save(Array.from({ length: 350 }, (_, index) => seen(`SO/${String(index).padStart(4, "0")}`)));
    const sizes: number[] = [];
    for (;;) {
      const claims = await claimDue(opened.db, { ...mine, now: at(2), limit: 100 });
      if (claims.length === 0) break;
      sizes.push(claims.length);
    }
    expect(sizes).toEqual([100, 100, 100, 50]);
  });

  test("a claimed record is nobody else's until the claim runs out", async () => {
    await save([seen("SO/1")]);
    expect(await claimDue(opened.db, { ...mine, now: at(2), limit: 5 })).toHaveLength(1);
    expect(await claimDue(opened.db, { ...mine, now: at(3), limit: 5 })).toHaveLength(0);
    expect(await claimDue(opened.db, { ...mine, now: at(2 + 15 * 60), limit: 5 })).toHaveLength(1);
  });

  test("a worker that lost its claim can write nothing: neither an outcome nor an effect", async () => {
    await save([seen("SO/1")]);
    const [slow] = await claimDue(opened.db, { ...mine, now: at(2), limit: 1 });
    const [quick] = await claimDue(opened.db, { ...mine, now: at(3_000), limit: 1 });
    const failure = await settle(slow!, "Processed").catch(asConnectorError);
    expect(failure).toMatchObject({ code: "claim.lost" });
    const effect = { effectKey: "e", planHash: "h", plan: {}, quarantineMs: 0 };
    const refused = await opened.db
      .transaction()
      .execute((tx) => dispatchEffect(tx, slow!, at(3_001), effect))
      .catch(asConnectorError);
    expect(refused).toMatchObject({ code: "claim.lost" });
    await settle(quick!, "Processed");
    expect((await rows())[0]).toMatchObject({ state: "Processed", claimed_until: null });
  });

  test("a source that changed while it was worked on stays due, so that the newer version is worked on", async () => {
    await save([seen("SO/1")]);
    const [claim] = await claimDue(opened.db, { ...mine, now: at(2), limit: 1 });
    await save([seen("SO/1", { hash: "two" })], at(3));
    await settle(claim!, "Processed", at(4));
    expect((await rows())[0]).toMatchObject({ state: "Prepared", due_at: at(4) });
  });

  test("released without a verdict, no attempt is counted", async () => {
    await save([seen("SO/1")]);
    const claims = await claimDue(opened.db, { ...mine, now: at(2), limit: 1 });
    await releaseClaims(opened.db, claims, at(60));
    expect((await rows())[0]).toMatchObject({ attempts: 0, due_at: at(60), claimed_until: null });
  });

  test("a refreshed source is written only by the worker that holds the claim", async () => {
    await save([seen("SO/1")]);
    const [claim] = await claimDue(opened.db, { ...mine, now: at(2), limit: 1 });
    const renewed = await opened.db.transaction().execute((tx) => refreshSource(tx, claim!, { newer: true }, "two"));
    await settle(renewed, "Processed");
    expect((await rows())[0]).toMatchObject({ state: "Processed", source: { newer: true } });
  });

  test("the labels of one order are taken together, those not yet due included, those that are done not", async () => {
    const label = (key: string): SeenRecord => seen(key, { kind: "label", parentKey: "SO/1" });
    await save([label("S1"), label("S2"), label("S3"), seen("S4", { kind: "label", parentKey: "SO/2" })]);
    await opened.db
      .updateTable("records")
      .set({ due_at: at(5_000) })
      .where("key", "=", "S2")
      .execute();
    await opened.db.updateTable("records").set({ due_at: null, state: "Processed" }).where("key", "=", "S3").execute();
    const claims = await claimByParents(opened.db, {
      connectionId: "c",
      kind: "label",
      now: at(2),
      parentKeys: ["SO/1"],
    });
    expect(claims.map((claim) => claim.key)).toEqual(["S1", "S2"]);
  });
});

describe("effects", () => {
  const effect = { effectKey: "ss-order:1:v1", planHash: "h", plan: { a: 1 }, quarantineMs: 60_000 };
  const claimOne = async (): Promise<Claim> => {
    await save([seen("SO/1")]);
    return (await claimDue(opened.db, { ...mine, now: at(2), limit: 1 }))[0]!;
  };
  const dispatch = (claim: Claim, now = at(3)): Promise<void> =>
    opened.db.transaction().execute((tx) => dispatchEffect(tx, claim, now, effect));

  const settleAs = (claim: Claim, state: "in_doubt" | "not_done" | "done"): Promise<void> =>
    opened.db.transaction().execute((tx) => settleEffect(tx, claim, effect.effectKey, at(4), state, {}));

  test("a worker that lost its claim settles nothing, not even what it sent itself", async () => {
    const slow = await claimOne();
    await dispatch(slow);
    const [quick] = await claimDue(opened.db, { ...mine, now: at(3_000), limit: 1 });
    expect(await settleAs(slow, "not_done").catch(asConnectorError)).toMatchObject({ code: "claim.lost" });
    expect(await openEffects(opened.db, "c", "order", ["SO/1"])).toHaveLength(1);
    await settleAs(quick!, "done");
    expect(await openEffects(opened.db, "c", "order", ["SO/1"])).toHaveLength(0);
  });

  test("what is settled stays settled until it is dispatched again", async () => {
    const claim = await claimOne();
    await dispatch(claim);
    await settleAs(claim, "done");
    await settleAs(claim, "not_done");
    expect(await findEffect(opened.db, "c", effect.effectKey)).toMatchObject({ state: "done" });
  });

  test("of an order no second version is dispatched while the first is in doubt", async () => {
    const claim = await claimOne();
    await dispatch(claim);
    const newer = { ...effect, effectKey: "ss-order:1:v2", planHash: "newer" };
    const sent = opened.db.transaction().execute((tx) => dispatchEffect(tx, claim, at(5), newer));
    await expect(sent).rejects.toThrow(/still in doubt/);
    expect(await findEffect(opened.db, "c", newer.effectKey)).toBeUndefined();
  });

  test("a worker that lost its claim links nothing and refreshes nothing", async () => {
    const slow = await claimOne();
    await claimDue(opened.db, { ...mine, now: at(3_000), limit: 1 });
    const link = { system: "shipstation" as const, remoteId: "7", sentHash: "h" };
    const linking = opened.db.transaction().execute((tx) => saveLink(tx, slow, at(3_001), link));
    expect(await linking.catch(asConnectorError)).toMatchObject({ code: "claim.lost" });
    const reading = opened.db.transaction().execute((tx) => refreshSource(tx, slow, {}, "two"));
    expect(await reading.catch(asConnectorError)).toMatchObject({ code: "claim.lost" });
    const naming = opened.db.transaction().execute((tx) => expectRemoteKey(tx, slow, "KEY"));
    expect(await naming.catch(asConnectorError)).toMatchObject({ code: "claim.lost" });
    expect(await linksOf(opened.db, "c", "order", ["SO/1"])).toEqual([]);
  });

  test("while one is dispatched or in doubt it is never dispatched again", async () => {
    const claim = await claimOne();
    await dispatch(claim);
    await expect(dispatch(claim)).rejects.toThrow(/still in doubt/);
    await settleAs(claim, "in_doubt");
    await expect(dispatch(claim)).rejects.toThrow(/still in doubt/);
    expect(await openEffects(opened.db, "c", "order", ["SO/1"])).toMatchObject([{ state: "in_doubt", attempt: 1 }]);
  });

  test("once it is known not to be done it may go again, as the next attempt with a new quarantine", async () => {
    const claim = await claimOne();
    await dispatch(claim);
    await settleAs(claim, "not_done");
    await dispatch(claim, at(100));
    const [open] = await openEffects(opened.db, "c", "order", ["SO/1"]);
    expect(open).toMatchObject({ attempt: 2, state: "dispatched", quarantineUntil: at(160) });
    expect(await everDispatched(opened.db, "c", "order", ["SO/1", "SO/2"])).toEqual(new Set(["SO/1"]));
  });
});

test("the audit trail refuses to be changed", async () => {
  await save([seen("SO/1")]);
  await expect(opened.db.deleteFrom("audit").execute()).rejects.toThrow(/append-only/);
  await expect(opened.db.updateTable("audit").set({ event: "x" }).execute()).rejects.toThrow(/append-only/);
});

test("what became of many alike is written at once, but not of one that another worker took or that changed meanwhile", async () => {
  await save([seen("SO/1"), seen("SO/2"), seen("SO/3")]);
  const due = { connectionId: "c", kind: "order" as const, limit: 10 };
  const claims = await claimDue(opened.db, { ...due, now: at(1) });
  await opened.db.updateTable("records").set({ fence: 9 }).where("key", "=", "SO/2").execute();
  await save([seen("SO/3", { hash: "two" })], at(2));
  const before = (await auditEvents()).length;
  await opened.db
    .transaction()
    .execute((tx) => settleAlike(tx, claims, at(3), { state: "Waiting", event: "order.waiting" }, "test"));
  expect(await rows()).toMatchObject([
    { key: "SO/1", state: "Waiting", due_at: null },
    { key: "SO/2", state: "Prepared", fence: 9 },
    { key: "SO/3", state: "Prepared", due_at: at(3) },
  ]);
  expect((await auditEvents()).slice(before)).toEqual(["order.waiting", "order.waiting"]);
});

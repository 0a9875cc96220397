import { createHash } from "node:crypto";
import { appendAudit } from "../../src/ledger/audit.ts";
import { moveCursor } from "../../src/ledger/cursors.ts";
import { ringDoorbell } from "../../src/ledger/doorbells.ts";
import { dispatchEffect, settleEffect } from "../../src/ledger/effects.ts";
import { saveLink } from "../../src/ledger/links.ts";
import { claimDue, saveSeen, settleRecord, type Claim } from "../../src/ledger/records.ts";
import type { Db } from "../../src/ledger/schema.ts";
import type { Random } from "../../src/lib/random.ts";
import { readWholeDatabase } from "../support/whole-database.ts";

const connectionId = "demo";

/** One transaction of the ledger's own, as the flows make them. */
type Step = (db: Db) => Promise<unknown>;

/** The connection everything belongs to. */
export async function makeConnection(db: Db): Promise<void> {
  const at = new Date("2026-03-02T08:00:00Z");
  await db
    .insertInto("connections")
    .values({
      ...{ id: connectionId, name: "demo", state: "active", stop_code: null, stop_text: null, settings: "{}" },
      ...{ hook_token_hash: null, created_at: at, updated_at: at },
    })
    .execute();
}

/** An endless stream of work: orders seen, effects dispatched and settled, cursors moved, bells rung, everything audited. */
export function* ledgerWork(random: Random): Generator<Step> {
  let second = 0;
  let orders = 0;
  const dispatched: Claim[] = [];
  for (;;) {
    second += 1;
    const now = new Date(Date.UTC(2026, 2, 2, 8, 0, second));
    const choice = random.next();
    if (choice < 0.3) {
      const keys = Array.from({ length: 1 + Math.floor(random.next() * 40) }, () => `SO${String((orders += 1))}`);
      const padding = "x".repeat(Math.floor(random.next() * 2_000));
      yield (db) => seeOrders(db, now, keys, padding);
    } else if (choice < 0.6) {
      yield async (db) => dispatched.push(...(await dispatch(db, now, 1 + Math.floor(random.next() * 5))));
    } else if (choice < 0.85) {
      const claims = dispatched.splice(0, 1 + Math.floor(random.next() * 3));
      yield (db) => settle(db, now, claims);
    } else if (choice < 0.95) {
      yield (db) => ringDoorbell(db, { connectionId, stream: "shipments", flow: "shipments-back", now, gapMs: 10_000 });
    } else {
      yield (db) => appendAudit(db, now, "operator", [{ connectionId: undefined, event: "settings.changed" }]);
    }
  }
}

async function seeOrders(db: Db, now: Date, keys: readonly string[], padding: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const seen = keys.map((key) => {
      const base = { kind: "order", key, source: { key, padding }, hash: `${key}-1`, search: key } as const;
      return { ...base, state: "Prepared" as const };
    });
    await saveSeen(tx, connectionId, now, seen, "orders-out");
    await moveCursor(tx, connectionId, "orders", now, now, keys.length);
  });
}

async function dispatch(db: Db, now: Date, limit: number): Promise<Claim[]> {
  return db.transaction().execute(async (tx) => {
    const claims = await claimDue(tx, { connectionId, kind: "order", now, limit });
    for (const claim of claims) {
      const plan = { order: claim.key };
      const effect = { effectKey: `ss-order:${claim.key}:v1`, planHash: claim.hash, plan, quarantineMs: 900_000 };
      await dispatchEffect(tx, claim, now, effect);
    }
    return claims;
  });
}

async function settle(db: Db, now: Date, claims: readonly Claim[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const claim of claims) {
      await settleEffect(tx, claim, `ss-order:${claim.key}:v1`, now, "done", { read: claim.key });
      await saveLink(tx, claim, now, { system: "shipstation", remoteId: `9${claim.key}`, sentHash: claim.hash });
      await settleRecord(tx, claim, now, { state: "Processed", event: "order.pushed" }, "orders-out");
    }
  });
}

/** Everything the ledger holds, as one line. */
export async function digest(db: Db): Promise<string> {
  const hash = createHash("sha256");
  for (const [table, rows] of await readWholeDatabase(db)) hash.update(JSON.stringify([table, rows.toSorted()]));
  return hash.digest("hex");
}

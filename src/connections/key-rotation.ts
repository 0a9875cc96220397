import type { KeyObject } from "node:crypto";
import { appendAudit } from "../ledger/audit.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";
import { dataKeyPlace, sameCheck, wrappingOf, wrongKey, type Wrapping } from "./master-key-check.ts";
import { keyIdsOf, open, seal } from "./sealing.ts";

export interface KeyRotation {
  /** Connections whose data keys were re-wrapped by this run. */
  rewrapped: string[];
  /** Connections in all. */
  connections: number;
  /** Nothing was left to do: an earlier run had finished. */
  wasDone: boolean;
}

interface Ports {
  db: Db;
  current: KeyObject;
  next: KeyObject;
  clock: Clock;
  random: Random;
  /** Throws when another process works on this database. */
  expectAlone?: () => Promise<void>;
  /** After each connection, once it is durable. */
  onConnection?: (connectionId: string) => void;
}

const actor = "operator";

/**
 * Re-wraps every connection's data keys under a new master key, one transaction each (failures T8). Secrets stay as they are: they are sealed
 * by data keys. From the first to the last moment the database remembers both keys' checks, so that nothing else starts on
 * it, and a run that was interrupted is taken up by the next one, which may also lead back to the old key. The service
 * must be stopped. Throws ConnectorError `connection.secret-unreadable` when a key is not the right one.
 */
export async function rotateMasterKey(ports: Ports): Promise<KeyRotation> {
  const { db } = ports;
  const [from, to] = [wrappingOf(ports.current), wrappingOf(ports.next)];
  // The ids in the blobs tell which key is which; one pair of keys in 65,536 shares an id.
  if (from.kekId === to.kekId)
    throw wrongKey("The new key is the current one, or cannot be told from it. Make another.");
  const ids = await connectionIds(db);
  if (await isUnder(db, to)) return { rewrapped: [], connections: ids.length, wasDone: true };
  await expectKeys(db, from, to);
  // All must open before any is changed: a rotation that cannot be finished must not be begun.
  for (const id of ids) {
    for (const { bytes } of await db.transaction().execute((tx) => dataKeys(tx, id, from, to))) bytes.fill(0);
  }
  await ports.expectAlone?.();
  await begin(db, from, to);
  // From here on nothing can start; what started since the look before is seen by this one, and nothing is changed yet.
  await ports.expectAlone?.();
  const rewrapped: string[] = [];
  for (const id of ids) {
    const isChanged = await db.transaction().execute((tx) => rewrap(tx, id, { ...ports, from, to }));
    if (isChanged) rewrapped.push(id);
    if (isChanged) ports.onConnection?.(id);
  }
  await finish(ports, from, to);
  return { rewrapped, connections: ids.length, wasDone: false };
}

async function connectionIds(db: Db): Promise<string[]> {
  const rows = await db.selectFrom("vault_keys").select("connection_id").distinct().orderBy("connection_id").execute();
  return rows.map((row) => row.connection_id);
}

const readChecks = (db: Db | Tx) =>
  db.selectFrom("vault_checks").select(["check_value", "next_check_value"]).executeTakeFirst();

async function isUnder(db: Db, { check }: Wrapping): Promise<boolean> {
  const stored = await readChecks(db);
  return stored?.next_check_value === null && sameCheck(stored.check_value, check);
}

/** The current key is the database's, or both are those of a rotation under way, in either direction. */
async function expectKeys(db: Db | Tx, from: Wrapping, to: Wrapping): Promise<void> {
  const stored = await readChecks(db);
  if (!stored) throw wrongKey("This database holds no credentials yet: there is nothing to rotate.");
  const { check_value: check, next_check_value: next } = stored;
  if (next === null) {
    if (!sameCheck(check, from.check)) throw wrongKey("The current key is not the one of this database.");
    return;
  }
  const isSame = sameCheck(check, from.check) && sameCheck(next, to.check);
  const isReverse = sameCheck(check, to.check) && sameCheck(next, from.check);
  if (!isSame && !isReverse) {
    throw wrongKey("A rotation between two other keys was interrupted; give those two.");
  }
}

async function begin(db: Db, from: Wrapping, to: Wrapping): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom("vault_checks").select("id").forUpdate().execute();
    await expectKeys(tx, from, to);
    await tx.updateTable("vault_checks").set({ check_value: from.check, next_check_value: to.check }).execute();
  });
}

/** The opened data keys that are still under `from`. Throws if one opens under neither key. */
async function dataKeys(tx: Tx, connectionId: string, from: Wrapping, to: Wrapping) {
  const rows = await tx
    .selectFrom("vault_keys")
    .select(["dek_id", "wrapped"])
    .where("connection_id", "=", connectionId)
    .orderBy("dek_id")
    .forUpdate()
    .execute();
  return rows.flatMap(({ dek_id: dekId, wrapped }) => {
    try {
      const isNew = keyIdsOf(wrapped).kekId === to.kekId;
      const bytes = open(isNew ? to.key : from.key, dataKeyPlace(connectionId), wrapped);
      return isNew ? [] : [{ dekId, bytes }];
    } catch (cause) {
      throw new ConnectorError("connection.secret-unreadable", {
        message: `The data key of connection ${connectionId} opens with neither key. Remove that connection first, or restore a backup.`,
        cause,
      });
    }
  });
}

async function rewrap(
  tx: Tx,
  connectionId: string,
  { from, to, clock, random }: Ports & { from: Wrapping; to: Wrapping },
): Promise<boolean> {
  const left = await dataKeys(tx, connectionId, from, to);
  for (const { dekId, bytes } of left) {
    const wrapped = seal(to.key, { kekId: to.kekId, dekId }, dataKeyPlace(connectionId), bytes, random);
    bytes.fill(0);
    await tx
      .updateTable("vault_keys")
      .set({ wrapped })
      .where("connection_id", "=", connectionId)
      .where("dek_id", "=", dekId)
      .execute();
  }
  if (left.length === 0) return false;
  const detail = { from: from.kekId, to: to.kekId };
  await appendAudit(tx, new Date(clock.now()), actor, [{ connectionId, event: "key.rotated", detail }]);
  return true;
}

/** From here on the new key alone is right. */
async function finish({ db, clock }: Ports, from: Wrapping, to: Wrapping): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable("vault_checks").set({ check_value: to.check, next_check_value: null }).execute();
    const rows = await tx.selectFrom("vault_keys").select("wrapped").execute();
    if (rows.some(({ wrapped }) => keyIdsOf(wrapped).kekId !== to.kekId)) {
      throw wrongKey("A connection was added while its keys were rotated. Stop the service and run this again.");
    }
    const detail = { from: from.kekId, to: to.kekId, keys: rows.length };
    await appendAudit(tx, new Date(clock.now()), actor, [
      { connectionId: undefined, event: "master-key.rotated", detail },
    ]);
  });
}

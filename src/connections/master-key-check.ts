import { createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import { deriveKey, type Place } from "./sealing.ts";

/** What the vault makes of a master key. */
export interface Wrapping {
  /** Wraps data keys. */
  key: KeyObject;
  /** Two bytes of their own derivation: they tell keys apart, and tell nothing about them. */
  kekId: number;
  /** What only this master key answers; kept in the database. */
  check: string;
}

export function wrappingOf(masterKey: KeyObject): Wrapping {
  return {
    key: createSecretKey(deriveKey(masterKey, "wrap-data-keys")),
    kekId: deriveKey(masterKey, "key-id", 2).readUInt16BE(),
    check: deriveKey(masterKey, "key-check").toString("base64url"),
  };
}

/** A wrapped data key is bound to its connection alone: addresses change, and its secrets are bound to them already. */
export const dataKeyPlace = (connectionId: string): Place => ({ connectionId, field: "data-key", address: "" });

/**
 * Compares with the value stored at the first start, which only the same key can produce. Throws ConnectorError
 * `connection.secret-unreadable` for another key, and while a rotation is not finished.
 */
export async function checkMasterKey(db: Db | Tx, { check }: Wrapping, clock: Clock): Promise<void> {
  // Two processes may start for the first time at once: one row wins, and both compare with it.
  await db
    .insertInto("vault_checks")
    .values({ id: 1, check_value: check, created_at: new Date(clock.now()) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db
    .selectFrom("vault_checks")
    .select(["check_value", "next_check_value"])
    .executeTakeFirstOrThrow();
  if (stored.next_check_value !== null) {
    throw wrongKey(
      "A rotation of the master key was interrupted: some credentials are under the old key, some under the new one. " +
        "Run `keys rotate` again with the same two keys.",
    );
  }
  if (!sameCheck(stored.check_value, check)) {
    throw wrongKey(
      "The master key is not the one that this database's credentials were sealed with. Nothing was written. " +
        "Give the right ML_MASTER_KEY or ML_MASTER_KEY_FILE.",
    );
  }
}

export function sameCheck(one: string | null, other: string): boolean {
  const [left, right] = [Buffer.from(one ?? "", "base64url"), Buffer.from(other, "base64url")];
  return left.length === right.length && timingSafeEqual(left, right);
}

export const wrongKey = (message: string): ConnectorError =>
  new ConnectorError("connection.secret-unreadable", { message });

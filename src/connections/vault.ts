import { createSecretKey, type KeyObject } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import { checkMasterKey, dataKeyPlace, wrappingOf } from "./master-key-check.ts";
import { keyIdsOf, open, seal, unreadable, type Place } from "./sealing.ts";

/** Secrets at rest: a random data key per connection, wrapped by the master key, which never touches the database. */
export interface Vault {
  /** A connection's first data key, in the transaction that makes the connection. */
  addDataKey(tx: Tx, connectionId: string): Promise<void>;
  /** Seals a text for its place and stores it, in place of the one before. */
  put(tx: Tx, place: Place, plaintext: string): Promise<void>;
  remove(tx: Tx, place: Place): Promise<void>;
  /** Throws ConnectorError `connection.secret-unreadable` when it is missing, altered, moved, or bound to another address. */
  get(db: Db | Tx, place: Place): Promise<string>;
}

/** The first data key of a connection; a rotation takes the next number. */
const firstDataKey = 1;
const dataKeyBytes = 32;

/**
 * Opens the vault. Throws ConnectorError `connection.secret-unreadable` when this database was sealed with another master key:
 * the program must not start with a wrong key and write with it.
 */
export async function openVault(ports: { db: Db; masterKey: KeyObject; clock: Clock; random: Random }): Promise<Vault> {
  const { db: ledger, masterKey, clock, random } = ports;
  const wrapping = wrappingOf(masterKey);
  const { key: wrappingKey, kekId } = wrapping;
  await checkMasterKey(ledger, wrapping, clock);

  /** Data keys by their wrapped text: a connection that was removed and made again never meets its old key. */
  const opened = new Map<string, KeyObject>();
  function unwrap(connectionId: string, wrapped: string): KeyObject {
    const known = opened.get(wrapped);
    if (known) return known;
    if (keyIdsOf(wrapped).kekId !== kekId) throw unreadable();
    const bytes = open(wrappingKey, dataKeyPlace(connectionId), wrapped);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    if (opened.size >= keptDataKeys) opened.clear();
    opened.set(wrapped, key);
    return key;
  }

  async function newestDataKey(db: Db | Tx, connectionId: string): Promise<{ key: KeyObject; dekId: number }> {
    const row = await db
      .selectFrom("vault_keys")
      .select(["dek_id", "wrapped"])
      .where("connection_id", "=", connectionId)
      .orderBy("dek_id", "desc")
      .limit(1)
      .executeTakeFirst();
    if (!row) throw unreadable();
    return { key: unwrap(connectionId, row.wrapped), dekId: row.dek_id };
  }

  return {
    addDataKey: async (tx, connectionId) => {
      const bytes = Buffer.from(random.bytes(dataKeyBytes));
      const ids = { kekId, dekId: firstDataKey };
      const wrapped = seal(wrappingKey, ids, dataKeyPlace(connectionId), bytes, random);
      bytes.fill(0);
      const created_at = new Date(clock.now());
      await tx
        .insertInto("vault_keys")
        .values({ connection_id: connectionId, dek_id: firstDataKey, wrapped, created_at })
        .execute();
    },

    put: async (tx, place, plaintext) => {
      const { key, dekId } = await newestDataKey(tx, place.connectionId);
      const sealed = seal(key, { kekId, dekId }, place, Buffer.from(plaintext, "utf8"), random);
      const updated_at = new Date(clock.now());
      await tx
        .insertInto("secrets")
        .values({ connection_id: place.connectionId, field: place.field, sealed, updated_at })
        .onConflict((conflict) => conflict.columns(["connection_id", "field"]).doUpdateSet({ sealed, updated_at }))
        .execute();
    },

    remove: async (tx, { connectionId, field }) => {
      await tx.deleteFrom("secrets").where("connection_id", "=", connectionId).where("field", "=", field).execute();
    },

    get: async (db, place) => {
      const rows = await db
        .selectFrom("secrets")
        .innerJoin("vault_keys", "vault_keys.connection_id", "secrets.connection_id")
        .select(["sealed", "dek_id", "wrapped"])
        .where("secrets.connection_id", "=", place.connectionId)
        .where("field", "=", place.field)
        .execute();
      const row = rows.find(({ sealed, dek_id }) => keyIdsOf(sealed).dekId === dek_id);
      if (!row) throw unreadable();
      const bytes = open(unwrap(place.connectionId, row.wrapped), place, row.sealed);
      const text = bytes.toString("utf8");
      bytes.fill(0);
      return text;
    },
  };
}

/** For what is missing or altered there may be a way on without it; a database that is away tells nothing of the kind. */
export function noneIfUnreadable(thrown: unknown): undefined {
  if (thrown instanceof ConnectorError && thrown.code === "connection.secret-unreadable") return undefined;
  throw thrown;
}

/** Unwrapped data keys kept in memory. */
const keptDataKeys = 2_000;

import { createHash, timingSafeEqual } from "node:crypto";
import { appendAudit } from "../ledger/audit.ts";
import type { Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Place } from "./sealing.ts";
import type { Vault } from "./vault.ts";

/** What an Acumatica admin types into a push notification's destination: the end of its address, and the value of its one header. */
export interface PushBell {
  token: string;
  key: string;
}

/** Acumatica's push notifications of a connection, which ring and say nothing else (facts: acumatica 6.1). */
export interface PushBells {
  /** The connection's bell; made when it is first asked for. */
  show(connectionId: string, actor: string): Promise<PushBell>;
  /** A new one; from now on the one before rings nothing. */
  renew(connectionId: string, actor: string): Promise<PushBell>;
  /** Whose bell rings: the token and the key must both be right. */
  find(token: string, key: string): Promise<{ id: string } | undefined>;
}

/** The one header that a push destination may have; nothing else authenticates it (facts: acumatica 6.1). */
export const pushHeader = "X-Doorbell-Key";

const secretBytes = 32;
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
/** Compared with when there is no such token, so that a wrong token takes as long as a wrong key. */
const nobodysHash = hashOf("");
const placeOf = (connectionId: string, field: "push.token" | "push.key"): Place => ({
  ...{ connectionId, field, address: "" },
});

export function createPushBells(deps: { db: Db; vault: Vault; clock: Clock; random: Random }): PushBells {
  const { db, vault, clock, random } = deps;
  const newSecret = (): string => Buffer.from(random.bytes(secretBytes)).toString("base64url");

  async function keep(tx: Tx, id: string, bell: PushBell, event: string, actor: string): Promise<void> {
    await vault.put(tx, placeOf(id, "push.token"), bell.token);
    await vault.put(tx, placeOf(id, "push.key"), bell.key);
    await appendAudit(tx, new Date(clock.now()), actor, [{ connectionId: id, event }]);
  }

  return {
    show: (id, actor) =>
      db.transaction().execute(async (tx) => {
        const bell = { token: newSecret(), key: newSecret() };
        const made = await tx
          .insertInto("push_bells")
          .values(rowOf(id, bell, new Date(clock.now())))
          .onConflict((conflict) => conflict.column("connection_id").doNothing())
          .returning("connection_id")
          .executeTakeFirst();
        if (!made) {
          return {
            token: await vault.get(tx, placeOf(id, "push.token")),
            key: await vault.get(tx, placeOf(id, "push.key")),
          };
        }
        await keep(tx, id, bell, "push.made", actor);
        return bell;
      }),

    renew: (id, actor) =>
      db.transaction().execute(async (tx) => {
        const bell = { token: newSecret(), key: newSecret() };
        const { token_hash, key_hash, made_at, connection_id } = rowOf(id, bell, new Date(clock.now()));
        await tx
          .insertInto("push_bells")
          .values({ connection_id, token_hash, key_hash, made_at })
          .onConflict((conflict) => conflict.column("connection_id").doUpdateSet({ token_hash, key_hash, made_at }))
          .execute();
        await keep(tx, id, bell, "push.renewed", actor);
        return bell;
      }),

    find: async (token, key) => {
      const row = await db
        .selectFrom("push_bells")
        .select(["connection_id", "key_hash"])
        .where("token_hash", "=", hashOf(token))
        .executeTakeFirst();
      const isKey = timingSafeEqual(Buffer.from(hashOf(key)), Buffer.from(row?.key_hash ?? nobodysHash));
      return row && isKey ? { id: row.connection_id } : undefined;
    },
  };
}

const rowOf = (connection_id: string, { token, key }: PushBell, made_at: Date) => ({
  ...{ connection_id, token_hash: hashOf(token), key_hash: hashOf(key), made_at },
});

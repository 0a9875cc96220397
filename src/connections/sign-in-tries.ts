import { sql } from "kysely";
import type { Db, Tx } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";

/** Wrong credentials are tried this often in all, because Acumatica locks accounts (failures I13). */
const mostTries = 3;

/**
 * Counts a connection's sign-ins over all processes and restarts. A try counts from before it is sent until its answer shows
 * that it was no refusal, so that a process that dies in between cannot try for ever. One whose answer is lost or unclear is kept apart:
 * while a site is away nobody is locked out, but with the first refusal all of them count.
 */
export interface SignInTries {
  /** Before credentials are sent. Throws ConnectorError `acumatica.credentials` when they were tried often enough: send nothing. */
  take(): Promise<void>;
  /** They were accepted: all earlier tries are forgotten. */
  accepted(): Promise<void>;
  /** They were refused. */
  refused(error: ConnectorError): Promise<void>;
  /** Neither: the answer was about something else; or it is unclear, and may have been a refusal. */
  undecided(isUnclear: boolean): Promise<void>;
}

export function createSignInTries(db: Db, clock: Clock, connectionId: string): SignInTries {
  const own = () => db.updateTable("sign_in_tries").where("connection_id", "=", connectionId);
  return {
    take: async () => {
      const at = new Date(clock.now());
      const { rows } = await sql<{ tries: number }>`
        insert into sign_in_tries (connection_id, tries, tried_at) values (${connectionId}, 1, ${at})
        on conflict (connection_id) do update set tries = sign_in_tries.tries + 1, tried_at = ${at}
          where sign_in_tries.tries < ${mostTries}
        returning tries`.execute(db);
      if (rows.length === 0) throw await triedEnough(db, connectionId);
    },
    accepted: async () => {
      await forgetTries(db, connectionId);
    },
    refused: async ({ code, message }) => {
      await own()
        .set((row) => ({
          tries: sql<number>`${row.ref("tries")} + ${row.ref("unclear")}`,
          unclear: 0,
          refusal_code: code,
          refusal_text: message,
        }))
        .execute();
    },
    undecided: async (isUnclear) => {
      // Credentials that are known to be wrong are as wrong when nobody sees the answer.
      const counted = isUnclear ? own().where("refusal_code", "is", null) : own();
      await counted
        .set((row) => ({
          tries: sql<number>`greatest(0, ${row.ref("tries")} - 1)`,
          ...(isUnclear && { unclear: sql<number>`${row.ref("unclear")} + 1` }),
        }))
        .execute();
    },
  };
}

async function triedEnough(db: Db, connectionId: string): Promise<ConnectorError> {
  const row = await db
    .selectFrom("sign_in_tries")
    .select("refusal_text")
    .where("connection_id", "=", connectionId)
    .executeTakeFirst();
  const said = row?.refusal_text ?? "The answers to the last sign-ins were never seen.";
  return new ConnectorError("acumatica.credentials", {
    message: `${said} Tried ${mostTries} times in all; nothing is sent any more, because another wrong try could lock the account.`,
  });
}

/** After new credentials, a sign-in that worked, or a person's word. False if nothing was counted. */
export async function forgetTries(db: Db | Tx, connectionId: string): Promise<boolean> {
  const row = await db
    .deleteFrom("sign_in_tries")
    .where("connection_id", "=", connectionId)
    .returning("tries")
    .executeTakeFirst();
  return row !== undefined;
}

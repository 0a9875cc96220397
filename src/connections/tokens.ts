import { randomUUID } from "node:crypto";
import { sql, type Selectable } from "kysely";
import type { Application, Grant, RequestTokens, Tokens } from "../acumatica/oauth.ts";
import { tried, type Tries } from "../acumatica/session.ts";
import type { TokenSource } from "../acumatica/token-session.ts";
import type { Database, Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { authorisationOf } from "./authorisation.ts";
import type { Connection } from "./connection.ts";
import { outdate } from "./erp-turn.ts";
import { secretPlace } from "./places.ts";
import type { Credentials } from "./store.ts";
import { noneIfUnreadable, type Vault } from "./vault.ts";

/** A token is not used to its last moment: clocks differ, and requests take their time. */
const marginMs = 120_000;
/** Longer than a request for tokens may take (60 s). */
const leaseSeconds = 90;
/** How long to wait for another process that is asking for tokens. */
const patienceMs = 75_000;
const lookEveryMs = 250;
/** With a request of a minute before them, still within the lease. */
const storeTries = 6;
const storeAgainMs = 4_000;

export interface TokenPorts {
  db: Db;
  vault: Vault;
  clock: Clock;
  log: Log;
  credentials: Pick<Credentials, "acumatica" | "application">;
  request: RequestTokens;
  /** Gives back the session of an access token; never throws. */
  signOut: (accessToken: string) => Promise<void>;
  tries: Tries;
}

type Row = Selectable<Database["authorisations"]>;

/**
 * The access tokens of a connection, shared by all its processes. New ones are asked for by one process at a time, and are stored before
 * they are used: the old refresh token is worth nothing from the moment the new one was made (facts: acumatica 1.3; failures 3.3).
 */
export function createTokenSource(connection: Connection, ports: TokenPorts): TokenSource {
  const { db, vault, clock } = ports;
  const holder = randomUUID();

  async function stored(refused: string | undefined) {
    const row = await rowOf(db, connection.id);
    if (!row || row.version === 0 || row.ended_at || !row.access_until) return undefined;
    const goodUntil = row.access_until.getTime() - marginOf(row.access_until, row.refreshed_at);
    if (clock.now() >= goodUntil) return undefined;
    const token = await vault.get(db, secretPlace(connection, "accessToken"));
    return token === refused ? undefined : { token, goodUntil };
  }

  return {
    access: async (refused) => {
      const patientUntil = clock.now() + patienceMs;
      for (;;) {
        const known = await stored(refused);
        if (known) return known;
        if (await takeLease(db, connection.id, holder)) {
          try {
            // What another process fetched in the meantime is as good.
            if (!(await stored(refused))) await fetchTokens(connection, ports);
          } finally {
            await freeLease(db, connection.id, holder);
          }
        } else if (clock.now() >= patientUntil) {
          throw new ConnectorError("acumatica.session-lost", {
            message: "Another process has been asking Acumatica for tokens for more than a minute.",
          });
        } else {
          await clock.sleep(lookEveryMs);
        }
      }
    },
  };
}

/** A site whose tokens are short would else be asked for new ones without end. */
const marginOf = (until: Date, since: Date | null): number =>
  since ? Math.min(marginMs, (until.getTime() - since.getTime()) / 2) : marginMs;

const rowOf = (db: Db, connectionId: string): Promise<Row | undefined> =>
  db.selectFrom("authorisations").selectAll().where("connection_id", "=", connectionId).executeTakeFirst();

/** One call for new tokens: by the refresh token; without a good one by the password, where there is one. */
async function fetchTokens(connection: Connection, ports: TokenPorts): Promise<void> {
  const { db, vault, clock, log } = ports;
  const row = await rowOf(db, connection.id);
  const version = row?.version ?? 0;
  const hasPassword = connection.settings.signIn.kind === "oauth-password";
  if (version > 0 && !row?.ended_at) {
    const refreshToken = await vault.get(db, secretPlace(connection, "refreshToken")).catch(noneIfUnreadable);
    if (refreshToken !== undefined) {
      try {
        await ask(ports, { kind: "refresh", refreshToken }, (tokens) =>
          // The old refresh token is worth nothing any more. What was stored after all has another version by now.
          surely(clock, () => storeTokens(connection, ports, tokens, { version, authorisedBy: undefined })),
        );
        warnInTime(connection, ports, await rowOf(db, connection.id));
        return;
      } catch (thrown) {
        const error = asConnectorError(thrown);
        if (error.code !== "acumatica.authorise-again") throw thrown;
        // Another process may have put a newer one there, if this one was slow.
        if ((await rowOf(db, connection.id))?.version !== version) return;
        if (!hasPassword) {
          await endAuthorisation(connection, ports, version);
          throw thrown;
        }
        log.warn({ connection: connection.id }, "the refresh token is not good any more; signing in with the password");
      }
    }
  }
  if (!hasPassword) throw notAuthorised(row);
  const grant: Grant = { kind: "password", ...(await ports.credentials.acumatica()) };
  await ask(ports, grant, async (tokens) => {
    await endSession(connection, ports);
    await storeTokens(connection, ports, tokens, { version, authorisedBy: connection.username });
  });
}

/**
 * In a turn, before a new chain begins: gives back the session of the one before. Where nobody can tell whether there is one, it is
 * left to end by itself.
 */
export async function endSession(
  connection: Connection,
  { db, vault, clock, signOut }: Pick<TokenPorts, "db" | "vault" | "clock" | "signOut">,
): Promise<void> {
  const row = await rowOf(db, connection.id);
  if (!row?.access_until || row.access_until.getTime() <= clock.now()) return;
  const token = await vault.get(db, secretPlace(connection, "accessToken")).catch(noneIfUnreadable);
  if (token !== undefined) await signOut(token);
}

/** What came is kept before the try is counted: a database that is away just then costs no tokens. */
async function ask(ports: TokenPorts, grant: Grant, keep: (tokens: Tokens) => Promise<void>): Promise<void> {
  const application: Application = await ports.credentials.application();
  await tried(ports.tries, async () => keep(await ports.request(application, grant)));
}

/**
 * Keeps what cannot be had again: a database that is away for a moment shall not cost a person's consent. The last commit may have been
 * carried out after all: `keep` must bear to be done twice.
 */
export async function surely(clock: Clock, keep: () => Promise<unknown>): Promise<void> {
  for (let left = storeTries - 1; ; left--) {
    try {
      await keep();
      return;
    } catch (thrown) {
      if (left === 0 || asConnectorError(thrown).code !== "database.unavailable") throw thrown;
      await clock.sleep(storeAgainMs);
    }
  }
}

/**
 * Stores a pair of tokens in the place of the pair of that version. False if there is another one by now: then that one counts.
 * With `authorisedBy` a new chain begins, with a session of its own: from their next turn on all use that one.
 */
export async function storeTokens(
  connection: Connection,
  { db, vault, clock }: Pick<TokenPorts, "db" | "vault" | "clock">,
  tokens: Tokens,
  by: { version: number; authorisedBy: string | undefined },
): Promise<boolean> {
  const at = new Date(clock.now());
  return await db.transaction().execute(async (tx) => {
    await tx
      .insertInto("authorisations")
      .values({ connection_id: connection.id, version: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const isNewChain = by.authorisedBy !== undefined;
    const row = await tx
      .updateTable("authorisations")
      .set({
        version: by.version + 1,
        refreshed_at: at,
        access_until: new Date(at.getTime() + tokens.livesMs),
        ended_at: null,
        ...(isNewChain ? { authorised_at: at, authorised_by: by.authorisedBy ?? null } : {}),
      })
      .where("connection_id", "=", connection.id)
      .where("version", "=", by.version)
      .returning("version")
      .executeTakeFirst();
    if (!row) return false;
    await vault.put(tx, secretPlace(connection, "accessToken"), tokens.accessToken);
    const refresh = secretPlace(connection, "refreshToken");
    if (tokens.refreshToken !== undefined) await vault.put(tx, refresh, tokens.refreshToken);
    else if (isNewChain) await vault.remove(tx, refresh);
    if (isNewChain) await outdate(tx, connection.id);
    return true;
  });
}

async function endAuthorisation(connection: Connection, { db, clock }: TokenPorts, version: number): Promise<void> {
  await db
    .updateTable("authorisations")
    .set({ ended_at: new Date(clock.now()) })
    .where("connection_id", "=", connection.id)
    .where("version", "=", version)
    .execute();
}

const notAuthorised = (row: Row | undefined): ConnectorError =>
  new ConnectorError("acumatica.authorise-again", {
    message: row?.ended_at
      ? "The consent has ended or was withdrawn."
      : "Nobody has authorised this connection in Acumatica yet.",
  });

function warnInTime(connection: Connection, { clock, log }: TokenPorts, row: Row | undefined): void {
  const { state, endsAt } = authorisationOf(connection, row, clock.now());
  if (state !== "ends-soon") return;
  log.warn(
    { connection: connection.id, endsAt: endsAt?.toISOString() },
    "Acumatica's consent ends soon; authorise again",
  );
}

/** By the server's own clock: it holds between processes whose clocks differ, and frees what a dead process has held. */
async function takeLease(db: Db, connectionId: string, holder: string): Promise<boolean> {
  const { rows } = await sql`
    insert into authorisations (connection_id, version, lease_holder, lease_until)
    values (${connectionId}, 0, ${holder}, clock_timestamp() + make_interval(secs => ${leaseSeconds}))
    on conflict (connection_id) do update
      set lease_holder = excluded.lease_holder, lease_until = excluded.lease_until
      where authorisations.lease_until is null or authorisations.lease_until < clock_timestamp()
    returning connection_id`.execute(db);
  return rows.length > 0;
}

async function freeLease(db: Db, connectionId: string, holder: string): Promise<void> {
  await sql`update authorisations set lease_holder = null, lease_until = null
    where connection_id = ${connectionId} and lease_holder = ${holder}`.execute(db);
}

import { createHash } from "node:crypto";
import { authorizeUrl, type RequestTokens, type Tokens } from "../acumatica/oauth.ts";
import { tried, type Tries } from "../acumatica/session.ts";
import type { SharedSession } from "../acumatica/shared-session.ts";
import { appendAudit } from "../ledger/audit.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionStore } from "./store.ts";
import { endSession, storeTokens, surely } from "./tokens.ts";
import type { Vault } from "./vault.ts";

/** How long a person may take in Acumatica's pages. */
const openMs = 15 * 60_000;
const stateBytes = 32;
/** Longer than the turn of a process that has died (`erp-turn.ts`); a person is waiting in the browser. */
const turnPatienceMs = 35_000;

export interface AuthorisingPorts {
  db: Db;
  vault: Vault;
  clock: Clock;
  random: Random;
  store: ConnectionStore;
  /** The address that Acumatica sends the browser back to; it must be listed with the connected application. */
  redirectUri: string;
  tries: (connectionId: string) => Tries;
  request: (connection: Connection) => RequestTokens;
  /** The connection's session, for one turn in it. */
  session: (connection: Connection) => SharedSession;
  signOut: (connection: Connection) => (accessToken: string) => Promise<void>;
}

/** What Acumatica sends back with the browser. */
export interface Returned {
  state: string | undefined;
  code: string | undefined;
  error: string | undefined;
}

/** A person's consent, from the first click to the sealed tokens. */
export interface Authorising {
  /** Where to give it; good for 15 minutes and once. Throws ConnectorError `connection.invalid` where no consent is wanted. */
  start(connection: Connection, actor: string): Promise<{ url: string; expiresAt: Date }>;
  /**
   * Takes what the browser brought back. `signedIn` is who is signed in to the console in that browser: what a user has begun, only they can
   * end. Throws ConnectorError, `acumatica.authorise-again` for whatever is not a consent that was asked for.
   */
  complete(returned: Returned, signedIn: string | undefined): Promise<Connection>;
}

/** Begun by a command: whoever has its address may end it, in any browser. */
const operator = "operator";

const hashOf = (state: string): string => createHash("sha256").update(state).digest("hex");

export function createAuthorising(ports: AuthorisingPorts): Authorising {
  const { db, vault, clock, random, redirectUri } = ports;
  const now = (): Date => new Date(clock.now());

  /** Once: it is gone whether it was good or not. */
  async function take(state: string | undefined, signedIn: string | undefined) {
    const request =
      state === undefined
        ? undefined
        : await db
            .deleteFrom("authorisation_requests")
            .where("state_hash", "=", hashOf(state))
            .returning(["connection_id", "actor", "expires_at"])
            .executeTakeFirst();
    if (!request) throw refused("This consent was not asked for, or was used already.");
    if (request.expires_at.getTime() <= clock.now()) throw refused("This consent took too long.");
    if (request.actor !== operator && request.actor !== signedIn) {
      throw refused("Another user has begun this, or nobody is signed in to the console in this browser.");
    }
    return request;
  }

  async function store(connection: Connection, tokens: Tokens, authorisedBy: string): Promise<void> {
    for (;;) {
      const row = await db
        .selectFrom("authorisations")
        .select("version")
        .where("connection_id", "=", connection.id)
        .executeTakeFirst();
      // A refresh that comes in between has lost: the new consent counts.
      if (await storeTokens(connection, ports, tokens, { version: row?.version ?? 0, authorisedBy })) return;
    }
  }

  /**
   * The new consent's session takes the place of the former one's between two turns. A consent is worth more than that: where others do
   * not give up their turn in time, it is stored all the same, and they learn of it in their next one.
   */
  async function begin(connection: Connection, tokens: Tokens, actor: string): Promise<void> {
    const session = ports.session(connection);
    const replace = async (): Promise<void> => {
      await endSession(connection, { db, vault, clock, signOut: ports.signOut(connection) });
      await store(connection, tokens, actor);
    };
    try {
      await session.alone(replace, turnPatienceMs);
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || thrown.code !== "acumatica.session-busy") throw thrown;
      await store(connection, tokens, actor);
    } finally {
      await session.leave().catch(() => undefined);
    }
  }

  return {
    start: async (connection, actor) => {
      const { kind, clientId } = connection.settings.signIn;
      if (kind !== "oauth-code" || clientId === undefined) {
        const cure =
          'Only a connection with "signIn": "oauth-code" is authorised by a person; leave this one as it is.';
        throw new ConnectorError("connection.invalid", {
          problems: [{ field: "acumatica.signIn", found: kind, cure }],
        });
      }
      const state = Buffer.from(random.bytes(stateBytes)).toString("base64url");
      const expiresAt = new Date(clock.now() + openMs);
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("authorisation_requests").where("expires_at", "<=", now()).execute();
        await tx
          .insertInto("authorisation_requests")
          .values({ state_hash: hashOf(state), connection_id: connection.id, actor, expires_at: expiresAt })
          .execute();
        await appendAudit(tx, now(), actor, [{ connectionId: connection.id, event: "authorisation.asked" }]);
      });
      const { instanceUrl } = connection.settings.acumatica;
      return { url: authorizeUrl(instanceUrl, { clientId, redirectUri, state }).href, expiresAt };
    },

    complete: async ({ state, code, error }, signedIn) => {
      const request = await take(state, signedIn);
      if (error !== undefined) throw refused(`Acumatica gave no consent (${printable(error)}).`);
      if (code === undefined) throw refused("Acumatica gave no consent and no reason.");
      const connection = await ports.store.get(request.connection_id);
      if (!connection) throw refused("The connection has been removed in the meantime.");
      const application = await ports.store.credentials(connection).application();
      const grant = { kind: "code", code, redirectUri } as const;
      // Kept before the try is counted: a database that is away just then costs no consent.
      await tried(ports.tries(connection.id), async () => {
        const tokens = await ports.request(connection)(application, grant);
        await surely(clock, () => begin(connection, tokens, request.actor));
      });
      await ports.store.authorised(connection.id, request.actor);
      return (await ports.store.get(connection.id)) ?? connection;
    },
  };
}

const refused = (message: string): ConnectorError => new ConnectorError("acumatica.authorise-again", { message });

const printable = (text: string): string => text.replace(/[^\w .-]/g, "").slice(0, 60);

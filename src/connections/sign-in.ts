import { createAcumaticaClient, type AcumaticaClientOptions } from "../acumatica/client.ts";
import type { CompanyCheck, Landmark } from "../acumatica/company.ts";
import { createTokenEndpoint, type RequestTokens } from "../acumatica/oauth.ts";
import { createSite } from "../acumatica/requests.ts";
import { createCookies } from "../acumatica/cookies.ts";
import { sendSignOut } from "../acumatica/sign-out.ts";
import { createWire } from "../acumatica/wire.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Exchange, Fetch } from "../lib/http.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { createAuthorising, type Authorising } from "./authorising.ts";
import { confirmCompany, createCompanyCheck, landmarkTitle, storedCompany } from "./company.ts";
import type { Connection } from "./connection.ts";
import { createErpSession } from "./erp-session.ts";
import { createSignInTries } from "./sign-in-tries.ts";
import type { ConnectionStore } from "./store.ts";
import { createTokenSource } from "./tokens.ts";
import type { Vault } from "./vault.ts";

/** What a client of Acumatica signs in with, besides the address. */
export type SignInPorts = Pick<AcumaticaClientOptions, "credentials" | "tokens" | "tries" | "company" | "shared">;

/** The company that a connection's credentials lead to, beside the one that is expected. */
export interface CompanySeen {
  tenant: string;
  /** What it would be recognised by; undefined where the company has nothing to be recognised by. */
  here: { id: string; title: string } | undefined;
  expected: { id: string; title: string; confirmedAt: Date | undefined } | undefined;
  /** Whether what is expected is here. */
  isExpected: boolean;
}

/** Everything about signing in to Acumatica that outlives a process. */
export interface SignIns {
  of(connection: Connection, observe?: (exchange: Exchange) => void): SignInPorts;
  authorising: Authorising;
  /** Signs in, unless a session is open, and looks. Throws ConnectorError. */
  lookAtCompany(connection: Connection): Promise<CompanySeen>;
  /** A person's word that this is the right company. Throws ConnectorError `acumatica.wrong-company` if it is not the one that is there. */
  confirmCompany(connection: Connection, landmarkId: string, actor: string): Promise<void>;
}

export interface SignInDeps {
  db: Db;
  vault: Vault;
  store: ConnectionStore;
  redirectUri: string;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  log: Log;
  ending?: AbortSignal;
}

export function createSignIns(deps: SignInDeps): SignIns {
  const { db, vault, store, fetch, clock, random, log, ending } = deps;
  const tries = (connectionId: string) => createSignInTries(db, clock, connectionId);
  const request = ({ settings }: Connection, observe?: (exchange: Exchange) => void): RequestTokens =>
    createTokenEndpoint(settings.acumatica.instanceUrl, { fetch, clock, log, observe });

  const sessionOf = (connection: Connection) => createErpSession(connection, { db, vault, clock, log, ending });
  const signOut = ({ settings }: Connection, observe?: (exchange: Exchange) => void) => {
    const wire = createWire({ fetch, clock, log, observe });
    const ports = { site: createSite(settings.acumatica), wire, log };
    // Beside the session of a new consent it would be a second licensed unit until the token's end (facts: acumatica 1.3).
    return (bearer: string) => sendSignOut(ports, { cookies: createCookies(clock), bearer });
  };

  const of = (connection: Connection, observe?: (exchange: Exchange) => void): SignInPorts => {
    const credentials = store.credentials(connection);
    const ports = {
      db,
      vault,
      clock,
      log,
      credentials,
      tries: tries(connection.id),
      signOut: signOut(connection, observe),
    };
    return {
      credentials: credentials.acumatica,
      tries: ports.tries,
      shared: sessionOf(connection),
      company: createCompanyCheck(db, clock, connection.id),
      ...(connection.settings.signIn.kind === "password"
        ? {}
        : { tokens: createTokenSource(connection, { ...ports, request: request(connection, observe) }) }),
    };
  };

  /** Looks with a client whose check refuses nothing. */
  async function look(connection: Connection): Promise<{ here: Landmark | undefined; seen: CompanySeen }> {
    const stored = await storedCompany(db, connection.id);
    let here: Landmark | undefined;
    let isExpected = false;
    const company: CompanyCheck = async ({ has, choose }) => {
      isExpected = stored !== undefined && (await has(stored.landmark));
      here = isExpected ? stored?.landmark : await choose();
    };
    const address = connection.settings.acumatica;
    const client = createAcumaticaClient({ ...of(connection), company, address, fetch, clock, random, log });
    try {
      await client.signIn();
    } finally {
      await client.close();
    }
    const shown = (landmark: Landmark): { id: string; title: string } => ({
      id: landmark.id,
      title: landmarkTitle(landmark),
    });
    return {
      here,
      seen: {
        tenant: address.tenant,
        here: here && shown(here),
        expected: stored && { ...shown(stored.landmark), confirmedAt: stored.confirmedAt },
        isExpected,
      },
    };
  }

  return {
    of,
    authorising: createAuthorising({
      ...deps,
      ...{ tries, session: sessionOf },
      request: (connection) => request(connection),
      signOut: (connection) => signOut(connection),
    }),
    lookAtCompany: async (connection) => (await look(connection)).seen,
    confirmCompany: async (connection, landmarkId, actor) => {
      const { here } = await look(connection);
      if (here?.id.toLowerCase() !== landmarkId.toLowerCase()) {
        throw new ConnectorError("acumatica.wrong-company", {
          message: `What is there is ${here ? landmarkTitle(here) : "a company without any record"}; nothing was confirmed.`,
        });
      }
      await confirmCompany(db, clock, connection.id, here, actor);
    },
  };
}

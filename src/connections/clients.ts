import { createAcumaticaClient, type AcumaticaSessionClient } from "../acumatica/client.ts";
import type { AcumaticaAddress, SiteMemory } from "../acumatica/client.types.ts";
import type { RequestBudget } from "../acumatica/pace.ts";
import type { Breaker } from "../ledger/breakers.ts";
import type { Clock } from "../lib/clock.ts";
import type { Exchange, Fetch } from "../lib/http.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { createShipStationClient } from "../shipstation/v1/client.ts";
import type { CallBudget, ShipStationClient } from "../shipstation/v1/client.types.ts";
import { createShipStationV2Client, shipStationV2Origin } from "../shipstation/v2/client.ts";
import type { ShipStationV2Client } from "../shipstation/v2/client.types.ts";
import { createBreakerFetch } from "./breaker-fetch.ts";
import type { SignInPorts } from "./sign-in.ts";
import type { Connection, Credentials } from "./store.ts";

/** Both systems of a connection. `close` gives the licensed ERP session back; it never throws. */
export interface Clients {
  acumatica: AcumaticaSessionClient;
  shipstation: ShipStationClient;
  /** undefined where the connection has no key for V2. */
  shipstationV2: ShipStationV2Client | undefined;
  close(): Promise<void>;
  /** Signs out of an ERP session that nobody has used for a while: of ours, or of one that is said to be `known`. */
  closeIfIdle(known?: boolean): Promise<void>;
  /** Gives the session back although others may use it: the connection is no more. */
  end(): Promise<void>;
}

export interface ClientDeps {
  credentials: Credentials;
  /** ShipStation's calls of this minute, shared with every other client of the account. */
  budget: CallBudget;
  /** Requests to Acumatica, shared with every other client of the connection; by default they are not counted. */
  erpBudget?: RequestBudget | undefined;
  /** How Acumatica is signed in to; by default with the credentials alone, counted by nobody. */
  signIn?: SignInPorts;
  /** The same of V2, which counts apart. */
  budgetV2: CallBudget;
  /** What was learned about the ERP's site before; by default nothing is remembered. */
  memory?: SiteMemory;
  fetch: Fetch;
  /** Leaves a system alone while it is down; by default nothing does. */
  breakers?: (system: "acumatica" | "shipstation") => Breaker;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told of every exchange, free of secrets. */
  observe?: (exchange: Exchange) => void;
}

/** So long opened credentials are used again: a run makes many calls, and another process may have stored new ones. */
const credentialsKeptMs = 5_000;

function kept<T>(open: () => Promise<T>, clock: Clock): () => Promise<T> {
  let last: { opened: Promise<T>; at: number } | undefined;
  return () => {
    const now = clock.now();
    if (last && now >= last.at && now - last.at < credentialsKeptMs) return last.opened;
    const opened = open();
    last = { opened, at: now };
    opened.catch(() => (last = undefined));
    return opened;
  };
}

/** Opens nothing yet: the ERP is signed in to at the first call. */
export function openClients(connection: Connection, deps: ClientDeps): Clients {
  const { credentials, budget, budgetV2, fetch, clock, random, log } = deps;
  const { acumatica: address, shipstation } = connection.settings;
  const observe = deps.observe ? { observe: deps.observe } : {};
  const ports = { fetch, clock, log, ...observe };
  const guarded = (system: "acumatica" | "shipstation"): { fetch: Fetch } => ({
    fetch: deps.breakers ? createBreakerFetch(fetch, deps.breakers(system)) : fetch,
  });
  const acumatica = createAcumaticaClient({
    address,
    credentials: credentials.acumatica,
    ...deps.signIn,
    random,
    ...(deps.erpBudget ? { budget: deps.erpBudget } : {}),
    ...(deps.memory ? { memory: deps.memory } : {}),
    ...ports,
    ...guarded("acumatica"),
  });
  return {
    acumatica,
    shipstation: createShipStationClient({
      origin: shipstation.origin,
      credentials: kept(credentials.shipstation, clock),
      budget,
      ...ports,
      ...guarded("shipstation"),
    }),
    shipstationV2:
      shipstation.v2 &&
      createShipStationV2Client({
        origin: shipstation.v2.origin,
        credentials: kept(async () => (await credentials.shipstationV2()) ?? { apiKey: "" }, clock),
        budget: budgetV2,
        ...ports,
      }),
    close: () => acumatica.close(),
    closeIfIdle: (known) => acumatica.closeIfIdle(known),
    end: () => acumatica.end(),
  };
}

/** Whose published keys sign this connection's hooks: V2's origin, for V1's hooks as well, should they be signed. */
export function hookKeysOrigin({ settings: { shipstation } }: Connection): string {
  if (shipstation.v2) return shipstation.v2.origin;
  // Of an account that is not at ShipStation itself, both APIs are at one address.
  return /\.shipstation\.com$/.test(new URL(shipstation.origin).hostname) ? shipStationV2Origin : shipstation.origin;
}

/** What the memory of a site is about: another address, tenant or endpoint is another site. */
export const siteName = ({ instanceUrl, tenant, endpointName, endpointVersion }: AcumaticaAddress): string =>
  [instanceUrl, tenant, `${endpointName}/${endpointVersion}`].join(" ").toLowerCase();

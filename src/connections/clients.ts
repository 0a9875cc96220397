import { createAcumaticaClient, type AcumaticaSessionClient } from "../acumatica/client.ts";
import type { AcumaticaAddress, SiteMemory } from "../acumatica/client.types.ts";
import type { Clock } from "../lib/clock.ts";
import type { Exchange, Fetch } from "../lib/http.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { createShipStationClient } from "../shipstation/v1/client.ts";
import type { CallBudget, ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { SignInPorts } from "./sign-in.ts";
import type { Connection, Credentials } from "./store.ts";

/** Both systems of a connection. `close` gives the licensed ERP session back; it never throws. */
export interface Clients {
  acumatica: AcumaticaSessionClient;
  shipstation: ShipStationClient;
  close(): Promise<void>;
  /** Signs out of an ERP session that nobody has used for a while. */
  closeIfIdle(): Promise<void>;
}

export interface ClientDeps {
  credentials: Credentials;
  /** ShipStation's calls of this minute, shared with every other client of the account. */
  budget: CallBudget;
  /** How Acumatica is signed in to; by default with the credentials alone, counted by nobody. */
  signIn?: SignInPorts;
  /** What was learned about the ERP's site before; by default nothing is remembered. */
  memory?: SiteMemory;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told of every exchange, free of secrets. */
  observe?: (exchange: Exchange) => void;
}

/** Opens nothing yet: the ERP is signed in to at the first call. */
export function openClients(connection: Connection, deps: ClientDeps): Clients {
  const { credentials, budget, fetch, clock, random, log } = deps;
  const { acumatica: address, shipstation } = connection.settings;
  const observe = deps.observe ? { observe: deps.observe } : {};
  const ports = { fetch, clock, log, ...observe };
  const acumatica = createAcumaticaClient({
    address,
    credentials: credentials.acumatica,
    ...deps.signIn,
    random,
    ...(deps.memory ? { memory: deps.memory } : {}),
    ...ports,
  });
  return {
    acumatica,
    shipstation: createShipStationClient({
      origin: shipstation.origin,
      credentials: credentials.shipstation,
      budget,
      ...ports,
    }),
    close: () => acumatica.close(),
    closeIfIdle: () => acumatica.closeIfIdle(),
  };
}

/** What the memory of a site is about: another address, tenant or endpoint is another site. */
export const siteName = ({ instanceUrl, tenant, endpointName, endpointVersion }: AcumaticaAddress): string =>
  [instanceUrl, tenant, `${endpointName}/${endpointVersion}`].join(" ").toLowerCase();

import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Exchange, Fetch, WriteAhead } from "../lib/http.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { runAction } from "./actions.ts";
import type { CompanyCheck } from "./company.ts";
import type { AcumaticaAddress, AcumaticaClient, SiteMemory } from "./client.types.ts";
import { createEndpoint, type Has } from "./endpoint.ts";
import { shipment, type Shipment } from "./entities.ts";
import { unreadable } from "./errors.ts";
import { readPlugIns, readShipVias, sampleCustomers, sampleStockItems } from "./fit-reads.ts";
import { createShipViaCheck } from "./ship-via-check.ts";
import { listModified, type ListPorts } from "./lists.ts";
import { createPace, type RequestBudget } from "./pace.ts";
import {
  answered,
  customers,
  entityCall,
  parseAnswer,
  readEndpoints,
  readOne,
  readRights,
  readServerTime,
  salesOrders,
  shipments,
  stockItems,
} from "./reads.ts";
import { nonStockItems, readReference } from "./reference.ts";
import { createSite, type Call } from "./requests.ts";
import { createSend, type Send } from "./send.ts";
import { createSession, type Tries } from "./session.ts";
import { ownSession, type SharedSession } from "./shared-session.ts";
import { createTheirClock } from "./their-time.ts";
import { createTokenSession, type TokenSource } from "./token-session.ts";
import { createTurns } from "./turns.ts";
import { createWire } from "./wire.ts";
import { changedShipment, newShipment } from "./writes.ts";

export interface AcumaticaClientOptions {
  address: AcumaticaAddress;
  /** Asked for at each sign-in, so that secrets need not stay in memory. */
  credentials: () => Promise<{ username: string; password: string }>;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told of every exchange, the failed ones included; bodies of sign-ins are replaced by a note. */
  observe?: (exchange: Exchange) => void;
  /** Access tokens in place of a name and a password. */
  tokens?: TokenSource;
  /** Counts the sign-ins of all processes; by default only this client's count. */
  tries?: Tries;
  /** Told of the company that was signed in to, before anything else is asked; by default any will do. */
  company?: CompanyCheck;
  /** What all processes of the connection share of its session; by default this client has one of its own. */
  shared?: SharedSession;
  /** What is asked waits for it; by default nothing does. */
  budget?: RequestBudget;
  /** Told once, when Acumatica refuses the credentials; this client never signs in again. */
  onCredentialsRefused?: (error: ConnectorError) => void;
  /** Rows of a list call; 100 by default. */
  pageSize?: number;
  /** What was learned about the site before; by default nothing outlives the client. */
  memory?: SiteMemory;
  /** After how long without a call `closeIfIdle` signs out; 5 minutes by default. */
  idleMs?: number;
}

/** A client that holds a licensed session and gives it back when nobody needs it. */
export interface AcumaticaSessionClient extends AcumaticaClient {
  /**
   * Signs out when nothing is going on and nothing was asked for `idleMs`, here or by others; sets no timer, throws nothing. Looks only at a
   * session of its own, unless one is said to be `known`: of a process that is gone, perhaps.
   */
  closeIfIdle(known?: boolean): Promise<void>;
  /** Signs out although others may be using the session: nobody is to use it any more. Never throws. */
  end(): Promise<void>;
}

/** How long a client that ends waits for others to let it sign out; what is left open then ends after ten idle minutes. */
const partingMs = 5_000;

/** One client = one tenant = at most one session, which it may share. Needs `close()` in the end: an open session is a licensed unit of the customer. */
export function createAcumaticaClient(options: AcumaticaClientOptions): AcumaticaSessionClient {
  const { address, clock, random, log, pageSize = 100, idleMs = 300_000 } = options;
  const site = createSite(address);
  const theirs = createTheirClock(clock);
  const wire = createWire({ ...options, theirs });
  const { tokens } = options;
  const shared = options.shared ?? ownSession(clock);
  const session = tokens
    ? createTokenSession({ ...options, site, wire, shared, tokens })
    : createSession({ ...options, site, wire, shared });
  const pace = createPace(options.budget, clock);
  const turns = createTurns((work, patienceMs) => shared.alone(work, patienceMs));
  const sendNow = createSend({ address, session, wire, clock, random });
  /** Takes a turn for this one call. */
  const send: Send = async (call) => {
    await pace.next();
    return await turns.take(() => sendNow(call));
  };
  const memory = options.memory ?? forgetful();
  const endpoint = createEndpoint({ send, site, address, memory, log });
  const integrated = createShipViaCheck(() => readShipVias(send, site), clock);
  const lists: ListPorts = { send, site, log, pageSize, memory };

  async function putShipment(
    body: object,
    headers: Record<string, string>,
    ahead: WriteAhead | undefined,
  ): Promise<Shipment> {
    const url = site.entity("Shipment", undefined, { expand: shipments.expand });
    const call: Call = { ...entityCall(site, "Shipment", url), method: "PUT", body, headers, ahead };
    const answer = answered(await send(call), call);
    const saved = parseAnswer(answer, shipment, call);
    // `<NEW>` stands where nothing has been saved (facts: payloads 4.4).
    if (saved.ShipmentNbr && saved.ShipmentNbr.trim() !== "<NEW>") return saved;
    const asked = { ...call, isWrite: true, declinedWaitMs: 0 };
    throw unreadable(asked, answer.status, "the shipment came back without a number");
  }

  /** A session that could not be closed ends by itself after ten idle minutes; nobody can do better. */
  async function parting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      log.warn({ err: thrown }, "Acumatica's session could not be given back");
    }
  }

  /** One story on some entities; refused before its first call when the endpoint lacks what it needs of them. */
  const on = <T>(entities: readonly string[], story: (has: Has) => Promise<T>): Promise<T> =>
    turns.during(async () => {
      try {
        return await story(await endpoint.membersFor(entities));
      } catch (thrown) {
        throw await naming(thrown, () => readEndpoints(send, site), address);
      }
    });

  return {
    describeEndpoint: () => turns.during(() => endpoint.describe()),
    listEndpoints: () => turns.during(() => readEndpoints(send, site)),
    theirTime: () => theirs.now(),
    serverTimeMs: () => turns.during(() => readServerTime(send, site)),
    signIn: () => turns.during(() => turns.take(() => session.open())),
    close: async () => {
      await pace.ending(() => turns.quiet());
      await parting(async () => {
        if (!(await shared.leave())) return;
        await turns.take(() => session.signOut(), partingMs);
        await shared.leave();
      });
    },
    end: async () => {
      await pace.ending(() => turns.quiet());
      await parting(async () => {
        await turns.take(() => session.signOut(), partingMs);
        await shared.leave();
      });
    },
    closeIfIdle: async (known = false) => {
      if (turns.isBusy() || (!known && (session.idleMs() ?? 0) < idleMs)) return;
      await parting(() => turns.take(() => session.signOutIfIdle(idleMs), partingMs));
    },

    listSalesOrders: (window) => on(["SalesOrder"], () => listModified(lists, salesOrders, window)),
    listSalesOrdersOf: (status, window) =>
      on(["SalesOrder"], () => listModified(lists, salesOrders, window, { Status: status })),
    getSalesOrder: (type, nbr) => on(["SalesOrder"], () => readOne(send, site, salesOrders, [type, nbr])),
    listStockItems: (window) => on(["StockItem"], () => listModified(lists, stockItems, window)),
    getStockItem: (sku) => on(["StockItem"], () => readOne(send, site, stockItems, [sku])),
    getNonStockItem: (sku) => on(["NonStockItem"], () => readOne(send, site, nonStockItems, [sku])),
    listCodes: (table) => on([table], () => readReference(send, site, table)),
    listCustomers: (window) => on(["Customer"], () => listModified(lists, customers, window)),

    listShipments: (window) => on(["Shipment"], () => listModified(lists, shipments, window)),
    getShipment: (nbr) => on(["Shipment"], () => readOne(send, site, shipments, [nbr])),
    createShipment: (input, ahead) => on(["Shipment"], (has) => putShipment(newShipment(input, has), {}, ahead)),
    // Without `If-Match` a number nobody knows would make a new shipment under another number (facts: acumatica 2.3).
    updateShipment: (nbr, patch, ahead) =>
      on(["Shipment"], (has) => putShipment(changedShipment(nbr, patch, has), { "if-match": "*" }, ahead)),
    confirmShipment: (nbr, ahead) =>
      on(["Shipment"], async () => {
        await pace.next();
        const confirm = { entity: "Shipment", name: "ConfirmShipment", keys: { ShipmentNbr: nbr } };
        await turns.take(() => runAction({ send: sendNow, site, clock }, confirm, ahead));
      }),

    listShipVias: () => turns.during(() => readShipVias(send, site)),
    isIntegratedShipVia: (code) => turns.during(() => integrated(code)),
    listPlugIns: () => turns.during(() => readPlugIns(send, site)),
    sampleStockItems: (most) => turns.during(() => sampleStockItems(send, site, most)),
    sampleCustomers: (most) => turns.during(() => sampleCustomers(send, site, most)),

    checkRights: () =>
      turns.during(async () => {
        // Without a session there is nothing to say about single entities: such an error is the answer to all of them.
        await turns.take(() => session.open());
        return readRights(send, site);
      }),
  };
}

/**
 * A 404 says that something is not there, in a body nobody knows: whether it is the endpoint that is gone, and what is on offer
 * instead, the site's own list tells (facts: acumatica 1.5).
 */
async function naming(
  thrown: unknown,
  offers: () => ReturnType<AcumaticaClient["listEndpoints"]>,
  { endpointName, endpointVersion }: AcumaticaAddress,
): Promise<unknown> {
  if (!(thrown instanceof ConnectorError) || thrown.code !== "acumatica.endpoint-missing") return thrown;
  const offered = await offers().then(
    ({ endpoints }) => endpoints.map(({ name, version }) => `${name} ${version}`),
    () => [],
  );
  if (offered.length === 0) return thrown;
  const ours = `${endpointName} ${endpointVersion}`;
  const isThere = offered.some((offer) => offer.toLowerCase() === ours.toLowerCase());
  const more = isThere
    ? `The endpoint ${ours} is there, but not what was asked of it.`
    : `This Acumatica has no endpoint ${ours}; it offers ${offered.join(", ")}.`;
  return new ConnectorError(thrown.code, {
    message: `${thrown.message} ${more}`,
    cause: thrown,
    mayHaveApplied: thrown.mayHaveApplied,
    ...(thrown.status === undefined ? {} : { status: thrown.status }),
  });
}

/** A memory that lives as long as the client. */
function forgetful(): SiteMemory {
  const facts = new Map<string, unknown>();
  return {
    recall: (topic) => Promise.resolve(facts.get(topic)),
    keep: (topic, fact) => {
      facts.set(topic, fact);
      return Promise.resolve();
    },
  };
}

import { createShipment } from "./actions.ts";
import { confirmShipment, correctShipment, invoiceShipment } from "./confirming.ts";
import { answer } from "./front-door.ts";
import { createOrder, editOrder, type NewOrderInput, type OrderChange } from "./order-desk.ts";
import type { AcumaticaSandboxOptions } from "./options.ts";
import type { Fetch } from "../../lib/http.ts";
import { loadRecorded } from "./recorded.ts";
import { integrate } from "./reference-seed.ts";
import { deleteShipment } from "./shipping.ts";
import { createPushes, type Pushes } from "./pushes.ts";
import { createSite, dataTenantName, type Counts, type JournalEntry } from "./site.ts";
import type { Tenant } from "./tenant.ts";
import {
  findCustomer,
  findItem,
  findOrder,
  findShipment,
  type CustomerRow,
  type SalesOrderRow,
  type ShipmentRow,
  type StockItemRow,
  type Tables,
} from "./tables.ts";

export type { AcumaticaSandboxOptions } from "./options.ts";
export type { NewOrderInput, OrderChange, OrderLineInput } from "./order-desk.ts";
export type { Counts, JournalEntry } from "./site.ts";
export type * from "./tables.ts";

/**
 * A simulated Acumatica site: the contract-based REST API over plain tables, with the sessions, limits, refusals and silences of
 * the real one. It shares no code with our client. What it reproduces and where it differs: `docs/sandbox.md`.
 *
 * The verbs beside `fetch` are people and the passing of time inside the ERP, not API calls; they throw Error when what they are
 * asked cannot be.
 */
export interface AcumaticaSandbox extends AcumaticaCompany {
  /** The whole site, under any origin; never throws for what a caller sends. */
  fetch: (request: Request) => Promise<Response>;
  /** May be changed while the site runs. */
  options: AcumaticaSandboxOptions;
  /** Push notifications: definitions are made by a person, and tell what changes from then on. */
  pushes: Omit<Pushes, "notice">;
  /** Carries out every started operation whose time has come, as any call would. */
  settle: () => void;
  /** A restart of the site: all sessions end, running operations are lost. */
  restart: () => void;
  /** Everybody's consent is withdrawn: no token works any more. */
  revokeConsents: () => void;
  /** The tables of any tenant. */
  tablesOf: (tenant: string) => Tables;
  /** Another tenant, and what people do in it; nobody is pushed anything about it. */
  companyOf: (tenant: string) => AcumaticaCompany;
  /** Live sessions, by number. */
  sessionCount: () => number;
  /** The same, by their ids. */
  sessions: () => { id: string; tenant: string; usedAt: number }[];
  journal: JournalEntry[];
  counts: Counts;
}

/** One tenant of the site, as people see it: of the site itself, the one that keeps the shop's data. */
export interface AcumaticaCompany {
  tables: Tables;
  createOrder: (input?: NewOrderInput) => SalesOrderRow;
  editOrder: (orderType: string, orderNbr: string, change: OrderChange) => SalesOrderRow;
  editCustomer: (customerId: string, change: Partial<CustomerRow>) => CustomerRow;
  editStockItem: (inventoryId: string, change: Partial<StockItemRow>) => StockItemRow;
  /** A carrier plug-in takes over a Ship Via code: confirming then buys a label, as a person sets it up. */
  integrateShipVia: (shipVia: string, plugIn?: { id: string; type: string }) => void;
  /** A person presses Create Shipment on the sales order: all that can leave from its first line's warehouse today. */
  createShipment: (orderType: string, orderNbr: string) => void;
  confirmShipment: (shipmentNbr: string) => ShipmentRow;
  correctShipment: (shipmentNbr: string) => ShipmentRow;
  invoiceShipment: (shipmentNbr: string) => ShipmentRow;
  deleteShipment: (shipmentNbr: string) => void;
  /** Recorded answers of a live site into the tables; returns how many records. */
  loadRecorded: (samples: unknown) => number;
}

/** `deliver` carries push notifications; without it all are lost. */
export function createAcumaticaSandbox(options: AcumaticaSandboxOptions, deliver?: Fetch): AcumaticaSandbox {
  const site = createSite(options);
  const tenant = site.tenantNamed(dataTenantName(options));
  const pushes = createPushes(tenant, options, deliver);
  /** Whatever happens in the ERP may be told. */
  const telling: Telling =
    (verb) =>
    (...given) => {
      const result = verb(...given);
      pushes.notice();
      return result;
    };

  return {
    fetch: async (request) => {
      const answered = await answer(site, request);
      pushes.notice();
      return answered;
    },
    ...companyIn(tenant, telling),
    companyOf: (name) => companyIn(site.tenantNamed(name), (verb) => verb),
    pushes,
    options,
    journal: site.journal,
    counts: site.counts,
    settle: telling(() => site.operations.settle()),
    restart: () => {
      site.sessions.endAll();
      site.operations.forgetAll();
    },
    revokeConsents: () => site.identity.revokeAll(),
    tablesOf: (name) => site.tenantNamed(name).tables,
    sessionCount: () => site.sessions.live().length,
    sessions: () => site.sessions.live().map(({ id, tenant: company, usedAt }) => ({ id, tenant: company, usedAt })),
  };
}

type Telling = <Given extends unknown[], Result>(verb: (...given: Given) => Result) => (...given: Given) => Result;

function companyIn(tenant: Tenant, telling: Telling): AcumaticaCompany {
  const { tables } = tenant;
  const known = <T>(row: T | undefined, what: string): T => {
    if (row === undefined) throw new Error(`there is no ${what}`);
    return row;
  };
  const byHand = (work: (shipment: ShipmentRow) => void) =>
    telling((shipmentNbr: string) => {
      const shipment = known(findShipment(tables, shipmentNbr), `shipment ${shipmentNbr}`);
      work(shipment);
      return shipment;
    });
  const change = <T extends object>(row: T, changed: Partial<T>, stamp: Partial<T>): T => {
    tenant.revision++;
    return Object.assign(row, changed, stamp);
  };

  return {
    tables,
    createOrder: telling((input?: NewOrderInput) => createOrder(tenant, input)),
    editOrder: telling((orderType: string, orderNbr: string, edits: OrderChange) =>
      editOrder(tenant, orderType, orderNbr, edits),
    ),
    editCustomer: (id, edits) =>
      change(known(findCustomer(tables, id), `customer ${id}`), edits, {
        LastModifiedDateTime: tenant.options.clock.now(),
      }),
    editStockItem: telling((id: string, edits: Partial<StockItemRow>) => {
      const now = tenant.options.clock.now();
      return change(known(findItem(tables, id), `stock item ${id}`), edits, {
        LastModified: now,
        LastModifiedDateTime: now,
      });
    }),
    integrateShipVia: (shipVia, plugIn = { id: "SHIPENGINE", type: "PX.ShipEngineCarrier.ShipEngineCarrier" }) =>
      integrate(tables, shipVia, plugIn, tenant.options.clock.now()),
    createShipment: telling((orderType: string, orderNbr: string) =>
      createShipment(tenant, known(findOrder(tables, orderType, orderNbr), `order ${orderType} ${orderNbr}`), {}),
    ),
    confirmShipment: byHand((shipment) => confirmShipment(tenant, shipment)),
    correctShipment: byHand((shipment) => correctShipment(tenant, shipment)),
    invoiceShipment: byHand((shipment) => invoiceShipment(tenant, shipment)),
    deleteShipment: (shipmentNbr) => void byHand((shipment) => deleteShipment(tenant, shipment))(shipmentNbr),
    loadRecorded: (samples) => loadRecorded(tenant, samples),
  };
}

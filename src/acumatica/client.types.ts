import type { ConnectorError } from "../lib/errors.ts";
import type { WriteAhead } from "../lib/http.ts";
import type {
  Customer,
  NonStockItem,
  SalesOrder,
  Shipment,
  ShipmentInput,
  ShipmentPatch,
  StockItem,
} from "./entities.ts";
import type { TheirTime } from "./their-time.ts";

export interface AcumaticaAddress {
  /** The whole instance URL, virtual directory included, without a trailing slash. */
  instanceUrl: string;
  /** The tenant's login name; obligatory, because an empty one lands silently on the default tenant. */
  tenant: string;
  branch?: string | undefined;
  endpointName: string;
  endpointVersion: string;
}

export interface EndpointOffer {
  name: string;
  version: string;
}

/** Something the connector would use and this endpoint does not have. */
export interface MissingMember {
  /** `Shipment`, `Shipment/Packages`. */
  entity: string;
  /** Undefined where the entity is missing as a whole; an action's name for an action. */
  member?: string;
  /** Without it the connector cannot work with this endpoint. */
  needed: boolean;
  /** What does not work without it, as the end of a sentence. */
  lost: string;
}

export interface EndpointDescription {
  /** The endpoint's own `swagger.json`, or our table of Default's versions (facts: acumatica 1.1, 1.5). */
  source: "swagger" | "table";
  /** Why the swagger could not be read, where it was asked for. */
  unread?: ConnectorError;
  missing: MissingMember[];
}

/**
 * What a client learned about a site and need not learn again, beyond its own life. Whoever keeps it lets facts age (some days), and
 * forgets them when the site's address or endpoint changes.
 */
export interface SiteMemory {
  recall(topic: string): Promise<unknown>;
  /** `fact` is plain JSON. */
  keep(topic: string, fact: unknown): Promise<void>;
}

/** A Ship Via code, and whether confirming a shipment with it has a carrier plug-in buy a label (facts: acumatica 4.4, 4.6). */
export interface ShipViaCode {
  code: string;
  description: string | undefined;
  /** Undefined where the site does not tell. */
  isIntegrated: boolean | undefined;
  /** The plug-in's account. */
  plugIn: string | undefined;
}

/** A half-open window of instants, in milliseconds since the epoch: from <= t < to (asked wider, then cut). */
export interface TimeWindow {
  fromMs: number;
  toMs: number;
  /** Told Acumatica's own time of the first answer: whatever is saved later need not be among the rows. */
  answeredAt?: (serverTimeMs: number) => void;
}

/** One code a person may choose, as its own form names it. */
export interface ReferenceCode {
  code: string;
  description: string | undefined;
  /** Of warehouses: whether goods still leave from it; undefined where the form has no such mark. */
  isActive: boolean | undefined;
}

/** The small tables of codes. */
export type ReferenceTable = "ShipVia" | "ShippingBox" | "Warehouse";

/**
 * One Acumatica tenant through its contract-based REST API. One session, opened when first needed, reused, and closed by `close`.
 * Calls are serial. Every method throws ConnectorError: `acumatica.*` or `network.*`.
 */
export interface AcumaticaClient {
  /** `GET /entity`: build and endpoints on offer; works without signing in (facts: acumatica 1.1). */
  listEndpoints(): Promise<{ build: string | undefined; endpoints: EndpointOffer[] }>;
  /**
   * Reads the endpoint's own `swagger.json` and names what the connector would use and the endpoint lacks. Where it cannot be read
   * (rights, size, an old build), our own table of versions answers.
   */
  describeEndpoint(): Promise<EndpointDescription>;
  /** Acumatica's own time as its last answer told it, whatever our clock says; undefined before the first. */
  theirTime(): TheirTime | undefined;
  /** Acumatica's own time, asked for now, without signing in; undefined where it does not tell. */
  serverTimeMs(): Promise<number | undefined>;
  /** Sign in now, if there is no session. */
  signIn(): Promise<void>;
  /** Sign out, if there is a session; never throws. */
  close(): Promise<void>;

  /** Every order modified in the window, with Details, ShipToAddress, ShipToContact, ShippingSettings; complete or it throws. */
  listSalesOrders(window: TimeWindow): Promise<SalesOrder[]>;
  /**
   * The orders modified in the window that have this very status now: for sweeps, since a change of lines may leave no trace in
   * the head (facts: acumatica 2.6).
   */
  listSalesOrdersOf(status: string, window: TimeWindow): Promise<SalesOrder[]>;
  /** One order with Details, Shipments, addresses and settings; undefined if Acumatica has none under this key. */
  getSalesOrder(orderType: string, orderNbr: string): Promise<SalesOrder | undefined>;
  /** Every stock item modified in the window, with UOMConversions and CrossReferences. */
  listStockItems(window: TimeWindow): Promise<StockItem[]>;
  /** One item by its key; undefined if there is none, or none the user may see. */
  getStockItem(inventoryId: string): Promise<StockItem | undefined>;
  getNonStockItem(inventoryId: string): Promise<NonStockItem | undefined>;
  listCustomers(window: TimeWindow): Promise<Customer[]>;
  /** A whole table of codes: Ship Via codes, boxes or warehouses. */
  listCodes(table: ReferenceTable): Promise<ReferenceCode[]>;

  /** Every shipment modified in the window, with Details and Packages. */
  listShipments(window: TimeWindow): Promise<Shipment[]>;
  /** One shipment with Details and Packages; undefined if there is none. */
  getShipment(shipmentNbr: string): Promise<Shipment | undefined>;
  /** `PUT Shipment` without a number: always makes a new one. Not repeatable: a lost answer leaves it in doubt. */
  createShipment(input: ShipmentInput, ahead?: WriteAhead): Promise<Shipment>;
  /** `PUT Shipment` with its number. */
  updateShipment(shipmentNbr: string, patch: ShipmentPatch, ahead?: WriteAhead): Promise<Shipment>;
  /**
   * `ConfirmShipment`, polled to its end in the same session. Resolving says only that the operation ended: read the
   * status to learn the outcome (204 means "completed or was not created", facts: acumatica 2.4).
   */
  confirmShipment(shipmentNbr: string, ahead?: WriteAhead): Promise<void>;

  /** One cheap read per entity the connector needs; each either fine or the error that reading it gave. */
  checkRights(): Promise<{ entity: string; error: ConnectorError | undefined }[]>;

  /** All Ship Via codes, with the carrier plug-in that would buy a label for each. */
  listShipVias(): Promise<ShipViaCode[]>;
  /**
   * Whether confirming a shipment with this Ship Via has a carrier plug-in buy a label; undefined where the site does not tell. What was
   * read is believed for an hour.
   */
  isIntegratedShipVia(code: string): Promise<boolean | undefined>;
  /** Accounts of carrier plug-ins. */
  listPlugIns(): Promise<{ id: string; type: string }[]>;
  /** At most so many items, in one call, with their weights. */
  sampleStockItems(most: number): Promise<StockItem[]>;
  /** At most so many customers, in one call, with their main address. */
  sampleCustomers(most: number): Promise<Customer[]>;
}

import type { ConnectorError } from "../../lib/errors.ts";
import type { WriteAhead } from "../../lib/http.ts";
import type {
  SsCarrier,
  SsCustomer,
  SsFulfillment,
  SsOrder,
  SsOrderInput,
  SsPackage,
  SsProduct,
  SsProductChanges,
  SsService,
  SsShipment,
  SsStore,
  SsWarehouse,
  SsWebhook,
} from "./entities.ts";

/** Who asks. `background` leaves a reserve of each minute's calls to the others (design 6.6). */
export type CallPriority = "background" | "doorbell" | "person";

/** The account's calls of the current minute, shared by all processes. */
export interface CallBudget {
  /** Takes one call, or throws ConnectorError `shipstation.budget-spent` with `retryAfterMs`. */
  take(priority: CallPriority): Promise<void>;
  /** What the answer's headers said: the limit, what is left, and seconds until the window ends. */
  observe(seen: { limit: number; remaining: number; resetSeconds: number }): Promise<void>;
}

/** Rows of a window. Complete, unless there is a rest. */
export interface Listing<T> {
  rows: T[];
  /** The server's own clock when the first page was answered (`Date` header), or ours where it did not tell. */
  serverTimeMs: number | undefined;
  /** Rows that could not be parsed: kept as they came, with the reason; the others go on. */
  unreadable: { raw: unknown; reason: string }[];
  /** It was interrupted, as a listing larger than the calls of a minute always is: the rows until then, and where to go on. */
  rest?: { from: ListingRest; because: ConnectorError } | undefined;
}

/** Where an interrupted listing goes on. Plain data, made to be stored; it means nothing to anybody but the client. */
export interface ListingRest {
  /** The filter it began with, as wall clock. */
  since: string;
  /** When it began: nothing that happened later is known to be in it. */
  startedMs: number;
  /** How often it went back to where pages were turned, because it was interrupted after that; absent in older rests. */
  restarts?: number;
  at: {
    /** Start of the moving window, as wall clock; undefined before it moved at all, where the stream has another filter. */
    start: string | undefined;
    /** Rows of this window that were asked for already. */
    offset: number;
    /** Those that came. */
    seen: number;
    /** What the window held when it was last read. */
    total: number;
    /** The last date of the page that is being read in parts; null when it is not in order. */
    last?: string | null | undefined;
  };
}

/** Where a listing starts: an instant, or the rest of an earlier one. */
export type ListFrom = number | ListingRest;

/** One result of a bulk order write. A key that was sent and has no result is in doubt. */
export interface BulkResult {
  orderKey: string;
  orderId: number | undefined;
  success: boolean;
  errorMessage: string | undefined;
}

/**
 * One ShipStation account through API V1. Instants are milliseconds since the epoch; the Pacific wall clock stays inside.
 * Every method throws ConnectorError: `shipstation.*` or `network.*`.
 */
export interface ShipStationClient {
  /** Orders modified since, ascending by modifyDate. This and the other listings throw only when nothing at all was read. */
  listOrdersModified(from: ListFrom, priority?: CallPriority): Promise<Listing<SsOrder>>;
  /** Orders whose number is exactly this (the API's own search is "starts with"). */
  findOrdersByNumber(orderNumber: string, priority?: CallPriority): Promise<SsOrder[]>;
  /** undefined when deleted or merged away. */
  getOrder(orderId: number, priority?: CallPriority): Promise<SsOrder | undefined>;
  /** At most 100. Throws when the batch as a whole was refused or its outcome is unknown. */
  createOrders(orders: readonly SsOrderInput[], priority?: CallPriority, ahead?: WriteAhead): Promise<BulkResult[]>;
  /** Create or update by orderKey; the whole resource. `body` is the live order with our fields, or a new order. */
  saveOrder(
    body: SsOrderInput | Record<string, unknown>,
    priority?: CallPriority,
    ahead?: WriteAhead,
  ): Promise<SsOrder>;

  /** Labels created since, with their items. */
  listShipmentsCreated(from: ListFrom, priority?: CallPriority): Promise<Listing<SsShipment>>;
  /** Labels voided since, with their items. */
  listShipmentsVoided(from: ListFrom, priority?: CallPriority): Promise<Listing<SsShipment>>;
  /** The labels of one order, voided ones included, with their items: there is no call for a single label (facts: shipstation 3.1). */
  listShipmentsOfOrder(orderId: number, priority?: CallPriority): Promise<SsShipment[]>;
  listFulfillmentsCreated(from: ListFrom, priority?: CallPriority): Promise<Listing<SsFulfillment>>;

  /** Every product of the account, inactive ones included: there is no filter for changes. */
  listProducts(rest?: ListingRest, priority?: CallPriority): Promise<Listing<SsProduct>>;
  /**
   * Products created or changed since, newest first: two calls where there are few. A help between complete listings: how
   * the account sorts is not documented, so what is missing here need not be unchanged.
   */
  listRecentProducts(sinceMs: number, priority?: CallPriority): Promise<Listing<SsProduct>>;
  /** Products of exactly this SKU; more than one is possible. */
  findProductsBySku(sku: string, priority?: CallPriority): Promise<SsProduct[]>;
  /** undefined when there is no such product. */
  getProduct(productId: number, priority?: CallPriority): Promise<SsProduct | undefined>;
  /**
   * Writes a whole product: `live` as just read by `getProduct`, with the changes. What `live` lacks is wiped, so it must be
   * fresh. The answer shows nothing: read it back. A product cannot be created.
   */
  saveProduct(live: SsProduct, changes: SsProductChanges, priority?: CallPriority, ahead?: WriteAhead): Promise<void>;

  listStores(priority?: CallPriority): Promise<SsStore[]>;
  /** Every customer of the account. */
  listCustomers(rest?: ListingRest, priority?: CallPriority): Promise<Listing<SsCustomer>>;
  /** undefined when there is no such customer. */
  getCustomer(customerId: number, priority?: CallPriority): Promise<SsCustomer | undefined>;
  /** Customers changed since, newest first. */
  listRecentCustomers(sinceMs: number, priority?: CallPriority): Promise<Listing<SsCustomer>>;

  /** What a carrier of the account offers; codes depend on the account (facts: shipstation 4). */
  listServices(carrierCode: string, priority?: CallPriority): Promise<SsService[]>;
  listPackages(carrierCode: string, priority?: CallPriority): Promise<SsPackage[]>;
  listCarriers(priority?: CallPriority): Promise<SsCarrier[]>;
  listWarehouses(priority?: CallPriority): Promise<SsWarehouse[]>;

  listWebhooks(priority?: CallPriority): Promise<SsWebhook[]>;
  subscribeWebhook(targetUrl: string, event: string, name: string, priority?: CallPriority): Promise<void>;
  deleteWebhook(id: number, priority?: CallPriority): Promise<void>;

  /** ShipStation's own time, asked for now; undefined where it does not tell. */
  serverTimeMs(priority?: CallPriority): Promise<number | undefined>;
  /** The budget the last answer showed: for the fit report. */
  lastSeenBudget(): { limit: number; remaining: number; resetSeconds: number } | undefined;
}

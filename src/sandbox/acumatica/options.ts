import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { Shop } from "../shop.ts";
import type { Contract } from "./contract.ts";

export interface AcumaticaUser {
  name: string;
  password: string;
  /** Numbers of the forms this user may not use, such as `SO302000`. */
  rights?: string[];
  /** Cannot sign in over the API before the password was changed in the browser. */
  mustChangePassword?: boolean;
  /** Locked by an administrator, for good. */
  isLocked?: boolean;
  /** Asked for a second factor in the browser; the API does not ask for one. */
  twoFactor?: boolean;
}

/** A connected application (form SM303010). Its client ID in a tenant is `id@Tenant`. */
export interface AcumaticaApplication {
  /** A GUID. */
  id: string;
  secret: string;
  flows: ("code" | "password")[];
  /** Where consents may be sent back to; any address where it is absent. */
  redirectUris?: string[];
  /** How long a chain of refresh tokens lives. Default: 30 days from the consent. */
  refresh?: { lasts: "absolute" | "sliding" | "infinite"; days?: number };
}

export interface AcumaticaEndpoint {
  name: string;
  version: string;
  /** Which Default contract a custom endpoint extends: 20, 22, 23, 24 or 25. Default: from the version, else 24. */
  contract?: number;
  /** Members taken out of a custom endpoint, such as `Shipment.UnlimitedPackages`, and whole entities, such as `ShippingBox`. */
  without?: string[];
  /** Members of the customer's own: `SalesOrder.Channel:text(20)`. They hold what the row's member of that name holds. */
  extra?: string[];
  /** Actions taken out, such as `Shipment/ConfirmShipment`. */
  withoutActions?: string[];
}

/** How the site is set up. Every member may be changed while it runs; what facts leave open is an option with both readings. */
export interface AcumaticaSandboxOptions {
  clock: Clock;
  random: Random;
  shop: Shop;
  /** Virtual directory, such as `/AcumaticaERP`. Default: none. */
  instancePath?: string;
  /** Login names; the first is where a sign-in without a name lands. Default `["Brand"]`. */
  tenants?: string[];
  /** The tenant that keeps the shop's data; the others keep the same catalogue under other ids, and no orders. Default: the first. */
  dataTenant?: string;
  /** Tenants without any record. */
  emptyTenants?: string[];
  /** Where a sign-in to a tenant really lands, by the name that was asked for: a stale map, a swapped or restored tenant. */
  landsIn?: Record<string, string>;
  users?: AcumaticaUser[];
  applications?: AcumaticaApplication[];
  /** Seconds an access token lives. Default 3600. */
  accessTokenSeconds?: number;
  /** For how long a refresh token still works after a newer one was made [U]. Default 0: not at all. */
  refreshGraceSeconds?: number;
  /** How a sign-in is refused to a user who must change the password: in words of their own, or as wrong credentials [U]. */
  changePasswordText?: "own" | "invalid";
  /** Concurrent API sessions of the licence. Default 2 (trial licence). */
  maxSessions?: number;
  /** How a sign-in over the limit is answered: JSON 500 with the text, or the 429 of IIS in plain text. Default 500. */
  loginLimitStatus?: 500 | 429;
  /** Minutes without a call after which a session ends. Default 10. */
  idleMinutes?: number;
  /** Wrong passwords in a row that lock the user for 15 minutes. Default 3. */
  lockAfter?: number;
  /** From half of it on, requests are held back; above it they are declined. Default: no limit. */
  requestsPerMinute?: number;
  endpoints?: AcumaticaEndpoint[];
  /** Body of the 404 for an endpoint that is not there [U]. Default `json`. */
  missingEndpointBody?: "json" | "html" | "empty";
  /** `swagger.json` of the endpoints: served, or refused for want of rights, or not there [U]. Default `served`. */
  swagger?: "served" | "forbidden" | "missing";
  /** What a call without a session gets: 401, or the redirect to the sign-in page. Default 401. */
  lostSessionStatus?: 401 | 302;
  /** Site preference: a shipment made by PUT starts On Hold. Default true. */
  holdShipmentsOnEntry?: boolean;
  /** Whether the number of a new shipment is drawn (`auto`, default) or the caller's. */
  shipmentNumbering?: "auto" | "manual";
  /** Site preference: a new shipment without packages gets one by automatic packing. Default false. */
  autoPackage?: boolean;
  /** A package must name its box [U]. Default true. */
  boxIdRequired?: boolean;
  /** Text longer than its column: `cut` in silence (default) or `refuse` with 422 [U]. */
  tooLongText?: "cut" | "refuse";
  /** Tracking numbers on a confirmed shipment [U]. Default `refuse`. */
  trackingAfterConfirm?: "refuse" | "allow";
  /** Site preference "Validate Shipment Total on Confirmation". Default false. */
  validateShipmentTotal?: boolean;
  /** Status of an order whose remainder is still open after a confirmation. Default `Back Order`. */
  remainderStatus?: "Back Order" | "Open";
  /** What makes an order one that is picked up: an empty Ship Via alone (default), or one that is no common carrier, too [U]. */
  willCallBy?: "empty-ship-via" | "common-carrier";
  /** Whether a change confined to lines or addresses moves the order's LastModified [U]. Default true. */
  lineChangesMoveLastModified?: boolean;
  /** SalesOrderCreateShipment with nothing to ship: an error at the status, or a silent 204. Default `error`. */
  nothingToShip?: "error" | "silent";
  /** How many 202s a long operation answers before 204. Default 1. It also ends by itself after as many seconds. */
  confirmPolls?: number;
  /** Actions answer 204 at once instead of 202. Default false. */
  actionsAtOnce?: boolean;
  /** `Location` as a path from the root (default) or with the origin. */
  locationForm?: "path" | "absolute";
  /** `GET /entity` as a bare array, as older builds answer. Default false. */
  legacyEntityList?: boolean;
  /** Per entity the fields or collections whose list read fails with "Optimization cannot be performed". */
  listsUnsupported?: Record<string, string[]>;
  /** What `$select` of an unknown field does [U]. Default `ignore`. */
  unknownSelect?: "ignore" | "refuse";
  /** `_links` in entities; depends on the build. Default false. */
  linksInEntities?: boolean;
  /** Entities whose preferences form has not been filled in: entity name to the form's name. */
  setupMissing?: Record<string, string>;
  /** How many coming writes to an entity fail because "another process" saved first. Counted down. */
  concurrentEdits?: Record<string, number>;
  /** How far the site's clock, as its `Date` headers show it, is ahead of the real one. Default 0. */
  clockSkewMs?: number;
  /** How many coming push notifications fail before they are sent, listed nowhere. Counted down. */
  losePushes?: number;
  /** Milliseconds from a change to its push notification. Default 0. */
  pushDelayMs?: number;
  /** Milliseconds between the attempts at a push notification that was not answered well. Default 0. */
  pushRetryMs?: number;
  /** Push notifications come twice with one Id. Default false. */
  pushTwice?: boolean;
  /** Of two push notifications the later comes first. Default false. */
  swapPushes?: boolean;
}

export const defaultEndpoints: AcumaticaEndpoint[] = [20, 22, 23, 24, 25].map((contract) => ({
  name: "Default",
  version: `${contract}.200.001`,
  contract,
}));

export const defaultUsers: AcumaticaUser[] = [{ name: "connector", password: "sandbox-only" }];

export const defaultApplications: AcumaticaApplication[] = [
  { id: "6F1B2A60-0C0E-4C55-9A3B-7F3C0D1E2A11", secret: "sandbox-application", flows: ["code", "password"] },
];

export const applicationsOf = (options: AcumaticaSandboxOptions): AcumaticaApplication[] =>
  options.applications ?? defaultApplications;

export const tenantsOf = (options: AcumaticaSandboxOptions): string[] => options.tenants ?? ["Brand"];

export const endpointsOf = (options: AcumaticaSandboxOptions): AcumaticaEndpoint[] =>
  options.endpoints ?? defaultEndpoints;

/** `/AcumaticaERP` or the empty text, whatever slashes were given. */
export function instancePathOf(options: AcumaticaSandboxOptions): string {
  const trimmed = (options.instancePath ?? "").replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `/${trimmed}`;
}

const contracts = new WeakMap<AcumaticaEndpoint, Contract>();

/** What an endpoint serves. An endpoint is never changed, but replaced by another. */
export function contractOf(endpoint: AcumaticaEndpoint): Contract {
  let contract = contracts.get(endpoint);
  if (!contract) {
    const { without = [], extra = [] } = endpoint;
    contracts.set(endpoint, (contract = { version: majorOf(endpoint), without: new Set(without), extra }));
  }
  return contract;
}

function majorOf(endpoint: AcumaticaEndpoint): number {
  if (endpoint.contract !== undefined) return endpoint.contract;
  const major = Number(endpoint.version.split(".")[0]);
  return major >= 20 && major <= 99 ? major : 24;
}

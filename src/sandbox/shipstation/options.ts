/**
 * What can be set on a sandbox ShipStation account, before and while it runs. Where the facts are uncertain the default is
 * the pessimistic reading, and the other readings can be chosen (facts: shipstation 8).
 */
export interface ShipStationOptions {
  /** Key pairs of the account, each with its own budget of calls. */
  keys: ApiKeyPair[];
  /** Calls a minute and key pair. */
  callsPerMinute: number;
  /** Real answers show both: a call that is already counted in `X-Rate-Limit-Remaining`, and one that is not. */
  remainingCountsOwnCall: boolean;
  /** Shape of a 401. */
  unauthorizedBody: "json" | "html" | "empty";
  /** The plan no longer includes the API: every call answers this status. */
  planStatus: 402 | 403 | null;

  /** Whether an `orderKey` is looked up in the order's store or in the whole account. */
  keyLookup: "store" | "account";
  /** What an update of a shipped or cancelled order does. */
  lockedUpdate: "ignored" | "refused" | "creates-new";
  /** What a write with the key of a deleted or merged-away order does. */
  goneKey: "creates-new" | "not-found";
  /** What a write with the key of a split order and without its orderId does. */
  splitKey: "not-found" | "updates-first";
  /** Whether a value of the wrong type in one order of createorders refuses all of them. */
  bindingError: "whole-batch" | "per-order";
  /** Whether an update replaces all items, or keeps those with the same lineItemKey. */
  itemsOnUpdate: "replace" | "merge";
  /** A body that carries read-only members of a GET answer is refused with 400 and an empty body. */
  refuseReadOnly: boolean;
  /** Shape of a refusal by a rule of the application. */
  ruleBody: "json" | "text" | "model-state";
  /** Whether a `Z` or an offset in a date is honoured or read as Pacific. */
  honourOffsets: boolean;

  /** Addresses are upper-cased and get ZIP+4, and the order is modified once more, this long after a write. */
  addressValidationMs: number;
  /** Merged-away orders vanish from the API, or are listed with their `parentId`. */
  mergedAway: "vanish" | "listed";
  /** Number of the parts of a split order. */
  splitNumbers: "same" | "suffixed";

  /** A label appears in lists this long after it was made. */
  listLagMs: number;
  /** A null among the elements of every list. */
  nullListElements: boolean;
  /** Any page that holds one of these orders answers 500. */
  poisonOrderIds: number[];
  /** Any page that holds one of these labels answers 500. */
  poisonShipmentIds: number[];
  /** The account also has ShipStation's own Acumatica store (marketplace 115). */
  ownAcumaticaStore: boolean;

  /** How far the account's clock, as its `Date` headers show it, is ahead of the real one. */
  clockSkewMs: number;

  /** Whether webhooks are delivered at all. */
  webhooks: boolean;
  /** How long after the event. */
  webhookDelayMs: number;
  /** Whether hooks of V1 carry the signature headers that V2's have (unknown on the real system). */
  signedHooks: boolean;
  /** Whether Mark as Shipped fires FULFILLMENT_SHIPPED (unknown on the real system). */
  markAsShippedFires: boolean;
  /** The query of a label hook's `resource_url`. */
  resourceUrlBy: "batchId" | "storeID";
  /** Hosts a `resource_url` may name. */
  resourceHosts: string[];
  /** Entries kept of the journal. */
  journalLimit: number;
}

export interface ApiKeyPair {
  key: string;
  secret: string;
  /** Epoch milliseconds; a key without it does not expire. */
  expiresAt?: number;
}

export const defaultOptions = (keys: ApiKeyPair[]): ShipStationOptions => ({
  keys,
  callsPerMinute: 40,
  remainingCountsOwnCall: true,
  unauthorizedBody: "json",
  planStatus: null,
  keyLookup: "store",
  lockedUpdate: "ignored",
  goneKey: "creates-new",
  splitKey: "not-found",
  bindingError: "whole-batch",
  itemsOnUpdate: "replace",
  refuseReadOnly: true,
  ruleBody: "json",
  honourOffsets: false,
  addressValidationMs: 4_000,
  mergedAway: "vanish",
  splitNumbers: "same",
  listLagMs: 0,
  nullListElements: false,
  poisonOrderIds: [],
  poisonShipmentIds: [],
  ownAcumaticaStore: false,
  clockSkewMs: 0,
  webhooks: true,
  webhookDelayMs: 0,
  signedHooks: false,
  markAsShippedFires: true,
  resourceUrlBy: "batchId",
  resourceHosts: ["ssapi.shipstation.com", "ssapi6.shipstation.com", "ssapi11.shipstation.com"],
  journalLimit: 5_000,
});

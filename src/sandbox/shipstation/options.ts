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
  /** Whether the pairs of an account have a budget each, or one together. */
  budgetPer: "pair" | "account";
  /** Status of a throttled answer: the text also comes with others. */
  throttleStatus: 429 | 400 | 500;
  /** Whether a throttled answer carries the `X-Rate-Limit-*` headers. */
  throttleHeaders: boolean;
  /** Whether a throttled answer carries `Retry-After`, which is not documented. */
  retryAfter: boolean;
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
  /** Status of a saved order. */
  saveStatus: 200 | 201 | 202;
  /** Whether the results of createorders stand in the order of what was sent. */
  bulkResults: "as-sent" | "reversed";
  /** Whether notes and names beyond their guessed lengths are kept or cut. */
  longText: "kept" | "cut";
  /** Whether the borders of windows of orders belong to them. */
  orderBorders: "exclusive" | "inclusive";
  /** Answers tell instants in UTC with a `Z`, as the newest examples do, instead of Pacific wall clock. */
  zonedDates: boolean;
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
  /** Whether the parts of a split order show the key they share. */
  splitKeys: "same" | "none";
  /** Number of the parts of a split order. */
  splitNumbers: "same" | "suffixed";

  /** Whether a label of several packages is as many shipments, or one with the first tracking number. */
  packagesAs: "shipments" | "one-shipment";
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

  /** Answer of a subscription: the id alone, or the whole hook in PascalCase. */
  subscribeAnswer: "id" | "hook";
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
  budgetPer: "pair",
  throttleStatus: 429,
  throttleHeaders: true,
  retryAfter: false,
  unauthorizedBody: "json",
  planStatus: null,
  keyLookup: "store",
  lockedUpdate: "ignored",
  goneKey: "creates-new",
  splitKey: "not-found",
  bindingError: "whole-batch",
  itemsOnUpdate: "replace",
  saveStatus: 200,
  bulkResults: "as-sent",
  longText: "kept",
  orderBorders: "exclusive",
  zonedDates: false,
  refuseReadOnly: true,
  ruleBody: "json",
  honourOffsets: false,
  addressValidationMs: 4_000,
  mergedAway: "vanish",
  splitKeys: "same",
  splitNumbers: "same",
  packagesAs: "shipments",
  listLagMs: 0,
  nullListElements: false,
  poisonOrderIds: [],
  poisonShipmentIds: [],
  ownAcumaticaStore: false,
  clockSkewMs: 0,
  subscribeAnswer: "id",
  webhooks: true,
  webhookDelayMs: 0,
  signedHooks: false,
  markAsShippedFires: true,
  resourceUrlBy: "batchId",
  resourceHosts: ["ssapi.shipstation.com", "ssapi6.shipstation.com", "ssapi11.shipstation.com"],
  journalLimit: 5_000,
});

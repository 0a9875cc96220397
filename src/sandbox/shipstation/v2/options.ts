/** What can be set on the account's API V2, before and while it runs. The other readings of what is uncertain can be chosen. */
export interface V2Options {
  /** API keys; the real account has one at a time. */
  keys: V2Key[];
  /** Calls a minute and key. */
  callsPerMinute: number;
  /** A 429 says `Retry-After`, as documented; without it only `RateLimit-Reset` tells. */
  retryAfter: boolean;
  /** The plan does not include V2: every call is refused with this code. */
  planCode: "subscription_inactive" | "trial_expired" | "forbidden" | null;
  /** Status in which a refused call budget arrives; "system" is its type in either. */
  throttleStatus: 429 | 400;
  /** `external_shipment_id` of a label: the order's key, as documented, or a generated one, as recorded. */
  labelExternalId: "order-key" | "generated";
  /** An unknown label: an error body, or the empty answer of the specification. */
  unknownLabel: "error" | "empty";
  /** What errors are said to come from: today's name, or that of the recordings. */
  errorSource: "ShipStation" | "shipengine";
  /** Host of download links: the one asked, or ShipStation's own, whatever was asked. */
  downloadHost: "asked" | "published";
  /** How many decimals an instant has on a good day; 7 as after a write. */
  fraction: "trimmed" | "seven";
  /** Form of the signed time. */
  hookTimestamp: "iso" | "unix";
  /** Hooks arrive without their signature, as from somebody else. */
  unsignedHooks: boolean;
  /** A second subscription of an event to the same address. */
  duplicateWebhook: "refused" | "allowed";
}

export interface V2Key {
  key: string;
  /** Epoch milliseconds; a key without it does not expire. */
  expiresAt?: number;
}

/** A key of the sandbox account. It opens nothing outside a sandbox. */
export const sandboxV2Key = "sandbox-shipstation-v2-key-not-a-secret";

export const defaultV2Options = (): V2Options => ({
  keys: [{ key: sandboxV2Key }],
  callsPerMinute: 200,
  retryAfter: true,
  planCode: null,
  throttleStatus: 429,
  labelExternalId: "generated",
  unknownLabel: "error",
  errorSource: "ShipStation",
  downloadHost: "asked",
  fraction: "trimmed",
  hookTimestamp: "iso",
  unsignedHooks: false,
  duplicateWebhook: "refused",
});

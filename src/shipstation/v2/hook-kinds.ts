import type { ResourceHint } from "../resource-url.ts";

/** What V2's hooks are about (facts: shipstation 6.4, payloads 3.5): small letters when subscribed, capitals when delivered. */
const streams: Readonly<Record<string, ResourceHint["stream"]>> = {
  label_created_v2: "shipments",
  fulfillment_shipped_v2: "fulfillments",
  fulfillment_rejected_v2: "fulfillments",
  shipment_created_v2: "orders",
};

/** The stream that a signed hook of V2 tells of; undefined for a kind that we need not follow. */
export function streamOfV2Kind(resourceType: unknown): ResourceHint["stream"] | undefined {
  const kind = typeof resourceType === "string" ? resourceType.toLowerCase() : "";
  return Object.hasOwn(streams, kind) ? streams[kind] : undefined;
}

/** Whether a body says that it is one of V2's, which are signed every one. */
export function isV2Hook(body: Record<string, unknown>): boolean {
  const { resource_type: kind, resource_url: url } = body;
  if (typeof kind === "string" && /_v2$|^api_track$|^track$/i.test(kind)) return true;
  return typeof url === "string" && /^https?:\/\/[^/?#]{1,300}\/v2\//i.test(url);
}

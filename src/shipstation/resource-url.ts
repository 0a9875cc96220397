/** What a webhook's `resource_url` tells us to look at. */
export interface ResourceHint {
  stream: "shipments" | "fulfillments" | "orders";
}

/**
 * The policy for `resource_url` (failures: T1; genuine forms: facts shipstation 5.3). V1 webhooks are not signed, so the text
 * may come from anybody: it is compared letter by letter with the forms ShipStation sends, without a URL parser whose leniency
 * could be used, and **it is never fetched**: the caller runs its own poll. undefined for everything else, whatever it is.
 */
export function parseResourceUrl(text: unknown): ResourceHint | undefined {
  if (typeof text !== "string" || text.length > longestUrl) return undefined;
  const [, stream, query] = genuine.exec(text) ?? [];
  if (stream === undefined || query === undefined) return undefined;
  const seen = new Set<string>();
  let ids = 0;
  for (const parameter of query.split("&")) {
    const [name = "", value = "", ...more] = parameter.split("=");
    // `storeID` and `storeId` would be the same to ShipStation.
    if (more.length > 0 || seen.has(name.toLowerCase())) return undefined;
    seen.add(name.toLowerCase());
    if (!parameters.get(name)?.test(value)) return undefined;
    if (name !== itemsFlag) ids += 1;
  }
  if (ids === 0) return undefined;
  return { stream: stream as ResourceHint["stream"] };
}

const longestUrl = 300;

/** Scheme, host, port and path in full; of the query only the letters that any parameter may have. */
const genuine =
  /^https:\/\/ssapi[0-9]{0,3}\.shipstation\.com(?::443)?\/(shipments|fulfillments|orders)\?([A-Za-z0-9=&-]{1,250})$/;

const id = /^[0-9]{1,18}$/;
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const itemsFlag = "includeShipmentItems";
const parameters = new Map([
  ["batchId", id],
  ["storeID", id],
  ["storeId", id],
  ["orderId", id],
  ["fulfillmentId", id],
  ["importBatch", guid],
  [itemsFlag, /^(?:True|False|true|false)$/],
]);

import type { Account, Happening } from "./account.ts";
import { created, emptyOk, modelState, notFound, ok, type Answer } from "./answers.ts";
import type { Courier, Hook } from "./hook-delivery.ts";
import { numberMember, reading, textMember, writing, type ShipStationApp } from "./call.ts";
import { renderWebhook } from "./render.ts";
import type { WebhookRow } from "./tables.ts";

/**
 * Webhooks of ShipStation V1 (facts: shipstation 5, payloads 2.7): two keys, no signature, no id, no retry, a
 * `resource_url` on a changing host that already says `includeShipmentItems=False`. Voids, edits and merges fire nothing.
 */
const events = [
  "ORDER_NOTIFY",
  "ITEM_ORDER_NOTIFY",
  "SHIP_NOTIFY",
  "ITEM_SHIP_NOTIFY",
  "FULFILLMENT_SHIPPED",
  "FULFILLMENT_REJECTED",
];

export function addWebhookRoutes(app: ShipStationApp, account: Account): void {
  app.get(
    "/webhooks",
    reading(account, () => ok({ webhooks: [...account.tables.webhooks.values()].map(renderWebhook) })),
  );
  app.post(
    "/webhooks/subscribe",
    writing(account, "webhook", ({ body }) => subscribe(account, body)),
  );
  app.delete(
    "/webhooks/:id",
    reading(account, ({ id }) => (account.tables.webhooks.delete(id) ? emptyOk : notFound("webhook"))),
  );
}

/** Identical subscriptions are not refused: each makes a new hook. */
function subscribe(account: Account, body: unknown): Answer {
  const url = textMember(body, "target_url");
  const event = textMember(body, "event")?.toUpperCase();
  if (!url || !URL.canParse(url)) return modelState({ "webhook.target_url": ["The target_url field is required."] });
  if (!event || !events.includes(event)) return modelState({ "webhook.event": ["The event field is required."] });
  const webhook: WebhookRow = {
    webhookId: account.nextId("webhook"),
    event,
    url,
    name: textMember(body, "friendly_name") ?? event,
    storeId: numberMember(body, "store_id") ?? null,
    active: true,
  };
  account.tables.webhooks.set(webhook.webhookId, webhook);
  if (account.options.subscribeAnswer === "id") return created({ id: webhook.webhookId });
  return ok({ WebHookID: webhook.webhookId, HookType: event, Url: url, Name: webhook.name });
}

/** Tells subscribers what happened. `signatureOf` makes the headers of a signed hook; V1's are not known to have any. */
export function createHooks(
  account: () => Account,
  courier: Courier,
  signatureOf: SignatureOf,
): (happening: Happening) => void {
  return (happening) => {
    const current = account();
    if (!current.options.webhooks || (happening.kind === "labels" && happening.isReturn)) return;
    if (happening.kind === "fulfillment" && !current.options.markAsShippedFires) return;
    for (const webhook of current.tables.webhooks.values()) {
      const isMeant = webhook.storeId === null || happening.storeIds.includes(webhook.storeId);
      if (!webhook.active || !isMeant || !eventsOf[happening.kind].includes(webhook.event)) continue;
      const resourceUrl = resourceUrlOf(current, happening, webhook.event);
      const headers = current.options.signedHooks ? { headers: signatureOf } : {};
      courier.deliver({ url: webhook.url, resourceType: webhook.event, resourceUrl, ...headers });
    }
  };
}

type SignatureOf = NonNullable<Hook["headers"]>;

const eventsOf: Record<Happening["kind"], readonly string[]> = {
  labels: ["SHIP_NOTIFY", "ITEM_SHIP_NOTIFY"],
  orders: ["ORDER_NOTIFY", "ITEM_ORDER_NOTIFY"],
  fulfillment: ["FULFILLMENT_SHIPPED"],
};

function resourceUrlOf(account: Account, happening: Happening, event: string): string {
  const { resourceHosts, resourceUrlBy } = account.options;
  const host = resourceHosts[Math.floor(account.random.next() * resourceHosts.length)] ?? "ssapi.shipstation.com";
  const items = event.startsWith("ITEM_") ? "True" : "False";
  switch (happening.kind) {
    case "labels": {
      const which =
        resourceUrlBy === "batchId" ? `batchId=${happening.batchId}` : `storeID=${happening.storeIds[0] ?? 0}`;
      return `https://${host}/shipments?${which}&includeShipmentItems=${items}`;
    }
    case "orders":
      return `https://${host}/orders?importBatch=${happening.importBatch}`;
    case "fulfillment":
      return `https://${host}/fulfillments?fulfillmentId=${happening.fulfillmentId}`;
  }
}

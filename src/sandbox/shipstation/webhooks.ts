import type { Fetch } from "../../lib/http.ts";
import type { Account, Happening } from "./account.ts";
import { created, emptyOk, modelState, notFound, ok, type Answer } from "./answers.ts";
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
  return created({ id: webhook.webhookId });
}

/** One delivery, as it went out. */
export interface HookDelivery {
  at: number;
  url: string;
  resourceUrl: string;
  resourceType: string;
  /** Status of the receiver's answer, or why there was none. */
  outcome: number | "dropped" | "failed";
}

export interface HookPorts {
  /** Absent: nothing is listening, and no hook is delivered. */
  fetch: Fetch | undefined;
  /** A fault's wish: this hook gets lost. */
  isDropped: (resourceType: string, resourceUrl: string) => boolean;
}

export interface Hooks {
  notify: (happening: Happening) => void;
  /** The latest deliveries. */
  deliveries: HookDelivery[];
  /** Resolves when no delivery is under way. */
  drain: () => Promise<void>;
}

const receiverTimeMs = 30_000;
const keptDeliveries = 1_000;

/** Sends hooks. `account` is looked up at each event, so that settings count when something happens. */
export function createHooks(account: () => Account, ports: HookPorts): Hooks {
  const underWay = new Set<Promise<void>>();
  const deliveries: HookDelivery[] = [];
  const remember = (delivery: HookDelivery): void => {
    deliveries.push(delivery);
    if (deliveries.length > keptDeliveries) deliveries.shift();
  };

  async function deliver(url: string, resourceType: string, resourceUrl: string): Promise<void> {
    const { clock, options } = account();
    if (options.webhookDelayMs > 0) await clock.sleep(options.webhookDelayMs);
    const entry = { at: clock.now(), url, resourceUrl, resourceType };
    if (!ports.fetch || ports.isDropped(resourceType, resourceUrl)) {
      remember({ ...entry, outcome: "dropped" });
      return;
    }
    const over = new AbortController();
    const deadline = new AbortController();
    void clock.sleep(receiverTimeMs, over.signal).then(
      () => deadline.abort(new Error("the receiver took too long")),
      () => undefined,
    );
    try {
      const response = await ports.fetch(
        new Request(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ resource_url: resourceUrl, resource_type: resourceType }),
          signal: deadline.signal,
        }),
      );
      await response.body?.cancel();
      remember({ ...entry, outcome: response.status });
    } catch {
      // A failed delivery is not repeated: retries are undocumented, so no one may count on them.
      remember({ ...entry, outcome: "failed" });
    } finally {
      over.abort(new Error("delivered"));
    }
  }

  function notify(happening: Happening): void {
    const current = account();
    if (!current.options.webhooks) return;
    if (happening.kind === "fulfillment" && !current.options.markAsShippedFires) return;
    for (const webhook of current.tables.webhooks.values()) {
      const isMeant = webhook.storeId === null || happening.storeIds.includes(webhook.storeId);
      if (!webhook.active || !isMeant || !eventsOf[happening.kind].includes(webhook.event)) continue;
      const resourceUrl = resourceUrlOf(current, happening, webhook.event);
      const delivery = deliver(webhook.url, webhook.event, resourceUrl).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    }
  }

  const drain = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return { notify, deliveries, drain };
}

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

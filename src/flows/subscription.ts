import type { FlowDeps } from "./deps.ts";

/** Events that ring: labels, and orders shipped without one. Voids and edits have no event (facts: shipstation 5.2). */
const events = ["SHIP_NOTIFY", "FULFILLMENT_SHIPPED"] as const;
const name = "ml-connector";

/**
 * Keeps our webhook subscriptions alive: one active subscription per event, to our address of today. Identical subscriptions are not
 * merged by ShipStation, so the list is read first.
 */
export async function keepSubscribed(deps: FlowDeps): Promise<void> {
  if (deps.hookUrl === undefined || !deps.connection.settings.flows.webhooks) return;
  const existing = await deps.shipstation.listWebhooks();
  const mine = existing.filter((hook) => hook.Name === name);
  for (const hook of mine) {
    const good = hook.Url === deps.hookUrl && hook.Active !== false && events.some((event) => event === hook.HookType);
    if (!good) await deps.shipstation.deleteWebhook(hook.WebHookID);
  }
  for (const event of events) {
    const there = mine.some((hook) => hook.HookType === event && hook.Url === deps.hookUrl && hook.Active !== false);
    if (!there) await deps.shipstation.subscribeWebhook(deps.hookUrl, event, name);
  }
}

/** Removes our subscriptions, for a connection that is being removed. */
export async function unsubscribe(deps: Pick<FlowDeps, "shipstation">): Promise<void> {
  for (const hook of await deps.shipstation.listWebhooks("person")) {
    if (hook.Name === name) await deps.shipstation.deleteWebhook(hook.WebHookID, "person");
  }
}

import type { V2Event } from "../shipstation/v2/client.types.ts";
import { askV2 } from "./ask-v2.ts";
import type { FlowDeps } from "./deps.ts";

/** Events that ring: labels, and orders shipped without one. Voids and edits have no event (facts: shipstation 5.2). */
const events = ["SHIP_NOTIFY", "FULFILLMENT_SHIPPED"] as const;
/** The same, signed, and for labels the moment they are made. What rings twice is looked after once (facts: shipstation 6.4). */
const v2Events = ["label_created_v2", "fulfillment_shipped_v2"] as const satisfies readonly V2Event[];
const name = "ml-connector";

/**
 * Keeps our webhook subscriptions alive: one active subscription per event, to our address of today. Identical subscriptions are not
 * merged by ShipStation, so the list is read first. V2's come on top of V1's, which go on when V2 fails.
 */
export async function keepSubscribed(deps: FlowDeps): Promise<void> {
  const { hookUrl } = deps;
  if (hookUrl === undefined || !deps.connection.settings.flows.webhooks) return;
  const existing = await deps.shipstation.listWebhooks();
  const mine = existing.filter((hook) => hook.Name === name);
  for (const hook of mine) {
    const good = hook.Url === hookUrl && hook.Active !== false && events.some((event) => event === hook.HookType);
    if (!good) await deps.shipstation.deleteWebhook(hook.WebHookID);
  }
  for (const event of events) {
    const there = mine.some((hook) => hook.HookType === event && hook.Url === hookUrl && hook.Active !== false);
    if (!there) await deps.shipstation.subscribeWebhook(hookUrl, event, name);
  }
  await askV2(deps, async (v2) => {
    const known = (await v2.listWebhooks()).filter((hook) => hook.name === name);
    const isGood = (hook: (typeof known)[number]): boolean =>
      hook.url === hookUrl && v2Events.some((event) => event === hook.event?.toLowerCase());
    for (const hook of known) if (!isGood(hook)) await v2.deleteWebhook(hook.id);
    for (const event of v2Events) {
      if (known.some((hook) => isGood(hook) && hook.event?.toLowerCase() === event)) continue;
      if ((await v2.createWebhook(hookUrl, event, name)) === "taken")
        deps.notices.add(`ShipStation V2 has a webhook for ${event} already and takes no second one.`);
    }
  });
}

/** Removes our subscriptions, for a connection that is being removed. Each API's are removed though the other's cannot be. */
export async function unsubscribe(
  deps: Pick<FlowDeps, "shipstation" | "shipstationV2" | "connection" | "log">,
): Promise<void> {
  await askV2({ ...deps, notices: new Set() }, async (v2) => {
    for (const hook of await v2.listWebhooks("person")) {
      if (hook.name === name) await v2.deleteWebhook(hook.id, "person");
    }
  });
  for (const hook of await deps.shipstation.listWebhooks("person")) {
    if (hook.Name === name) await deps.shipstation.deleteWebhook(hook.WebHookID, "person");
  }
}

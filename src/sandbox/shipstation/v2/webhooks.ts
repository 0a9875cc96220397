import type { Account, Happening } from "../account.ts";
import type { Courier } from "../hook-delivery.ts";
import { badValue, missing, noContent, ok, refuse, unknownId, type V2Answer } from "./answers.ts";
import type { V2Options } from "./options.ts";
import type { Signing } from "./signing.ts";
import { seId } from "./wire.ts";

export interface V2WebhookRow {
  webhook_id: string;
  name: string;
  event: string;
  url: string;
  headers: { key: string; value: string }[];
  store_id: number | null;
}

const events = [
  ...[
    "batch",
    "carrier_connected",
    "order_source_refresh_complete",
    "rate",
    "report_complete",
    "sales_orders_imported",
  ],
  ...["track", "batch_processed_v2", "fulfillment_rejected_v2", "fulfillment_shipped_v2", "label_created_v2"],
  ...["shipment_created_v2", "track_event_v2"],
];

/** The account's subscriptions of V2, and the hooks made of what happens. There is no event for a void (facts: shipstation 6.4). */
export class V2Webhooks {
  readonly rows = new Map<string, V2WebhookRow>();
  private readonly account: Account;
  private readonly options: V2Options;
  private made = 0;

  constructor(account: Account, options: V2Options) {
    this.account = account;
    this.options = options;
  }

  list(): V2Answer {
    return ok([...this.rows.values()].map(render));
  }

  one(id: string): V2Answer {
    const row = this.rows.get(id);
    return row ? ok(render(row)) : unknownId("webhook_id", id);
  }

  remove(id: string): V2Answer {
    return this.rows.delete(id) ? noContent : unknownId("webhook_id", id);
  }

  create(body: unknown): V2Answer {
    if (typeof body !== "object" || body === null) {
      const message = "Request body cannot be empty.";
      return refuse(400, { type: "validation", code: "request_body_required", message });
    }
    const given = body as Record<string, unknown>;
    for (const name of ["name", "event", "url"]) {
      if (typeof given[name] !== "string" || given[name] === "") return missing(name);
    }
    const { name, event, url, headers, store_id: storeId } = given as Record<string, string>;
    if (!events.includes(event ?? "")) return badValue("event", event, "event is not a known webhook event.");
    if (!URL.canParse(url ?? "")) return badValue("url", url, "url must be an absolute URL.");
    const isTaken = [...this.rows.values()].some((row) => row.event === event && row.url === url);
    if (isTaken && this.options.duplicateWebhook === "refused") {
      const message = "A webhook for this event and URL already exists.";
      return refuse(409, {
        type: "business_rules",
        code: "webhook_event_type_conflict",
        message,
        field: "event",
        value: event,
      });
    }
    const row: V2WebhookRow = {
      webhook_id: seId(9_100 + this.made++),
      name: name ?? "",
      event: event ?? "",
      url: url ?? "",
      headers: Array.isArray(headers) ? (headers as { key: string; value: string }[]) : [],
      store_id: typeof storeId === "number" ? storeId : null,
    };
    this.rows.set(row.webhook_id, row);
    return ok(render(row));
  }

  /** Thin hooks, in capitals, signed, with the subscription's own headers. */
  notify(happening: Happening, courier: Courier, signing: Signing): void {
    if (!this.account.options.webhooks) return;
    const event = eventOf[happening.kind];
    for (const row of this.rows.values()) {
      const isMeant = row.store_id === null || happening.storeIds.includes(row.store_id);
      if (row.event !== event || !isMeant) continue;
      const own = Object.fromEntries(row.headers.map(({ key, value }) => [key, value]));
      courier.deliver({
        url: row.url,
        resourceType: event.toUpperCase(),
        resourceUrl: `https://api.shipstation.com/v2/${this.resourceOf(happening)}`,
        headers: (body, at) => ({ ...own, ...(this.options.unsignedHooks ? {} : signing.headers(body, at)) }),
      });
    }
  }

  private resourceOf(happening: Happening): string {
    switch (happening.kind) {
      case "labels":
        return `labels?batch_id=${seId(happening.batchId)}`;
      case "orders":
        return `shipments?import_batch_id=${happening.importBatch}`;
      case "fulfillment": {
        const row = this.account.tables.fulfillments.get(happening.fulfillmentId);
        return `fulfillments?fulfillment_id=${seId(happening.fulfillmentId)}&shipment_id=${seId(row?.orderId ?? 0)}`;
      }
    }
  }
}

const eventOf: Record<Happening["kind"], string> = {
  labels: "label_created_v2",
  orders: "shipment_created_v2",
  fulfillment: "fulfillment_shipped_v2",
};

function render({ store_id, headers, ...row }: V2WebhookRow): object {
  return { ...row, headers, ...(store_id === null ? {} : { store_id }) };
}

import type { CallPriority, Listing } from "../v1/client.types.ts";
import type { V2Carrier, V2Label, V2Order, V2Webhook } from "./entities.ts";

/** What V2 can tell us of. Ids are V1's numbers: `orderId`, and of a label V1's `shipmentId` (facts: shipstation 6.2). */
export type V2Event = "label_created_v2" | "fulfillment_shipped_v2";

/**
 * One ShipStation account through API V2: what V1 cannot tell, and nothing that V1 must not contradict. Instants are milliseconds since
 * the epoch. Every method throws ConnectorError: `shipstation.*` or `network.*`. Nothing here can buy or void a label.
 */
export interface ShipStationV2Client {
  /**
   * The order with exactly this key: the lookup that V1 lacks. undefined when V2 knows none, which proves nothing by itself, and for a
   * key that V2 could not hold whole.
   */
  findOrderByKey(orderKey: string, priority?: CallPriority): Promise<V2Order | undefined>;

  /** Labels made since, return labels included. */
  listLabelsCreated(sinceMs: number, priority?: CallPriority): Promise<Listing<V2Label>>;
  /** Labels voided since: there is no filter for it, so the voided ones are read from the latest change on (facts: shipstation 6.3). */
  listLabelsVoided(sinceMs: number, priority?: CallPriority): Promise<Listing<V2Label>>;
  labelsOfOrder(orderId: number, priority?: CallPriority): Promise<V2Label[]>;
  /** undefined when V2 has no such label. */
  getLabel(labelId: number, priority?: CallPriority): Promise<V2Label | undefined>;
  /** The label as PDF. Throws `shipstation.not-found` when V2 has none. */
  labelPdf(labelId: number, priority?: CallPriority): Promise<Uint8Array<ArrayBuffer>>;

  /** The cheapest call there is: whether key and plan are good. */
  listCarriers(priority?: CallPriority): Promise<V2Carrier[]>;

  listWebhooks(priority?: CallPriority): Promise<V2Webhook[]>;
  /** `taken`: V2 has a subscription of this event already, and takes no second one. */
  createWebhook(url: string, event: V2Event, name: string, priority?: CallPriority): Promise<"created" | "taken">;
  deleteWebhook(id: string, priority?: CallPriority): Promise<void>;

  /** The budget the last answer showed: for the fit report. */
  lastSeenBudget(): { limit: number; remaining: number; resetSeconds: number } | undefined;
}

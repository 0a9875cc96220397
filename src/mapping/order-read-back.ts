import { sameDecimal } from "../core/decimals.ts";
import type { Order } from "../core/orders.ts";
import type { Problem } from "../lib/problem.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { known } from "./text.ts";

/**
 * Compare what ShipStation shows with what was sent; [] means equal. Only what ShipStation does not rewrite is looked at: it
 * upper-cases addresses, replaces ids, computes totals (facts: payloads 2.4). Key, number and store are settled at creation: pass
 * `"update"` after an update, which leaves them as they are, and they are not compared.
 */
export function sameOrder(order: Order, live: SsOrder, sent: "create" | "update" = "create"): Problem[] {
  const problems: Problem[] = [];
  const differs = (field: string, wanted: unknown, found: unknown): void => {
    problems.push({
      field,
      found: `${known(found) ?? "nothing"} instead of ${String(wanted)}`,
      cure: "Nothing to do at first: it is read again. If it stays, correct the order in ShipStation or replay it.",
    });
  };
  if (!agreeing[order.status](live)) differs("orderStatus", order.status, live.orderStatus);
  if (sent === "create") {
    const storeId = live.advancedOptions?.storeId;
    if (known(live.orderKey) !== order.orderKey) differs("orderKey", order.orderKey, live.orderKey);
    if (known(live.orderNumber) !== order.orderNumber) differs("orderNumber", order.orderNumber, live.orderNumber);
    if (order.storeId !== undefined && storeId !== order.storeId) {
      differs("advancedOptions.storeId", order.storeId, storeId);
    }
  }
  // A hold or cancellation sends the status alone.
  if (order.status === "open") compareItems(order, live, differs);
  return problems;
}

const waiting = new Set(["awaiting_shipment", "awaiting_payment", "pending_fulfillment", "shipped"]);

/**
 * Which live statuses say what the order's status asks. People and rules go on working between our write and our read: an open
 * order that is already shipped, or held until a date, is as it should be. A hold without a date is our own, not yet released.
 */
const agreeing: Record<Order["status"], (live: SsOrder) => boolean> = {
  open: (live) =>
    waiting.has(live.orderStatus ?? "") ||
    (live.orderStatus === "on_hold" && known(live["holdUntilDate"]) !== undefined),
  held: (live) => live.orderStatus === "on_hold" || live.orderStatus === "cancelled",
  cancelled: (live) => live.orderStatus === "cancelled",
};

function compareItems(
  order: Order,
  live: SsOrder,
  differs: (field: string, wanted: unknown, found: unknown) => void,
): void {
  const wanted = new Map(order.lines.map((line) => [String(line.lineNbr), line]));
  for (const [key, line] of wanted) {
    const matching = live.items.filter((item) => known(item.lineItemKey) === key);
    const [item] = matching;
    if (!item) {
      differs(`items[${key}]`, `${line.quantity} of ${line.sku}`, undefined);
      continue;
    }
    if (known(item.sku) !== line.sku) differs(`items[${key}].sku`, line.sku, item.sku);
    const quantity = matching.reduce((sum, row) => sum + (row.quantity ?? 0), 0);
    if (!sameDecimal(quantity, line.quantity)) differs(`items[${key}].quantity`, line.quantity, quantity);
  }
  for (const item of live.items) {
    const key = known(item.lineItemKey);
    // Items without a key and discount lines are people's own.
    if (key === undefined || item.adjustment === true || wanted.has(key)) continue;
    differs(`items[${key}]`, "no such line", `${item.quantity ?? 0} of ${known(item.sku) ?? "no SKU"}`);
  }
}

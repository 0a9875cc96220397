import { known } from "./text.ts";

/** One spelling for a status: no padding, no case, and both spellings of "Canceled" (facts: acumatica 3.2). */
export const statusKey = (status: string | undefined): string =>
  (known(status) ?? "").toLowerCase().replace("cancelled", "canceled");

/** The order waits for somebody: nothing may ship meanwhile. "Rejected" means an approver said no; the order can still be mended. */
const held = new Set([
  "on hold",
  "credit hold",
  "risk hold",
  "pending approval",
  "pending processing",
  "awaiting payment",
  "rejected",
]);

/** The ERP is past the point where ShipStation would have to be told anything. */
const shippedInErp = new Set(["shipping", "completed", "invoiced", "back order"]);

export type StatusFamily = "held" | "cancelled" | "shipped-in-erp" | "other";

/** What a status means for an order we have already sent. Sites define statuses of their own; those are "other". */
export function statusFamily(status: string | undefined): StatusFamily {
  const key = statusKey(status);
  if (key === "canceled") return "cancelled";
  if (held.has(key)) return "held";
  return shippedInErp.has(key) ? "shipped-in-erp" : "other";
}

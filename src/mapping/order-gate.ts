import type { SalesOrder } from "../acumatica/entities.ts";
import type { Gate, OrderSettings } from "../core/orders.ts";
import { lineFate, lineQuantities } from "./order-lines.ts";
import { statusFamily, statusKey } from "./order-status.ts";
import { known, sameCode } from "./text.ts";

const filtered = (rule: string, text: string): Gate => ({ pass: false, rule, text });

/**
 * Decide whether an order is exported, by allow-lists: a status or type nobody listed is not (facts: acumatica 3.2).
 * An order that is already linked also passes when it was held or cancelled, so that ShipStation stops too.
 * Rules: `type-not-listed`, `status-not-listed`, `shipped-in-erp`, `no-lines`, `no-shippable-lines`, `warehouse-not-listed`, `nothing-open`.
 */
export function gateOrder(source: SalesOrder, settings: OrderSettings, isLinked: boolean): Gate {
  const type = known(source.OrderType) ?? "";
  if (!settings.orderTypes.some((listed) => sameCode(listed, type))) {
    return filtered("type-not-listed", `Order type ${type || "(none)"} is not on the connection's list.`);
  }
  const status = known(source.Status) ?? "(none)";
  const isListed = settings.statuses.some((listed) => statusKey(listed) === statusKey(source.Status));
  if (!isListed) {
    const family = statusFamily(source.Status);
    if (!isLinked) return filtered("status-not-listed", `Status ${status} is not on the connection's list.`);
    if (family === "shipped-in-erp") {
      return filtered("shipped-in-erp", `Status ${status}: the order is on its way in Acumatica, nothing is sent.`);
    }
    if (family === "other") {
      return filtered(
        "status-not-listed",
        `Status ${status} is not on the connection's list; ShipStation keeps it as it is.`,
      );
    }
  }
  // An unlisted status that got this far belongs to a linked order and is held or cancelled: its lines no longer matter.
  return isListed ? gateLines(source, settings, isLinked) : { pass: true };
}

function gateLines(source: SalesOrder, settings: OrderSettings, isLinked: boolean): Gate {
  const lines = source.Details ?? [];
  if (lines.length === 0) {
    // Acumatica sometimes answers an expanded list with no lines (facts: payloads 6). Where that contradicts what else is known, the
    // order goes on, and the mapping names the missing lines.
    if (isLinked || source.Details === undefined || (source.OrderedQty ?? 0) > 0) return { pass: true };
    return filtered("no-lines", "The order has no lines.");
  }
  const fates = lines.map((line) => ({ line, fate: lineFate(line, settings.warehouses) }));
  const goods = fates.filter(({ fate }) => fate === "ships" || fate === "unknown-type");
  const quantities = goods.map(({ line }) => lineQuantities(line));
  if (quantities.some((quantity) => quantity === undefined || quantity.toShip > 0)) return { pass: true };
  // Nothing left to ship and nothing on shipments: what we sent was taken back line by line. It passes, to be cancelled.
  if (isLinked && quantities.every((quantity) => quantity?.onShipments === 0)) return { pass: true };
  if (goods.length > 0) return filtered("nothing-open", "Every line is shipped, on a shipment, or closed.");
  if (fates.some(({ fate }) => fate === "elsewhere")) {
    return filtered("warehouse-not-listed", "All goods leave from warehouses that are not on the connection's list.");
  }
  return filtered("no-shippable-lines", "The order holds only services, returns or goods the vendor sends.");
}

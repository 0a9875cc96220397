import type { SalesOrder } from "../acumatica/entities.ts";
import { instantMs } from "../acumatica/lists.ts";
import { contentHash } from "../ledger/hash.ts";
import type { SeenRecord } from "../ledger/records.ts";
import type { Problem } from "../lib/problem.ts";
import { gateOrder } from "../mapping/order-gate.ts";
import type { FlowDeps } from "./deps.ts";
import type { Stamped } from "./streams.ts";

/** Lines of an order whose SKUs can be searched for. */
const searchedLines = 20;

const unreadableReason = {
  code: "acumatica.unreadable",
  text: "Acumatica's record has a field that could not be read.",
};

/** What the value tables should know: the codes of orders that are new or changed, each once an order. */
export function codesOfOrders(orders: readonly SalesOrder[], taken: ReadonlySet<string>) {
  return orders.flatMap((order) => {
    const example = orderRecordKey(order);
    if (!taken.has(example)) return [];
    const warehouses = new Set((order.Details ?? []).map((line) => line.WarehouseID?.trim() ?? ""));
    return [
      { list: "ship-via" as const, code: order.ShipVia ?? order.ShippingSettings?.ShipVia ?? "", example },
      { list: "order-type" as const, code: order.OrderType ?? "", example },
      ...[...warehouses].map((code) => ({ list: "warehouse" as const, code, example })),
    ];
  });
}

/** `SO/000123`: the order's natural key in the ERP. */
export function orderRecordKey(order: SalesOrder): string {
  return `${(order.OrderType ?? "").trim()}/${(order.OrderNbr ?? "").trim()}`;
}

/** Stamps and the ERP's own shipment rows move without the order changing for us. */
export function orderHash(order: SalesOrder): string {
  return contentHash({ ...order, LastModified: undefined, Shipments: undefined });
}

/** Whom the order is for, as people know it. */
export function orderTitle(order: SalesOrder): string {
  const contact = order.ShipToContact;
  return contact?.BusinessName ?? contact?.Attention ?? order.CustomerID ?? "";
}

/** Fields that could not be read: such an order waits for a person. */
export function unreadableFields(order: SalesOrder): Problem[] {
  return (order.unreadable ?? []).map(({ field, reason }) => ({
    field,
    found: reason,
    cure: "Correct the field in Acumatica; if it looks right there, report it. Then replay.",
  }));
}

/** While a write is in doubt nobody knows whether ShipStation has the order: no rule leaves it out before that is looked up. */
export function seenOrder(
  deps: Pick<FlowDeps, "connection">,
  order: SalesOrder,
  { isLinked, isDoubtful }: { isLinked: boolean; isDoubtful: boolean },
): SeenRecord {
  const gate = gateOrder(order, deps.connection.settings.orders, isLinked);
  const contact = order.ShipToContact;
  const title = orderTitle(order);
  const broken = unreadableFields(order);
  const passed = gate.pass || isDoubtful ? "Prepared" : isLinked ? "Processed" : "Filtered";
  const state = broken.length > 0 ? "Aborted" : passed;
  const words = [
    orderRecordKey(order),
    title,
    order.CustomerID,
    order.CustomerOrder,
    order.Description,
    contact?.Attention,
    contact?.Email,
    ...(order.Details ?? []).slice(0, searchedLines).map((line) => line.InventoryID?.trim()),
  ];
  return {
    kind: "order",
    key: orderRecordKey(order),
    source: order,
    hash: orderHash(order),
    state,
    ...(state === "Filtered" && !gate.pass ? { reason: { code: gate.rule, text: gate.text } } : {}),
    ...(state === "Aborted" ? { reason: unreadableReason, problems: broken } : {}),
    title,
    search: words
      .filter((word) => word !== undefined)
      .join(" ")
      .toLowerCase(),
  };
}

/** When Acumatica says that the order was changed last. */
export const stamped = (order: SalesOrder): Stamped => {
  const at = instantMs(order.LastModified ?? "");
  return { key: orderRecordKey(order), stampedMs: Number.isNaN(at) ? undefined : at };
};

import { setShipVia } from "./order-desk.ts";
import { addLine, newOrder, round, settleOrder } from "./order-rows.ts";
import { businessRule, noSuchEntity } from "./refusals.ts";
import { refuseErrors, sentFlag, sentNumber, sentText, type Sent } from "./sent.ts";
import { openShipments } from "./shipping.ts";
import {
  findCustomer,
  findItem,
  findShipVia,
  findWarehouse,
  type SalesOrderLineRow,
  type SalesOrderRow,
} from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** Members that may still be written while an order is locked by a shipment or finished. */
const freeMembers: ReadonlySet<string> = new Set([
  "OrderType",
  "OrderNbr",
  "Description",
  "CustomerOrder",
  "ExternalRef",
]);
const lockedStatuses: ReadonlySet<string> = new Set(["Shipping", "Completed", "Invoiced", "Canceled"]);

/**
 * Inserts an order (its number is always drawn, whatever was sent) or updates the one found. All or nothing. Totals are
 * computed: what is sent for them is ignored (facts: acumatica 2.3). Throws Refusal.
 */
export function putSalesOrder(tenant: Tenant, sent: Sent, found: SalesOrderRow | undefined): SalesOrderRow {
  checkFields(tenant, sent, found);
  if (found) return updateOrder(tenant, sent, found);
  const customer = findCustomer(tenant.tables, sentText(sent, "CustomerID") ?? "");
  if (!customer) throw noSuchEntity();
  // A new order is held without anybody asking (facts: payloads 4.3).
  const order = newOrder(tenant, customer, sentText(sent, "OrderType") ?? "SO", sentFlag(sent, "Hold") ?? true);
  write(tenant, sent, order);
  tenant.tables.salesOrders.push(order);
  settleOrder(tenant, order);
  return order;
}

function updateOrder(tenant: Tenant, sent: Sent, order: SalesOrderRow): SalesOrderRow {
  const touched = [...sent.scalars.keys(), ...sent.linked.keys(), ...sent.rows.keys()].filter(
    (name) => !freeMembers.has(name),
  );
  if (touched.length > 0 && (lockedStatuses.has(order.Status) || openShipments(tenant, order).length > 0)) {
    throw businessRule(
      `Error: The ${order.OrderType} ${order.OrderNbr} sales order cannot be changed because it has the ${order.Status} status.`,
    );
  }
  const before = order.LastModified;
  write(tenant, sent, order);
  settleOrder(tenant, order);
  if (sent.scalars.size <= sent.spec.keys.length && tenant.options.lineChangesMoveLastModified === false)
    order.LastModified = before;
  return order;
}

function checkFields(tenant: Tenant, sent: Sent, found: SalesOrderRow | undefined): void {
  const { tables } = tenant;
  const customerId = sentText(sent, "CustomerID");
  if (!found && customerId === undefined) sent.errors.set("CustomerID", "'Customer' cannot be empty.");
  if (customerId !== undefined && !findCustomer(tables, customerId)) {
    sent.errors.set("CustomerID", `'Customer' '${customerId}' cannot be found in the system.`);
  }
  const shipVia = sentText(sent, "ShipVia");
  if (shipVia !== undefined && !findShipVia(tables, shipVia)) {
    sent.errors.set("ShipVia", `'Ship Via' '${shipVia}' cannot be found in the system.`);
  }
  for (const row of sent.rows.get("Details") ?? []) checkLine(tenant, row, found);
  refuseErrors(sent, "Sales Order", found?.id, tenant.options.random);
}

function checkLine(tenant: Tenant, row: Sent, found: SalesOrderRow | undefined): void {
  const existing = found && findLine(found, row);
  if (row.id !== undefined && !existing) throw noSuchEntity();
  if (row.isDelete) return;
  const itemId = sentText(row, "InventoryID");
  if (itemId === undefined && !existing) row.errors.set("InventoryID", "'Inventory ID' cannot be empty.");
  if (itemId !== undefined && !findItem(tenant.tables, itemId)) {
    row.errors.set("InventoryID", `'Inventory ID' '${itemId}' cannot be found in the system.`);
  }
  const warehouse = sentText(row, "WarehouseID");
  if (warehouse !== undefined && !findWarehouse(tenant.tables, warehouse)) {
    row.errors.set("WarehouseID", `'Warehouse' '${warehouse}' cannot be found in the system.`);
  }
  const item = findItem(tenant.tables, itemId ?? existing?.InventoryID ?? "");
  const uom = sentText(row, "UOM");
  if (uom !== undefined && item && uom !== item.BaseUOM && !item.UOMConversions.some((each) => each.FromUOM === uom)) {
    row.errors.set("UOM", `Unit conversion is missing for '${uom}'.`);
  }
}

/** By `id`, else by the key field of the row (facts: acumatica 2.3). */
function findLine(order: SalesOrderRow, row: Sent): SalesOrderLineRow | undefined {
  if (row.id !== undefined) return order.Details.find((line) => line.id === row.id);
  const number = sentNumber(row, "LineNbr");
  return number === undefined ? undefined : order.Details.find((line) => line.LineNbr === number);
}

function write(tenant: Tenant, sent: Sent, order: SalesOrderRow): void {
  const texts = [
    "CustomerOrder",
    "ExternalRef",
    "Description",
    "Date",
    "RequestedOn",
    "PreferredWarehouseID",
    "LocationID",
  ] as const;
  for (const name of texts) if (sent.scalars.has(name)) assign(order, name, sent.scalars.get(name));
  if (sent.scalars.has("ShipVia")) setShipVia(order, sentText(sent, "ShipVia"));
  const hold = sentFlag(sent, "Hold");
  if (hold !== undefined && hold !== order.Hold) {
    order.Hold = hold;
    order.Approved = !hold;
    order.Status = hold ? "On Hold" : "Open";
  }
  for (const name of ["ShipToAddress", "ShipToContact", "BillToAddress", "BillToContact"] as const) {
    const linked = sent.linked.get(name);
    if (!linked) continue;
    Object.assign(order[name], Object.fromEntries(linked.scalars));
    if (name === "ShipToAddress") order.ShipToAddressOverride = true;
    if (name === "ShipToContact") order.ShipToContactOverride = true;
  }
  if (sent.note !== undefined) order.note = sent.note;
  if (sent.custom) order.custom = { ...order.custom, ...sent.custom };
  for (const row of sent.rows.get("Details") ?? []) writeLine(tenant, row, order);
}

function writeLine(tenant: Tenant, row: Sent, order: SalesOrderRow): void {
  const existing = findLine(order, row);
  if (row.isDelete) {
    order.Details = order.Details.filter((line) => line !== existing);
    return;
  }
  const itemId = sentText(row, "InventoryID") ?? existing?.InventoryID ?? "";
  const item = findItem(tenant.tables, itemId);
  if (!item) throw noSuchEntity();
  const line =
    existing ??
    addLine(tenant, order, item, {
      quantity: 0,
      uom: sentText(row, "UOM"),
      warehouseId: sentText(row, "WarehouseID"),
    });
  const members = [
    "LineDescription",
    "ShipOn",
    "RequestedOn",
    "ShippingRule",
    "Operation",
    "POSource",
    "ExternalRef",
  ] as const;
  for (const name of [
    ...members,
    "OrderQty",
    "UnitPrice",
    "DiscountPercent",
    "UOM",
    "WarehouseID",
    "FreeItem",
    "MarkForPO",
  ] as const) {
    if (row.scalars.get(name) !== undefined) assign(line, name, row.scalars.get(name));
  }
  line.OrderQty = round(line.OrderQty);
  line.LastModifiedDate = tenant.options.clock.now();
  if (row.note !== undefined) line.note = row.note;
}

/** The contract has checked that the value is of the member's kind. */
function assign<T extends object>(row: T, name: keyof T, value: unknown): void {
  row[name] = value as T[keyof T];
}

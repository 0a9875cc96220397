import { entity } from "./contract-entities.ts";
import { defaultContract, fieldsOf, type EntitySpec } from "./contract.ts";
import { newLine, newOrder, settleOrder } from "./order-rows.ts";
import { addCustomer, customerRow, shipViaRow, stockItemRow, warehouseRow } from "./seed.ts";
import { isRecord } from "./sent.ts";
import {
  findCustomer,
  findItem,
  findOrder,
  findShipVia,
  findWarehouse,
  type CustomerRow,
  type SalesOrderLineRow,
  type SalesOrderRow,
} from "./tables.ts";
import type { Tenant } from "./tenant.ts";

type Plain = Record<string, unknown>;

/**
 * Takes recorded answers of a live site (wrapped SalesOrder, Customer and StockItem objects anywhere inside the given JSON) into
 * the tables, so that the journey also runs on data nobody invented. Customers, items, warehouses and ship via codes that a
 * recorded order names and no recording shows are made up beside it, addresses included. Returns how many records were loaded.
 */
export function loadRecorded(tenant: Tenant, samples: unknown): number {
  const found = new Map<string, { kind: string; fields: Plain }>();
  collect(samples, found);
  const ofKind = (kind: string): Plain[] =>
    [...found.values()].filter((each) => each.kind === kind).map((each) => each.fields);
  const customers = ofKind("Customer").filter((fields) => loadCustomer(tenant, fields)).length;
  const items = ofKind("StockItem").filter((fields) => loadItem(tenant, fields)).length;
  const orders = ofKind("SalesOrder").filter((fields) => loadOrder(tenant, fields)).length;
  tenant.revision++;
  return customers + items + orders;
}

function collect(value: unknown, found: Map<string, { kind: string; fields: Plain }>): void {
  if (Array.isArray(value)) {
    for (const each of value) collect(each, found);
    return;
  }
  if (!isRecord(value)) return;
  const kind = kindOf(value);
  if (kind) {
    const fields = plain(entity(kind), value);
    found.set(`${kind} ${String(fields["id"])}`, { kind, fields });
    return;
  }
  for (const each of Object.values(value)) collect(each, found);
}

/** Answers carry a bare id and wrapped keys; requests and other entities do not have both. */
function kindOf(value: Plain): string | undefined {
  if (typeof value["id"] !== "string" || typeof value["error"] === "string") return undefined;
  if (isWrapped(value["OrderNbr"]) && isWrapped(value["OrderType"]) && isWrapped(value["CustomerID"]))
    return "SalesOrder";
  if (isWrapped(value["InventoryID"]) && isWrapped(value["ItemStatus"])) return "StockItem";
  return isWrapped(value["CustomerID"]) && isWrapped(value["CustomerName"]) ? "Customer" : undefined;
}

const isWrapped = (value: unknown): boolean => isRecord(value) && value["value"] !== undefined;

/** The record without wrappers, in the form the tables keep; fields no version of the contract knows are left behind. */
function plain(spec: EntitySpec, value: Plain): Plain {
  const fields: Plain = { id: String(value["id"]).toLowerCase() };
  const note = value["note"];
  if (isRecord(note) && typeof note["value"] === "string" && note["value"] !== "") fields["note"] = note["value"];
  for (const field of [...fieldsOf(spec, defaultContract(25)), ...fieldsOf(spec, defaultContract(20))]) {
    const sent = value[field.name];
    if (field.kind === "rows") {
      if (Array.isArray(sent)) fields[field.name] = sent.filter(isRecord).map((row) => plain(entity(field.of), row));
    } else if (field.kind === "linked") {
      if (isRecord(sent)) fields[field.name] = plain(entity(field.of), sent);
    } else if (isRecord(sent) && sent["value"] !== undefined && sent["value"] !== null) {
      fields[field.name] = stored(field.kind, sent["value"]);
    } else if (isRecord(sent) && field.kind === "text") {
      // Recorded as empty: nothing made up may stand in its place.
      fields[field.name] = undefined;
    }
  }
  return fields;
}

function stored(kind: string, value: unknown): unknown {
  if (kind === "day") return String(value).slice(0, 10);
  if (kind === "instant") return Date.parse(String(value));
  // US text without a zone; the site writes UTC.
  if (kind === "ustime") return Date.parse(`${String(value)} UTC`);
  return value;
}

function loadCustomer(tenant: Tenant, fields: Plain): boolean {
  const id = String(fields["CustomerID"]);
  if (findCustomer(tenant.tables, id)) return false;
  addCustomer(tenant.tables, { ...standIn(tenant, id), ...fields });
  if (typeof fields["ShipVia"] === "string") needShipVia(tenant, fields["ShipVia"]);
  return true;
}

/** A customer nobody recorded an address of lives at one of the shop's. */
function standIn(tenant: Tenant, id: string): CustomerRow {
  const { shop, random, clock } = tenant.options;
  const model = shop.customers[tenant.tables.customers.length % shop.customers.length];
  if (!model) throw new Error("the shop has no customers");
  return customerRow({ ...model, id, name: id }, random, clock.now(), tenant.tables.customers.length);
}

function loadItem(tenant: Tenant, fields: Plain): boolean {
  const sku = String(fields["InventoryID"]);
  if (findItem(tenant.tables, sku)) return false;
  const warehouse = fields["DefaultWarehouseID"];
  if (typeof warehouse === "string") needWarehouse(tenant, warehouse);
  tenant.tables.stockItems.push({ ...madeUpItem(tenant, sku), UOMConversions: [], CrossReferences: [], ...fields });
  return true;
}

function madeUpItem(tenant: Tenant, sku: string): ReturnType<typeof stockItemRow> {
  const { shop, random, clock } = tenant.options;
  const model = shop.stockItems[0];
  if (!model) throw new Error("the shop has no stock items");
  return stockItemRow({ ...model, sku, description: sku, upc: undefined, conversions: [] }, shop, random, clock.now());
}

function loadOrder(tenant: Tenant, fields: Plain): boolean {
  const type = String(fields["OrderType"]);
  const nbr = String(fields["OrderNbr"]);
  if (findOrder(tenant.tables, type, nbr)) return false;
  const customerId = String(fields["CustomerID"]);
  if (!findCustomer(tenant.tables, customerId)) addCustomer(tenant.tables, standIn(tenant, customerId));
  const customer = findCustomer(tenant.tables, customerId);
  if (!customer) return false;
  const { order: lastNumber } = tenant.numbers;
  const model = newOrder(tenant, customer, type, false);
  tenant.numbers.order = lastNumber;
  const order = { ...model, ...fields, Details: [] } as unknown as SalesOrderRow;
  const shipVia = fields["ShipVia"];
  order.ShipVia = typeof shipVia === "string" ? shipVia : undefined;
  order.ShippingSettings.ShipVia ??= order.ShipVia;
  if (order.ShipVia !== undefined) needShipVia(tenant, order.ShipVia);
  order.Details = ((fields["Details"] as Plain[] | undefined) ?? []).map((line) => recordedLine(tenant, order, line));
  order.lastLineNbr = Math.max(0, ...order.Details.map((line) => line.LineNbr));
  tenant.tables.salesOrders.push(order);
  if (order.Details.length > 0) settleOrder(tenant, order);
  order.LastModified = Number(fields["LastModified"] ?? order.LastModified);
  return true;
}

/** What a recording leaves out of a line is as on a new line of that item. */
function recordedLine(tenant: Tenant, order: SalesOrderRow, fields: Plain): SalesOrderLineRow {
  const sku = String(fields["InventoryID"]);
  if (!findItem(tenant.tables, sku)) tenant.tables.stockItems.push(madeUpItem(tenant, sku));
  if (typeof fields["WarehouseID"] === "string") needWarehouse(tenant, fields["WarehouseID"]);
  const model = newLine(tenant, order, findItem(tenant.tables, sku) ?? madeUpItem(tenant, sku), { quantity: 0 });
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const line = { ...model, ...known };
  line.closedQty = line.Completed ? line.QtyOnShipments : 0;
  return line;
}

function needWarehouse(tenant: Tenant, id: string): void {
  const { tables, options } = tenant;
  if (!findWarehouse(tables, id)) tables.warehouses.push(warehouseRow(id, options.random, options.clock.now()));
}

function needShipVia(tenant: Tenant, id: string): void {
  if (!findShipVia(tenant.tables, id)) tenant.tables.shipVias.push(shipViaRow(id, tenant.options.random));
}

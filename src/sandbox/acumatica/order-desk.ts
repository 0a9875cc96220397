import { addLine, newOrder, sellable, type SellableItem, settleOrder } from "./order-rows.ts";
import { openShipments } from "./shipping.ts";
import {
  findCustomer,
  findItem,
  findOrder,
  type AddressRow,
  type CustomerRow,
  type DocContactRow,
  type SalesOrderRow,
} from "./tables.ts";
import type { Tenant } from "./tenant.ts";

export interface OrderLineInput {
  inventoryId: string;
  quantity: number;
  uom?: string;
  warehouseId?: string;
  unitPrice?: number;
}

export interface NewOrderInput {
  orderType?: string;
  customerId?: string;
  lines?: OrderLineInput[];
  shipVia?: string;
  /** For every line that names none. */
  warehouseId?: string;
  /** Default `Open`. */
  status?: string;
  shipTo?: AddressRow & DocContactRow;
  customerOrder?: string;
  description?: string;
}

export interface OrderChange {
  status?: string;
  /** `null` clears it. */
  shipVia?: string | null;
  shipTo?: AddressRow & DocContactRow;
  lines?: {
    add?: OrderLineInput[];
    /** Line numbers. */
    remove?: number[];
    /** New quantity by line number. */
    quantity?: Record<number, number>;
  };
  description?: string;
  customerOrder?: string;
  /** A note on the order. */
  note?: string;
}

/**
 * Enters an order as a person would in the ERP. What is not given is drawn: a customer, one to four items in whole quantities from
 * one warehouse. Throws Error for a customer or item the tenant does not have.
 */
export function createOrder(tenant: Tenant, input: NewOrderInput = {}): SalesOrderRow {
  const customer =
    input.customerId === undefined ? draw(tenant, shippingCustomers(tenant)) : knownCustomer(tenant, input.customerId);
  const status = input.status ?? "Open";
  const order = newOrder(tenant, customer, input.orderType ?? "SO", status === "On Hold");
  order.Status = status;
  order.CreditHold = status === "Credit Hold";
  order.CustomerOrder = input.customerOrder ?? `PO-${10_000 + Math.floor(tenant.options.random.next() * 90_000)}`;
  order.Description = input.description;
  if (input.warehouseId !== undefined) order.PreferredWarehouseID = input.warehouseId;
  if (input.shipVia !== undefined) setShipVia(order, input.shipVia);
  if (input.shipTo) setShipTo(order, input.shipTo);
  for (const line of input.lines ?? drawLines(tenant, input.warehouseId)) {
    addLine(tenant, order, knownItem(tenant, line.inventoryId), {
      ...line,
      warehouseId: line.warehouseId ?? input.warehouseId,
    });
  }
  tenant.tables.salesOrders.push(order);
  settleOrder(tenant, order);
  return order;
}

/** Changes an order as a person would. Lines of an order with an unconfirmed shipment are locked, for people as well. */
export function editOrder(tenant: Tenant, type: string, nbr: string, change: OrderChange): SalesOrderRow {
  const order = findOrder(tenant.tables, type, nbr);
  if (!order) throw new Error(`there is no order ${type} ${nbr}`);
  if (change.lines && openShipments(tenant, order).length > 0) {
    throw new Error(`the lines of ${type} ${nbr} are locked while a shipment is open`);
  }
  const before = order.LastModified;
  if (change.status !== undefined) {
    order.Status = change.status;
    order.Hold = change.status === "On Hold";
    order.CreditHold = change.status === "Credit Hold";
    order.Approved = !order.Hold;
  }
  if (change.shipVia !== undefined) setShipVia(order, change.shipVia ?? undefined);
  if (change.shipTo) setShipTo(order, change.shipTo);
  if (change.description !== undefined) order.Description = change.description;
  if (change.customerOrder !== undefined) order.CustomerOrder = change.customerOrder;
  if (change.note !== undefined) order.note = change.note;
  if (change.lines) changeLines(tenant, order, change.lines);
  settleOrder(tenant, order);
  const headChanged = Object.keys(change).some((name) => name !== "lines" && name !== "shipTo");
  // Nobody has established whether the head's timestamp moves (facts: acumatica 8, 3).
  if (!headChanged && tenant.options.lineChangesMoveLastModified === false) order.LastModified = before;
  return order;
}

function changeLines(tenant: Tenant, order: SalesOrderRow, lines: NonNullable<OrderChange["lines"]>): void {
  const removed = new Set(lines.remove ?? []);
  order.Details = order.Details.filter((line) => !removed.has(line.LineNbr));
  for (const [number, quantity] of Object.entries(lines.quantity ?? {})) {
    const line = order.Details.find((each) => each.LineNbr === Number(number));
    if (!line) throw new Error(`order ${order.OrderNbr} has no line ${number}`);
    line.OrderQty = quantity;
    line.LastModifiedDate = tenant.options.clock.now();
  }
  for (const line of lines.add ?? []) addLine(tenant, order, knownItem(tenant, line.inventoryId), line);
}

export function setShipVia(order: SalesOrderRow, shipVia: string | undefined): void {
  order.ShipVia = shipVia;
  order.ShippingSettings.ShipVia = shipVia;
}

function setShipTo(order: SalesOrderRow, shipTo: AddressRow & DocContactRow): void {
  const { BusinessName, Attention, Email, Phone1, ...address } = shipTo;
  const contact = { BusinessName, Attention, Email, Phone1 };
  const given = Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== undefined));
  if (Object.keys(address).length > 0) {
    order.ShipToAddress = { ...address };
    order.ShipToAddressOverride = true;
  }
  if (Object.keys(given).length > 0) {
    Object.assign(order.ShipToContact, given);
    order.ShipToContactOverride = true;
  }
}

const shippingCustomers = (tenant: Tenant): CustomerRow[] =>
  tenant.tables.customers.filter((customer) => customer.MainContact.Address.Country !== undefined);

function drawLines(tenant: Tenant, warehouseId: string | undefined): OrderLineInput[] {
  const { random } = tenant.options;
  const warehouse =
    warehouseId ?? (random.next() < 0.75 ? tenant.tables.warehouses[0] : tenant.tables.warehouses[1])?.WarehouseID;
  const items = tenant.tables.stockItems.filter(
    (item) => item.ItemStatus === "Active" && (warehouseId !== undefined || item.DefaultWarehouseID === warehouse),
  );
  const count = 1 + Math.floor(random.next() ** 2 * 4);
  const chosen = new Set(Array.from({ length: count }, () => draw(tenant, items)));
  return [...chosen].map((item) => {
    const byCase = item.UOMConversions.length > 0 && random.next() < 0.3;
    return {
      inventoryId: item.InventoryID,
      quantity: 1 + Math.floor(random.next() ** 2 * (byCase ? 2 : 6)),
      uom: byCase ? (item.UOMConversions[0]?.FromUOM ?? item.SalesUOM) : item.SalesUOM,
      ...(warehouse === undefined ? {} : { warehouseId: warehouse }),
    };
  });
}

function draw<T>(tenant: Tenant, rows: T[]): T {
  const row = rows[Math.floor(tenant.options.random.next() * rows.length)];
  if (row === undefined) throw new Error("this tenant has no master data to draw from");
  return row;
}

function knownCustomer(tenant: Tenant, id: string): CustomerRow {
  const customer = findCustomer(tenant.tables, id);
  if (!customer) throw new Error(`there is no customer ${id}`);
  return customer;
}

function knownItem(tenant: Tenant, id: string): SellableItem {
  const item =
    findItem(tenant.tables, id) ?? sellable(tenant.tables.nonStockItems.find((row) => row.InventoryID === id));
  if (!item) throw new Error(`there is no item ${id}`);
  return item;
}

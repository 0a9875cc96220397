import { round, shippable, sum, touchOrder, unitsIn } from "./order-rows.ts";
import { businessRule } from "./refusals.ts";
import {
  findItem,
  findOrder,
  findShipment,
  findShipVia,
  newGuid,
  type SalesOrderLineRow,
  type SalesOrderRow,
  type ShipmentLineRow,
  type ShipmentRow,
} from "./tables.ts";
import { nextShipmentNbr, type Tenant } from "./tenant.ts";

const unconfirmed: ReadonlySet<string> = new Set(["On Hold", "Open"]);
const shippableStatuses: ReadonlySet<string> = new Set(["Open", "Back Order", "Shipping"]);

export const isUnconfirmed = (shipment: ShipmentRow): boolean => unconfirmed.has(shipment.Status);

/** Shipments of the order that are not confirmed yet; they lock it. */
export function openShipments(tenant: Tenant, order: SalesOrderRow): ShipmentRow[] {
  return shipmentsOf(tenant, order).filter(isUnconfirmed);
}

function shipmentsOf(tenant: Tenant, order: SalesOrderRow): ShipmentRow[] {
  return order.Shipments.map((row) => findShipment(tenant.tables, row.ShipmentNbr)).filter((row) => row !== undefined);
}

/** Throws Refusal unless lines of this order may be put on a new shipment from this warehouse now (facts: acumatica 3.2, 3.3). */
export function checkShippable(tenant: Tenant, order: SalesOrderRow, warehouseId: string): void {
  if (!shippableStatuses.has(order.Status)) {
    throw businessRule(
      `Error: The ${order.OrderType} ${order.OrderNbr} sales order cannot be shipped because it has the ${order.Status} status.`,
    );
  }
  const open = openShipments(tenant, order).find((shipment) => shipment.WarehouseID === warehouseId);
  if (open) {
    throw businessRule(
      `Error: The ${order.OrderType} ${order.OrderNbr} sales order already has the ${open.ShipmentNbr} open shipment in the ${warehouseId} warehouse. Confirm it first.`,
    );
  }
}

const goods: ReadonlySet<string> = new Set(["Goods for Inventory", "Non-Inventory Goods"]);

/** Lines that leave from this warehouse and have something left: not returns, not goods that the vendor sends. */
export function shippableLines(order: SalesOrderRow, warehouseId: string): SalesOrderLineRow[] {
  return order.Details.filter(
    (line) =>
      line.WarehouseID === warehouseId &&
      line.Operation === "Issue" &&
      goods.has(line.LineType) &&
      !line.Completed &&
      !(line.MarkForPO && line.POSource === "Drop-Ship") &&
      shippable(line) > 0,
  );
}

export interface ShipmentPlanLine {
  order: SalesOrderRow;
  line: SalesOrderLineRow;
  quantity: number;
}

/** A shipment of these lines, entered into the tables; its orders move to Shipping. Everything has been checked before. */
export function enterShipment(
  tenant: Tenant,
  lines: ShipmentPlanLine[],
  head: Pick<ShipmentRow, "WarehouseID" | "ShipmentDate" | "Hold" | "CustomerID" | "LocationID"> & {
    ShipmentNbr?: string | undefined;
  },
): ShipmentRow {
  const now = tenant.options.clock.now();
  const first = lines[0]?.order;
  const shipment = {
    ...siteDefaults,
    id: newGuid(tenant.options.random),
    ShipmentNbr: head.ShipmentNbr ?? nextShipmentNbr(tenant),
    Type: "Shipment",
    Operation: "Issue",
    Status: head.Hold ? "On Hold" : "Open",
    Hold: head.Hold,
    CustomerID: head.CustomerID,
    LocationID: head.LocationID,
    WarehouseID: head.WarehouseID,
    ShipmentDate: head.ShipmentDate,
    EffectiveDate: head.ShipmentDate,
    ShipVia: first?.ShipVia,
    FreightCost: 0,
    FreightPrice: first?.ShippingSettings.FreightPrice ?? 0,
    FreightAmount: first?.ShippingSettings.FreightPrice ?? 0,
    OverrideFreightPrice: false,
    ControlQty: 0,
    ShippedQty: 0,
    ShippedWeight: 0,
    PackageCount: 0,
    PackageWeight: 0,
    UnlimitedPackages: false,
    CreatedDateTime: now,
    LastModifiedDateTime: now,
    ShippingSettings: {
      ShipToAddress: { ...first?.ShipToAddress },
      ShipToAddressOverride: first?.ShipToAddressOverride ?? false,
      ShipToContact: { ...first?.ShipToContact },
      ShipToContactOverride: first?.ShipToContactOverride ?? false,
    },
    Details: [],
    Packages: [],
    Orders: [],
    lastLineNbr: 0,
    lastPackageNbr: 0,
  } as ShipmentRow;
  tenant.tables.shipments.push(shipment);
  for (const line of lines) addShipmentLine(tenant, shipment, line);
  settleShipment(tenant, shipment);
  return shipment;
}

const siteDefaults = {
  BaseCurrencyID: "USD",
  CurrencyRate: 1,
  CurrencyViewState: false,
  FreightCurrencyID: "USD",
  Picked: false,
};

export function addShipmentLine(
  tenant: Tenant,
  shipment: ShipmentRow,
  { order, line, quantity }: ShipmentPlanLine,
): ShipmentLineRow {
  const row: ShipmentLineRow = {
    id: newGuid(tenant.options.random),
    LineNbr: ++shipment.lastLineNbr,
    OrderType: order.OrderType,
    OrderNbr: order.OrderNbr,
    OrderLineNbr: line.LineNbr,
    InventoryID: line.InventoryID,
    Description: line.LineDescription,
    WarehouseID: shipment.WarehouseID,
    LocationID: "STOCK",
    UOM: line.UOM,
    OrderedQty: line.OrderQty,
    OriginalQty: shippable(line),
    OpenQty: 0,
    ShippedQty: quantity,
    FreeItem: line.FreeItem,
    Allocations: [],
  };
  shipment.Details.push(row);
  moveQuantity(tenant, row, quantity);
  order.Status = "Shipping";
  return row;
}

/** Puts more (or less, when negative) of a line's quantity on shipments. */
export function moveQuantity(tenant: Tenant, row: ShipmentLineRow, by: number): void {
  const line = orderLine(tenant, row);
  if (line) line.QtyOnShipments = round(line.QtyOnShipments + by);
}

export function orderLine(tenant: Tenant, row: ShipmentLineRow): SalesOrderLineRow | undefined {
  return findOrder(tenant.tables, row.OrderType, row.OrderNbr)?.Details.find(
    (line) => line.LineNbr === row.OrderLineNbr,
  );
}

/** Brings totals, allocations and the rows that orders show in line with the lines; stamps shipment and orders as changed now. */
export function settleShipment(tenant: Tenant, shipment: ShipmentRow): void {
  for (const row of shipment.Details) {
    row.OpenQty = shippable(orderLine(tenant, row) ?? ({ OrderQty: 0, QtyOnShipments: 0 } as SalesOrderLineRow));
    row.Allocations = allocationsOf(tenant, row);
  }
  shipment.ShippedQty = sum(shipment.Details.map((row) => row.ShippedQty));
  shipment.ShippedWeight = sum(shipment.Details.map((row) => weightOf(tenant, row)));
  shipment.PackageCount = shipment.Packages.length;
  shipment.PackageWeight = sum(shipment.Packages.map((row) => row.Weight));
  shipment.LastModifiedDateTime = tenant.options.clock.now();
  shipment.Orders = [];
  for (const order of ordersOf(tenant, shipment)) showOnOrder(tenant, shipment, order);
  tenant.revision++;
}

/** A non-stock kit stays one line; what is picked for it are its components (facts: acumatica 5). */
function allocationsOf(tenant: Tenant, row: ShipmentLineRow): object[] {
  const kit = tenant.tables.kits.find((each) => each.IsNonStock && each.KitInventoryID === row.InventoryID);
  const picked = kit
    ? kit.StockComponents.map(({ StockInventoryID, ComponentQty, UOM }) => ({
        InventoryID: StockInventoryID,
        Qty: round(row.ShippedQty * ComponentQty),
        UOM,
      }))
    : [{ InventoryID: row.InventoryID, Qty: row.ShippedQty, UOM: row.UOM }];
  return picked.map((each, index) => ({ SplitLineNbr: index + 1, LocationID: row.LocationID, ...each }));
}

function weightOf(tenant: Tenant, row: ShipmentLineRow): number {
  const item = findItem(tenant.tables, row.InventoryID);
  return item ? round(row.ShippedQty * unitsIn(item, row.UOM) * item.DimensionWeight) : 0;
}

export function ordersOf(tenant: Tenant, shipment: ShipmentRow): SalesOrderRow[] {
  const orders = new Set(shipment.Details.map((row) => findOrder(tenant.tables, row.OrderType, row.OrderNbr)));
  return [...orders].filter((order) => order !== undefined);
}

function showOnOrder(tenant: Tenant, shipment: ShipmentRow, order: SalesOrderRow): void {
  const rows = shipment.Details.filter((row) => row.OrderType === order.OrderType && row.OrderNbr === order.OrderNbr);
  const shippedQty = sum(rows.map((row) => row.ShippedQty));
  shipment.Orders.push({
    OrderType: order.OrderType,
    OrderNbr: order.OrderNbr,
    OrderNoteID: order.id,
    ShipmentNbr: shipment.ShipmentNbr,
    ShipmentType: shipment.Type,
    ShippedQty: shippedQty,
  });
  const shown = {
    ShipmentType: shipment.Type,
    ShipmentNbr: shipment.ShipmentNbr,
    Status: shipment.Status,
    ShipmentDate: shipment.ShipmentDate,
    ShippedQty: shippedQty,
    ShippedWeight: sum(rows.map((row) => weightOf(tenant, row))),
    LastModifiedDateTime: shipment.LastModifiedDateTime,
    ShippingNoteID: shipment.id,
    OrderNoteID: order.id,
  };
  const at = order.Shipments.findIndex((row) => row.ShipmentNbr === shipment.ShipmentNbr);
  if (at === -1) order.Shipments.push(shown);
  else order.Shipments[at] = shown;
  touchOrder(tenant, order);
}

/** Takes an unconfirmed shipment away; its quantities are free again. Throws Refusal for a confirmed one. */
export function deleteShipment(tenant: Tenant, shipment: ShipmentRow): void {
  if (!isUnconfirmed(shipment)) {
    throw businessRule(
      `Error: The ${shipment.ShipmentNbr} shipment cannot be deleted because it has the ${shipment.Status} status.`,
    );
  }
  const orders = ordersOf(tenant, shipment);
  for (const row of shipment.Details) moveQuantity(tenant, row, -row.ShippedQty);
  tenant.tables.shipments.splice(tenant.tables.shipments.indexOf(shipment), 1);
  for (const order of orders) {
    order.Shipments = order.Shipments.filter((row) => row.ShipmentNbr !== shipment.ShipmentNbr);
    settleStatus(tenant, order);
  }
}

/** Where an order stands after one of its shipments was confirmed, corrected or deleted (facts: acumatica 3.2). */
export function settleStatus(tenant: Tenant, order: SalesOrderRow): void {
  for (const line of order.Details)
    line.OpenQty = line.Completed ? 0 : Math.max(0, round(line.OrderQty - line.closedQty));
  const isStarted = order.Details.some((line) => line.closedQty > 0 || line.Completed);
  if (openShipments(tenant, order).length > 0) order.Status = "Shipping";
  else if (!isStarted) order.Status = "Open";
  else if (order.Details.some((line) => line.OpenQty > 0))
    order.Status = tenant.options.remainderStatus ?? "Back Order";
  else order.Status = "Completed";
  touchOrder(tenant, order);
}

/** The Ship Via's row; undefined also where the shipment names none. */
export const shipViaOf = (tenant: Tenant, shipment: ShipmentRow): ReturnType<typeof findShipVia> =>
  shipment.ShipVia === undefined ? undefined : findShipVia(tenant.tables, shipment.ShipVia);

import { round, shippable } from "./order-rows.ts";
import { appendPackage, checkPackages, writePackages } from "./packages.ts";
import { businessRule, noSuchEntity } from "./refusals.ts";
import { refuseErrors, sentFlag, sentNumber, sentText, type Sent } from "./sent.ts";
import {
  addShipmentLine,
  checkShippable,
  enterShipment,
  isUnconfirmed,
  moveQuantity,
  ordersOf,
  orderLine,
  settleShipment,
  settleStatus,
  shippableLines,
  type ShipmentPlanLine,
} from "./shipping.ts";
import {
  findCustomer,
  findOrder,
  findShipVia,
  findWarehouse,
  type ShipmentLineRow,
  type ShipmentRow,
} from "./tables.ts";
import { today, type Tenant } from "./tenant.ts";

/** What the sent details mean: new lines from orders, and changes to rows the shipment has. */
interface DetailsPlan {
  added: ShipmentPlanLine[];
  changed: { row: ShipmentLineRow; quantity: number }[];
}

/**
 * Makes a new shipment, or changes the one found. All or nothing: everything is checked before anything is written
 * (facts: acumatica 4.2, 4.3). Throws Refusal: 422 for fields, 500 for the rules of the business.
 */
export function putShipment(tenant: Tenant, sent: Sent, found: ShipmentRow | undefined): ShipmentRow {
  checkHead(tenant, sent, found);
  const warehouse = found?.WarehouseID ?? sentText(sent, "WarehouseID") ?? "";
  const packages = sent.rows.get("Packages") ?? [];
  checkPackages(tenant, packages, found);
  const plan = planDetails(tenant, sent, found, warehouse);
  refuseErrors(sent, "Shipment", found?.id, tenant.options.random);
  if (found && !isUnconfirmed(found)) return writeTrackingOnly(tenant, sent, found);
  for (const order of new Set(plan.added.map((each) => each.order))) {
    if (!found || !ordersOf(tenant, found).includes(order)) checkShippable(tenant, order, warehouse);
  }
  if (found) return updateShipment(tenant, sent, found, plan);
  return enterShipments(tenant, sent, plan.added, warehouse);
}

function checkHead(tenant: Tenant, sent: Sent, found: ShipmentRow | undefined): void {
  const { tables } = tenant;
  const known = (name: string, label: string, isKnown: (value: string) => boolean, isRequired: boolean): void => {
    const value = sentText(sent, name);
    if (value === undefined && isRequired && !found) sent.errors.set(name, `'${label}' cannot be empty.`);
    if (value !== undefined && !isKnown(value))
      sent.errors.set(name, `'${label}' '${value}' cannot be found in the system.`);
  };
  known("CustomerID", "Customer", (id) => findCustomer(tables, id) !== undefined, true);
  known("WarehouseID", "Warehouse", (id) => findWarehouse(tables, id) !== undefined, true);
  known("ShipVia", "Ship Via", (id) => findShipVia(tables, id) !== undefined, false);
  known("Type", "Type", (type) => type === "Shipment", false);
}

function planDetails(tenant: Tenant, sent: Sent, found: ShipmentRow | undefined, warehouse: string): DetailsPlan {
  const plan: DetailsPlan = { added: [], changed: [] };
  for (const row of sent.rows.get("Details") ?? []) {
    const number = sentNumber(row, "LineNbr");
    const existing = found?.Details.find((each) =>
      row.id === undefined ? each.LineNbr === number : each.id === row.id,
    );
    if (row.id !== undefined && !existing) throw noSuchEntity();
    if (existing) planChange(tenant, row, existing, plan);
    else plan.added.push(...planLines(tenant, sent, row, found, warehouse, plan.added));
  }
  return plan;
}

function planChange(tenant: Tenant, row: Sent, existing: ShipmentLineRow, plan: DetailsPlan): void {
  const quantity = row.isDelete ? 0 : (quantityOf(row) ?? existing.ShippedQty);
  const line = orderLine(tenant, existing);
  if (line && quantity - existing.ShippedQty > shippable(line)) row.errors.set("ShippedQty", tooMany);
  plan.changed.push({ row: existing, quantity });
}

const tooMany = "The shipped quantity exceeds the open quantity of the sales order line.";

function planLines(
  tenant: Tenant,
  sent: Sent,
  row: Sent,
  found: ShipmentRow | undefined,
  warehouse: string,
  planned: ShipmentPlanLine[],
): ShipmentPlanLine[] {
  const type = sentText(row, "OrderType");
  const nbr = sentText(row, "OrderNbr");
  if (type === undefined) row.errors.set("OrderType", "'Order Type' cannot be empty.");
  if (nbr === undefined) row.errors.set("OrderNbr", "'Order Nbr.' cannot be empty.");
  if (type === undefined || nbr === undefined) return [];
  const order = findOrder(tenant.tables, type, nbr);
  if (!order) {
    row.errors.set("OrderNbr", `'Order Nbr.' '${nbr}' cannot be found in the system.`);
    return [];
  }
  const customer = found?.CustomerID ?? sentText(sent, "CustomerID");
  if (customer !== undefined && customer.trimEnd() !== order.CustomerID.trimEnd()) {
    row.errors.set("OrderNbr", `The ${nbr} sales order belongs to another customer.`);
    return [];
  }
  const location = found?.LocationID ?? sentText(sent, "LocationID");
  if (location !== undefined && location !== order.LocationID) {
    row.errors.set("OrderNbr", `The ${nbr} sales order ships to another location.`);
    return [];
  }
  const lineNbr = sentNumber(row, "OrderLineNbr");
  if (lineNbr === undefined) {
    const lines = shippableLines(order, warehouse);
    if (lines.length === 0)
      throw businessRule(`Error: The ${nbr} sales order has no lines to ship from the ${warehouse} warehouse.`);
    return lines.map((line) => ({ order, line, quantity: shippable(line) }));
  }
  const line = order.Details.find((each) => each.LineNbr === lineNbr);
  if (!line) {
    row.errors.set("OrderLineNbr", `'Order Line Nbr.' '${lineNbr}' cannot be found in the system.`);
    return [];
  }
  if (line.WarehouseID !== warehouse) {
    row.errors.set("WarehouseID", `The line ships from the ${line.WarehouseID} warehouse, not from ${warehouse}.`);
    return [];
  }
  const left = round(
    shippable(line) - planned.filter((each) => each.line === line).reduce((sum, each) => sum + each.quantity, 0),
  );
  const quantity = quantityOf(row) ?? left;
  if (quantity < 0) row.errors.set("ShippedQty", "The value must be greater than or equal to 0.");
  if (quantity > left || line.Completed) row.errors.set("ShippedQty", tooMany);
  return [{ order, line, quantity }];
}

/** ShippedQty, or the sum of the allocations; whoever sends both gets both (facts: acumatica 4.2). */
function quantityOf(row: Sent): number | undefined {
  const allocated = row.rows.get("Allocations")?.map((each) => sentNumber(each, "Qty") ?? 0);
  const shipped = sentNumber(row, "ShippedQty");
  if (!allocated || allocated.length === 0) return shipped;
  return round(allocated.reduce((sum, each) => sum + each, shipped ?? 0));
}

/** One shipment, or one an order when `CreateNewShipmentForEveryOrder` says so; the answer shows the first. */
function enterShipments(tenant: Tenant, sent: Sent, lines: ShipmentPlanLine[], warehouse: string): ShipmentRow {
  const isSplit = sentFlag(sent, "CreateNewShipmentForEveryOrder") ?? false;
  const groups = isSplit ? [...Map.groupBy(lines, (line) => line.order).values()] : [lines];
  const [first] = groups.map((group) => enterOne(tenant, sent, group, warehouse));
  return first ?? enterOne(tenant, sent, [], warehouse);
}

function enterOne(tenant: Tenant, sent: Sent, lines: ShipmentPlanLine[], warehouse: string): ShipmentRow {
  const { options } = tenant;
  const shipment = enterShipment(tenant, lines, {
    ShipmentNbr: options.shipmentNumbering === "manual" ? sentText(sent, "ShipmentNbr") : undefined,
    CustomerID: sentText(sent, "CustomerID") ?? "",
    LocationID: sentText(sent, "LocationID") ?? lines[0]?.order.LocationID ?? "MAIN",
    WarehouseID: warehouse,
    ShipmentDate: sentText(sent, "ShipmentDate") ?? today(tenant),
    Hold: sentFlag(sent, "Hold") ?? options.holdShipmentsOnEntry ?? true,
  });
  writeHead(sent, shipment);
  writePackages(tenant, sent.rows.get("Packages") ?? [], shipment);
  if (options.autoPackage && shipment.Packages.length === 0 && !shipment.UnlimitedPackages && lines.length > 0) {
    const auto = appendPackage(tenant, shipment);
    auto.Type = "Auto";
    auto.BoxID = tenant.tables.boxes[0]?.BoxID ?? "";
    auto.Weight = shipment.ShippedWeight;
  }
  settleShipment(tenant, shipment);
  return shipment;
}

function updateShipment(tenant: Tenant, sent: Sent, shipment: ShipmentRow, plan: DetailsPlan): ShipmentRow {
  const hold = sentFlag(sent, "Hold");
  if (hold !== undefined) {
    shipment.Hold = hold;
    shipment.Status = hold ? "On Hold" : "Open";
  }
  writeHead(sent, shipment);
  const before = ordersOf(tenant, shipment);
  for (const { row, quantity } of plan.changed) {
    moveQuantity(tenant, row, quantity - row.ShippedQty);
    row.ShippedQty = quantity;
  }
  const deleted = (sent.rows.get("Details") ?? []).filter((row) => row.isDelete);
  shipment.Details = shipment.Details.filter(
    (row) =>
      !deleted.some((each) =>
        each.id === undefined ? sentNumber(each, "LineNbr") === row.LineNbr : each.id === row.id,
      ),
  );
  for (const line of plan.added) addShipmentLine(tenant, shipment, line);
  writePackages(tenant, sent.rows.get("Packages") ?? [], shipment);
  settleShipment(tenant, shipment);
  for (const order of before) {
    if (ordersOf(tenant, shipment).includes(order)) continue;
    order.Shipments = order.Shipments.filter((row) => row.ShipmentNbr !== shipment.ShipmentNbr);
    settleStatus(tenant, order);
  }
  return shipment;
}

function writeHead(sent: Sent, shipment: ShipmentRow): void {
  const names = [
    "ShipmentDate",
    "ShipVia",
    "FreightCost",
    "OverrideFreightPrice",
    "ControlQty",
    "Description",
    "UnlimitedPackages",
  ] as const;
  for (const name of names) if (sent.scalars.has(name)) Object.assign(shipment, { [name]: sent.scalars.get(name) });
  // The price is taken over only where the override flag stands (facts: acumatica 4.3).
  const price = sentNumber(sent, "FreightPrice") ?? sentNumber(sent, "FreightAmount");
  if (price !== undefined && shipment.OverrideFreightPrice) shipment.FreightPrice = shipment.FreightAmount = price;
  if (sent.note !== undefined) shipment.note = sent.note;
  if (sent.custom) shipment.custom = { ...shipment.custom, ...sent.custom };
}

/** A confirmed shipment is locked; whether its packages still take a tracking number is open (facts: acumatica 8, 4). */
function writeTrackingOnly(tenant: Tenant, sent: Sent, shipment: ShipmentRow): ShipmentRow {
  const packages = sent.rows.get("Packages") ?? [];
  const head = [...sent.scalars.keys(), ...sent.rows.keys(), ...sent.linked.keys()].filter(
    (name) => name !== "ShipmentNbr" && name !== "Packages",
  );
  const isOnlyTracking =
    head.length === 0 &&
    packages.every((row) => !row.isDelete && (row.id !== undefined || row.scalars.has("LineNbr"))) &&
    packages.every((row) => [...row.scalars.keys()].every((name) => name === "TrackingNbr" || name === "LineNbr"));
  if (!isOnlyTracking || (packages.length > 0 && tenant.options.trackingAfterConfirm !== "allow")) {
    throw businessRule(
      `Error: The ${shipment.ShipmentNbr} shipment cannot be changed because it has the ${shipment.Status} status.`,
    );
  }
  writePackages(tenant, packages, shipment);
  settleShipment(tenant, shipment);
  return shipment;
}

import { round } from "./order-rows.ts";
import { businessRule } from "./refusals.ts";
import { isUnconfirmed, orderLine, ordersOf, settleShipment, settleStatus, shipViaOf } from "./shipping.ts";
import type { ShipmentRow } from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** Confirms a shipment: its quantities leave, its orders move on. Throws Refusal with the rule that stands against it (facts: acumatica 4.4). */
export function confirmShipment(tenant: Tenant, shipment: ShipmentRow): void {
  checkConfirmable(tenant, shipment);
  const shipVia = shipViaOf(tenant, shipment);
  if (shipVia?.integrated && !shipment.UnlimitedPackages) {
    tenant.tables.carrierLabels.push({
      ShipmentNbr: shipment.ShipmentNbr,
      ShipVia: shipVia.CarrierID,
      at: tenant.options.clock.now(),
    });
  }
  shipment.Status = "Confirmed";
  for (const row of shipment.Details) {
    const line = orderLine(tenant, row);
    if (!line) continue;
    line.closedQty = round(line.closedQty + row.ShippedQty);
    line.Completed = line.closedQty >= line.OrderQty || line.ShippingRule === "Cancel Remainder";
  }
  for (const order of ordersOf(tenant, shipment)) {
    for (const line of order.Details) {
      // Cancel Remainder closes what this warehouse did not send, too: a completed order may hold lines never shipped.
      if (line.ShippingRule === "Cancel Remainder" && line.WarehouseID === shipment.WarehouseID) line.Completed = true;
    }
  }
  settleShipment(tenant, shipment);
  for (const order of ordersOf(tenant, shipment)) settleStatus(tenant, order);
}

function checkConfirmable(tenant: Tenant, shipment: ShipmentRow): void {
  const name = `The ${shipment.ShipmentNbr} shipment`;
  if (shipment.Status === "On Hold")
    throw businessRule(`Error: ${name} cannot be confirmed because it has the On Hold status.`);
  if (!isUnconfirmed(shipment))
    throw businessRule(`Error: ${name} cannot be confirmed because it has the ${shipment.Status} status.`);
  if (shipment.ShippedQty <= 0) throw businessRule(`Error: ${name} cannot be confirmed because nothing is shipped.`);
  if (tenant.options.validateShipmentTotal && shipment.ControlQty !== shipment.ShippedQty) {
    throw businessRule(`Error: ${name} is out of balance: the control quantity differs from the shipped quantity.`);
  }
  const shipVia = shipViaOf(tenant, shipment);
  if (shipVia?.packageRequired && shipment.Packages.length === 0) {
    throw businessRule(
      `Error: ${name} cannot be confirmed because the ${shipVia.CarrierID} ship via code requires at least one package.`,
    );
  }
  if (shipVia?.confirmationForEachBox && shipment.Packages.some((row) => !row.Confirmed)) {
    throw businessRule(`Error: ${name} cannot be confirmed because at least one package is not confirmed.`);
  }
  for (const order of ordersOf(tenant, shipment)) {
    const incomplete = order.Details.some(
      (line) => line.WarehouseID === shipment.WarehouseID && line.QtyOnShipments < line.OrderQty,
    );
    if (order.ShippingSettings.ShippingRule === "Ship Complete" && incomplete) {
      throw businessRule(`Error: The ${order.OrderType} ${order.OrderNbr} sales order must be shipped complete.`);
    }
  }
}

/** Opens a confirmed shipment again, the latest one of its orders first (facts: acumatica 4.4). */
export function correctShipment(tenant: Tenant, shipment: ShipmentRow): void {
  if (shipment.Status !== "Confirmed") {
    throw businessRule(
      `Error: The ${shipment.ShipmentNbr} shipment cannot be corrected because it has the ${shipment.Status} status.`,
    );
  }
  for (const order of ordersOf(tenant, shipment)) {
    const at = order.Shipments.findIndex((row) => row.ShipmentNbr === shipment.ShipmentNbr);
    const later = order.Shipments.slice(at + 1)[0];
    if (later)
      throw businessRule(
        `Error: The ${later.ShipmentNbr} shipment of the ${order.OrderNbr} order must be corrected first.`,
      );
  }
  shipment.Status = "Open";
  for (const row of shipment.Details) {
    const line = orderLine(tenant, row);
    if (line) line.closedQty = round(line.closedQty - row.ShippedQty);
  }
  for (const order of ordersOf(tenant, shipment)) {
    for (const line of order.Details) line.Completed = line.OrderQty > 0 && line.closedQty >= line.OrderQty;
  }
  settleShipment(tenant, shipment);
  for (const order of ordersOf(tenant, shipment)) settleStatus(tenant, order);
}

/** What billing does to a confirmed shipment; afterwards it cannot be corrected. */
export function invoiceShipment(tenant: Tenant, shipment: ShipmentRow): void {
  if (shipment.Status !== "Confirmed") {
    throw businessRule(
      `Error: The ${shipment.ShipmentNbr} shipment cannot be invoiced because it has the ${shipment.Status} status.`,
    );
  }
  shipment.Status = "Invoiced";
  settleShipment(tenant, shipment);
}

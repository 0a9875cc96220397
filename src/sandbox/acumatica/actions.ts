import { confirmShipment, correctShipment, invoiceShipment } from "./confirming.ts";
import { shippable, touchOrder } from "./order-rows.ts";
import { businessRule, invalidRequest } from "./refusals.ts";
import { isRecord } from "./sent.ts";
import { checkShippable, enterShipment, shippableLines } from "./shipping.ts";
import type { SalesOrderRow, ShipmentRow } from "./tables.ts";
import { today, type Tenant } from "./tenant.ts";

export interface Action {
  name: string;
  /** First endpoint version that has it. */
  since: number;
  /** Long operations answer 202 first; the others are over with the answer. */
  isLong: boolean;
  /** The swagger marks `parameters` as required. */
  needsParameters: boolean;
  /** Carries the action out, or throws the Refusal that the status shows. */
  run: (tenant: Tenant, row: object, parameters: Record<string, unknown>) => void;
}

const orderAction = (
  name: string,
  isLong: boolean,
  run: (tenant: Tenant, order: SalesOrderRow, parameters: Record<string, unknown>) => void,
): Action => ({
  name,
  since: 20,
  isLong,
  needsParameters: name === "SalesOrderCreateShipment",
  run: (tenant, row, parameters) => run(tenant, row as SalesOrderRow, parameters),
});

const shipmentAction = (name: string, run: (tenant: Tenant, shipment: ShipmentRow) => void): Action => ({
  name,
  since: 20,
  isLong: true,
  needsParameters: false,
  run: (tenant, row) => run(tenant, row as ShipmentRow),
});

/** Actions by entity (facts: acumatica 3.3, 4.4). There is none to put on hold and none to mark as shipped. */
const actions: Record<string, Action[]> = {
  SalesOrder: [
    orderAction("SalesOrderCreateShipment", true, createShipment),
    orderAction("CancelSalesOrder", false, cancelOrder),
    orderAction("ReopenSalesOrder", false, reopenOrder),
    orderAction("OpenSalesOrder", false, reopenOrder),
    // No discounts here: nothing to recalculate.
    orderAction("AutoRecalculateDiscounts", true, () => undefined),
    { ...orderAction("RecalculatePricesDiscounts", true, () => undefined), since: 24 },
  ],
  Shipment: [
    shipmentAction("ConfirmShipment", confirmShipment),
    shipmentAction("CorrectShipment", correctShipment),
    shipmentAction("PrepareInvoice", invoiceShipment),
    shipmentAction("UpdateIN", () => undefined),
  ],
};

export const actionsOf = (entityName: string): readonly Action[] => actions[entityName] ?? [];

export function findAction(entityName: string, name: string): Action | undefined {
  return actionsOf(entityName).find((action) => action.name.toLowerCase() === name.toLowerCase());
}

/** Takes what can be shipped from the warehouse by the given date. The shipment comes out Open, not On Hold. */
export function createShipment(tenant: Tenant, order: SalesOrderRow, parameters: Record<string, unknown>): void {
  const date = dayParameter(parameters, "ShipmentDate") ?? today(tenant);
  const warehouse = textParameter(parameters, "WarehouseID") ?? order.Details[0]?.WarehouseID ?? "";
  checkShippable(tenant, order, warehouse);
  const lines = shippableLines(order, warehouse).filter((line) => line.ShipOn <= date);
  if (lines.length === 0) {
    if (tenant.options.nothingToShip === "silent") return;
    throw businessRule(
      `Error: The ${order.OrderNbr} sales order has no lines to ship from the ${warehouse} warehouse.`,
    );
  }
  enterShipment(
    tenant,
    lines.map((line) => ({ order, line, quantity: shippable(line) })),
    {
      CustomerID: order.CustomerID,
      LocationID: order.LocationID,
      WarehouseID: warehouse,
      ShipmentDate: date,
      Hold: false,
    },
  );
}

function cancelOrder(tenant: Tenant, order: SalesOrderRow): void {
  const isCancelable = ["On Hold", "Open", "Awaiting Payment", "Credit Hold"].includes(order.Status);
  if (!isCancelable || order.Shipments.length > 0) {
    throw businessRule(
      `Error: The ${order.OrderNbr} sales order cannot be canceled because it has the ${order.Status} status.`,
    );
  }
  order.Status = "Canceled";
  order.Hold = false;
  touchOrder(tenant, order);
}

function reopenOrder(tenant: Tenant, order: SalesOrderRow): void {
  if (!["Canceled", "Completed", "Back Order"].includes(order.Status)) {
    throw businessRule(
      `Error: The ${order.OrderNbr} sales order cannot be reopened because it has the ${order.Status} status.`,
    );
  }
  for (const line of order.Details) {
    line.Completed = false;
    line.OpenQty = Math.max(0, line.OrderQty - line.closedQty);
  }
  order.Status = order.Shipments.length > 0 ? "Back Order" : "Open";
  touchOrder(tenant, order);
}

export function checkParameters(action: Action, body: Record<string, unknown>): Record<string, unknown> {
  const parameters = body["parameters"];
  if (isRecord(parameters)) return parameters;
  if (action.needsParameters) throw invalidRequest("invocation.parameters", "The parameters field is required.");
  return {};
}

function textParameter(parameters: Record<string, unknown>, name: string): string | undefined {
  const wrapped = parameters[name];
  const value = isRecord(wrapped) ? wrapped["value"] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A date may carry an offset; its date part counts (facts: acumatica 2.6). */
const dayParameter = (parameters: Record<string, unknown>, name: string): string | undefined =>
  textParameter(parameters, name)?.slice(0, 10);

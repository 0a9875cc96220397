import { packageMark } from "../../src/core/shipment-mark.ts";
import type {
  ErpLine,
  ErpOrder,
  ErpShipment,
  Label,
  ShipmentPlan,
  ShipmentSettings,
} from "../../src/core/shipments.ts";

export const aLabel = (changes: Partial<Label> = {}): Label => ({
  id: "S1",
  source: "label",
  orderId: 500,
  orderKey: "000123",
  orderNumber: "000123",
  tracking: `1Z${changes.id ?? "S1"}`,
  carrier: "ups",
  service: "ups_ground",
  shippedOn: "2026-05-05",
  createdAt: "2026-05-05T09:00:00.0000000",
  cost: 7.5,
  weightGrams: 453.59,
  voided: false,
  isReturn: false,
  lines: [{ orderItemId: 1, lineKey: "1", sku: "LAPTOP", quantity: 1 }],
  ...changes,
});

export const anErpLine = (changes: Partial<ErpLine> = {}): ErpLine => ({
  lineNbr: 1,
  sku: "LAPTOP",
  openQty: 5,
  warehouse: "MAIN",
  ...changes,
});

export const anErpOrder = (changes: Partial<ErpOrder> = {}): ErpOrder => ({
  orderType: "SO",
  orderNbr: "000123",
  status: "Open",
  customerId: "C000001",
  locationId: "MAIN",
  lines: [anErpLine()],
  shipments: [],
  ...changes,
});

export const shipmentSettings = (changes: Partial<ShipmentSettings> = {}): ShipmentSettings => ({
  shipVia: [{ carrier: "ups", service: "*", shipVia: "UPS" }],
  companyWeightUnit: "LB",
  freight: "off",
  ...changes,
});

/** The shipment Acumatica would show after the plan was carried out. */
export const shipmentAsPlanned = (plan: ShipmentPlan, changes: Partial<ErpShipment> = {}): ErpShipment => ({
  number: "001200",
  status: "Open",
  hold: false,
  warehouse: plan.warehouse,
  description: plan.description,
  shippedOn: plan.shippedOn,
  ...(plan.shipVia !== undefined && { shipVia: plan.shipVia }),
  ...(plan.freightCost !== undefined && { freightCost: plan.freightCost }),
  lines: plan.lines.map(({ lineNbr, quantity }) => ({
    orderType: plan.orderType,
    orderNbr: plan.orderNbr,
    orderLine: lineNbr,
    quantity,
  })),
  packages: plan.packages.map(({ labelId, tracking, weight }, index) => ({
    id: `row-${index}`,
    tracking,
    mark: packageMark(labelId),
    ...(weight !== undefined && { weight }),
  })),
  ...changes,
});

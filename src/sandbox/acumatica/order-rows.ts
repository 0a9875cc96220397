import type { NonStockItemRow } from "./reference-rows.ts";
import {
  findShipVia,
  newGuid,
  type CustomerRow,
  type SalesOrderLineRow,
  type SalesOrderRow,
  type StockItemRow,
} from "./tables.ts";
import { nextOrderNbr, today, type Tenant } from "./tenant.ts";

/** A new, empty order of a customer, addressed as the customer's shipping contact; not yet in the tables. */
export function newOrder(tenant: Tenant, customer: CustomerRow, orderType: string, hold: boolean): SalesOrderRow {
  const now = tenant.options.clock.now();
  const date = today(tenant);
  const { ShippingContact: shipping, BillingContact: billing } = customer;
  return {
    id: newGuid(tenant.options.random),
    OrderType: orderType,
    OrderNbr: nextOrderNbr(tenant),
    Status: hold ? "On Hold" : "Open",
    Hold: hold,
    CreditHold: false,
    Approved: !hold,
    CustomerID: customer.CustomerID,
    LocationID: "MAIN",
    Date: date,
    RequestedOn: date,
    CreatedDate: now,
    LastModified: now,
    CurrencyID: customer.CurrencyID,
    OrderTotal: 0,
    ControlTotal: 0,
    TaxTotal: 0,
    OrderedQty: 0,
    ShipVia: customer.ShipVia,
    WillCall: isWillCall(tenant, customer.ShipVia),
    ShipToAddress: { ...shipping.Address },
    ShipToAddressOverride: false,
    ShipToContact: contactOf(customer.CustomerName, shipping),
    ShipToContactOverride: false,
    BillToAddress: { ...billing.Address },
    BillToContact: contactOf(customer.CustomerName, billing),
    ShippingSettings: {
      ShipVia: customer.ShipVia,
      ShippingRule: customer.ShippingRule,
      ScheduledShipmentDate: date,
      ResidentialDelivery: customer.ResidentialDelivery,
      FreightPrice: 0,
      Freight: 0,
      FreightCost: 0,
    },
    Totals: {},
    FinancialSettings: { Branch: "MAIN", Terms: "NET30", InvoiceDate: date },
    Details: [],
    Shipments: [],
    TaxDetails: [],
    DiscountDetails: [],
    Payments: [],
    lastLineNbr: 0,
    ...siteDefaults,
    EffectiveDate: date,
  } as SalesOrderRow;
}

/** Members every order of this site shows the same. */
const siteDefaults = {
  BaseCurrencyID: "USD",
  BillToAddressOverride: false,
  BillToAddressValidated: true,
  BillToContactOverride: false,
  Branch: "MAIN",
  CurrencyRate: 1,
  DisableAutomaticDiscountUpdate: false,
  IsTaxValid: false,
  PaymentMethod: "CHECK",
  Project: "X",
  ReciprocalRate: 1,
  ShipToAddressValidated: true,
};

const contactOf = (name: string, contact: CustomerRow["MainContact"]): SalesOrderRow["ShipToContact"] => ({
  BusinessName: name,
  Attention: contact.Attention,
  Email: contact.Email,
  Phone1: contact.Phone1,
});

/** What a line is made of: a stock item, or a non-stock one in the same words. */
export type SellableItem = Pick<
  StockItemRow,
  "InventoryID" | "Description" | "SalesUOM" | "BaseUOM" | "DefaultPrice" | "DefaultWarehouseID" | "UOMConversions"
> & { lineType?: string };

/** A kit is goods as a whole; other non-stock items are goods only where they are shipped (facts: acumatica 3.2, 5). */
export function sellable(item: NonStockItemRow | undefined): SellableItem | undefined {
  if (!item) return undefined;
  const { InventoryID, Description, SalesUnit, BaseUnit, DefaultPrice, IsKit, RequireShipment } = item;
  const lineType = IsKit ? "Goods for Inventory" : RequireShipment ? "Non-Inventory Goods" : "Misc. Charge";
  return {
    InventoryID,
    Description,
    SalesUOM: SalesUnit,
    BaseUOM: BaseUnit,
    DefaultPrice,
    DefaultWarehouseID: undefined,
    UOMConversions: [],
    lineType,
  };
}

interface LineInput {
  quantity: number;
  uom?: string | undefined;
  warehouseId?: string | undefined;
  unitPrice?: number | undefined;
}

/** Appends a line; its number is never one used before, so that gaps stay (facts: acumatica 4.2). */
export function addLine(tenant: Tenant, order: SalesOrderRow, item: SellableItem, input: LineInput): SalesOrderLineRow {
  const line = newLine(tenant, order, item, input);
  order.Details.push(line);
  return line;
}

export function newLine(tenant: Tenant, order: SalesOrderRow, item: SellableItem, input: LineInput): SalesOrderLineRow {
  const uom = input.uom ?? item.SalesUOM;
  return {
    id: newGuid(tenant.options.random),
    LineNbr: ++order.lastLineNbr,
    InventoryID: item.InventoryID,
    LineDescription: item.Description,
    OrderQty: input.quantity,
    OpenQty: input.quantity,
    QtyOnShipments: 0,
    UOM: uom,
    UnitPrice: input.unitPrice ?? round(item.DefaultPrice * unitsIn(item, uom)),
    DiscountedUnitPrice: 0,
    DiscountPercent: 0,
    ExtendedPrice: 0,
    Amount: 0,
    WarehouseID: input.warehouseId ?? order.PreferredWarehouseID ?? item.DefaultWarehouseID ?? firstWarehouse(tenant),
    LineType: item.lineType ?? "Goods for Inventory",
    Operation: order.OrderType.startsWith("R") ? "Receipt" : "Issue",
    MarkForPO: false,
    Completed: false,
    FreeItem: false,
    ShippingRule: order.ShippingSettings.ShippingRule,
    ShipOn: order.Date,
    RequestedOn: order.RequestedOn,
    LastModifiedDate: tenant.options.clock.now(),
    closedQty: 0,
    ...lineDefaults,
  };
}

const lineDefaults = {
  Account: "40000",
  AutoCreateIssue: false,
  Branch: "MAIN",
  Commissionable: true,
  DiscountAmount: 0,
  ManualDiscount: false,
  OvershipThreshold: 100,
  UndershipThreshold: 100,
  UnbilledAmount: 0,
  UnitCost: 0,
  TaxCategory: "TAXABLE",
};

const firstWarehouse = (tenant: Tenant): string => tenant.tables.warehouses[0]?.WarehouseID ?? "MAIN";

/** Base units in one `uom`; 1 where the item has no such conversion. */
export function unitsIn(item: Pick<StockItemRow, "BaseUOM" | "UOMConversions">, uom: string): number {
  const conversion = item.UOMConversions.find((each) => each.FromUOM === uom && each.ToUOM === item.BaseUOM);
  if (!conversion) return 1;
  return conversion.MultiplyOrDivide === "Divide" ? 1 / conversion.ConversionFactor : conversion.ConversionFactor;
}

/** What can still be put on a shipment. */
export const shippable = (line: SalesOrderLineRow): number => Math.max(0, round(line.OrderQty - line.QtyOnShipments));

/** Brings totals and open quantities in line with the lines, and stamps the order as changed now. */
export function settleOrder(tenant: Tenant, order: SalesOrderRow): void {
  for (const line of order.Details) {
    line.OpenQty = line.Completed ? 0 : Math.max(0, round(line.OrderQty - line.closedQty));
    line.DiscountedUnitPrice = round(line.UnitPrice * (1 - line.DiscountPercent / 100));
    line.ExtendedPrice = round(line.OrderQty * line.UnitPrice, 4);
    line.Amount = round(line.OrderQty * line.DiscountedUnitPrice, 4);
  }
  const lineTotal = sum(order.Details.map((line) => line.Amount));
  order.OrderedQty = sum(order.Details.map((line) => line.OrderQty));
  order.OrderTotal = round(lineTotal + order.TaxTotal + order.ShippingSettings.FreightPrice, 4);
  order.ControlTotal = order.OrderTotal;
  order.WillCall = isWillCall(tenant, order.ShipVia);
  order.Totals = {
    LineTotalAmount: lineTotal,
    TaxTotal: order.TaxTotal,
    DiscountTotal: 0,
    MiscTotalAmount: 0,
    Freight: order.ShippingSettings.FreightPrice,
    UnbilledAmount: order.OrderTotal,
    UnbilledQty: order.OrderedQty,
    UnpaidBalance: order.OrderTotal,
  };
  touchOrder(tenant, order);
}

/** Without a Ship Via an order is to be picked up; with one that is no common carrier perhaps, too (facts: acumatica 3.2). */
function isWillCall(tenant: Tenant, shipVia: string | undefined): boolean {
  if (shipVia === undefined) return true;
  return tenant.options.willCallBy === "common-carrier" && findShipVia(tenant.tables, shipVia)?.CommonCarrier === false;
}

export function touchOrder(tenant: Tenant, order: SalesOrderRow): void {
  order.LastModified = tenant.options.clock.now();
  tenant.revision++;
}

export const sum = (numbers: number[]): number => round(numbers.reduce((total, each) => total + each, 0));

/** Rids a number of binary dust; quantities and weights carry six decimals. */
export function round(value: number, digits = 6): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

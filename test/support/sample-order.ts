import { salesOrder, stockItem } from "../../src/acumatica/entities.ts";
import type { SalesOrder, StockItem } from "../../src/acumatica/entities.ts";
import type { Order, OrderLine, OrderSettings } from "../../src/core/orders.ts";

type Fields = Record<string, unknown>;

/** Wrap plain fields as Acumatica's contract does; arrays are detail rows, `linked` members are wrapped in turn. */
export const wrap = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value === undefined) return [name, {}];
      if (Array.isArray(value)) return [name, value.map((row) => wrap(row as Fields))];
      if (name === "id") return [name, value];
      return [name, typeof value === "object" && value !== null ? wrap(value as Fields) : { value }];
    }),
  );

export const rawLine = (fields: Fields = {}): Fields => ({
  LineNbr: 1,
  InventoryID: "AACOMPUT01",
  LineDescription: "Acer laptop",
  OrderQty: 5,
  OpenQty: 5,
  QtyOnShipments: 0,
  UOM: "EA",
  UnitPrice: 500,
  WarehouseID: "WHOLESALE",
  LineType: "Goods for Inventory",
  Operation: "Issue",
  MarkForPO: false,
  Completed: false,
  ...fields,
});

/** A sales order as parsed at the edge, from plain fields over a good default. */
export const aSalesOrder = (fields: Fields = {}): SalesOrder =>
  salesOrder.parse(
    wrap({
      OrderType: "SO",
      OrderNbr: "000123",
      Status: "Open",
      CustomerID: "C000001",
      CustomerOrder: "PO 77",
      Date: "2026-05-04T00:00:00+00:00",
      OrderedQty: 5,
      ShipVia: "UPSGROUND",
      ShipToAddress: {
        AddressLine1: "1 Main St",
        AddressLine2: undefined,
        City: "Bellevue",
        State: "WA",
        PostalCode: "98004",
        Country: "US",
      },
      ShipToContact: {
        BusinessName: "Alta Ace",
        Attention: "Jo Field",
        Email: "jo@example.com",
        Phone1: "+1 555 0100",
      },
      BillToAddress: { AddressLine1: "9 Bill Rd", City: "Seattle", State: "WA", PostalCode: "98101", Country: "US" },
      BillToContact: { BusinessName: "Alta Ace Inc." },
      ShippingSettings: { ScheduledShipmentDate: "2026-05-06T00:00:00+00:00", ResidentialDelivery: false },
      Details: [rawLine()],
      Shipments: [],
      ...fields,
    }),
  );

export const aStockItem = (fields: Fields = {}): StockItem =>
  stockItem.parse(
    wrap({
      InventoryID: "AACOMPUT01",
      Description: "Acer laptop computer",
      BaseUOM: "EA",
      DimensionWeight: 2,
      WeightUOM: "KG",
      UOMConversions: [{ FromUOM: "CASE", ToUOM: "EA", MultiplyOrDivide: "Multiply", ConversionFactor: 12 }],
      CrossReferences: [{ AlternateID: "0123456789012", AlternateType: "Barcode" }],
      ...fields,
    }),
  );

export const orderSettings = (changes: Partial<OrderSettings> = {}): OrderSettings => ({
  orderTypes: ["SO"],
  statuses: ["Open"],
  orderKeyTemplate: "{OrderNbr}",
  shipFrom: {},
  itemWeightUnit: "LB",
  homeCountry: "US",
  customs: "foreign",
  ...changes,
});

export const anOrderLine = (changes: Partial<OrderLine> = {}): OrderLine => ({
  lineNbr: 1,
  sku: "AACOMPUT01",
  name: "Acer laptop",
  quantity: 5,
  ...changes,
});

export const anOrder = (changes: Partial<Order> = {}): Order => ({
  recordKey: "SO/000123",
  orderType: "SO",
  orderNbr: "000123",
  orderKey: "000123",
  orderNumber: "000123",
  status: "open",
  orderedOn: "2026-05-04",
  customerId: "C000001",
  shipTo: {
    name: "Jo Field",
    street1: "1 Main St",
    city: "Bellevue",
    state: "WA",
    postalCode: "98004",
    country: "US",
  },
  lines: [anOrderLine()],
  ...changes,
});

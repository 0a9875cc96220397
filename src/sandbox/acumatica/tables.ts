import type { Random } from "../../lib/random.ts";
import type { CarrierRow, KitRow, NonStockItemRow, UnitRow } from "./reference-rows.ts";
import type { Row } from "./row.ts";

export type { Row } from "./row.ts";

/**
 * The simulated tenant's tables: plain objects under the contract's own names, without `{value}` wrappers, empty members
 * undefined. Days are `YYYY-MM-DD`, instants are milliseconds since the epoch. Lower-case members are the site's own and never
 * shown by the API. Tests and control routes may read them freely; they change rows through the sandbox's verbs.
 */
export interface Tables {
  salesOrders: SalesOrderRow[];
  shipments: ShipmentRow[];
  customers: CustomerRow[];
  customerLocations: CustomerLocationRow[];
  stockItems: StockItemRow[];
  shipVias: ShipViaRow[];
  boxes: BoxRow[];
  warehouses: WarehouseRow[];
  /** Accounts of carrier plug-ins. */
  carriers: CarrierRow[];
  nonStockItems: NonStockItemRow[];
  kits: KitRow[];
  units: UnitRow[];
  /** Labels the ERP bought by itself because a confirmed shipment's Ship Via belongs to a carrier plug-in. */
  carrierLabels: { ShipmentNbr: string; ShipVia: string; at: number }[];
}

export interface AddressRow {
  AddressLine1?: string | undefined;
  AddressLine2?: string | undefined;
  City?: string | undefined;
  State?: string | undefined;
  PostalCode?: string | undefined;
  Country?: string | undefined;
  Validated?: boolean | undefined;
}

export interface DocContactRow {
  BusinessName?: string | undefined;
  Attention?: string | undefined;
  Email?: string | undefined;
  Phone1?: string | undefined;
}

export interface SalesOrderRow extends Row {
  OrderType: string;
  OrderNbr: string;
  Status: string;
  Hold: boolean;
  CreditHold: boolean;
  Approved: boolean;
  CustomerID: string;
  LocationID: string;
  CustomerOrder?: string | undefined;
  ExternalRef?: string | undefined;
  Description?: string | undefined;
  Date: string;
  RequestedOn: string;
  CreatedDate: number;
  LastModified: number;
  CurrencyID: string;
  OrderTotal: number;
  ControlTotal: number;
  TaxTotal: number;
  OrderedQty: number;
  PreferredWarehouseID?: string | undefined;
  ShipVia?: string | undefined;
  WillCall: boolean;
  ShipToAddress: AddressRow;
  ShipToAddressOverride: boolean;
  ShipToContact: DocContactRow;
  ShipToContactOverride: boolean;
  BillToAddress: AddressRow;
  BillToContact: DocContactRow;
  ShippingSettings: ShippingSettingsRow;
  Totals: Record<string, unknown>;
  FinancialSettings: Record<string, unknown>;
  Details: SalesOrderLineRow[];
  Shipments: SalesOrderShipmentRow[];
  TaxDetails: object[];
  DiscountDetails: object[];
  Payments: object[];
  /** The highest line number ever given: numbers of deleted lines do not return. */
  lastLineNbr: number;
}

export interface ShippingSettingsRow {
  ShipVia?: string | undefined;
  ShippingRule: string;
  ScheduledShipmentDate: string;
  ResidentialDelivery: boolean;
  FreightPrice: number;
  Freight: number;
  FreightCost: number;
}

export interface SalesOrderLineRow extends Row {
  LineNbr: number;
  InventoryID: string;
  LineDescription?: string | undefined;
  OrderQty: number;
  OpenQty: number;
  QtyOnShipments: number;
  UOM: string;
  UnitPrice: number;
  DiscountedUnitPrice: number;
  DiscountPercent: number;
  ExtendedPrice: number;
  Amount: number;
  WarehouseID: string;
  LineType: string;
  Operation: string;
  MarkForPO: boolean;
  POSource?: string | undefined;
  Completed: boolean;
  FreeItem: boolean;
  ShippingRule: string;
  ShipOn: string;
  RequestedOn: string;
  LastModifiedDate: number;
  ExternalRef?: string | undefined;
  /** Quantity on confirmed shipments. */
  closedQty: number;
}

export interface SalesOrderShipmentRow {
  ShipmentType: string;
  ShipmentNbr: string;
  Status: string;
  ShipmentDate: string;
  ShippedQty: number;
  ShippedWeight: number;
  LastModifiedDateTime: number;
  ShippingNoteID: string;
  OrderNoteID: string;
}

export interface ShipmentRow extends Row {
  ShipmentNbr: string;
  Type: string;
  Operation: string;
  Status: string;
  Hold: boolean;
  CustomerID: string;
  LocationID: string;
  WarehouseID: string;
  ShipmentDate: string;
  ShipVia?: string | undefined;
  FreightCost: number;
  FreightPrice: number;
  FreightAmount: number;
  OverrideFreightPrice: boolean;
  Description?: string | undefined;
  ControlQty: number;
  ShippedQty: number;
  ShippedWeight: number;
  PackageCount: number;
  PackageWeight: number;
  UnlimitedPackages: boolean;
  CreatedDateTime: number;
  LastModifiedDateTime: number;
  ShippingSettings: {
    ShipToAddress: AddressRow;
    ShipToAddressOverride: boolean;
    ShipToContact: DocContactRow;
    ShipToContactOverride: boolean;
  };
  Details: ShipmentLineRow[];
  Packages: PackageRow[];
  Orders: {
    OrderType: string;
    OrderNbr: string;
    OrderNoteID: string;
    ShipmentNbr: string;
    ShipmentType: string;
    ShippedQty: number;
  }[];
  lastLineNbr: number;
  lastPackageNbr: number;
}

export interface ShipmentLineRow extends Row {
  LineNbr: number;
  OrderType: string;
  OrderNbr: string;
  OrderLineNbr: number;
  InventoryID: string;
  Description?: string | undefined;
  WarehouseID: string;
  LocationID?: string | undefined;
  UOM: string;
  OrderedQty: number;
  OriginalQty: number;
  OpenQty: number;
  ShippedQty: number;
  FreeItem: boolean;
  Allocations: object[];
}

export interface PackageRow extends Row {
  LineNbr: number;
  BoxID: string;
  Type: string;
  Description?: string | undefined;
  Weight: number;
  UOM: string;
  Length: number;
  Width: number;
  Height: number;
  TrackingNbr?: string | undefined;
  CustomRefNbr1?: string | undefined;
  CustomRefNbr2?: string | undefined;
  DeclaredValue: number;
  CODAmount: number;
  Confirmed: boolean;
  PackageContents: object[];
}

export interface ContactRow {
  NoteID: string;
  ContactID: number;
  DisplayName?: string | undefined;
  Attention?: string | undefined;
  CompanyName?: string | undefined;
  Email?: string | undefined;
  Phone1?: string | undefined;
  Phone1Type?: string | undefined;
  Active: boolean;
  Status: string;
  Address: AddressRow;
}

export interface CustomerRow extends Row {
  CustomerID: string;
  CustomerName: string;
  Status: string;
  CustomerClass: string;
  CurrencyID: string;
  Email?: string | undefined;
  MainContact: ContactRow;
  BillingContact: ContactRow;
  ShippingContact: ContactRow;
  PrimaryContact?: ContactRow | undefined;
  ShipVia?: string | undefined;
  ShippingRule: string;
  ResidentialDelivery: boolean;
  CreatedDateTime: number;
  LastModifiedDateTime: number;
}

export interface CustomerLocationRow extends Row {
  Customer: string;
  LocationID: string;
  LocationName: string;
  Active: boolean;
  Status: string;
  Default: boolean;
  LocationContact: ContactRow;
  ShipVia?: string | undefined;
  CreatedDateTime: number;
  LastModifiedDateTime: number;
}

export interface StockItemRow extends Row {
  InventoryID: string;
  Description?: string | undefined;
  ItemStatus: string;
  ItemType: string;
  ItemClass: string;
  IsAKit: boolean;
  BaseUOM: string;
  SalesUOM: string;
  PurchaseUOM: string;
  /** Per base unit; 0 means unknown. */
  DimensionWeight: number;
  WeightUOM?: string | undefined;
  DefaultPrice: number;
  CurySpecificPrice: number;
  TariffCode?: string | undefined;
  CountryOfOrigin?: string | undefined;
  ImageUrl?: string | undefined;
  DefaultWarehouseID?: string | undefined;
  LastModified: number;
  LastModifiedDateTime: number;
  UOMConversions: { FromUOM: string; ToUOM: string; MultiplyOrDivide: string; ConversionFactor: number }[];
  CrossReferences: { AlternateID: string; AlternateType: string; UOM?: string | undefined }[];
  WarehouseDetails: { WarehouseID: string; QtyOnHand: number; IsDefault: boolean; Status: string }[];
  Boxes: object[];
}

export interface ShipViaRow extends Row {
  CarrierID: string;
  Description: string;
  CommonCarrier: boolean;
  Packages: BoxRow[];
  /** Flags of the Ship Via form that the contract does not show (facts: acumatica 4.4). */
  confirmationForEachBox: boolean;
  packageRequired: boolean;
  /** Belongs to a carrier plug-in: confirming buys a label unless UnlimitedPackages is set. */
  integrated: boolean;
}

export interface BoxRow extends Row {
  BoxID: string;
  Description: string;
  Length: number;
  Width: number;
  Height: number;
  LinearUOM: string;
  WeightUOM: string;
  BoxWeight: number;
  MaxWeight: number;
  ActiveByDefault: boolean;
}

export interface WarehouseRow extends Row {
  WarehouseID: string;
  Description: string;
  Active: boolean;
  LastModifiedDateTime: number;
  Locations: {
    LocationID: string;
    Description: string;
    Active: boolean;
    SalesAllowed: boolean;
    ReceiptsAllowed: boolean;
    PickPriority: number;
  }[];
}

/** A GUID as .NET writes one. */
export function newGuid(random: Random): string {
  const hex = Buffer.from(random.bytes(16)).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

interface Index {
  length: number;
  last: object | undefined;
  byKey: Map<string, object>;
}

const indexes = new WeakMap<object, Index>();

/**
 * The row under a key, by an index that takes in rows added at the end and is made anew when rows have gone. Keys never change, and
 * trailing blanks do not count: SQL Server pads (facts: acumatica 5).
 */
export function findRow<T extends object>(rows: T[], keyOf: (row: T) => string, key: string): T | undefined {
  let index = indexes.get(rows);
  if (!index || index.length > rows.length || index.last !== rows[index.length - 1]) {
    index = { length: 0, last: undefined, byKey: new Map<string, object>() };
    indexes.set(rows, index);
  }
  for (; index.length < rows.length; index.length++) {
    const row = rows[index.length] as T;
    index.byKey.set(keyOf(row).trimEnd(), row);
    index.last = row;
  }
  return index.byKey.get(key.trimEnd()) as T | undefined;
}

const orderKey = (order: SalesOrderRow): string => `${order.OrderType} ${order.OrderNbr}`;

export const findOrder = (tables: Tables, type: string, nbr: string): SalesOrderRow | undefined =>
  findRow(tables.salesOrders, orderKey, `${type} ${nbr}`);
export const findShipment = (tables: Tables, nbr: string): ShipmentRow | undefined =>
  findRow(tables.shipments, (shipment) => shipment.ShipmentNbr, nbr);
export const findCustomer = (tables: Tables, id: string): CustomerRow | undefined =>
  findRow(tables.customers, (customer) => customer.CustomerID, id);
export const findItem = (tables: Tables, id: string): StockItemRow | undefined =>
  findRow(tables.stockItems, (item) => item.InventoryID, id);
export const findShipVia = (tables: Tables, id: string): ShipViaRow | undefined =>
  findRow(tables.shipVias, (shipVia) => shipVia.CarrierID, id);
export const findBox = (tables: Tables, id: string): BoxRow | undefined =>
  findRow(tables.boxes, (box) => box.BoxID, id);
export const findWarehouse = (tables: Tables, id: string): WarehouseRow | undefined =>
  findRow(tables.warehouses, (warehouse) => warehouse.WarehouseID, id);

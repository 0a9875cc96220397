/**
 * The contract's members that we send, select, filter by or read, path by path. Bodies and queries are built from this table and
 * from nothing else, because Acumatica ignores what it does not know without a word (facts: acumatica 2.3).
 *
 * A member without versions is in every Default endpoint from 20.200.001 to 25.200.001; `since` and `until` are first numbers of
 * endpoint versions (facts: acumatica 1.5). `needed`: without it the connector cannot work at all. The others tell what is lost.
 */
export interface MemberFact {
  needed?: true;
  /** What does not work without it, as the end of a sentence that begins with the member's name. */
  lost?: string;
  since?: number;
  until?: number;
  /** An object or a collection with a path of its own. */
  nested?: true;
}

const needed = { needed: true } as const;
/** Shown or passed on where it is there; nothing else depends on it. */
const shown = {} as const;
const without = (lost: string, versions?: { since?: number; until?: number }) => ({ lost, ...versions });
const nested = { nested: true } as const;
const neededNested = { needed: true, nested: true } as const;

const postalAddress = {
  AddressLine1: needed,
  AddressLine2: without("second address lines do not reach the label"),
  City: needed,
  State: needed,
  PostalCode: needed,
  Country: needed,
} as const;

const docContact = {
  BusinessName: without("company names do not reach the label"),
  Attention: without("recipients' names do not reach the label"),
  Email: without("ShipStation cannot tell the recipient by e-mail"),
  Phone1: without("carriers have no phone number"),
} as const;

export const fieldTable = {
  SalesOrder: {
    OrderType: needed,
    OrderNbr: needed,
    Status: needed,
    Hold: without("an order on hold is told by its status alone"),
    CreditHold: without("an order on credit hold is told by its status alone"),
    CustomerID: needed,
    LocationID: without("shipments go to the customer's main location"),
    CustomerOrder: shown,
    ExternalRef: shown,
    Description: shown,
    Date: without("the order date is unknown to ShipStation"),
    RequestedOn: shown,
    LastModified: needed,
    CurrencyID: shown,
    OrderTotal: shown,
    TaxTotal: shown,
    OrderedQty: without("a list that lost its lines is noticed less surely"),
    ShipVia: without("the ordered shipping method is read from the shipping settings alone"),
    WillCall: without("orders to be picked up cannot be left out", { since: 22 }),
    ShipToAddress: neededNested,
    ShipToContact: neededNested,
    BillToAddress: nested,
    BillToContact: nested,
    ShippingSettings: nested,
    Details: neededNested,
    Shipments: neededNested,
  },
  "SalesOrder/ShipToAddress": postalAddress,
  "SalesOrder/ShipToContact": docContact,
  "SalesOrder/BillToAddress": {
    AddressLine1: shown,
    AddressLine2: shown,
    City: shown,
    State: shown,
    PostalCode: shown,
    Country: shown,
  },
  "SalesOrder/BillToContact": { BusinessName: shown, Attention: shown, Email: shown, Phone1: shown },
  "SalesOrder/ShippingSettings": {
    ShipVia: without("the ordered shipping method is read from the order's head alone"),
    ShippingRule: without("orders that must be shipped complete are not known before the confirmation refuses"),
    ScheduledShipmentDate: shown,
    ResidentialDelivery: without("the carrier decides by itself what is a residential address"),
    FreightPrice: { since: 22 },
  },
  "SalesOrder/Details": {
    LineNbr: needed,
    InventoryID: needed,
    LineDescription: without("lines are named by their item numbers"),
    OrderQty: needed,
    OpenQty: needed,
    QtyOnShipments: without("quantities on shipments that are not confirmed yet count as open"),
    UOM: without("lines in other units than the base unit are not converted"),
    UnitPrice: without("lines have no price in ShipStation"),
    DiscountedUnitPrice: without("line discounts do not show in ShipStation"),
    WarehouseID: needed,
    LineType: without("services and charges are not told from goods"),
    Operation: without("returns are not told from deliveries"),
    MarkForPO: without("what vendors deliver is not told from what ships from here"),
    POSource: without("what vendors deliver is not told from what ships from here"),
    Completed: without("lines that were closed without being shipped count as open"),
    ShipOn: shown,
  },
  "SalesOrder/Shipments": {
    ShipmentType: shown,
    ShipmentNbr: needed,
    Status: needed,
    ShipmentDate: shown,
  },
  Shipment: {
    ShipmentNbr: needed,
    Type: needed,
    Operation: without("the site decides that a shipment is an issue"),
    Status: needed,
    Hold: needed,
    CustomerID: needed,
    LocationID: without("shipments go to the customer's main location"),
    WarehouseID: needed,
    ShipmentDate: needed,
    ShipVia: needed,
    FreightCost: without("what the labels cost is not written back"),
    FreightPrice: without("what the customer is charged for freight is not written back", { since: 22 }),
    FreightAmount: { until: 20 },
    OverrideFreightPrice: without("what the customer is charged for freight is not written back", { since: 20 }),
    Description: without("shipments carry our mark on their packages alone", { since: 20 }),
    ControlQty: without("sites that validate the shipment total refuse the confirmation"),
    ShippedQty: without("a list that lost its lines is noticed less surely"),
    UnlimitedPackages: without("Acumatica may pack boxes and buy labels itself where a Ship Via is integrated", {
      since: 24,
    }),
    LastModifiedDateTime: needed,
    Details: neededNested,
    Packages: neededNested,
  },
  "Shipment/Details": {
    LineNbr: without("lines of a shipment are told apart by their order lines alone"),
    OrderType: needed,
    OrderNbr: needed,
    OrderLineNbr: needed,
    InventoryID: shown,
    WarehouseID: shown,
    UOM: shown,
    ShippedQty: needed,
    OrderedQty: shown,
  },
  "Shipment/Packages": {
    LineNbr: { since: 22 },
    BoxID: without("packages have no box, which many sites ask for"),
    Weight: without("parcels' weights are not written back"),
    UOM: shown,
    TrackingNbr: needed,
    CustomRefNbr1: needed,
    Description: shown,
    Confirmed: without("a Ship Via that wants each box confirmed refuses the confirmation"),
  },
  StockItem: {
    InventoryID: needed,
    Description: shown,
    ItemStatus: shown,
    ItemType: shown,
    BaseUOM: without("quantities in other units are not converted"),
    SalesUOM: shown,
    DimensionWeight: without("orders go out without weights"),
    WeightUOM: without("weights are taken in the connection's own unit"),
    DefaultPrice: shown,
    TariffCode: without("customs lines have no tariff code", { since: 22 }),
    CountryOfOrigin: without("customs lines have no country of origin", { since: 22 }),
    ImageUrl: shown,
    LastModified: needed,
    UOMConversions: nested,
    CrossReferences: nested,
  },
  "StockItem/UOMConversions": {
    FromUOM: without("quantities in other units are not converted"),
    ToUOM: without("quantities in other units are not converted"),
    MultiplyOrDivide: without("quantities in other units are not converted"),
    ConversionFactor: without("quantities in other units are not converted"),
  },
  "StockItem/CrossReferences": {
    AlternateID: without("items have no UPC"),
    AlternateType: without("items have no UPC"),
    UOM: { since: 22 },
  },
  NonStockItem: {
    InventoryID: without("order lines of non-stock items cannot be told from unknown ones"),
    Description: shown,
    ItemStatus: shown,
    BaseUnit: shown,
    Weight: shown,
    DimensionWeight: { since: 22 },
    WeightUOM: shown,
    DefaultPrice: shown,
    LastModifiedDateTime: shown,
    CrossReferences: nested,
  },
  "NonStockItem/CrossReferences": { AlternateID: shown, AlternateType: shown, UOM: { since: 22 } },
  Customer: {
    CustomerID: needed,
    CustomerName: shown,
    Status: shown,
    Email: { since: 23 },
    LastModifiedDateTime: needed,
    MainContact: nested,
  },
  "Customer/MainContact": { Email: shown, Phone1: shown, Address: nested },
  "Customer/MainContact/Address": {
    AddressLine1: shown,
    AddressLine2: shown,
    City: shown,
    State: shown,
    PostalCode: shown,
    Country: shown,
  },
  ShipVia: { CarrierID: without("Ship Via codes cannot be chosen from a list"), Description: shown },
  ShippingBox: { BoxID: without("boxes cannot be chosen from a list"), Description: shown },
  Warehouse: {
    WarehouseID: without("warehouses cannot be chosen from a list"),
    Description: shown,
    Active: shown,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, MemberFact>>>>;

export type FieldPath = keyof typeof fieldTable;
/** A member that the table knows at this path: what is not there cannot be sent. */
export type MemberOf<Path extends FieldPath> = keyof (typeof fieldTable)[Path] & string;

/** The actions we start. */
export const actionTable = {
  Shipment: { ConfirmShipment: { needed: true } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, MemberFact>>>>;

/** The table's row at a path, under plain names. */
export const factsAt = (path: FieldPath): Readonly<Record<string, MemberFact>> => fieldTable[path];

export const fieldPaths = Object.keys(fieldTable) as FieldPath[];

/** The oldest and newest Default endpoints of the table; a newer one is taken to have what the newest has. */
export const oldestContract = 20;
export const newestContract = 25;

/** Whether a Default endpoint of this contract has the member; `undefined`: a contract nobody knows, which has what all have. */
export function hasMember({ since, until }: MemberFact, contract: number | undefined): boolean {
  if (contract === undefined) return (since ?? 0) <= oldestContract && (until ?? newestContract) >= newestContract;
  const known = Math.min(contract, newestContract);
  return (since ?? 0) <= known && known <= (until ?? newestContract);
}

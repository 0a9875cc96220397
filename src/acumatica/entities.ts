import { z } from "zod";

/**
 * What we read of Acumatica's contract-based entities (facts: acumatica 2.1, 3.1, 4.1, 5). Names are the contract's
 * own; the `{value}` wrappers are taken off at this edge. A field that is `{}`, null or absent is `undefined`; a
 * collection that was not asked for by `$expand` is `undefined`, which is not the same as empty. Strings are kept as they come:
 * padding is trimmed where keys are compared. Fields we do not use are dropped.
 */

/** Takes the wrapper off. Some older contracts leave it out; the bare value is then the value. */
function unwrap(field: unknown): unknown {
  const isWrapper = typeof field === "object" && field !== null;
  const value: unknown = isWrapper ? (field as { value?: unknown }).value : field;
  return value ?? undefined;
}

const wrapped = <T extends z.ZodType>(inner: T) => z.preprocess(unwrap, inner.optional());
/** An empty text in a number or a flag means that there is none; read as it stands it would become 0. */
const wrappedOrEmpty = <T extends z.ZodType>(inner: T) =>
  z.preprocess((field) => {
    const value = unwrap(field);
    return typeof value === "string" && value.trim() === "" ? undefined : value;
  }, inner.optional());

/** The same field may be a number on one entity and a text on another (facts: payloads 4.1). */
export const text = wrapped(z.union([z.string(), z.number(), z.boolean()]).transform(String));
const number = z.union([z.number(), z.string().transform(Number).pipe(z.number())]);
const decimal = wrappedOrEmpty(number);
const integer = wrappedOrEmpty(number.pipe(z.number().int()));
export const flag = wrappedOrEmpty(z.union([z.boolean(), z.stringbool()]));
/** `YYYY-MM-DD`: a calendar date, whatever offset it came with (facts: acumatica 2.6). */
const calendarDate = wrappedOrEmpty(
  z
    .string()
    .transform((value) => value.slice(0, 10))
    .pipe(z.iso.date()),
);
/** An instant, kept as the text that came (true UTC with `+00:00`). */
const instant = text;
const rowId = z.preprocess((id) => id ?? undefined, z.string().optional());

/** Nothing, in the spellings seen for members that were not expanded: null, or an empty array in place of an object. */
const orNothing = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 0 ? undefined : (value ?? undefined);

/** A linked entity: an object, or nothing when it was not expanded or is empty. */
const linked = <T extends z.ZodRawShape>(shape: T) => z.preprocess(orNothing, z.object(shape).optional());
const rows = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess((value) => value ?? undefined, z.array(z.object({ id: rowId, ...shape })).optional());

const address = {
  AddressLine1: text,
  AddressLine2: text,
  City: text,
  State: text,
  PostalCode: text,
  Country: text,
};
const docContact = { BusinessName: text, Attention: text, Email: text, Phone1: text };

export const salesOrder = z.object({
  id: rowId,
  OrderType: text,
  OrderNbr: text,
  Status: text,
  Hold: flag,
  CreditHold: flag,
  CustomerID: text,
  LocationID: text,
  CustomerOrder: text,
  ExternalRef: text,
  Description: text,
  Date: calendarDate,
  RequestedOn: calendarDate,
  LastModified: instant,
  CurrencyID: text,
  OrderTotal: decimal,
  TaxTotal: decimal,
  OrderedQty: decimal,
  ShipVia: text,
  WillCall: flag,
  ShipToAddress: linked(address),
  ShipToContact: linked(docContact),
  BillToAddress: linked(address),
  BillToContact: linked(docContact),
  ShippingSettings: linked({
    ShipVia: text,
    ShippingRule: text,
    ScheduledShipmentDate: calendarDate,
    ResidentialDelivery: flag,
    FreightPrice: decimal,
  }),
  Details: rows({
    LineNbr: integer,
    InventoryID: text,
    LineDescription: text,
    OrderQty: decimal,
    OpenQty: decimal,
    QtyOnShipments: decimal,
    UOM: text,
    UnitPrice: decimal,
    DiscountedUnitPrice: decimal,
    WarehouseID: text,
    LineType: text,
    Operation: text,
    MarkForPO: flag,
    POSource: text,
    Completed: flag,
    ShipOn: calendarDate,
  }),
  Shipments: rows({ ShipmentType: text, ShipmentNbr: text, Status: text, ShipmentDate: calendarDate }),
});

export const shipment = z.object({
  id: rowId,
  ShipmentNbr: text,
  Type: text,
  Status: text,
  Hold: flag,
  CustomerID: text,
  LocationID: text,
  WarehouseID: text,
  ShipmentDate: calendarDate,
  ShipVia: text,
  FreightCost: decimal,
  FreightPrice: decimal,
  FreightAmount: decimal,
  OverrideFreightPrice: flag,
  UnlimitedPackages: flag,
  Description: text,
  ShippedQty: decimal,
  LastModifiedDateTime: instant,
  Details: rows({
    LineNbr: integer,
    OrderType: text,
    OrderNbr: text,
    OrderLineNbr: integer,
    InventoryID: text,
    WarehouseID: text,
    UOM: text,
    ShippedQty: decimal,
    OrderedQty: decimal,
  }),
  Packages: rows({
    LineNbr: integer,
    BoxID: text,
    Weight: decimal,
    UOM: text,
    TrackingNbr: text,
    CustomRefNbr1: text,
    Description: text,
    Confirmed: flag,
  }),
});

export const stockItem = z.object({
  id: rowId,
  InventoryID: text,
  Description: text,
  ItemStatus: text,
  ItemType: text,
  BaseUOM: text,
  SalesUOM: text,
  DimensionWeight: decimal,
  WeightUOM: text,
  DefaultPrice: decimal,
  TariffCode: text,
  CountryOfOrigin: text,
  ImageUrl: text,
  LastModified: instant,
  UOMConversions: rows({ FromUOM: text, ToUOM: text, MultiplyOrDivide: text, ConversionFactor: decimal }),
  CrossReferences: rows({ AlternateID: text, AlternateType: text, UOM: text }),
});

export const nonStockItem = z.object({
  id: rowId,
  InventoryID: text,
  Description: text,
  ItemStatus: text,
  BaseUnit: text,
  Weight: decimal,
  DimensionWeight: decimal,
  WeightUOM: text,
  DefaultPrice: decimal,
  LastModifiedDateTime: instant,
  CrossReferences: rows({ AlternateID: text, AlternateType: text, UOM: text }),
});

export const customer = z.object({
  id: rowId,
  CustomerID: text,
  CustomerName: text,
  Status: text,
  Email: text,
  LastModifiedDateTime: instant,
  MainContact: linked({ Email: text, Phone1: text, Address: linked(address) }),
});

/** What a list row could not be read for: the members named are left out of it, the rest of it and the other rows stand. */
export interface UnreadableMember {
  field: string;
  reason: string;
}
export type SalesOrder = z.output<typeof salesOrder> & { unreadable?: UnreadableMember[] };
export type SalesOrderLine = NonNullable<SalesOrder["Details"]>[number];
export type Shipment = z.output<typeof shipment> & { unreadable?: UnreadableMember[] };
export type StockItem = z.output<typeof stockItem> & { unreadable?: UnreadableMember[] };
export type NonStockItem = z.output<typeof nonStockItem> & { unreadable?: UnreadableMember[] };
export type Customer = z.output<typeof customer> & { unreadable?: UnreadableMember[] };

/** One line of a shipment to be made, named by its order line (never by position). */
export interface ShipmentLineInput {
  OrderType: string;
  OrderNbr: string;
  OrderLineNbr: number;
  /** In the order line's unit of measure. */
  ShippedQty: number;
}

/** One parcel. `id` addresses an existing row; without it Acumatica appends another package (facts: acumatica 4.3). */
export interface ShipmentPackageInput {
  id?: string;
  BoxID?: string;
  /** In the company's weight unit. */
  Weight?: number;
  TrackingNbr: string;
  /** Our mark, at most 30 characters. */
  CustomRefNbr1: string;
  Confirmed?: boolean;
}

/** A new shipment in one call: lines, packages, tracking numbers and our marks together (facts: acumatica 4.2 B). */
export interface ShipmentInput {
  CustomerID: string;
  LocationID?: string;
  WarehouseID: string;
  /** Calendar date `YYYY-MM-DD`. */
  ShipmentDate: string;
  ShipVia?: string;
  /** What the labels cost. */
  FreightCost?: number;
  /** What the customer is charged for freight; goes out under the name the endpoint's version has for it. */
  FreightPrice?: number;
  /** Carries our mark; at most 256 characters. */
  Description: string;
  ControlQty?: number;
  Details: ShipmentLineInput[];
  Packages: ShipmentPackageInput[];
}

/** Changes to an existing shipment; only the members given are sent. */
export interface ShipmentPatch {
  Hold?: boolean;
  ShipVia?: string;
  ShipmentDate?: string;
  FreightCost?: number;
  FreightPrice?: number;
  Description?: string;
  /** Keeps Acumatica from packing boxes and buying labels itself; left out where the endpoint does not know it. */
  UnlimitedPackages?: boolean;
  Packages?: ShipmentPackageInput[];
}

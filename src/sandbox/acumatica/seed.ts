import type { Random } from "../../lib/random.ts";
import type { Shop, ShopCustomer, ShopItem } from "../shop.ts";
import { seedReference } from "./reference-seed.ts";
import {
  newGuid,
  type AddressRow,
  type ContactRow,
  type CustomerRow,
  type StockItemRow,
  type Tables,
} from "./tables.ts";

const day = 86_400_000;

export interface SeedInput {
  shop: Shop;
  random: Random;
  /** The master data is older than this instant. */
  now: number;
}

/** A tenant that keeps no records at all: where a sign-in without the right tenant name lands. */
export function emptyTables(): Tables {
  return {
    salesOrders: [],
    shipments: [],
    customers: [],
    customerLocations: [],
    stockItems: [],
    shipVias: [],
    boxes: [],
    warehouses: [],
    carriers: [],
    nonStockItems: [],
    kits: [],
    units: [],
    carrierLabels: [],
  };
}

/** The shop's master data as the ERP keeps it; no orders yet. */
export function seedTables({ shop, random, now }: SeedInput): Tables {
  const tables = emptyTables();
  const before = (): number => now - Math.floor((2 + random.next() * 400) * day);
  tables.warehouses = shop.warehouses.map(({ id, description }) => ({
    ...warehouseRow(id, random, before()),
    Description: description,
  }));
  tables.boxes = shop.boxes.map((box) => ({
    id: newGuid(random),
    BoxID: box.id,
    Description: box.description,
    Length: box.length,
    Width: box.width,
    Height: box.height,
    LinearUOM: "INCH",
    WeightUOM: shop.weightUom,
    BoxWeight: box.boxWeight,
    MaxWeight: box.maxWeight,
    ActiveByDefault: true,
  }));
  tables.shipVias = shop.shipVias.map((via) => ({
    ...shipViaRow(via.code, random),
    Description: via.description,
    CommonCarrier: via.commonCarrier,
    Packages: tables.boxes,
  }));
  tables.stockItems = shop.stockItems.map((item) => stockItemRow(item, shop, random, before()));
  for (const customer of shop.customers)
    addCustomer(tables, customerRow(customer, random, before(), tables.customers.length));
  seedReference(tables, now - 30 * day);
  return tables;
}

export function warehouseRow(id: string, random: Random, modifiedAt: number): Tables["warehouses"][number] {
  return {
    id: newGuid(random),
    WarehouseID: id,
    Description: id,
    Active: true,
    LastModifiedDateTime: modifiedAt,
    Locations: [
      {
        LocationID: "STOCK",
        Description: "Stock",
        Active: true,
        SalesAllowed: true,
        ReceiptsAllowed: true,
        PickPriority: 1,
      },
    ],
  };
}

export function shipViaRow(id: string, random: Random): Tables["shipVias"][number] {
  return {
    id: newGuid(random),
    CarrierID: id,
    Description: id,
    CommonCarrier: true,
    Packages: [],
    confirmationForEachBox: false,
    packageRequired: false,
    integrated: false,
  };
}

export function stockItemRow(item: ShopItem, shop: Shop, random: Random, modifiedAt: number): StockItemRow {
  return {
    id: newGuid(random),
    InventoryID: item.sku,
    Description: item.description || undefined,
    ItemStatus: "Active",
    ItemType: "Finished Good",
    ItemClass: item.itemClass,
    IsAKit: false,
    BaseUOM: item.baseUom,
    SalesUOM: item.salesUom,
    PurchaseUOM: item.baseUom,
    DimensionWeight: item.weight,
    WeightUOM: item.weightUom === "" ? undefined : item.weightUom,
    DefaultPrice: item.price,
    CurySpecificPrice: item.price,
    TariffCode: item.tariffCode,
    CountryOfOrigin: item.countryOfOrigin,
    ImageUrl: item.imageUrl,
    DefaultWarehouseID: item.warehouse,
    LastModified: modifiedAt,
    LastModifiedDateTime: modifiedAt,
    UOMConversions: item.conversions.map(({ from, factor }) => ({
      FromUOM: from,
      ToUOM: item.baseUom,
      MultiplyOrDivide: "Multiply",
      ConversionFactor: factor,
    })),
    CrossReferences:
      item.upc === undefined ? [] : [{ AlternateID: item.upc, AlternateType: "Barcode", UOM: item.baseUom }],
    WarehouseDetails: shop.warehouses.map(({ id }) => ({
      WarehouseID: id,
      QtyOnHand: 100 + Math.floor(random.next() * 900),
      IsDefault: id === item.warehouse,
      Status: "Active",
    })),
    Boxes: [],
  };
}

export function customerRow(customer: ShopCustomer, random: Random, modifiedAt: number, index: number): CustomerRow {
  const address: AddressRow = {
    AddressLine1: customer.address.line1,
    AddressLine2: customer.address.line2 || undefined,
    City: customer.address.city,
    State: customer.address.state || undefined,
    PostalCode: customer.address.postalCode,
    Country: customer.address.country,
    Validated: false,
  };
  const contact = (number: number): ContactRow => ({
    NoteID: newGuid(random),
    ContactID: 4000 + index * 3 + number,
    DisplayName: customer.name,
    CompanyName: customer.name,
    Attention: customer.attention || undefined,
    Email: customer.email,
    Phone1: customer.phone,
    Phone1Type: "Business 1",
    Active: true,
    Status: "Active",
    Address: { ...address },
  });
  return {
    id: newGuid(random),
    CustomerID: customer.id,
    CustomerName: customer.name,
    Status: "Active",
    CustomerClass: "DEFAULT",
    CurrencyID: "USD",
    Email: customer.email,
    MainContact: contact(0),
    BillingContact: contact(1),
    ShippingContact: contact(2),
    ShipVia: customer.shipVia,
    ShippingRule: "Back Order Allowed",
    ResidentialDelivery: customer.residential,
    CreatedDateTime: modifiedAt,
    LastModifiedDateTime: modifiedAt,
  };
}

/** A customer never comes without its MAIN location. */
export function addCustomer(tables: Tables, customer: CustomerRow): void {
  tables.customers.push(customer);
  tables.customerLocations.push({
    id: customer.MainContact.NoteID,
    Customer: customer.CustomerID,
    LocationID: "MAIN",
    LocationName: "Primary Location",
    Active: true,
    Status: "Active",
    Default: true,
    LocationContact: customer.ShippingContact,
    ShipVia: customer.ShipVia,
    CreatedDateTime: customer.CreatedDateTime,
    LastModifiedDateTime: customer.LastModifiedDateTime,
  });
}

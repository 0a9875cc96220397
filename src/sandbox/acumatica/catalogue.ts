import { findEntity } from "./contract-entities.ts";
import type { EntitySpec } from "./contract.ts";
import { putCustomer, putStockItem, refuseMaster } from "./put-master.ts";
import { putSalesOrder } from "./put-sales-order.ts";
import { putShipment } from "./put-shipment.ts";
import type { Sent } from "./sent.ts";
import {
  findBox,
  findCustomer,
  findItem,
  findOrder,
  findShipment,
  findShipVia,
  findWarehouse,
  type CustomerRow,
  type Row,
  type SalesOrderRow,
  type ShipmentRow,
  type StockItemRow,
  type Tables,
} from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** An entity the site serves: where its records lie and what writing one does. */
export interface Served {
  spec: EntitySpec;
  title: string;
  rows: (tables: Tables) => Row[];
  byKeys: (tables: Tables, keys: string[]) => Row | undefined;
  put: (tenant: Tenant, sent: Sent, found: Row | undefined) => Row;
}

const readOnly =
  (name: string): Served["put"] =>
  () => {
    throw refuseMaster(name);
  };

const served: Omit<Served, "spec">[] = [
  {
    title: "SalesOrder",
    rows: (tables) => tables.salesOrders,
    byKeys: (tables, [type = "", nbr = ""]) => findOrder(tables, type, nbr),
    put: (tenant, sent, found) => putSalesOrder(tenant, sent, found as SalesOrderRow | undefined),
  },
  {
    title: "Shipment",
    rows: (tables) => tables.shipments,
    byKeys: (tables, [nbr = ""]) => findShipment(tables, nbr),
    put: (tenant, sent, found) => putShipment(tenant, sent, found as ShipmentRow | undefined),
  },
  {
    title: "Customer",
    rows: (tables) => tables.customers,
    byKeys: (tables, [id = ""]) => findCustomer(tables, id),
    put: (tenant, sent, found) => putCustomer(tenant, sent, found as CustomerRow | undefined),
  },
  {
    title: "CustomerLocation",
    rows: (tables) => tables.customerLocations,
    byKeys: (tables, [customer = "", location = ""]) =>
      tables.customerLocations.find((row) => row.Customer === customer && row.LocationID === location),
    put: readOnly("customer locations"),
  },
  {
    title: "StockItem",
    rows: (tables) => tables.stockItems,
    byKeys: (tables, [id = ""]) => findItem(tables, id),
    put: (tenant, sent, found) => putStockItem(tenant, sent, found as StockItemRow | undefined),
  },
  {
    title: "ShipVia",
    rows: (tables) => tables.shipVias,
    byKeys: (tables, [id = ""]) => findShipVia(tables, id),
    put: readOnly("ship via codes"),
  },
  {
    title: "ShippingBox",
    rows: (tables) => tables.boxes,
    byKeys: (tables, [id = ""]) => findBox(tables, id),
    put: readOnly("boxes"),
  },
  {
    title: "Warehouse",
    rows: (tables) => tables.warehouses,
    byKeys: (tables, [id = ""]) => findWarehouse(tables, id),
    put: readOnly("warehouses"),
  },
  {
    title: "Carrier",
    rows: (tables) => tables.carriers,
    byKeys: (tables, [id = ""]) => tables.carriers.find((row) => row.CarrierID === id),
    put: readOnly("carriers"),
  },
  {
    title: "NonStockItem",
    rows: (tables) => tables.nonStockItems,
    byKeys: (tables, [id = ""]) => tables.nonStockItems.find((row) => row.InventoryID === id),
    put: readOnly("non-stock items"),
  },
  {
    title: "KitSpecification",
    rows: (tables) => tables.kits,
    byKeys: (tables, [id = "", revision = ""]) =>
      tables.kits.find((row) => row.KitInventoryID === id && row.RevisionID === revision),
    put: readOnly("kit specifications"),
  },
  {
    title: "UnitsOfMeasure",
    rows: (tables) => tables.units,
    byKeys: (tables, [id = ""]) => tables.units.find((row) => row.UnitID === id),
    put: readOnly("units of measure"),
  },
];

export const servedNames = (): string[] => served.map(({ title }) => title);

/** Undefined: no such entity in the contract, or none that has a form of its own. */
export function findServed(name: string): Served | undefined {
  const spec = findEntity(name);
  const entry = spec && served.find((each) => each.title === spec.name);
  return spec && entry ? { ...entry, spec } : undefined;
}

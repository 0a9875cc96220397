import type { z } from "zod";
import {
  customer,
  fulfillment,
  order,
  product,
  shipment,
  type SsCustomer,
  type SsFulfillment,
  type SsOrder,
  type SsProduct,
  type SsShipment,
} from "./entities.ts";

/** A list of ShipStation that can be read completely from an instant on. */
export interface Stream<T> {
  path: "/orders" | "/shipments" | "/fulfillments" | "/products" | "/customers";
  rowsName: "orders" | "shipments" | "fulfillments" | "products" | "customers";
  idName: "orderId" | "shipmentId" | "fulfillmentId" | "productId" | "customerId";
  schema: z.ZodType<T>;
  query: Record<string, string>;
  /** The filter that says from when on; undefined where there is none and all is read. */
  sinceName: "modifyDateStart" | "createDateStart" | "voidDateStart" | undefined;
  /** The date the list is sorted by, and the filter that moves the window along it; undefined: only pages are turned. */
  dateName: "modifyDate" | "createDate";
  moveName: "modifyDateStart" | "createDateStart" | undefined;
}

const byCreation = { sortBy: "CreateDate", sortDir: "ASC" };
const withItems = { includeShipmentItems: "true" };
const createdMoves = { dateName: "createDate", moveName: "createDateStart" } as const;
const shipments = { path: "/shipments", rowsName: "shipments", idName: "shipmentId", schema: shipment } as const;

export const ordersModified: Stream<SsOrder> = {
  path: "/orders",
  rowsName: "orders",
  idName: "orderId",
  schema: order,
  query: { sortBy: "ModifyDate", sortDir: "ASC" },
  sinceName: "modifyDateStart",
  dateName: "modifyDate",
  moveName: "modifyDateStart",
};
export const shipmentsCreated: Stream<SsShipment> = {
  ...shipments,
  ...createdMoves,
  query: { ...byCreation, ...withItems },
  sinceName: "createDateStart",
};
/** There is no sorting by void date: all voids since then, and the window moves along their creation, which never changes. */
export const shipmentsVoided: Stream<SsShipment> = {
  ...shipments,
  ...createdMoves,
  query: { ...byCreation, ...withItems },
  sinceName: "voidDateStart",
};
export const fulfillmentsCreated: Stream<SsFulfillment> = {
  path: "/fulfillments",
  rowsName: "fulfillments",
  idName: "fulfillmentId",
  schema: fulfillment,
  ...createdMoves,
  query: byCreation,
  sinceName: "createDateStart",
};

/** What `startDate` means is not documented, so pages are turned: creation dates never change, and no row overtakes another. */
export const allProducts: Stream<SsProduct> = {
  path: "/products",
  rowsName: "products",
  idName: "productId",
  schema: product,
  query: { ...byCreation, showInactive: "true" },
  sinceName: undefined,
  dateName: "createDate",
  moveName: undefined,
};

export const allCustomers: Stream<SsCustomer> = {
  path: "/customers",
  rowsName: "customers",
  idName: "customerId",
  schema: customer,
  query: byCreation,
  sinceName: undefined,
  dateName: "createDate",
  moveName: undefined,
};

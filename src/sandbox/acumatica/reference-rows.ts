import type { Row } from "./row.ts";

export interface CarrierRow extends Row {
  CarrierID: string;
  Description: string;
  PlugInType: string;
  WarehouseID?: string | undefined;
  CreatedDateTime: number;
  LastModifiedDateTime: number;
  CustomerAccounts: object[];
  PlugInParameters: object[];
}

export interface NonStockItemRow extends Row {
  InventoryID: string;
  Description: string;
  ItemStatus: string;
  ItemType: string;
  ItemClass: string;
  BaseUnit: string;
  SalesUnit: string;
  PurchaseUnit: string;
  /** Only those that are shipped stand on shipments. */
  RequireShipment: boolean;
  RequireReceipt: boolean;
  IsKit: boolean;
  IsAKit: boolean;
  Weight: number;
  DimensionWeight: number;
  WeightUOM: string;
  DefaultPrice: number;
  CurySpecificPrice: number;
  LastModifiedDateTime: number;
  CrossReferences: object[];
}

export interface KitRow extends Row {
  KitInventoryID: string;
  RevisionID: string;
  Description: string;
  Active: boolean;
  IsNonStock: boolean;
  LastModifiedDateTime: number;
  StockComponents: { StockInventoryID: string; ComponentQty: number; UOM: string }[];
  NonStockComponents: object[];
}

/** A unit with its conversions (24 on), and one pair of them flat (before). */
export interface UnitRow extends Row {
  UnitID: string;
  Description: string;
  FromUOM: string;
  ToUOM: string;
  MultiplyOrDivide: string;
  ConversionFactor: number;
  CreatedDateTime: number;
  LastModifiedDateTime: number;
  Conversion: { FromUOM: string; ToUOM: string; MultiplyOrDivide: string; ConversionFactor: number }[];
}

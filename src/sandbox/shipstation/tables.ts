import { date, day, decimal, flag, integer, list, object, text, type Bound } from "./binding.ts";

/** The request shapes of ShipStation V1 that are bound, and the rows behind its answers. Instants are epoch milliseconds. */
const weight = object({ value: decimal, units: text });
export const addressShape = object({
  name: text,
  company: text,
  street1: text,
  street2: text,
  street3: text,
  city: text,
  state: text,
  postalCode: text,
  country: text,
  phone: text,
  residential: flag,
});
const itemShape = object({
  orderItemId: integer,
  lineItemKey: text,
  sku: text,
  name: text,
  imageUrl: text,
  weight,
  quantity: integer,
  unitPrice: decimal,
  taxAmount: decimal,
  shippingAmount: decimal,
  warehouseLocation: text,
  options: list(object({ name: text, value: text })),
  productId: integer,
  fulfillmentSku: text,
  adjustment: flag,
  upc: text,
});
export const orderShape = object({
  orderId: integer,
  orderNumber: text,
  orderKey: text,
  orderDate: date,
  paymentDate: date,
  shipByDate: date,
  orderStatus: text,
  customerUsername: text,
  customerEmail: text,
  billTo: addressShape,
  shipTo: addressShape,
  items: list(itemShape),
  amountPaid: decimal,
  taxAmount: decimal,
  shippingAmount: decimal,
  customerNotes: text,
  internalNotes: text,
  gift: flag,
  giftMessage: text,
  paymentMethod: text,
  requestedShippingService: text,
  carrierCode: text,
  serviceCode: text,
  packageCode: text,
  confirmation: text,
  shipDate: day,
  weight,
  dimensions: object({ units: text, length: decimal, width: decimal, height: decimal }),
  insuranceOptions: object({ provider: text, insureShipment: flag, insuredValue: decimal }),
  internationalOptions: object({
    contents: text,
    customsItems: list(
      object({
        customsItemId: integer,
        description: text,
        quantity: integer,
        value: decimal,
        harmonizedTariffCode: text,
        countryOfOrigin: text,
      }),
    ),
    nonDelivery: text,
  }),
  advancedOptions: object({
    warehouseId: integer,
    nonMachinable: flag,
    saturdayDelivery: flag,
    containsAlcohol: flag,
    storeId: integer,
    customField1: text,
    customField2: text,
    customField3: text,
    source: text,
    mergedOrSplit: flag,
    parentId: integer,
    billToParty: text,
    billToAccount: text,
    billToPostalCode: text,
    billToCountryCode: text,
    billToMyOtherAccount: integer,
  }),
  tagIds: list(integer),
});

export type BoundOrder = NonNullable<Bound<typeof orderShape>>;
export type BoundAddress = NonNullable<Bound<typeof addressShape>>;
export type BoundItem = NonNullable<Bound<typeof itemShape>>;

export interface AddressRow extends BoundAddress {
  /** A sentence, or null for an address that is never verified. */
  addressVerified: string | null;
}

export interface ItemRow extends Omit<BoundItem, "orderItemId" | "productId"> {
  orderItemId: number;
  productId: number | null;
  quantity: number;
  createdAt: number;
  modifiedAt: number;
}

export type OrderStatus =
  | "awaiting_payment"
  | "awaiting_shipment"
  | "pending_fulfillment"
  | "shipped"
  | "on_hold"
  | "cancelled"
  | "rejected_fulfillment";

export interface OrderRow {
  orderId: number;
  orderNumber: string;
  orderKey: string;
  orderStatus: OrderStatus;
  storeId: number;
  warehouseId: number | null;
  createdAt: number;
  modifiedAt: number;
  /** Soft delete: the API answers 404 from then on. */
  deletedAt: number | null;
  /** The order that absorbed this one. */
  mergedInto: number | null;
  mergedOrSplit: boolean;
  mergedIds: number[];
  parentId: number | null;
  customerId: number | null;
  shipTo: AddressRow;
  billTo: AddressRow;
  items: ItemRow[];
  tagIds: number[];
  userId: string | null;
  holdUntilDate: string | null;
  externallyFulfilled: boolean;
  importBatch: string;
  /** The ship-to address as it was sent, to see whether an update changes it. */
  sentShipTo: string;
  /** Everything else as it was sent. */
  sent: BoundOrder;
}

export interface ShipmentItemRow {
  orderItemId: number;
  lineItemKey: string | null;
  sku: string | null;
  name: string | null;
  imageUrl: string | null;
  weight: BoundItem["weight"];
  quantity: number;
  unitPrice: number | null;
  warehouseLocation: string | null;
  options: BoundItem["options"];
  productId: number | null;
  fulfillmentSku: string | null;
}

/** A label bought in ShipStation (V1 calls it a shipment). */
export interface ShipmentRow {
  shipmentId: number;
  orderId: number | null;
  orderKey: string | null;
  orderNumber: string;
  storeId: number;
  createdAt: number;
  /** `YYYY-MM-DD`, Pacific. */
  shipDate: string;
  shipmentCost: number;
  insuranceCost: number;
  trackingNumber: string;
  isReturnLabel: boolean;
  batchId: number;
  batchNumber: string | null;
  carrierCode: string;
  serviceCode: string;
  packageCode: string | null;
  confirmation: string | null;
  warehouseId: number | null;
  voidedAt: number | null;
  marketplaceNotified: boolean;
  customerEmail: string | null;
  shipTo: AddressRow;
  weight: { value: number; units: string };
  items: ShipmentItemRow[];
}

/** An order marked as shipped, or shipped by a fulfilment provider. */
export interface FulfillmentRow {
  fulfillmentId: number;
  orderId: number;
  orderNumber: string;
  trackingNumber: string;
  createdAt: number;
  shipDate: string;
  voidedAt: number | null;
  /** A display name, not a code. */
  carrierName: string | null;
  customerEmail: string | null;
  shipTo: AddressRow;
}

export interface ProductRow {
  productId: number;
  sku: string;
  createdAt: number;
  modifiedAt: number | null;
  active: boolean;
  /** The members of an answer that a PUT may replace. */
  members: Record<string, unknown>;
}

export interface CustomerRow {
  customerId: number;
  username: string;
  createdAt: number;
  modifiedAt: number;
  email: string | null;
  address: BoundAddress;
}

export interface WebhookRow {
  webhookId: number;
  event: string;
  url: string;
  name: string;
  storeId: number | null;
  active: boolean;
}

export interface StoreRow {
  storeId: number;
  storeName: string;
  marketplaceId: number;
  marketplaceName: string;
  active: boolean;
  createdAt: number;
  modifiedAt: number;
}

export interface WarehouseRow {
  warehouseId: number;
  warehouseName: string;
  isDefault: boolean;
  createdAt: number;
  deleted: boolean;
  origin: BoundAddress;
}

/** Rows by id. The key index holds every row that ever had the key, oldest first, deleted ones included. */
export interface ShipStationTables {
  orders: Map<number, OrderRow>;
  ordersByKey: Map<string, OrderRow[]>;
  shipments: Map<number, ShipmentRow>;
  fulfillments: Map<number, FulfillmentRow>;
  products: Map<number, ProductRow>;
  productsBySku: Map<string, ProductRow>;
  customers: Map<number, CustomerRow>;
  customersByUsername: Map<string, CustomerRow>;
  webhooks: Map<number, WebhookRow>;
  stores: Map<number, StoreRow>;
  warehouses: Map<number, WarehouseRow>;
}

export function createTables(): ShipStationTables {
  return {
    orders: new Map(),
    ordersByKey: new Map(),
    shipments: new Map(),
    fulfillments: new Map(),
    products: new Map(),
    productsBySku: new Map(),
    customers: new Map(),
    customersByUsername: new Map(),
    webhooks: new Map(),
    stores: new Map(),
    warehouses: new Map(),
  };
}

/** Adds an order to its table and to the key index. */
export function insertOrder(tables: ShipStationTables, order: OrderRow): void {
  tables.orders.set(order.orderId, order);
  const same = tables.ordersByKey.get(order.orderKey);
  if (same) same.push(order);
  else tables.ordersByKey.set(order.orderKey, [order]);
}

import { z } from "zod";

/**
 * What we read of ShipStation V1 (facts: shipstation 2, 3; payloads 2). Any scalar may be null; enums are open; ids exceed
 * 32 bits; unknown members are kept, because an update must send back what other people wrote.
 */

const nullish = <T extends z.ZodType>(inner: T) => inner.nullish().transform((value) => value ?? undefined);

/**
 * A scalar, read by `read`, which gives undefined for what it cannot take. "Empty" is also spelled `{}`, `[]` and, of numbers
 * and flags, `""`; numbers and texts may come as the other (payloads 1 rule 2, 2.2).
 */
const scalar = <T>(expected: string, read: (value: unknown) => T | undefined) =>
  z
    .unknown()
    .optional()
    .transform((value, context): T | undefined => {
      if (value === undefined || value === null) return undefined;
      const taken = read(value);
      if (taken !== undefined || isNothing(value)) return taken;
      context.addIssue({ code: "custom", message: `Expected ${expected}` });
      return z.NEVER;
    });

const isNothing = (value: unknown): boolean =>
  typeof value === "object" ? Object.keys(value as object).length === 0 : value === "" || value === " ";

const text = scalar("text", (value) =>
  typeof value === "object" ? undefined : String(value as string | number | boolean),
);
const number = scalar("a number", (value) => {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
});
const flag = scalar("true or false", (value) => {
  if (typeof value === "boolean") return value;
  const isWord = typeof value === "string" && /^(true|false)$/i.test(value);
  return isWord ? value.toLowerCase() === "true" : undefined;
});

/** Ids exceed 32 bits. One beyond 2^53 has been rounded by JSON already and names another record: the row is refused. */
const id = z.unknown().transform((value, context): number => {
  const taken = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof taken === "number" && Number.isSafeInteger(taken)) return taken;
  const found = typeof taken === "number" ? `, not ${taken}` : "";
  context.addIssue({ code: "custom", message: `Expected a whole number up to 2^53${found}` });
  return z.NEVER;
});

export const address = z.looseObject({
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

const weight = z.looseObject({ value: number, units: text });

export const orderItem = z.looseObject({
  orderItemId: number,
  lineItemKey: text,
  sku: text,
  name: text,
  quantity: number,
  unitPrice: number,
  adjustment: flag,
});

export const order = z.looseObject({
  orderId: id,
  orderNumber: text,
  orderKey: text,
  orderStatus: text,
  createDate: text,
  modifyDate: text,
  orderDate: text,
  customerUsername: text,
  shipTo: nullish(address),
  items: z
    .array(orderItem.nullable())
    .nullish()
    .transform((items) => (items ?? []).filter((item) => item !== null)),
  advancedOptions: nullish(
    z.looseObject({
      storeId: number,
      warehouseId: number,
      mergedOrSplit: flag,
      mergedIds: nullish(z.array(id)),
      parentId: number,
    }),
  ),
  externallyFulfilled: flag,
});

export const shipmentItem = z.looseObject({
  orderItemId: number,
  lineItemKey: text,
  sku: text,
  name: text,
  quantity: number,
});

/** A label bought in ShipStation. */
export const shipment = z.looseObject({
  shipmentId: id,
  orderId: number,
  orderKey: text,
  orderNumber: text,
  createDate: text,
  /** `YYYY-MM-DD`. */
  shipDate: text,
  shipmentCost: number,
  insuranceCost: number,
  trackingNumber: text,
  isReturnLabel: flag,
  carrierCode: text,
  serviceCode: text,
  packageCode: text,
  warehouseId: number,
  voided: flag,
  voidDate: text,
  weight: nullish(weight),
  /** undefined when the list was asked for without items. */
  shipmentItems: nullish(z.array(shipmentItem.nullable())).transform((items) => items?.filter((item) => item !== null)),
});

/** An order marked as shipped, or shipped by a fulfilment provider. Carries no items and no orderKey. */
export const fulfillment = z.looseObject({
  fulfillmentId: id,
  orderId: number,
  orderNumber: text,
  trackingNumber: text,
  createDate: text,
  shipDate: text,
  /** A display name such as "USPS", not a code. */
  carrierCode: text,
  voided: flag,
  voidDate: text,
});

/** What a product says of the goods (facts: shipstation 4); the account's defaults for labels are kept as they are. */
export const product = z.looseObject({
  productId: id,
  sku: text,
  name: text,
  price: number,
  defaultCost: number,
  /** In the account's own unit. */
  length: number,
  width: number,
  height: number,
  weightOz: number,
  fulfillmentSku: text,
  warehouseLocation: text,
  customsDescription: text,
  customsValue: number,
  customsTariffNo: text,
  customsCountryCode: text,
  createDate: text,
  /** undefined until somebody changed it. */
  modifyDate: text,
  active: flag,
});

export const store = z.looseObject({
  storeId: id,
  storeName: text,
  marketplaceId: number,
  marketplaceName: text,
  active: flag,
});
export const carrier = z.looseObject({ name: text, code: z.string() });
export const service = z.looseObject({ code: z.string(), name: text, domestic: flag, international: flag });
export const packageType = z.looseObject({ code: z.string(), name: text });
/** Born by the orders that carry its user name; nothing writes it (facts: shipstation 4). */
export const customer = z.looseObject({
  customerId: id,
  name: text,
  company: text,
  city: text,
  countryCode: text,
  email: text,
  createDate: text,
  modifyDate: text,
  marketplaceUsernames: nullish(z.array(z.looseObject({ username: text }).nullable())).transform((names) =>
    (names ?? []).flatMap((each) => each?.username ?? []),
  ),
});
export const warehouse = z.looseObject({ warehouseId: id, warehouseName: text, isDefault: flag });
export const webhook = z.looseObject({
  WebHookID: id,
  HookType: text,
  Url: text,
  Name: text,
  Active: flag,
});

export type SsAddress = z.output<typeof address>;
export type SsOrder = z.output<typeof order>;
export type SsShipment = z.output<typeof shipment>;
export type SsFulfillment = z.output<typeof fulfillment>;
export type SsProduct = z.output<typeof product>;
export type SsStore = z.output<typeof store>;
export type SsCarrier = z.output<typeof carrier>;
export type SsService = z.output<typeof service>;
export type SsPackage = z.output<typeof packageType>;
export type SsCustomer = z.output<typeof customer>;
export type SsWarehouse = z.output<typeof warehouse>;
export type SsWebhook = z.output<typeof webhook>;

/** What may be changed of a product; null empties a member. */
export interface SsProductChanges {
  name?: string;
  price?: number;
  length?: number | null;
  width?: number | null;
  height?: number | null;
  weightOz?: number | null;
  customsDescription?: string | null;
  customsValue?: number | null;
  customsTariffNo?: string | null;
  /** Two letters. */
  customsCountryCode?: string | null;
  active?: boolean;
}

/** An address as we send it. */
export interface SsAddressInput {
  name: string;
  company?: string;
  street1: string;
  street2?: string;
  city: string;
  state?: string;
  postalCode?: string;
  /** Two letters. */
  country: string;
  phone?: string;
  residential?: boolean;
}

/** An order as we send it (facts: shipstation 2.1). The whole resource: what is left out may be wiped. */
export interface SsOrderInput {
  /** Only on update of a split order. */
  orderId?: number;
  orderNumber: string;
  orderKey: string;
  /** Pacific wall clock, or `YYYY-MM-DD`. */
  orderDate: string;
  orderStatus: "awaiting_shipment" | "on_hold" | "cancelled";
  customerUsername?: string;
  customerEmail?: string;
  billTo: SsAddressInput;
  shipTo: SsAddressInput;
  items: SsOrderItemInput[];
  amountPaid?: number;
  taxAmount?: number;
  shippingAmount?: number;
  requestedShippingService?: string;
  /** With `serviceCode` or not at all. */
  carrierCode?: string;
  serviceCode?: string;
  packageCode?: string;
  internationalOptions?: { contents: "merchandise"; customsItems: SsCustomsItemInput[] };
  internalNotes?: string;
  shipByDate?: string;
  weight?: { value: number; units: "grams" | "ounces" | "pounds" };
  advancedOptions: {
    storeId?: number;
    warehouseId?: number;
    customField1?: string;
    customField2?: string;
    source?: string;
  };
}

/** One line of customs papers; the value is that of one piece, in dollars. */
export interface SsCustomsItemInput {
  description: string;
  quantity: number;
  value?: number;
  harmonizedTariffCode?: string;
  /** Two letters. */
  countryOfOrigin?: string;
}

export interface SsOrderItemInput {
  /** The order line's number in the ERP: the only join back. */
  lineItemKey: string;
  sku: string;
  name: string;
  quantity: number;
  unitPrice?: number;
  upc?: string;
  imageUrl?: string;
  weight?: { value: number; units: "grams" | "ounces" | "pounds" };
}

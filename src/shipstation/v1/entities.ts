import { z } from "zod";

/**
 * What we read of ShipStation V1 (facts: shipstation 2, 3; payloads 2). Any scalar may be null; enums are open; ids exceed
 * 32 bits; unknown members are kept, because an update must send back what other people wrote.
 */

const nullish = <T extends z.ZodType>(inner: T) => inner.nullish().transform((value) => value ?? undefined);

/** "Empty" is also spelled `{}` and `[]`, and a number may come as text, `""` when there is none (payloads 1 rule 2). */
const isNothing = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
const scalar = <T extends z.ZodType>(inner: T) =>
  nullish(z.preprocess((value) => (isNothing(value) ? undefined : value), nullish(inner)));

const text = scalar(z.union([z.string(), z.number(), z.boolean()]).transform(String));
const number = scalar(
  z.union([
    z.number(),
    z
      .string()
      .regex(/^\s*(-?\d+(\.\d+)?)?\s*$/)
      .transform((digits) => (digits.trim() === "" ? undefined : Number(digits))),
  ]),
);
const flag = scalar(
  z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false", ""], case: "insensitive" })]),
);

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
  orderId: z.number(),
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
      mergedIds: nullish(z.array(z.number())),
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
  shipmentId: z.number(),
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
  fulfillmentId: z.number(),
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

export const store = z.looseObject({
  storeId: z.number(),
  storeName: text,
  marketplaceId: number,
  marketplaceName: text,
  active: flag,
});
export const carrier = z.looseObject({ name: text, code: z.string() });
export const warehouse = z.looseObject({ warehouseId: z.number(), warehouseName: text, isDefault: flag });
export const webhook = z.looseObject({
  WebHookID: z.number(),
  HookType: text,
  Url: text,
  Name: text,
  Active: flag,
});

export type SsAddress = z.output<typeof address>;
export type SsOrder = z.output<typeof order>;
export type SsShipment = z.output<typeof shipment>;
export type SsFulfillment = z.output<typeof fulfillment>;
export type SsStore = z.output<typeof store>;
export type SsCarrier = z.output<typeof carrier>;
export type SsWarehouse = z.output<typeof warehouse>;
export type SsWebhook = z.output<typeof webhook>;

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

export interface SsOrderItemInput {
  /** The order line's number in the ERP: the only join back. */
  lineItemKey: string;
  sku: string;
  name: string;
  quantity: number;
  unitPrice?: number;
  upc?: string;
  weight?: { value: number; units: "grams" | "ounces" | "pounds" };
}

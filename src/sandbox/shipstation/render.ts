import { sevenDigits, trimmedDigits } from "./pacific.ts";
import { userId, type Carrier } from "./reference-data.ts";
import { productMembers } from "./catalog.ts";
import type {
  AddressRow,
  BoundAddress,
  BoundItem,
  CustomerRow,
  FulfillmentRow,
  ItemRow,
  OrderRow,
  ProductRow,
  ShipmentRow,
  StoreRow,
  WarehouseRow,
  WebhookRow,
} from "./tables.ts";

/** Rows as ShipStation V1 shows them, member by member as recorded (facts: payloads 2.2). */
const unitCodes: Record<string, number> = { pounds: 0, ounces: 1, grams: 2 };

function weight(value: BoundItem["weight"]): object | null {
  if (!value) return null;
  const units = value.units?.toLowerCase() ?? "ounces";
  return { value: value.value ?? 0, units, WeightUnits: unitCodes[units] ?? 1 };
}

function address(row: AddressRow): object {
  return {
    name: row.name,
    company: row.company,
    street1: row.street1,
    street2: row.street2,
    street3: row.street3,
    city: row.city,
    state: row.state,
    postalCode: row.postalCode,
    country: row.country,
    phone: row.phone,
    residential: row.residential,
    addressVerified: row.addressVerified,
  };
}

const cents = (value: number): number => Math.round(value * 100) / 100;

function item(row: ItemRow): object {
  return {
    orderItemId: row.orderItemId,
    lineItemKey: row.lineItemKey,
    sku: row.sku,
    name: row.name,
    imageUrl: row.imageUrl,
    weight: weight(row.weight),
    quantity: row.quantity,
    unitPrice: row.unitPrice ?? 0,
    taxAmount: row.taxAmount,
    shippingAmount: row.shippingAmount,
    warehouseLocation: row.warehouseLocation,
    options: row.options ?? [],
    productId: row.productId,
    fulfillmentSku: row.fulfillmentSku,
    adjustment: row.adjustment ?? false,
    upc: row.upc,
    createDate: trimmedDigits(row.createdAt),
    modifyDate: trimmedDigits(row.modifiedAt),
  };
}

/** Computed by the server: lines, tax and shipping; never what was paid. */
function orderTotal(row: OrderRow): number {
  const lines = row.items.reduce((sum, each) => sum + (each.unitPrice ?? 0) * each.quantity, 0);
  return cents(lines + (row.sent.taxAmount ?? 0) + (row.sent.shippingAmount ?? 0));
}

const ouncesPer: Record<string, number> = { ounces: 1, pounds: 16, grams: 0.035274 };

/** What was sent, else the sum of the lines, which is 0 when nobody knows. */
function orderWeight(row: OrderRow): object | null {
  if (row.sent.weight) return weight(row.sent.weight);
  const ounces = row.items.reduce(
    (sum, each) =>
      sum + each.quantity * (each.weight?.value ?? 0) * (ouncesPer[each.weight?.units?.toLowerCase() ?? "ounces"] ?? 1),
    0,
  );
  return weight({ value: cents(ounces), units: "ounces" });
}

export function renderOrder(row: OrderRow): object {
  const { sent } = row;
  const options = sent.advancedOptions;
  return {
    orderId: row.orderId,
    orderNumber: row.orderNumber,
    orderKey: row.orderKey === "" ? null : row.orderKey,
    orderDate: sent.orderDate,
    createDate: sevenDigits(row.createdAt),
    modifyDate: sevenDigits(row.modifiedAt),
    paymentDate: sent.paymentDate,
    shipByDate: sent.shipByDate,
    orderStatus: row.orderStatus,
    customerId: row.customerId,
    customerUsername: sent.customerUsername,
    customerEmail: sent.customerEmail,
    billTo: address(row.billTo),
    shipTo: address(row.shipTo),
    items: row.items.map(item),
    orderTotal: orderTotal(row),
    amountPaid: sent.amountPaid ?? 0,
    taxAmount: sent.taxAmount ?? 0,
    shippingAmount: sent.shippingAmount ?? 0,
    customerNotes: sent.customerNotes,
    internalNotes: sent.internalNotes,
    gift: sent.gift ?? false,
    giftMessage: sent.giftMessage,
    paymentMethod: sent.paymentMethod,
    requestedShippingService: sent.requestedShippingService,
    carrierCode: sent.carrierCode,
    serviceCode: sent.serviceCode,
    packageCode: sent.packageCode,
    confirmation: sent.confirmation ?? "none",
    shipDate: sent.shipDate,
    holdUntilDate: row.holdUntilDate,
    weight: orderWeight(row),
    dimensions: sent.dimensions,
    insuranceOptions: sent.insuranceOptions ?? { provider: null, insureShipment: false, insuredValue: 0 },
    internationalOptions: sent.internationalOptions ?? { contents: null, customsItems: null, nonDelivery: null },
    advancedOptions: {
      warehouseId: row.warehouseId,
      nonMachinable: options?.nonMachinable ?? false,
      saturdayDelivery: options?.saturdayDelivery ?? false,
      containsAlcohol: options?.containsAlcohol ?? false,
      mergedOrSplit: row.mergedOrSplit,
      mergedIds: row.mergedIds,
      parentId: row.parentId,
      storeId: row.storeId,
      customField1: options?.customField1 ?? null,
      customField2: options?.customField2 ?? null,
      customField3: options?.customField3 ?? null,
      source: options?.source ?? null,
      billToParty: options?.billToParty ?? null,
      billToAccount: options?.billToAccount ?? null,
      billToPostalCode: options?.billToPostalCode ?? null,
      billToCountryCode: options?.billToCountryCode ?? null,
      billToMyOtherAccount: options?.billToMyOtherAccount ?? null,
    },
    tagIds: row.tagIds.length > 0 ? row.tagIds : null,
    userId: row.userId,
    externallyFulfilled: row.externallyFulfilled,
    externallyFulfilledBy: null,
    externallyFulfilledById: null,
    externallyFulfilledByName: null,
    labelMessages: null,
  };
}

export function renderShipment(row: ShipmentRow, withItems: boolean): object {
  return {
    shipmentId: row.shipmentId,
    orderId: row.orderId,
    orderKey: row.orderKey === "" ? null : row.orderKey,
    userId,
    customerEmail: row.customerEmail,
    orderNumber: row.orderNumber,
    createDate: sevenDigits(row.createdAt),
    shipDate: row.shipDate,
    shipmentCost: row.shipmentCost,
    insuranceCost: row.insuranceCost,
    trackingNumber: row.trackingNumber,
    isReturnLabel: row.isReturnLabel,
    batchNumber: row.batchNumber,
    carrierCode: row.carrierCode,
    serviceCode: row.serviceCode,
    packageCode: row.packageCode,
    confirmation: row.confirmation,
    warehouseId: row.warehouseId,
    voided: row.voidedAt !== null,
    voidDate: row.voidedAt === null ? null : sevenDigits(row.voidedAt),
    marketplaceNotified: row.marketplaceNotified,
    notifyErrorMessage: null,
    shipTo: address(row.shipTo),
    weight: weight(row.weight),
    dimensions: null,
    insuranceOptions: { provider: null, insureShipment: false, insuredValue: 0 },
    // Sent as a word, shown as a number in text (facts: shipstation 2.3).
    advancedOptions: {
      billToParty: "4",
      billToAccount: null,
      billToPostalCode: null,
      billToCountryCode: null,
      storeId: row.storeId,
    },
    shipmentItems: withItems ? row.items.map((each) => ({ ...each, weight: weight(each.weight) })) : null,
    labelData: null,
    formData: null,
  };
}

export function renderFulfillment(row: FulfillmentRow): object {
  return {
    fulfillmentId: row.fulfillmentId,
    orderId: row.orderId,
    orderNumber: row.orderNumber,
    userId,
    customerEmail: row.customerEmail,
    trackingNumber: row.trackingNumber,
    createDate: sevenDigits(row.createdAt),
    // A date and time here, a date alone everywhere else.
    shipDate: `${row.shipDate}T00:00:00.0000000`,
    voidDate: row.voidedAt === null ? null : sevenDigits(row.voidedAt),
    deliveryDate: null,
    carrierCode: row.carrierName,
    sellerFillProviderId: null,
    sellerFillProviderName: null,
    fulfillmentProviderCode: null,
    fulfillmentServiceCode: null,
    fulfillmentFee: 0,
    voidRequested: false,
    voided: row.voidedAt !== null,
    marketplaceNotified: true,
    notifyErrorMessage: null,
    shipTo: address(row.shipTo),
  };
}

export function renderProduct(row: ProductRow): object {
  return {
    aliases: row.members["aliases"] ?? null,
    productId: row.productId,
    sku: row.sku,
    createDate: trimmedDigits(row.createdAt),
    modifyDate: row.modifiedAt === null ? null : trimmedDigits(row.modifiedAt),
    active: row.active,
    ...Object.fromEntries(productMembers.map((name) => [name, row.members[name] ?? null])),
  };
}

export function renderCustomer(row: CustomerRow): object {
  const dates = { createDate: sevenDigits(row.createdAt), modifyDate: sevenDigits(row.modifiedAt) };
  return {
    customerId: row.customerId,
    ...dates,
    name: row.address.name,
    company: row.address.company,
    street1: row.address.street1,
    street2: row.address.street2 ?? "",
    city: row.address.city,
    state: row.address.state,
    postalCode: row.address.postalCode,
    countryCode: row.address.country,
    phone: row.address.phone,
    email: row.email,
    addressVerified: "Unverified",
    marketplaceUsernames: [
      {
        customerUserId: row.customerId - 178_945,
        customerId: row.customerId,
        ...dates,
        marketplaceId: 0,
        marketplace: "ShipStation",
        username: row.username,
      },
    ],
    tags: null,
  };
}

export function renderStore(row: StoreRow): object {
  return {
    storeId: row.storeId,
    storeName: row.storeName,
    marketplaceId: row.marketplaceId,
    marketplaceName: row.marketplaceName,
    accountName: null,
    email: null,
    integrationUrl: null,
    active: row.active,
    companyName: "",
    phone: null,
    publicEmail: null,
    website: null,
    refreshDate: null,
    lastRefreshAttempt: null,
    createDate: trimmedDigits(row.createdAt),
    modifyDate: trimmedDigits(row.modifiedAt),
    autoRefresh: row.marketplaceId !== 0,
    statusMappings: null,
  };
}

const unverifiedAddress = (from: BoundAddress): AddressRow => ({ ...from, addressVerified: null });

export function renderWarehouse(row: WarehouseRow): object {
  return {
    warehouseId: row.warehouseId,
    warehouseName: row.warehouseName,
    originAddress: address(unverifiedAddress(row.origin)),
    // A copy of the origin, without the residential flag.
    returnAddress: address({ ...unverifiedAddress(row.origin), residential: null }),
    createDate: sevenDigits(row.createdAt),
    isDefault: row.isDefault,
    sellerIntegrationId: null,
    extInventoryIdentity: null,
    registerFedexMeter: null,
  };
}

export function renderCarrier(carrier: Carrier, primary: boolean): object {
  return {
    name: carrier.name,
    code: carrier.code,
    accountNumber: null,
    requiresFundedAccount: carrier.code !== "fedex",
    balance: carrier.code === "fedex" ? 0 : 250,
    nickname: primary ? "Free" : null,
    shippingProviderId: carrier.shippingProviderId,
    primary,
  };
}

/** PascalCase, unlike everything else. */
export function renderWebhook(row: WebhookRow): object {
  return {
    IsLabelAPIHook: false,
    WebHookID: row.webhookId,
    SellerID: 2_335_513,
    StoreID: row.storeId,
    HookType: row.event,
    MessageFormat: "Json",
    Url: row.url,
    Name: row.name,
    BulkCopyBatchID: null,
    BulkCopyRecordID: null,
    Active: row.active,
    WebhookLogs: [],
    Seller: null,
    Store: null,
    SerializedHeaders: null,
  };
}

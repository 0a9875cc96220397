import type { Account } from "./account.ts";
import type { SavableOrder } from "./order-rules.ts";
import type { BoundItem, CustomerRow, ProductRow } from "./tables.ts";

/**
 * Customers and products have no create call: a customer is born by the first order with its `customerUsername`, a
 * product by the first order line with its SKU (facts: shipstation 4).
 */
export function bearCustomer(account: Account, order: SavableOrder): number | null {
  const username = order.customerUsername?.trim();
  if (!username) return null;
  const known = account.tables.customersByUsername.get(username.toLowerCase());
  if (known) return known.customerId;
  const now = account.clock.now();
  const customer: CustomerRow = {
    customerId: account.nextId("customer"),
    username,
    createdAt: now,
    modifiedAt: now,
    email: order.customerEmail,
    address: order.shipTo,
  };
  account.tables.customers.set(customer.customerId, customer);
  account.tables.customersByUsername.set(username.toLowerCase(), customer);
  return customer.customerId;
}

/** The product of an order line; null for discount lines and lines without a SKU. */
export function bearProduct(account: Account, item: BoundItem): number | null {
  const sku = item.sku ?? "";
  if (sku === "" || item.adjustment === true) return null;
  const known = account.tables.productsBySku.get(sku.toLowerCase());
  if (known) return known.productId;
  const product: ProductRow = {
    productId: account.nextId("product"),
    sku,
    createdAt: account.clock.now(),
    modifiedAt: null,
    active: true,
    members: { name: item.name, price: item.unitPrice ?? 0 },
  };
  account.tables.products.set(product.productId, product);
  account.tables.productsBySku.set(sku.toLowerCase(), product);
  return product.productId;
}

/** Members of a product answer, in their order, that a PUT replaces as a whole. */
export const productMembers = [
  "name",
  "price",
  "defaultCost",
  "length",
  "width",
  "height",
  "weightOz",
  "internalNotes",
  "fulfillmentSku",
  "productCategory",
  "productType",
  "warehouseLocation",
  "defaultCarrierCode",
  "defaultServiceCode",
  "defaultPackageCode",
  "defaultIntlCarrierCode",
  "defaultIntlServiceCode",
  "defaultIntlPackageCode",
  "defaultConfirmation",
  "defaultIntlConfirmation",
  "customsDescription",
  "customsValue",
  "customsTariffNo",
  "customsCountryCode",
  "noCustoms",
  "tags",
] as const;

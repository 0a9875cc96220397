import { modelState, ruleRefusal, exception, nullReference, type Answer } from "./answers.ts";
import { isVisible, type Account } from "./account.ts";
import { carriers, findService, manualStoreId } from "./reference-data.ts";
import type { BoundOrder, OrderStatus } from "./tables.ts";

/** What ShipStation checks of an order before it saves it (facts: shipstation 1.4, 2.1, 2.3, 2.5). */
const statuses: readonly string[] = [
  "awaiting_payment",
  "awaiting_shipment",
  "pending_fulfillment",
  "shipped",
  "on_hold",
  "cancelled",
  "rejected_fulfillment",
] satisfies OrderStatus[];

export function isStatus(text: string | null): text is OrderStatus {
  return text !== null && statuses.includes(text);
}

/** An order that passed: the members a save relies on are there. */
export interface SavableOrder extends BoundOrder {
  orderNumber: string;
  orderDate: string;
  orderStatus: OrderStatus;
  billTo: NonNullable<BoundOrder["billTo"]>;
  shipTo: NonNullable<BoundOrder["shipTo"]>;
}

const isBlank = (text: string | null | undefined): boolean => (text ?? "").trim() === "";

/** Members that a GET shows and a POST must not carry: such a body is refused without a word. */
export function carriesReadOnly(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const members = body as Record<string, unknown>;
  return ["createDate", "modifyDate", "orderTotal"].some((name) => (members[name] ?? null) !== null);
}

/** The first refusal this order meets, or undefined when it can be saved. */
export function refusalOf(account: Account, order: BoundOrder): Answer | undefined {
  return (
    missingMembers(order) ?? crash(order) ?? brokenRules(account, order) ?? badCodes(order) ?? badPlace(account, order)
  );
}

export function isSavable(order: BoundOrder): order is SavableOrder {
  return missingMembers(order) === undefined && isStatus(order.orderStatus);
}

function missingMembers(order: BoundOrder): Answer | undefined {
  const members: Record<string, string[]> = {};
  for (const name of ["orderNumber", "orderDate", "orderStatus", "billTo", "shipTo"] as const) {
    const value = order[name];
    if (value === null || value === "") members[`apiOrder.${name}`] = [`The ${name} field is required.`];
  }
  for (const name of ["orderNumber", "orderKey"] as const) {
    if ((order[name] ?? "").length > 50) {
      members[`apiOrder.${name}`] = [`The field ${name} must be a string with a maximum length of 50.`];
    }
  }
  if (!isBlank(order.orderStatus) && !isStatus(order.orderStatus)) {
    members["apiOrder.orderStatus"] = [`Requested value '${order.orderStatus ?? ""}' was not found.`];
  }
  return Object.keys(members).length > 0 ? modelState(members) : undefined;
}

/** Input that upsets the server instead of being refused (facts: payloads 2.8). */
function crash(order: BoundOrder): Answer | undefined {
  if (order.items?.some((item) => item === null)) return nullReference;
  const units = [order.weight?.units, ...(order.items ?? []).map((item) => item?.weight?.units)];
  if (units.some((unit) => unit && !["pounds", "ounces", "grams"].includes(unit.toLowerCase()))) return nullReference;
  return undefined;
}

function brokenRules(account: Account, order: BoundOrder): Answer | undefined {
  const sentences: string[] = [];
  if (isBlank(order.billTo?.name)) sentences.push("'Bill Name' must not be empty.");
  if (isBlank(order.shipTo?.name)) sentences.push("'Ship Name' must not be empty.");
  const shipCountry = order.shipTo?.country?.trim() ?? "";
  const billCountry = order.billTo?.country?.trim() ?? "";
  if (shipCountry.length !== 2 || (billCountry !== "" && billCountry.length !== 2)) {
    sentences.push("Please use a 2 character country code");
  }
  if (!isBlank(order.customerEmail) && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(order.customerEmail?.trim() ?? "")) {
    sentences.push("'Customer Email' is not a valid email address.");
  }
  for (const item of order.items ?? []) {
    if (item?.name === null) sentences.push("'Item Name' must not be empty.");
    if ((item?.quantity ?? 1) < 0) sentences.push("'Quantity' must be greater than or equal to '0'.");
    if (item?.options?.some((option) => isBlank(option?.value))) sentences.push("'Option Value' must not be empty.");
  }
  return sentences.length > 0 ? ruleRefusal([...new Set(sentences)], account.options.ruleBody) : undefined;
}

function badCodes(order: BoundOrder): Answer | undefined {
  const { carrierCode, serviceCode, packageCode } = order;
  if (carrierCode && !carriers.some(({ code }) => code === carrierCode)) return badCode("Invalid carrierCode");
  if (serviceCode && !carrierCode) return badCode("Invalid carrierCode");
  if (carrierCode && (!serviceCode || !findService(carrierCode, serviceCode))) return badCode("Invalid serviceCode");
  const known = carriers.some(({ packages }) => packages.some(({ code }) => code === packageCode));
  if (packageCode && !known) return exception("System.ArgumentException", "Invalid packageCode");
  return undefined;
}

const badCode = (text: string): Answer => ({ status: 400, body: { Message: text } });

/** A push goes into a manual store only, and ships from a location of the account. */
function badPlace(account: Account, order: BoundOrder): Answer | undefined {
  const storeId = order.advancedOptions?.storeId ?? 0;
  const store = account.tables.stores.get(storeId === 0 ? manualStoreId : storeId);
  if (store?.marketplaceId !== 0 || !store.active) return badCode("Invalid storeId");
  const warehouseId = order.advancedOptions?.warehouseId ?? 0;
  const warehouse = account.tables.warehouses.get(warehouseId);
  if (warehouseId !== 0 && (!warehouse || warehouse.deleted)) return badCode("Invalid warehouseId");
  return undefined;
}

const updatable: readonly OrderStatus[] = ["awaiting_payment", "awaiting_shipment", "on_hold", "pending_fulfillment"];
export const isLocked = (status: OrderStatus): boolean => !updatable.includes(status);

/**
 * The live order a write means, if any (facts: shipstation 2.1, 2.9). `gone` and `ambiguous` are answered 404 or taken
 * as "no such key", as the account's options say.
 */
export function targetOf(
  account: Account,
  order: BoundOrder,
  storeId: number,
): { kind: "none" } | { kind: "gone" } | { kind: "ambiguous" } | { kind: "order"; orderId: number } {
  const withKey = order.orderKey ? (account.tables.ordersByKey.get(order.orderKey) ?? []) : [];
  const here = withKey.filter((row) => account.options.keyLookup === "account" || row.storeId === storeId);
  const live = here.filter((row) => isVisible(account, row) && row.mergedInto === null);
  if (order.orderId) {
    const named = live.find(({ orderId }) => orderId === order.orderId);
    return named ? { kind: "order", orderId: named.orderId } : { kind: "gone" };
  }
  const [first, second] = live;
  if (first && second) {
    return account.options.splitKey === "updates-first"
      ? { kind: "order", orderId: first.orderId }
      : { kind: "ambiguous" };
  }
  if (first) return { kind: "order", orderId: first.orderId };
  return here.length > 0 && account.options.goneKey === "not-found" ? { kind: "gone" } : { kind: "none" };
}

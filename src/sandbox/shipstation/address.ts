import { mainWarehouseId } from "./reference-data.ts";
import type { Account } from "./account.ts";
import type { AddressRow, BoundAddress, OrderRow } from "./tables.ts";

/**
 * Address validation as it shows from outside: some seconds after a write, a United States address is upper-cased, gets
 * ZIP+4 and a verdict, and the order's modifyDate moves again (facts: payloads 2.3, 2.4). Made-up rules, real effects.
 */
const suffixes: Record<string, string> = {
  AVENUE: "AVE",
  BOULEVARD: "BLVD",
  DRIVE: "DR",
  LANE: "LN",
  ROAD: "RD",
  STREET: "ST",
  SUITE: "STE",
};

export const notYetValidated = "Address not yet validated";

export function unverified(address: BoundAddress): AddressRow {
  return { ...address, country: address.country?.toUpperCase() ?? null, addressVerified: notYetValidated };
}

/** Bill-to addresses are never validated. */
export function neverVerified(address: BoundAddress): AddressRow {
  return { ...address, addressVerified: null };
}

function upper(text: string | null): string | null {
  if (text === null) return null;
  return text
    .toUpperCase()
    .split(" ")
    .map((word) => suffixes[word] ?? word)
    .join(" ");
}

/** The validated form of an address. Only United States addresses are rewritten. */
export function validated(address: AddressRow): AddressRow {
  if (address.country !== "US") return address;
  const zip = address.postalCode?.trim() ?? "";
  if (!address.street1?.trim() || !address.city?.trim() || !address.state?.trim() || !/^\d{5}(-\d{4})?$/.test(zip)) {
    return { ...address, addressVerified: "Address validation failed" };
  }
  const rewritten = {
    ...address,
    company: upper(address.company),
    street1: upper(address.street1),
    street2: upper(address.street2),
    street3: upper(address.street3),
    city: upper(address.city),
    state: address.state.toUpperCase(),
    residential: !address.company,
  };
  if (!/\d/.test(address.street1)) return { ...rewritten, addressVerified: "Address validation warning" };
  const postalCode = zip.length === 5 ? `${zip}-${plusFour(`${rewritten.street1}${zip}`)}` : zip;
  return { ...rewritten, postalCode, addressVerified: "Address validated successfully" };
}

/** The same four digits for the same street. */
function plusFour(text: string): string {
  let sum = 7;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return String(sum).padStart(4, "0");
}

export function scheduleValidation(account: Account, order: OrderRow): void {
  if (order.shipTo.addressVerified !== notYetValidated) return;
  const dueAt = account.clock.now() + account.options.addressValidationMs;
  const entry = { dueAt, orderId: order.orderId };
  const later = (account.validations.at(-1)?.dueAt ?? 0) > dueAt;
  const place = later ? account.validations.findIndex((each) => each.dueAt > dueAt) : account.validations.length;
  account.validations.splice(place, 0, entry);
}

/** Carries out the validations that have become due. Called before anything looks at the rows. */
export function settleValidations(account: Account): void {
  const now = account.clock.now();
  for (let first = account.validations[0]; first && first.dueAt <= now; first = account.validations[0]) {
    account.validations.shift();
    const order = account.tables.orders.get(first.orderId);
    if (order?.shipTo.addressVerified !== notYetValidated) continue;
    order.shipTo = validated(order.shipTo);
    order.warehouseId ??= mainWarehouseId;
    if (order.shipTo.addressVerified === notYetValidated) continue;
    order.modifiedAt = Math.max(order.modifiedAt, first.dueAt);
  }
}

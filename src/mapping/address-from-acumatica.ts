import type { SalesOrder } from "../acumatica/entities.ts";
import type { Address } from "../core/orders.ts";
import type { Problem } from "../lib/problem.ts";
import { known, shorten } from "./text.ts";

/** The best figures there are; the API itself documents none (facts: shipstation 2.5). */
const limits = { name: 100, company: 100, street: 200 };

/** Acumatica's address knows no name and its contact no address: the two travel side by side (facts: acumatica 3.1). */
export interface AddressSource {
  address: SalesOrder["ShipToAddress"];
  contact: SalesOrder["ShipToContact"];
  /** Who the customer is, when the contact names nobody. */
  fallbackName?: string | undefined;
  residential?: boolean | undefined;
  /** Start of the field paths: "ShipTo" or "BillTo". */
  side: "ShipTo" | "BillTo";
}

/** Build an address. It is complete only when no problem is returned; what is missing is "". */
export function addressFromAcumatica(
  source: AddressSource,
  warnings: Problem[],
): { address: Address; problems: Problem[] } {
  const { side, contact } = source;
  const field = (name: string): string => `${side}Address.${name}`;
  const attention = known(contact?.Attention);
  const business = known(contact?.BusinessName);
  const name = attention ?? business ?? source.fallbackName;
  const street2 = known(source.address?.AddressLine2);
  const state = known(source.address?.State);
  const postalCode = known(source.address?.PostalCode);
  const phone = known(contact?.Phone1);
  const address: Address = {
    name: shorten(
      name ?? "",
      limits.name,
      `${side}Contact.${attention === undefined ? "BusinessName" : "Attention"}`,
      warnings,
    ),
    street1: shorten(known(source.address?.AddressLine1) ?? "", limits.street, field("AddressLine1"), warnings),
    city: known(source.address?.City) ?? "",
    country: (known(source.address?.Country) ?? "").toUpperCase(),
  };
  if (business !== undefined && business !== name) {
    address.company = shorten(business, limits.company, `${side}Contact.BusinessName`, warnings);
  }
  if (street2 !== undefined) address.street2 = shorten(street2, limits.street, field("AddressLine2"), warnings);
  if (state !== undefined) address.state = state;
  if (postalCode !== undefined) address.postalCode = postalCode;
  if (phone !== undefined) address.phone = phone;
  if (source.residential === true) address.residential = true;
  return { address, problems: addressProblems(address, side) };
}

const tabs = { ShipTo: "Ship-To", BillTo: "Bill-To" } as const;

/** What ShipStation needs of an address at the least (facts: shipstation 2.1). */
function addressProblems(address: Address, side: "ShipTo" | "BillTo"): Problem[] {
  const where = `the ${tabs[side]} part of the Addresses tab of the sales order (SO301000)`;
  const problems: Problem[] = [];
  const need = (isThere: boolean, field: string, found: string, cure: string): void => {
    if (!isThere) problems.push({ field, found: found === "" ? "nothing" : found, cure: `${cure} in ${where}.` });
  };
  need(address.name !== "", `${side}Contact.Attention`, "", "Enter the Attention or the Account Name");
  need(address.street1 !== "", `${side}Address.AddressLine1`, "", "Enter Address Line 1");
  need(address.city !== "", `${side}Address.City`, "", "Enter the City");
  need(
    /^[A-Z]{2}$/.test(address.country),
    `${side}Address.Country`,
    address.country,
    "Choose a Country with a two-letter code",
  );
  if (address.country === "US") {
    need(address.state !== undefined, `${side}Address.State`, "", "Choose the State, which every US address needs,");
    need(
      address.postalCode !== undefined,
      `${side}Address.PostalCode`,
      "",
      "Enter the Postal Code, which every US address needs,",
    );
  }
  return problems;
}

const email = /^[^\s@<>()[\]\\,;:"]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/**
 * One well-formed e-mail address, or undefined. ShipStation refuses the whole order for a malformed one (facts: shipstation 1.4),
 * and nothing is shipped by e-mail, so it is left out with a warning. Of several, as Acumatica allows, the first good one is taken.
 */
export function emailFrom(value: string | undefined, field: string, warnings: Problem[]): string | undefined {
  const text = known(value);
  if (text === undefined || email.test(text)) return text;
  const parts = text.split(/[;,\s]+/).filter((part) => part !== "");
  const first = parts.find((part) => email.test(part) && part.length <= 254);
  warnings.push({
    field,
    found: text.slice(0, 100),
    cure: first
      ? `ShipStation takes one address: ${first} was sent.`
      : "The e-mail address is malformed and was left out. Correct it on the Addresses tab of the sales order (SO301000).",
  });
  return first;
}

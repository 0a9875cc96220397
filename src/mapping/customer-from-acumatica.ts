import type { Customer } from "../acumatica/entities.ts";
import type { Problem } from "../lib/problem.ts";
import type { SsCustomer } from "../shipstation/v1/entities.ts";
import { known } from "./text.ts";

/** What we keep of a customer. The ship-to of an order is the order's own, never taken from here (facts: acumatica 5). */
export interface CustomerData {
  /** CustomerID without padding: what orders carry as user name. */
  id: string;
  name?: string;
  email?: string;
  status?: string;
}

export function customerFromAcumatica(source: Customer): CustomerData {
  const name = known(source.CustomerName);
  const email = known(source.Email) ?? known(source.MainContact?.Email);
  const status = known(source.Status);
  return {
    id: known(source.CustomerID) ?? "",
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(status !== undefined && { status }),
  };
}

/** Where ShipStation's customer says something else. It is told only: no call writes customers (facts: shipstation 4). */
export function customerDifferences(customer: CustomerData, live: SsCustomer): Problem[] {
  const differs = (field: string, ours: string | undefined, theirs: string | undefined): Problem[] => {
    if (ours === undefined || known(theirs)?.toLowerCase() === ours.toLowerCase()) return [];
    const cure = `ShipStation has no call that writes customers: enter "${ours}" there by hand if it matters. Orders carry Acumatica's own.`;
    return [{ field, found: known(theirs) ?? "nothing", cure }];
  };
  return differs("email", customer.email, live.email);
}

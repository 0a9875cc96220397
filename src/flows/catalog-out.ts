import { claimDue } from "../ledger/records.ts";
import { alignProducts } from "./catalog-products.ts";
import { verifyCustomers } from "./catalog-customers.ts";
import { recordCustomers, recordItems, wakeBorn } from "./catalog-polls.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { readItems } from "./polls.ts";
import { readProducts } from "./product-polls.ts";

const batch = 500;

/**
 * Catalog out: Acumatica's items and customers stay aligned with ShipStation's products and customers, as far as its API allows.
 *
 *   read what changed → is it born? → write what is ours to write → read back → Processed
 *
 * ShipStation makes a product with the first order line of its SKU and a customer with the first order of its user name: until then
 * the record waits. A product is then written as a whole, with our fields alone changed; a customer can only be looked at.
 */
export async function catalogOut(deps: FlowDeps): Promise<void> {
  await readItems(deps);
  await recordItems(deps);
  await recordCustomers(deps);
  await readProducts(deps);
  await wakeBorn(deps);

  while (!deps.stopping()) {
    const claims = await claimDue(deps.db, { ...mine(deps), kind: "item", now: nowOf(deps), limit: batch });
    if (claims.length === 0) break;
    await alignProducts(deps, claims);
    await deps.archive.flush();
  }

  await verifyCustomers(deps);
  await deps.archive.flush();
}

const mine = (deps: FlowDeps) => ({ connectionId: deps.connection.id });

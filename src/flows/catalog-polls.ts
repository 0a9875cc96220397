import { isRetired } from "../core/catalog.ts";
import { moveCursor, readCursor } from "../ledger/cursors.ts";
import { contentHash } from "../ledger/hash.ts";
import { itemsChangedSince } from "../ledger/items.ts";
import { wakeBornItems } from "../ledger/mirror-products.ts";
import { saveSeen, type SeenRecord } from "../ledger/records.ts";
import { customerFromAcumatica, type CustomerData } from "../mapping/customer-from-acumatica.ts";
import type { ItemData } from "../mapping/item-from-acumatica.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { pollErp } from "./polls.ts";

export const actor = "catalog-out";
/** Waiting for the first order; the reason's code. */
export const notBorn = "not-born";

/** Our own item table is written by other flows while we read it; what was stamped but not yet visible is read again. */
const overlapMs = 5 * 60_000;

/** Items whose data changed in the item table, into records: one is due, or left out because it is no longer sold. */
export async function recordItems(deps: FlowDeps): Promise<void> {
  const stream = "catalog.items";
  const { id } = deps.connection;
  const cursor = await readCursor(deps.db, id, stream);
  const now = nowOf(deps);
  // Where our own clock was set back, the cursor is ahead of it.
  const readUpTo = Math.min(cursor?.position.getTime() ?? overlapMs, now.getTime());
  const since = new Date(readUpTo - overlapMs);
  const items = await itemsChangedSince<ItemData>(deps.db, id, since);
  await deps.db.transaction().execute(async (tx) => {
    await saveSeen(tx, id, now, items.map(seenItem), actor);
    await moveCursor(tx, id, stream, now, now, items.length);
  });
}

function seenItem(item: ItemData): SeenRecord {
  const retired = isRetired(item.status);
  return {
    kind: "item",
    key: item.sku,
    source: item,
    hash: contentHash(item),
    state: retired ? "Filtered" : "Prepared",
    ...(retired && { reason: { code: "item-retired", text: `The item is ${item.status ?? ""} in Acumatica.` } }),
    ...(item.name !== undefined && { title: item.name }),
    search: [item.sku, item.name, item.upc].filter(Boolean).join(" ").toLowerCase(),
  };
}

/** Acumatica's changed customers into records; all of them at first. */
export async function recordCustomers(deps: FlowDeps): Promise<void> {
  const stream = "acumatica.customers";
  const { id } = deps.connection;
  await pollErp(
    deps,
    { stream, firstFromMs: 0 },
    (window) => deps.acumatica.listCustomers(window),
    async (tx, read) => {
      const customers = read.map(customerFromAcumatica).filter((customer) => customer.id !== "");
      await saveSeen(tx, id, nowOf(deps), customers.map(seenCustomer), actor);
    },
  );
}

function seenCustomer(customer: CustomerData): SeenRecord {
  const retired = isRetired(customer.status);
  return {
    kind: "customer",
    key: customer.id,
    source: customer,
    hash: contentHash(customer),
    state: retired ? "Filtered" : "Prepared",
    ...(retired && { reason: { code: "customer-inactive", text: "The customer is inactive in Acumatica." } }),
    ...(customer.name !== undefined && { title: customer.name }),
    search: [customer.id, customer.name, customer.email].filter(Boolean).join(" ").toLowerCase(),
  };
}

/** Items that waited for their product and have one now are due. */
export const wakeBorn = (deps: FlowDeps): Promise<void> =>
  wakeBornItems(deps.db, deps.connection.id, notBorn, nowOf(deps));

import { readCursor } from "../ledger/cursors.ts";
import { saveMirror, type MirrorOrder } from "../ledger/mirror.ts";
import type { CallPriority, Listing } from "../shipstation/v1/client.types.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { beginListing, keepListing } from "./listings.ts";

/** ShipStation's orders, by modifyDate. */
export const mirrorStream = "shipstation.orders";

/**
 * ShipStation's changed orders into the mirror; at first all orders of the account, because a key that is taken must be known before
 * anything is sent (I1). Returns them whole, for reading back.
 */
export async function readMirror(deps: FlowDeps, priority: CallPriority = "background"): Promise<Listing<SsOrder>> {
  const start = await beginListing(deps, mirrorStream, "everything");
  const listing = await deps.shipstation.listOrdersModified(start.from, priority);
  await keepListing(deps, start, listing, (tx) =>
    saveMirror(tx, deps.connection.id, nowOf(deps), listing.rows.map(mirrorRow)),
  );
  return listing;
}

/** What the mirror keeps of an order. */
export function mirrorRow(order: SsOrder): MirrorOrder {
  return {
    orderId: String(order.orderId),
    orderKey: order.orderKey,
    orderNumber: order.orderNumber,
    orderStatus: order.orderStatus,
    storeId: order.advancedOptions?.storeId === undefined ? undefined : String(order.advancedOptions.storeId),
    parentId: order.advancedOptions?.parentId === undefined ? undefined : String(order.advancedOptions.parentId),
    combined: (order.advancedOptions?.mergedIds ?? []).map(String),
    modifyDate: order.modifyDate,
  };
}

/** The mirror's age in milliseconds; undefined when it was never filled. */
export async function mirrorAgeMs(deps: FlowDeps): Promise<number | undefined> {
  const cursor = await readCursor(deps.db, deps.connection.id, mirrorStream);
  return cursor && deps.clock.now() - cursor.polledAt.getTime();
}

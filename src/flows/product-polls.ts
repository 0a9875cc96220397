import { readCursor } from "../ledger/cursors.ts";
import { saveMirrorProducts, type MirrorProduct } from "../ledger/mirror-products.ts";
import type { CallPriority, Listing, ListingRest } from "../shipstation/v1/client.types.ts";
import type { SsProduct } from "../shipstation/v1/entities.ts";
import type { FlowDeps } from "./deps.ts";
import { beginListing, keepListing } from "./listings.ts";
import { beginPoll, sinceCursor, type PollDeps, type StreamStart } from "./streams.ts";

type ProductDeps = PollDeps & Pick<FlowDeps, "shipstation">;

/** ShipStation cannot say which products changed, so all of them are read again this often; in between the newest changes. */
const completeMs = 24 * 3_600_000;
/** The complete listing; its cursor says that the mirror was filled. */
export const productStream = "shipstation.products";
const recent = "shipstation.products.recent";

/** The mirror of products, filled where it never was, and complete at least once a day. One call for 500 products. */
export async function fillProducts(deps: ProductDeps, priority: CallPriority = "background"): Promise<void> {
  const cursor = await readCursor(deps.db, deps.connection.id, productStream);
  if (cursor && deps.clock.now() - cursor.polledAt.getTime() < completeMs) return;
  const start = await beginListing(deps, productStream, "whole");
  const listing = await deps.shipstation.listProducts(restOf(start.from), priority);
  await keepProducts(deps, start, listing);
}

/** The products that were made or changed since the last look, newest first; two calls. What it may miss the complete listing finds. */
export async function readProducts(deps: ProductDeps, priority: CallPriority = "background"): Promise<void> {
  await fillProducts(deps, priority);
  const sinceMs = await sinceCursor(
    deps,
    (await readCursor(deps.db, deps.connection.id, recent)) ? recent : productStream,
  );
  const start = await beginPoll(deps, recent);
  await keepProducts(deps, start, await deps.shipstation.listRecentProducts(sinceMs, priority));
}

async function keepProducts(deps: ProductDeps, start: StreamStart, listing: Listing<SsProduct>): Promise<void> {
  for (const { raw, reason } of listing.unreadable) {
    deps.log.warn({ connection: deps.connection.id, raw, reason }, "A ShipStation product could not be read.");
  }
  await keepListing(deps, start, listing, (tx) =>
    saveMirrorProducts(tx, deps.connection.id, new Date(deps.clock.now()), listing.rows.map(mirrorProduct)),
  );
}

/** What the mirror keeps of a product. */
export function mirrorProduct(product: SsProduct): MirrorProduct<SsProduct> {
  return {
    productId: String(product.productId),
    sku: (product.sku ?? "").trim(),
    active: product.active !== false,
    modifyDate: product.modifyDate,
    product,
  };
}

const restOf = (from: number | ListingRest): ListingRest | undefined => (typeof from === "object" ? from : undefined);

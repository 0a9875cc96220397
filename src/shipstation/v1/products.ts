import { ConnectorError } from "../../lib/errors.ts";
import { toPacific, toWallClock } from "../pacific-time.ts";
import type { Listing } from "./client.types.ts";
import { createCollector, firstIssue, memberOf } from "./collect.ts";
import { product, type SsProduct, type SsProductChanges } from "./entities.ts";
import { placesIn } from "./lists.ts";
import { isEnd, pageSize, type Place } from "./pages.ts";
import type { Sent } from "./send.ts";

/** Pages of one newest-first reading; beyond that the complete listing is the cheaper one. */
const maxRecentPages = 4;

type Ask = (query: Record<string, string | number>) => Promise<Sent>;

/**
 * Products created or changed since, newest first. A product that nobody changed has no modifyDate (payloads:
 * product-get-2021), so new ones are asked for by creation as well.
 */
export async function recentProducts(ask: Ask, sinceMs: number): Promise<Listing<SsProduct>> {
  const since = toPacific(sinceMs);
  const collector = createCollector({
    schema: product,
    idName: "productId",
    dateName: "createDate",
    path: "/products",
  });
  let serverTimeMs: number | undefined;
  for (const [sortBy, dateName] of [
    ["ModifyDate", "modifyDate"],
    ["CreateDate", "createDate"],
  ] as const) {
    for (let page = 1, seen = 0; page <= maxRecentPages; page++) {
      const sent = await ask({ showInactive: "true", sortBy, sortDir: "DESC", page, pageSize });
      serverTimeMs ??= sent.serverTimeMs;
      const { places, total } = placesIn(sent.body, "products");
      const walls = places.map((place) => wallOf(place, dateName));
      collector.take(places.filter((_, at) => (walls[at] ?? "") >= since));
      seen += places.length;
      // Where products without a date stand is not known: they end nothing.
      if (isEnd(places.length, seen, total) || walls.some((wall) => wall !== undefined && wall < since)) break;
    }
  }
  return { rows: collector.rows(), serverTimeMs, unreadable: collector.unreadable() };
}

const wallOf = (place: Place, dateName: string): string | undefined =>
  place.kind === "raw" ? toWallClock(memberOf(place.raw, dateName)) : undefined;

/** Of the answer to a search by SKU, the products of exactly this one: how the search compares is not documented. */
export function productsOfSku(places: readonly Place[], sku: string): SsProduct[] {
  return places.flatMap((place) => {
    const raw = place.kind === "raw" ? place.raw : undefined;
    const found = memberOf(raw, "sku");
    if (typeof found !== "string" || found.trim() !== sku.trim()) return [];
    const parsed = product.safeParse(raw);
    if (parsed.success) return [parsed.data];
    const message = `ShipStation's product ${sku} has an unknown shape: ${firstIssue(parsed.error)}.`;
    throw new ConnectorError("shipstation.unreadable", { message });
  });
}

/** The whole resource, as it was read but for what only ShipStation writes; a member that was empty is sent as null. */
export function productBody(live: SsProduct, changes: SsProductChanges): Record<string, unknown> {
  const { createDate: _created, modifyDate: _modified, ...whole } = { ...live, ...changes };
  return Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, value ?? null]));
}

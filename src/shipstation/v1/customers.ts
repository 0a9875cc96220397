import { toPacific, toWallClock } from "../pacific-time.ts";
import type { Listing } from "./client.types.ts";
import { createCollector, memberOf } from "./collect.ts";
import { customer, type SsCustomer } from "./entities.ts";
import { placesIn } from "./lists.ts";
import { isEnd, pageSize, type Place } from "./pages.ts";
import type { Sent } from "./send.ts";

/** Pages of one newest-first reading; beyond that the complete listing is the cheaper one. */
const maxRecentPages = 4;

/**
 * Customers changed since, the last changed first: one call where there are few. There is no filter for it, and no call that writes
 * one (facts: shipstation 4).
 */
export async function recentCustomers(
  ask: (query: Record<string, string | number>) => Promise<Sent>,
  sinceMs: number,
): Promise<Listing<SsCustomer>> {
  const since = toPacific(sinceMs);
  const shape = { schema: customer, idName: "customerId", dateName: "modifyDate", path: "/customers" };
  const collector = createCollector(shape);
  let serverTimeMs: number | undefined;
  for (let page = 1, seen = 0; page <= maxRecentPages; page++) {
    const sent = await ask({ sortBy: "ModifyDate", sortDir: "DESC", page, pageSize });
    serverTimeMs ??= sent.serverTimeMs;
    const { places, total } = placesIn(sent.body, "customers");
    const isOld = (place: Place): boolean => (wallOf(place) ?? since) < since;
    collector.take(places.filter((place) => !isOld(place)));
    seen += places.length;
    if (isEnd(places.length, seen, total) || places.some(isOld)) break;
  }
  return { rows: collector.rows(), serverTimeMs, unreadable: collector.unreadable() };
}

const wallOf = (place: Place): string | undefined =>
  place.kind === "raw" ? toWallClock(memberOf(place.raw, "modifyDate")) : undefined;

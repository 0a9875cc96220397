import type { SsStore } from "./entities.ts";

/** ShipStation's number of its Acumatica marketplace (payloads: stores-marketplaces-2021). */
const acumaticaMarketplace = 115;

/**
 * The stores that ShipStation's own Acumatica integration fills. While one is switched on, every order comes in a second time (facts:
 * shipstation 7). Stores that are switched off are only in the list when it was asked for with them.
 */
export function ownAcumaticaStores(stores: readonly SsStore[]): { active: SsStore[]; off: SsStore[] } {
  const own = stores.filter(
    ({ marketplaceId, marketplaceName }) =>
      marketplaceId === acumaticaMarketplace || /acumatica/i.test(marketplaceName ?? ""),
  );
  return { active: own.filter(({ active }) => active !== false), off: own.filter(({ active }) => active === false) };
}

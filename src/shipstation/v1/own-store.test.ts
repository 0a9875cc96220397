import { expect, test } from "vitest";
import { ownAcumaticaStores } from "./own-store.ts";

test("ShipStation's own Acumatica store is known by its marketplace's number or name, switched on or off", () => {
  const stores = [
    { storeId: 1, marketplaceId: 0, marketplaceName: "ShipStation", active: true },
    { storeId: 2, marketplaceId: 115, marketplaceName: "Acumatica", active: true },
    { storeId: 3, marketplaceId: 115, marketplaceName: undefined, active: false },
    { storeId: 4, marketplaceId: undefined, marketplaceName: "acumatica (beta)", active: undefined },
    { storeId: 5, marketplaceId: 14, marketplaceName: "Shopify", active: true },
  ].map((store) => ({ ...store, storeName: `Store ${store.storeId}` }));
  const { active, off } = ownAcumaticaStores(stores);
  expect(active.map(({ storeId }) => storeId)).toEqual([2, 4]);
  expect(off.map(({ storeId }) => storeId)).toEqual([3]);
});

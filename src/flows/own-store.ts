import { setNotice } from "../ledger/notices.ts";
import { ownAcumaticaStores } from "../shipstation/v1/own-store.ts";
import { nowOf, type FlowDeps } from "./deps.ts";

/**
 * Warns while ShipStation's own Acumatica store is switched on: it would bring every order a second time (facts: shipstation 7). Looked
 * at when the connection begins and every hour, because a person may switch it on at any time.
 */
export async function watchOwnStore(deps: FlowDeps): Promise<void> {
  const { active } = ownAcumaticaStores(await deps.shipstation.listStores());
  const names = active.map(({ storeId, storeName }) => `"${storeName ?? ""}" (${storeId})`).join(", ");
  const text = active.length === 0 ? undefined : `ShipStation's own Acumatica store ${names} is switched on.`;
  await setNotice(deps.db, deps.connection.id, "shipstation.own-store", text, nowOf(deps));
  if (text !== undefined) deps.notices.add(text);
}

import { asConnectorError } from "../lib/errors.ts";
import { itemFromAcumatica, itemFromNonStock, type ItemData } from "../mapping/item-from-acumatica.ts";
import { lineFate } from "../mapping/order-lines.ts";
import type { ReadDeps } from "./polls.ts";

/** SKUs that one planning looks up; the others are taken as they are until a later one. */
const lookupsAtOnce = 20;

/**
 * Items of lines that ship and that our table of stock items does not have: each is read by its key, as stock and as non-stock item.
 * What neither is comes back as absent, so that the order is not sent; what may not be read stays unknown, which holds up nothing.
 * Non-stock items are asked for whenever an order has them: they are few, and no listing keeps them fresh.
 */
export async function lookUpItems(
  { acumatica, connection }: Pick<ReadDeps, "acumatica" | "connection">,
  orders: readonly { source: { Details?: Parameters<typeof lineFate>[0][] | undefined } }[],
  known: ReadonlyMap<string, ItemData>,
): Promise<Map<string, ItemData>> {
  const settings = connection.settings.orders;
  const lines = orders.flatMap(({ source }) => source.Details ?? []);
  const shipping = lines.filter((line) => lineFate(line, settings.warehouses) === "ships");
  const skus = [...new Set(shipping.map((line) => line.InventoryID?.trim() ?? ""))];
  const found = new Map<string, ItemData>();
  for (const sku of skus.filter((each) => each !== "" && !known.has(each)).slice(0, lookupsAtOnce)) {
    try {
      const stock = await acumatica.getStockItem(sku);
      const other = stock === undefined ? await acumatica.getNonStockItem(sku) : undefined;
      if (stock) found.set(sku, itemFromAcumatica(stock, settings));
      else found.set(sku, other ? itemFromNonStock(other, settings) : { sku, isAbsent: true, conversions: [] });
    } catch (thrown) {
      const error = asConnectorError(thrown);
      if (!untold.has(error.code)) throw error;
    }
  }
  return found;
}

/** Errors that say nothing of the item: the form may not be read, or the endpoint does not have it. */
const untold = new Set<string>([
  "acumatica.rights",
  "acumatica.endpoint-missing",
  "acumatica.endpoint-incomplete",
  "acumatica.setup-missing",
  "acumatica.unreadable",
]);

import { z } from "zod";
import type { ReferenceCode, ReferenceTable } from "./client.types.ts";
import { flag, nonStockItem, text, type NonStockItem } from "./entities.ts";
import { entityCall, readRows, type Reading } from "./reads.ts";
import type { Site } from "./requests.ts";
import type { Send } from "./send.ts";

/** The small tables of codes: `ShipVia` (CS207500), `ShippingBox` (CS207600), `Warehouse` (IN204000); facts: acumatica 4.6, 4.3, 5. */
export const referenceTables = {
  ShipVia: { key: "CarrierID", select: ["CarrierID", "Description"] },
  ShippingBox: { key: "BoxID", select: ["BoxID", "Description"] },
  Warehouse: { key: "WarehouseID", select: ["WarehouseID", "Description", "Active"] },
} as const satisfies Record<ReferenceTable, { key: string; select: readonly string[] }>;

const row = z.object({ CarrierID: text, BoxID: text, WarehouseID: text, Description: text, Active: flag });

/** A whole table of codes in one call, sorted by code: without `$top` the contract limits nothing (facts: acumatica 2.2). */
export async function readReference(send: Send, site: Site, table: ReferenceTable): Promise<ReferenceCode[]> {
  const { key, select } = referenceTables[table];
  const rows = await readRows(send, entityCall(site, table, site.entity(table, undefined, { select })), row);
  return rows
    .flatMap((each) => {
      const code = each[key]?.trim() ?? "";
      return code === "" ? [] : [{ code, description: each.Description?.trim(), isActive: each.Active }];
    })
    .toSorted((left, right) => (left.code < right.code ? -1 : 1));
}

/** Read one by one, where an order line names an item that is no stock item: its units have other names (facts: acumatica 5). */
export const nonStockItems: Reading<NonStockItem> = {
  entity: "NonStockItem",
  keys: ["InventoryID"],
  schema: nonStockItem,
  keysOf: (item) => [item.InventoryID],
  expand: ["CrossReferences"],
  expandAlone: [],
  modifiedField: "LastModifiedDateTime",
  modifiedOf: (item) => item.LastModifiedDateTime,
};

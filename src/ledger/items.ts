import type { Db, Tx } from "./schema.ts";

/** What is known of the ERP's stock items: it feeds the order lines. Unchanged rows are not written. */
export async function saveItems(
  tx: Tx,
  connectionId: string,
  now: Date,
  items: readonly { sku: string; item: unknown }[],
): Promise<void> {
  for (let at = 0; at < items.length; at += 500) {
    await tx
      .insertInto("items")
      .values(
        items
          .slice(at, at + 500)
          .map(({ sku, item }) => ({ connection_id: connectionId, sku, item: JSON.stringify(item), seen_at: now })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["connection_id", "sku"])
          .doUpdateSet((row) => ({ item: row.ref("excluded.item"), seen_at: now }))
          .whereRef("items.item", "is distinct from", "excluded.item"),
      )
      .execute();
  }
}

export async function itemsBySku<Item>(
  db: Db | Tx,
  connectionId: string,
  skus: readonly string[],
): Promise<Map<string, Item>> {
  if (skus.length === 0) return new Map();
  const rows = await db
    .selectFrom("items")
    .select(["sku", "item"])
    .where("connection_id", "=", connectionId)
    .where("sku", "in", skus)
    .execute();
  return new Map(rows.map((row) => [row.sku, row.item as Item]));
}

/** Items whose data changed at or after an instant. */
export async function itemsChangedSince<Item>(db: Db | Tx, connectionId: string, since: Date): Promise<Item[]> {
  const rows = await db
    .selectFrom("items")
    .select("item")
    .where("connection_id", "=", connectionId)
    .where("seen_at", ">=", since)
    .orderBy("sku")
    .execute();
  return rows.map((row) => row.item as Item);
}

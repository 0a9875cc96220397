import type { Db, Tx } from "./schema.ts";

/** One ShipStation product as last seen. `product` is the whole of it, as the client read it. */
export interface MirrorProduct<Product = unknown> {
  productId: string;
  /** Without blanks around it. */
  sku: string;
  active: boolean;
  modifyDate: string | undefined;
  product: Product;
}

const rowsPerStatement = 500;

/** Updates the mirror; rows that say what is known already are not written. */
export async function saveMirrorProducts(
  tx: Tx,
  connectionId: string,
  now: Date,
  products: readonly MirrorProduct[],
): Promise<void> {
  for (let at = 0; at < products.length; at += rowsPerStatement) {
    await tx
      .insertInto("mirror_products")
      .values(
        products.slice(at, at + rowsPerStatement).map((row) => ({
          connection_id: connectionId,
          product_id: row.productId,
          sku: row.sku,
          active: row.active,
          modify_date: row.modifyDate ?? null,
          product: JSON.stringify(row.product),
          seen_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["connection_id", "product_id"])
          .doUpdateSet((row) => ({
            sku: row.ref("excluded.sku"),
            active: row.ref("excluded.active"),
            modify_date: row.ref("excluded.modify_date"),
            product: row.ref("excluded.product"),
            seen_at: now,
          }))
          .whereRef("mirror_products.product", "is distinct from", "excluded.product"),
      )
      .execute();
  }
}

/** The products of these SKUs; several may share one. */
export async function mirrorProductsBySku<Product = unknown>(
  db: Db | Tx,
  connectionId: string,
  skus: readonly string[],
): Promise<MirrorProduct<Product>[]> {
  if (skus.length === 0) return [];
  const rows = await db
    .selectFrom("mirror_products")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where("sku", "in", skus)
    .orderBy("product_id")
    .execute();
  return rows.map((row) => ({
    productId: row.product_id,
    sku: row.sku,
    active: row.active,
    modifyDate: row.modify_date ?? undefined,
    product: row.product as Product,
  }));
}

/** A product that ShipStation no longer has. */
export async function forgetMirrorProduct(tx: Db | Tx, connectionId: string, productId: string): Promise<void> {
  await tx
    .deleteFrom("mirror_products")
    .where("connection_id", "=", connectionId)
    .where("product_id", "=", productId)
    .execute();
}

/** Has every item that waits for this reason looked at again whose SKU a product of the mirror has. */
export async function wakeBornItems(db: Db | Tx, connectionId: string, reasonCode: string, now: Date): Promise<void> {
  await db
    .updateTable("records")
    .set({ due_at: now })
    .where("connection_id", "=", connectionId)
    .where("kind", "=", "item")
    .where("state", "=", "Waiting")
    .where("reason_code", "=", reasonCode)
    .where("due_at", "is", null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("mirror_products")
          .select("product_id")
          .whereRef("mirror_products.connection_id", "=", "records.connection_id")
          .whereRef("mirror_products.sku", "=", "records.key")
          .where("mirror_products.active", "=", true),
      ),
    )
    .execute();
}

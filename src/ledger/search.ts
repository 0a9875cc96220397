import { sql, type ExpressionBuilder } from "kysely";
import type { Database } from "./schema.ts";

/**
 * Whether a record answers to a word: by its own words, those of its labels (tracking numbers), or the identifier it has in the
 * other system. A list and a replay of what is listed use the same words. Each sub-select is evaluated once, not once a row.
 */
export function matchesSearch(
  eb: ExpressionBuilder<Database, "records">,
  connectionId: string | undefined,
  term: string,
) {
  const word = term.trim();
  const pattern = `%${word.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  let linked = eb.selectFrom("links").select(["connection_id", "kind", "key"]).where("remote_id", "=", word);
  let labels = eb
    .selectFrom("records as label")
    .select(["label.connection_id", sql<string>`'order'`.as("kind"), "label.parent_key"])
    .where("label.kind", "=", "label")
    .where("label.parent_key", "is not", null)
    .where("label.search", "like", pattern);
  if (connectionId !== undefined) {
    linked = linked.where("connection_id", "=", connectionId);
    labels = labels.where("label.connection_id", "=", connectionId);
  }
  const identity = sql`(records.connection_id, records.kind, records.key)`;
  return eb.or([
    eb("records.search", "like", pattern),
    sql<boolean>`${identity} in (${linked})`,
    sql<boolean>`${identity} in (${labels})`,
  ]);
}

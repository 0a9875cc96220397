import { sql } from "kysely";
import type { Db } from "../../src/ledger/schema.ts";

/** Every row of every table in every schema that is not the database's own, as text, by `schema.table`. */
export async function readWholeDatabase(db: Db): Promise<Map<string, string[]>> {
  const { rows: tables } = await sql<{ schema: string; name: string }>`
    select table_schema as schema, table_name as name
    from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
    order by 1, 2`.execute(db);
  const all = new Map<string, string[]>();
  for (const { schema, name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.id(schema)}.${sql.id(name)} as t`.execute(db);
    all.set(
      `${schema}.${name}`,
      rows.map(({ row }) => row),
    );
  }
  return all;
}

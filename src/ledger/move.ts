import { sql } from "kysely";
import { verifyAudit } from "./audit-verify.ts";
import type { Db, Tx } from "./schema.ts";

export interface MovedTable {
  table: string;
  rows: number;
}

/** Rows in one statement. */
const pageRows = 1_000;

/**
 * Copies every table of the ledger, with its sequences, into a database of the same schema that is empty; all of it or nothing. Sums
 * over every row and the audit trail are compared before the copy counts. Throws when the target holds anything, or differs.
 * A target that holds exactly the same already is taken for a move that was interrupted after its end.
 */
export async function moveLedger(from: Db, to: Db, onTable: (moved: MovedTable) => void): Promise<MovedTable[]> {
  await requireSoundAudit(from, "The audit trail of the embedded database");
  const tables = await tablesInOrder(from);
  return to.transaction().execute(async (tx) => {
    // A big table takes longer than a statement of the service may. Times are compared as text, which the time zone is part of.
    for (const setting of ["statement_timeout = 0", "timezone = 'UTC'"])
      await sql.raw(`set local ${setting}`).execute(tx);
    if (!(await isEmpty(tx, tables))) return sameAlready(from, tx, tables);
    const moved: MovedTable[] = [];
    for (const table of tables) {
      await copyTable(from, tx, table);
      await copySequences(from, tx, table);
      const [there, here] = [await sumOf(from, table), await sumOf(tx, table)];
      if (there.sum !== here.sum) {
        throw new Error(`The table ${table} did not arrive as it was (${here.rows} of ${there.rows} rows).`);
      }
      moved.push({ table, rows: here.rows });
      onTable({ table, rows: here.rows });
    }
    await requireSoundAudit(tx, "The audit trail of the copy");
    return moved;
  });
}

async function sameAlready(from: Db, to: Tx, tables: readonly string[]): Promise<MovedTable[]> {
  const moved: MovedTable[] = [];
  for (const table of tables) {
    const [there, here] = [await sumOf(from, table), await sumOf(to, table)];
    if (there.sum !== here.sum) {
      throw new Error(`The target is not empty: its table ${table} holds other rows than the embedded database.`);
    }
    moved.push({ table, rows: here.rows });
  }
  return moved;
}

async function requireSoundAudit(db: Db, what: string): Promise<void> {
  const finding = (await verifyAudit(db, {})).flatMap(({ findings }) => findings)[0];
  if (finding) throw new Error(`${what} does not verify: ${finding.text} See \`audit verify\`.`);
}

/** Our tables, each behind those it refers to. */
async function tablesInOrder(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string; needs: string[] }>`
    select c.relname as name,
           array(select distinct f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
                  where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as needs
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'kysely_%'
     order by 1`.execute(db);
  const ordered: string[] = [];
  while (ordered.length < rows.length) {
    const next = rows.filter(
      ({ name, needs }) => !ordered.includes(name) && needs.every((one) => ordered.includes(one)),
    );
    if (next.length === 0) throw new Error("the ledger's tables refer to each other in a circle");
    ordered.push(...next.map(({ name }) => name));
  }
  return ordered;
}

async function isEmpty(db: Tx, tables: readonly string[]): Promise<boolean> {
  for (const table of tables) {
    const { rows } = await sql`select 1 from ${sql.id(table)} limit 1`.execute(db);
    if (rows.length > 0) return false;
  }
  return true;
}

/** As JSON, for it carries every type exactly; in the order in which the rows lie, for nobody writes meanwhile. */
async function copyTable(from: Db, to: Tx, table: string): Promise<void> {
  let after = "(0,0)";
  for (;;) {
    const { rows } = await sql<{ at: string; row: string }>`
      select ctid::text as at, row_to_json(t)::text as row from ${sql.id(table)} as t
       where ctid > ${after}::tid order by ctid limit ${pageRows}`.execute(from);
    if (rows.length === 0) return;
    const page = `[${rows.map(({ row }) => row).join(",")}]`;
    await sql`
      insert into ${sql.id(table)} overriding system value
      select * from json_populate_recordset(null::${sql.id(table)}, ${page}::json)`.execute(to);
    after = rows.at(-1)?.at ?? after;
  }
}

async function copySequences(from: Db, to: Tx, table: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select pg_get_serial_sequence(quote_ident(table_name), column_name) as name from information_schema.columns
     where table_schema = 'public' and table_name = ${table}
       and pg_get_serial_sequence(quote_ident(table_name), column_name) is not null`.execute(from);
  for (const { name } of rows) {
    const sequence = sql.raw(name);
    const { rows: values } = await sql<{ value: number; called: boolean }>`
      select last_value::text as value, is_called as called from ${sequence}`.execute(from);
    for (const { value, called } of values) {
      await sql`select setval(${name}::regclass, ${value}::bigint, ${called})`.execute(to);
    }
  }
}

/** One sum over all rows, whatever order they lie in. */
async function sumOf(db: Db | Tx, table: string): Promise<{ rows: number; sum: string }> {
  const { rows } = await sql<{ rows: number; sum: string | null }>`
    select count(*)::int as rows, md5(string_agg(line, '' order by line collate "C")) as sum
      from (select md5(row_to_json(t)::text) as line from ${sql.id(table)} as t) as lines`.execute(db);
  return { rows: rows[0]?.rows ?? 0, sum: rows[0]?.sum ?? "" };
}

/**
 * Databases that are used again: emptying one takes milliseconds, making one most of a second of computing, and the suites want hundreds.
 * Whoever changed more than rows has changed the shape, and such a database is not used again.
 */

/** Runs statements, and gives the rows of the last one. */
export type Run = (statements: string) => Promise<Record<string, unknown>[]>;

/** All that a test could have changed beside rows: columns, indexes, checks, triggers, functions, views, settings. */
const shape = `
  select md5(string_agg(what, ';' order by what)) as shape from (
    select format('%s.%s %s %s %s', c.relnamespace::regnamespace, c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod)) as what
      from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
    union all select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace
    union all select format('%s %s', pg_get_triggerdef(oid), tgenabled) from pg_trigger where not tgisinternal
    union all select format('%s %s', oid::regprocedure, md5(prosrc)) from pg_proc
      where pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    union all select format('%s %s', setrole, setconfig) from pg_db_role_setting) parts`;

/** Every row of the ledger goes, and numbers begin anew; what the migrations did is kept. The audit trail lets nobody do that otherwise. */
const empty = `
  set session_replication_role = replica;
  do $$
  declare
    place text;
    has_rows boolean;
    filled text[] := '{}';
  begin
    for place in select format('%I.%I', schemaname, tablename) from pg_tables
                  where schemaname = 'public' and tablename not like 'kysely%' loop
      execute format('select exists (select from %s)', place) into has_rows;
      if has_rows then filled := filled || place; end if;
    end loop;
    if cardinality(filled) > 0 then execute 'truncate ' || array_to_string(filled, ', ') || ' cascade'; end if;
    for place in select format('%I.%I', schemaname, sequencename) from pg_sequences where schemaname = 'public' loop
      perform setval(place, 1, false);
    end loop;
  end $$;
  set session_replication_role = origin`;

export async function shapeOf(run: Run): Promise<string> {
  return String((await run(shape))[0]?.["shape"]);
}

/** Empties it; false if it is not of this shape any more, and so of no more use. */
export async function emptied(run: Run, wanted: string): Promise<boolean> {
  if ((await shapeOf(run)) !== wanted) return false;
  await run(empty);
  await run("discard all");
  return true;
}

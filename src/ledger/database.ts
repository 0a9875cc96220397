import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect, sql } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import pg from "pg";
import { withAuditLast } from "./audit.ts";
import { lockDataDirectory } from "./data-directory-lock.ts";
import { filePorts } from "./durable-files.ts";
import { openEmbeddedDatabase } from "./embedded.ts";
import type { Database, Db } from "./schema.ts";
import { checkServer, connectMs, sessionLimits } from "./server-check.ts";

/** Where the ledger lives: embedded in a directory (or in memory), or a PostgreSQL server (15 or later). */
export type DatabaseLocation = { kind: "embedded"; directory: string | undefined } | { kind: "server"; url: string };

export interface OpenDatabase {
  db: Db;
  /** The embedded database itself, for the engine, which runs on the same one. */
  embedded: PGlite | undefined;
  url: string | undefined;
  close(): Promise<void>;
}

/** How this process calls itself to a server: whoever looks at the server's sessions sees which process it is. */
const applicationName = `ml-connector ${process.pid}@${hostname()}`.slice(0, 63);

/** Connections of one process to a server. */
const serverConnections = 10;

// int8 holds identifiers and counts that stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens the ledger and brings its schema up to date. Throws if the embedded directory is in use by another process, if the
 * database would not keep what it acknowledges, or if the schema is newer than this program.
 */
export async function openDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  const opened = location.kind === "embedded" ? await openEmbedded(location.directory) : openServer(location.url);
  try {
    if (location.kind === "server") await checkServer(opened.db);
    await migrate(opened.db);
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

async function openEmbedded(directory: string | undefined): Promise<OpenDatabase> {
  if (directory === undefined) {
    const inMemory = await PGlite.create();
    return opened(inMemory, async () => {
      if (!inMemory.closed) await inMemory.close();
    });
  }
  const { hold, release } = lockDataDirectory(directory);
  try {
    const ports = { ...filePorts, mayWrite: hold };
    const { pg: embedded, close } = await openEmbeddedDatabase(join(directory, "database"), ports);
    return opened(embedded, async () => {
      await close();
      release();
    });
  } catch (error) {
    release();
    throw error;
  }
}

const opened = (embedded: PGlite, close: () => Promise<void>): OpenDatabase => {
  return { db: embeddedLedger(embedded), embedded, url: undefined, close };
};

export const embeddedLedger = (embedded: PGlite): Db =>
  withAuditLast(new Kysely<Database>({ dialect: new PGliteDialect({ pglite: embedded }) }));

function openServer(url: string): OpenDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: serverConnections,
    connectionTimeoutMillis: connectMs,
    ...sessionLimits,
  });
  // A broken connection is replaced by the pool; without a listener Node would end the process. The pool listens to the idle ones
  // alone: one that breaks between two statements of a transaction has its next statement fail.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db = withAuditLast(new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }));
  return { db, embedded: undefined, url, close: () => db.destroy() };
}

/** Sessions that other processes of ours have on this server's database. */
export async function otherProcesses(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct application_name as name from pg_stat_activity
     where datname = current_database() and application_name like 'ml-connector %' and application_name <> ${applicationName}
     order by 1`.execute(db);
  return rows.map((row) => row.name);
}

const migrationsFolder = fileURLToPath(new URL("./migrations/", import.meta.url));

/** Brings the schema up to date. Throws if it is newer than this program. */
export async function migrate(db: Db): Promise<void> {
  const files = readdirSync(migrationsFolder).filter((name) => name.endsWith(".sql"));
  const migrations = Object.fromEntries(files.map((name) => [name.replace(/\.sql$/, ""), fromFile(name)]));
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  }).migrateToLatest();
  if (error !== undefined)
    throw error instanceof Error ? error : new Error("the ledger's schema could not be brought up to date");
}

/** A migration is plain SQL, one statement after another, each ended by a semicolon at the end of its line. */
function fromFile(name: string): Migration {
  return {
    up: async (db) => {
      const statements = readFileSync(join(migrationsFolder, name), "utf8").split(/;\s*$/m);
      for (const statement of statements) if (statement.trim() !== "") await sql.raw(statement).execute(db);
    },
  };
}

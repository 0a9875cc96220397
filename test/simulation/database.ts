import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from "kysely";
import { pauseRestored } from "../../src/connections/restored.ts";
import { withAuditLast } from "../../src/ledger/audit.ts";
import { openDatabase } from "../../src/ledger/database.ts";
import type { Database, Db } from "../../src/ledger/schema.ts";
import type { Random } from "../../src/lib/random.ts";
import { createServerDatabase, serverUrl } from "../support/database.ts";
import { openEmptyMemory } from "../support/template.ts";
import type { Owner, Timeline } from "./timeline.ts";

/** One real database for all seeds: opening one costs seconds, emptying it milliseconds. */
export interface Server {
  query(statement: string, values?: readonly unknown[]): Promise<{ rows: unknown[]; affected: number }>;
  /** Not part of the simulation: for its checks. Sees what the transaction under way has written. */
  db: Db;
  empty(): Promise<void>;
  /** A backup, and putting it back as the restore command does. */
  keep(): Promise<void>;
  restore(at: Date): Promise<void>;
  /** Where the processes keep what is not in the database. */
  folder: string;
  close(): Promise<void>;
}

type Session = Pick<Server, "query" | "close"> & {
  /** Several statements, without their rows. */
  script(statements: string): Promise<void>;
};

const truncatedEvery = 100;

/** A database of its own on the tests' PostgreSQL server, where there is one (it is several times as fast); else the embedded one. */
export async function openServer(): Promise<Server> {
  const session = await (serverUrl === undefined ? openEmbedded() : openOnServer());
  const db = kyselyOn((query) => resultOf(session, query));
  const { rows } = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename not like 'kysely%' order by 1`.execute(db);
  const tables = rows.map(({ name }) => name);
  const found = await sql<{ name: string }>`
    select quote_ident(sequencename) as name from pg_sequences where schemaname = 'public' order by 1`.execute(db);
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-simulation-"));
  /** The audit trail lets nobody change it, and rows refer to each other. */
  const free = (statements: readonly string[]): Promise<void> =>
    session.script(
      ["set session_replication_role = replica", ...statements, "set session_replication_role = origin"].join(";"),
    );
  const deletes = tables.map((name) => `delete from ${name}`);
  const restarts = [...found.rows.map(({ name }) => `select setval('${name}', 1, false)`)];
  let emptied = 0;
  await session.query("create schema kept");
  for (const table of tables) await session.query(`create table kept.${table} as table ${table} with no data`);
  // Nothing in the background decides how a query is carried out, and so in which order rows come that nobody ordered.
  for (const table of tables) await session.query(`alter table ${table} set (autovacuum_enabled = false)`);
  return {
    query: session.query,
    db,
    folder,
    empty: async () => {
      // A truncation makes hundreds of files; without any, dead rows pile up.
      const isTruncated = emptied++ % truncatedEvery === 0;
      await free([...(isTruncated ? [`truncate ${tables.join(", ")} cascade`] : deletes), ...restarts]);
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true });
    },
    keep: () =>
      free(
        tables.flatMap((table) => [
          `delete from kept.${table}`,
          `insert into kept.${table} overriding system value select * from ${table}`,
        ]),
      ),
    restore: async (at) => {
      const back = tables.map((table) => `insert into ${table} overriding system value select * from kept.${table}`);
      await free([...deletes, ...back]);
      await pauseRestored(db, at, "operator");
    },
    close: async () => {
      await session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openEmbedded(): Promise<Session> {
  const opened = await openEmptyMemory();
  const { embedded } = opened;
  if (!embedded) throw new Error("there is no embedded database");
  return {
    query: async (statement, values = []) => {
      const { rows, affectedRows } = await embedded.query(statement, [...values]);
      return { rows, affected: affectedRows ?? 0 };
    },
    script: async (statements) => {
      await embedded.exec(statements);
    },
    close: () => opened.close(),
  };
}

async function openOnServer(): Promise<Session> {
  const fresh = await createServerDatabase();
  await (await openDatabase({ kind: "server", url: fresh.url })).close();
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  // A simulated crash is one of ours, never the server's.
  await client.query("set synchronous_commit = off");
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `s${names.size}`;
    names.set(text, name);
    return name;
  };
  return {
    query: async (text, values = []) => {
      const prepared = values.length > 0 ? { name: nameOf(text) } : {};
      const { rows, rowCount } = await client.query({ ...prepared, text, values: [...values] });
      return { rows, affected: rowCount ?? 0 };
    },
    script: async (statements) => {
      await client.query(statements);
    },
    close: async () => {
      await client.end();
      await fresh.drop();
    },
  };
}

async function resultOf<R>(
  session: Pick<Server, "query">,
  query: Pick<CompiledQuery, "sql" | "parameters">,
): Promise<QueryResult<R>> {
  const { rows, affected } = await session.query(query.sql, query.parameters);
  return { rows: rows as R[], numAffectedRows: BigInt(affected) };
}

/** Kysely on a single connection, without any waiting. */
function kyselyOn(execute: <R>(query: CompiledQuery) => Promise<QueryResult<R>>): Db {
  const connection: DatabaseConnection = { executeQuery: execute, streamQuery: noStream };
  const raw = (text: string) => async (): Promise<void> => {
    await execute(CompiledQuery.raw(text));
  };
  return withAuditLast(
    new Kysely<Database>({
      dialect: dialectOf({
        init: () => Promise.resolve(),
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: raw("begin"),
        commitTransaction: raw("commit"),
        rollbackTransaction: raw("rollback"),
        releaseConnection: () => Promise.resolve(),
        destroy: () => Promise.resolve(),
      }),
    }),
  );
}

const noStream = (): never => {
  throw new Error("nothing is streamed");
};

const dialectOf = (driver: Driver) => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => driver,
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
});

/** What a process says to its database, in the way of faults: each is asked before a statement is carried out. */
export interface DatabaseFaults {
  /** The process dies before, or after, the statement. */
  dies: (owner: Owner, statement: string) => "before" | "after" | undefined;
  /** The connection breaks: at a commit, nobody knows whether it was carried out. */
  breaks: (owner: Owner, statement: string) => "before" | "after" | undefined;
  /** The process is not scheduled any more for a while, before it learns of a commit. */
  pauses: (owner: Owner) => void;
}

/** Kysely's connections of all processes to the one database: a transaction has it to itself. */
export interface Sessions {
  of(owner: Owner): Db;
  /** Ends what a dead process had under way, as a server does whose client is gone. */
  end(owner: Owner): Promise<void>;
}

interface Holder {
  owner: Owner;
  inTransaction: boolean;
  movesCursor: boolean;
  dispatches: boolean;
  /** The connection whose new ERP session is stored. */
  keepsSession: string | undefined;
}

export function createSessions(options: {
  server: Server;
  timeline: Timeline;
  random: Random;
  faults: DatabaseFaults;
  kill: (owner: Owner, why: string) => Promise<void>;
  /** A cursor was moved, and that was committed. */
  cursorMoved: () => unknown;
  /** A write was stored, as about to be sent, and that was committed. */
  dispatched: () => unknown;
  /** A new ERP session was stored for all processes of the connection, and that was committed. */
  sessionKept: (owner: Owner, connectionId: string) => void;
}): Sessions {
  const { server, timeline, random, faults, kill } = options;
  let holder: Holder | undefined;
  let waiting: { owner: Owner; take: () => void }[] = [];

  const pass = (): void => {
    holder = undefined;
    waiting = waiting.filter(({ owner }) => owner.alive);
    waiting.shift()?.take();
  };

  function acquire(owner: Owner): Promise<Holder> {
    return new Promise((resolve) => {
      // What a dead process still computes reaches nobody.
      if (!owner.alive) return;
      const take = (): void => {
        holder = { owner, inTransaction: false, movesCursor: false, dispatches: false, keepsSession: undefined };
        resolve(holder);
      };
      if (holder) waiting.push({ owner, take });
      else take();
    });
  }

  function execute<R>(mine: Holder, query: CompiledQuery): Promise<QueryResult<R>> {
    const { owner } = mine;
    const statement = query.sql;
    return new Promise((resolve, reject) => {
      timeline.after(random.next() * 2, owner, labelOf(statement), async () => {
        const death = faults.dies(owner, statement);
        if (death === "before") return kill(owner, `before ${labelOf(statement)}`);
        const broken = death === undefined ? faults.breaks(owner, statement) : undefined;
        if (broken === "before") return giveUp(mine, reject);
        try {
          const result = await resultOf<R>(server, byWorldClock(query, timeline.now()));
          await lookAt(mine, query);
          if (death === "after") {
            await kill(owner, `after ${labelOf(statement)}`);
            return;
          }
          if (broken === "after") {
            await giveUp(mine, reject);
            return;
          }
          const give = (): void => {
            resolve(result);
          };
          if (statement !== "commit") {
            give();
            return;
          }
          mine.inTransaction = false;
          faults.pauses(owner);
          if (owner.pausedUntil <= timeline.now()) {
            give();
            return;
          }
          timeline.after(0, owner, "runs again", give);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  /** What was committed is looked at, whether or not its process learns of it. */
  async function lookAt(mine: Holder, { sql: statement, parameters }: CompiledQuery): Promise<void> {
    if (/^insert into "cursors"/.test(statement) && parameters.some(isWatched)) mine.movesCursor = true;
    if (/^insert into "effects"/.test(statement)) mine.dispatches = true;
    if (/set version = version \+ 1, opened_for = \$/.test(statement) && parameters.includes(true))
      mine.keepsSession = parameters.find((parameter, at) => at > 0 && typeof parameter === "string") as string;
    if (statement !== "commit") return;
    if (mine.keepsSession !== undefined) options.sessionKept(mine.owner, mine.keepsSession);
    if (mine.movesCursor) await options.cursorMoved();
    if (mine.dispatches) await options.dispatched();
  }

  async function giveUp(mine: Holder, reject: (error: Error) => void): Promise<void> {
    timeline.note(`${mine.owner.name} lost its connection to the database`);
    if (mine.inTransaction) await server.query("rollback").catch(() => undefined);
    mine.inTransaction = false;
    reject(new Error("Connection terminated unexpectedly"));
  }

  const driverOf = (owner: Owner): Driver => {
    const run = (connection: DatabaseConnection, text: string): Promise<unknown> =>
      connection.executeQuery(CompiledQuery.raw(text));
    const holders = new WeakMap<DatabaseConnection, Holder>();
    return {
      init: () => Promise.resolve(),
      acquireConnection: async () => {
        const mine = await acquire(owner);
        const connection: DatabaseConnection = {
          executeQuery: (query) => execute(mine, query),
          streamQuery: noStream,
        };
        holders.set(connection, mine);
        return connection;
      },
      beginTransaction: async (connection) => {
        const mine = holders.get(connection);
        if (mine) mine.inTransaction = true;
        await run(connection, "begin");
      },
      commitTransaction: async (connection) => {
        await run(connection, "commit");
      },
      rollbackTransaction: async (connection) => {
        if (holders.get(connection)?.inTransaction === true) await run(connection, "rollback");
      },
      releaseConnection: (connection) => {
        if (holders.get(connection) === holder) pass();
        return Promise.resolve();
      },
      destroy: () => Promise.resolve(),
    };
  };

  return {
    of: (owner) => withAuditLast(new Kysely<Database>({ dialect: dialectOf(driverOf(owner)) })),
    end: async (owner) => {
      if (holder?.owner !== owner) return;
      await server.query("rollback").catch(() => undefined);
      pass();
    },
  };
}

/** Streams whose rows are all looked at when their cursor has moved. */
const isWatched = (parameter: unknown): boolean =>
  parameter === "acumatica.orders" || parameter === "shipstation.shipments";

const serverClock = "clock_timestamp()";

/** The server's own clock shows the world's time, whatever the clocks of the processes show. */
function byWorldClock(query: CompiledQuery, now: number): Pick<CompiledQuery, "sql" | "parameters"> {
  if (!query.sql.includes(serverClock)) return query;
  const parameters = [...query.parameters, new Date(now)];
  return { sql: query.sql.replaceAll(serverClock, `$${parameters.length}::timestamptz`), parameters };
}

const labels = new Map<string, string>();

/** `insert effects`, `commit`: enough to read a trace by. */
function labelOf(statement: string): string {
  const known = labels.get(statement);
  if (known !== undefined) return known;
  const label = readLabel(statement);
  labels.set(statement, label);
  return label;
}

function readLabel(statement: string): string {
  const [, verb = "", table = ""] =
    /^\s*(?:with .*?\b)?(select|insert|update|delete|begin|commit|rollback)\b[^"]*"?(\w*)/is.exec(statement) ?? [];
  return `sql ${verb} ${table}`.trim();
}

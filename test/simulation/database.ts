import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
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
import type { Owner, Timeline } from "./timeline.ts";

/** One real database for all seeds: opening one costs seconds, emptying it milliseconds. */
export interface Server {
  embedded: PGlite;
  /** Not part of the simulation: for its checks. */
  db: Db;
  empty(): Promise<void>;
  /** A backup, and putting it back as the restore command does. */
  keep(): Promise<void>;
  restore(at: Date): Promise<void>;
  /** Where the processes keep what is not in the database. */
  folder: string;
  close(): Promise<void>;
}

export async function openServer(): Promise<Server> {
  const opened = await openDatabase({ kind: "embedded", directory: undefined });
  const { embedded, db } = opened;
  if (!embedded) throw new Error("the simulation runs on the embedded database");
  const { rows } = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename not like 'kysely%' order by 1`.execute(db);
  const tables = rows.map(({ name }) => name);
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-simulation-"));
  const empty = `truncate ${tables.join(", ")} cascade;`;
  const each = (statement: (table: string) => string): string => tables.map(statement).join("");
  /** The audit trail lets nobody change it, and rows refer to each other. */
  const free = (statements: string): Promise<unknown> =>
    embedded.exec(`set session_replication_role = replica; ${statements} set session_replication_role = origin;`);
  await embedded.exec(
    `create schema kept; ${each((table) => `create table kept.${table} as table ${table} with no data;`)}`,
  );
  return {
    embedded,
    db,
    folder,
    empty: async () => {
      await free(empty.replace("cascade", "restart identity cascade"));
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true });
    },
    keep: async () => {
      await free(
        each(
          (table) =>
            `delete from kept.${table}; insert into kept.${table} overriding system value select * from ${table};`,
        ),
      );
    },
    restore: async (at) => {
      await free(
        `${empty} ${each((table) => `insert into ${table} overriding system value select * from kept.${table};`)}`,
      );
      await pauseRestored(db, at, "operator");
    },
    close: async () => {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
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
}

export function createSessions(options: {
  server: Server;
  timeline: Timeline;
  random: Random;
  faults: DatabaseFaults;
  kill: (owner: Owner, why: string) => Promise<void>;
  /** Something was committed. */
  committed: () => unknown;
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
        holder = { owner, inTransaction: false };
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
          const result = await server.embedded.query<R>(statement, [...query.parameters] as never[]);
          if (death === "after") {
            await kill(owner, `after ${labelOf(statement)}`);
            return;
          }
          if (broken === "after") {
            await giveUp(mine, reject);
            return;
          }
          const give = (): void => {
            resolve({ rows: result.rows, numAffectedRows: BigInt(result.affectedRows ?? 0) });
          };
          if (statement !== "commit") {
            give();
            return;
          }
          mine.inTransaction = false;
          await options.committed();
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

  async function giveUp(mine: Holder, reject: (error: Error) => void): Promise<void> {
    timeline.note(`${mine.owner.name} lost its connection to the database`);
    if (mine.inTransaction) await server.embedded.exec("rollback").catch(() => undefined);
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
          streamQuery: () => {
            throw new Error("nothing is streamed");
          },
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
    of: (owner) =>
      withAuditLast(
        new Kysely<Database>({
          dialect: {
            createAdapter: () => new PostgresAdapter(),
            createDriver: () => driverOf(owner),
            createIntrospector: (db) => new PostgresIntrospector(db),
            createQueryCompiler: () => new PostgresQueryCompiler(),
          },
        }),
      ),
    end: async (owner) => {
      if (holder?.owner !== owner) return;
      await server.embedded.exec("rollback").catch(() => undefined);
      pass();
    },
  };
}

/** `insert effects`, `commit`: enough to read a trace by. */
function labelOf(statement: string): string {
  const [, verb = "", table = ""] =
    /^\s*(?:with .*?\b)?(select|insert|update|delete|begin|commit|rollback)\b[^"]*"?(\w*)/is.exec(statement) ?? [];
  return `sql ${verb} ${table}`.trim();
}

import { createHash, type Hash } from "node:crypto";
import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from "kysely";
import { withAuditLast } from "../../src/ledger/audit.ts";
import type { Database, Db } from "../../src/ledger/schema.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Owner } from "../simulation/timeline.ts";
import { relative } from "./scene.ts";
import type { Tape } from "./tape.ts";

/** What a worker waits for leave to do. */
export interface Step {
  /**
   * `write`: to write into the database; `learn`: to be told that a write was done; `send`: the first byte of a write to the ERP, which
   * cannot be held back; `read`: to ask the ERP while a request that was given up may still be carried out.
   */
  kind: "write" | "learn" | "send" | "read";
  label: string;
  go: () => void;
}

/** One run of the flow, in a process of its own: it does nothing but what it is let do. */
export interface Worker extends Owner {
  steps: Step[];
  ended: boolean;
  /** Not scheduled, until it is let do something again. */
  stalled: boolean;
  /** Since it was last let do something: only then is a death another one than the last. */
  hasWritten: boolean;
  timers: Set<{ at: number; fire: () => void }>;
  /** All it has seen: what it will do follows from that. */
  seen: Hash;
  /** Waits for leave. Never comes back once the worker is dead. */
  leave(kind: Step["kind"], label: string): Promise<void>;
  /** Resolves when it waits for leave, for time, or has ended. */
  still(): Promise<void>;
  /** Effects of its last commit that have not been sent. */
  stored: string[];
  /** The database, or another system, is at work for it. */
  busy: Promise<unknown> | undefined;
  /** Waits for such work. */
  during<T>(work: Promise<T>): Promise<T>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Whoever has neither asked for leave nor for the database in so many turns of the loop waits for time to pass. */
const quietTurns = 60;

export function createWorker(name: string): Worker {
  const worker: Worker = {
    ...{ name, alive: true, pausedUntil: 0, skewMs: 0 },
    ...{
      steps: [],
      ended: false,
      stalled: false,
      hasWritten: false,
      stored: [],
      timers: new Set(),
      seen: createHash("sha256"),
      busy: undefined,
    },
    leave: (kind, label) =>
      new Promise((resolve) => {
        if (worker.alive) worker.steps.push({ kind, label, go: resolve });
      }),
    during: async (work) => {
      worker.busy = work;
      return work.finally(() => (worker.busy = undefined));
    },
    still: async () => {
      for (let quiet = 0; quiet < quietTurns; quiet++) {
        if (worker.steps.length > 0 || worker.ended || !worker.alive) return;
        if (worker.busy) {
          await worker.busy.catch(() => undefined);
          quiet = 0;
        }
        await turn();
      }
    },
  };
  return worker;
}

export function clockOf(worker: Worker, now: () => number): Clock {
  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = { at: now() + ms, fire };
        const stop = (): void => {
          worker.timers.delete(timer);
          reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
        };
        function fire(): void {
          worker.timers.delete(timer);
          signal?.removeEventListener("abort", stop);
          resolve();
        }
        if (signal?.aborted) {
          stop();
          return;
        }
        worker.timers.add(timer);
        signal?.addEventListener("abort", stop, { once: true });
      }),
  };
}

/**
 * The worker's connections to the one database. The whole story is one transaction that is taken back in the end, so that the next one
 * begins where it began; the worker's own transactions are savepoints in it, and run without a word in between.
 */
export function databaseOf(
  worker: Worker,
  tape: Tape,
  now: () => number,
  onStored: (effectKeys: string[]) => Promise<void>,
): Db {
  let stored: string[] = [];
  const isRead = (statement: string): boolean => /^\s*select\b/i.test(statement);
  async function execute<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affected, text } = await worker.during(tape.play(query.sql, query.parameters));
    worker.seen.update(relative(text, now()));
    if (/^\s*insert into "effects"/i.test(query.sql)) stored.push(...query.parameters.filter(isEffectKey));
    return { rows: rows as R[], numAffectedRows: BigInt(affected) };
  }
  const raw = (text: string): Promise<unknown> => execute(CompiledQuery.raw(text));
  const driver: Driver = {
    init: () => Promise.resolve(),
    acquireConnection: () => {
      let inTransaction = false;
      const connection: DatabaseConnection & { state: (is: boolean) => void } = {
        state: (is) => (inTransaction = is),
        executeQuery: async <R>(query: CompiledQuery) => {
          if (inTransaction || isRead(query.sql)) return execute<R>(query);
          await worker.leave("write", labelOf(query.sql));
          const result = await execute<R>(query);
          if (result.numAffectedRows !== 0n) worker.hasWritten = true;
          return result;
        },
        streamQuery: () => {
          throw new Error("nothing is streamed");
        },
      };
      return Promise.resolve(connection);
    },
    beginTransaction: async (connection) => {
      await worker.leave("write", "transaction");
      stateOf(connection)(true);
      await raw("savepoint worker");
    },
    commitTransaction: async (connection) => {
      await worker.during(onStored(stored));
      stored = [];
      await raw("release savepoint worker");
      stateOf(connection)(false);
      worker.hasWritten = true;
      await worker.leave("learn", "commit");
    },
    rollbackTransaction: async (connection) => {
      await raw("rollback to savepoint worker");
      stored = [];
      stateOf(connection)(false);
    },
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
  return withAuditLast(
    new Kysely<Database>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => driver,
        createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    }),
  );
}

const isEffectKey = (parameter: unknown): parameter is string =>
  typeof parameter === "string" && /^acu-\w+:/.test(parameter);

const stateOf = (connection: DatabaseConnection): ((is: boolean) => void) =>
  (connection as DatabaseConnection & { state: (is: boolean) => void }).state;

const labelOf = (statement: string): string => {
  const [, verb = "", table = ""] = /\b(insert into|update|delete from)\s+"?(\w+)/i.exec(statement) ?? [];
  return `${verb.split(" ")[0]} ${table}`.trim();
};

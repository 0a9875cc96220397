import { AsyncLocalStorage } from "node:async_hooks";
import { TableNode, type KyselyPlugin, type OperationNode, type RootOperationNode } from "kysely";
import { withAuditLast } from "../../src/ledger/audit.ts";
import type { OpenDatabase } from "../../src/ledger/database.ts";
import type { Db, Tx } from "../../src/ledger/schema.ts";
import { ledgerMoments } from "./points.ts";

/** Told of every moment the process passes; does not come back from the one at which it is to die. */
export type Passing = (moment: string) => void;

const inTransaction = new AsyncLocalStorage<Set<string>>();

/**
 * The same database, whose statements tell what they are about to do and have done. Inside a transaction nothing is told until it is
 * about to be committed, and then again once it is: these are the moments at which a crash loses all of it, or nothing.
 */
export function tellingDatabase(opened: OpenDatabase, passing: Passing): OpenDatabase {
  const tell = (names: Iterable<string>, when: "before" | "after"): void => {
    for (const name of names) passing(`ledger.${name}: ${when}`);
  };
  const told = new WeakMap<object, string[]>();
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      const names = namesOf(node);
      const written = inTransaction.getStore();
      if (written) for (const name of names) written.add(name);
      else {
        told.set(queryId, names);
        tell(names, "before");
      }
      return node;
    },
    transformResult: ({ result, queryId }) => {
      tell(told.get(queryId) ?? [], "after");
      return Promise.resolve(result);
    },
  };
  const db: Db = opened.db.withPlugin(plugin);
  const begin = db.transaction.bind(db);
  db.transaction = () => {
    const builder = begin();
    const execute = builder.execute.bind(builder);
    builder.execute = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
      const written = new Set<string>();
      const result = await inTransaction.run(written, () =>
        execute(async (tx) => {
          const done = await work(tx);
          tell(written, "before");
          return done;
        }),
      );
      tell(written, "after");
      return result;
    };
    return builder;
  };
  return { ...opened, db: withAuditLast(db) };
}

function namesOf(node: RootOperationNode): string[] {
  const does = whatIsDone(node);
  return Object.entries(ledgerMoments).flatMap(([name, statement]) => (statement === does ? [name] : []));
}

/** `insert effects`, `update records` and so on; `claim` for the statement that claims records. */
function whatIsDone(node: RootOperationNode): string {
  if (node.kind === "InsertQueryNode") return `insert ${node.into?.table.identifier.name ?? ""}`;
  if (node.kind === "UpdateQueryNode") return `update ${tableOf(node.table)}`;
  return node.kind === "RawNode" && node.sqlFragments.join("").includes("with due as materialized") ? "claim" : "";
}

const tableOf = (node: OperationNode | undefined): string =>
  node !== undefined && TableNode.is(node) ? node.table.identifier.name : "";

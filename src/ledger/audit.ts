import { chainOf, emptyChain, hashEntry, type AuditHead } from "./audit-chain.ts";
import type { Db, RecordKind, Tx } from "./schema.ts";

/** Who did it: a flow of ours, or a person by e-mail address. */
export type Actor = string;

export interface AuditEntry {
  connectionId: string | undefined;
  kind?: RecordKind;
  key?: string;
  /** `<noun>.<past participle>`, e.g. `order.pushed`. */
  event: string;
  detail?: object;
}

/** An entry as it will be stored, but for its place in the chain. */
interface NewEntry {
  connectionId: string | null;
  at: Date;
  actor: string;
  kind: string | null;
  key: string | null;
  event: string;
  /** JSON text. */
  detail: string;
}

/** Far below the 65,535 parameters a statement may have. */
const entriesPerStatement = 1_000;

/** Entries of transactions under way, written as their last act. */
const unwritten = new WeakMap<Db | Tx, NewEntry[]>();

/**
 * Appends entries to their connections' chains (failures T13). Called in the transaction of the change they tell (I11);
 * they are written at its end, see `withAuditLast`.
 */
export async function appendAudit(db: Db | Tx, at: Date, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
  const rows = entries.map((entry) => newEntry(at, actor, entry));
  const waiting = unwritten.get(db);
  if (waiting) waiting.push(...rows);
  else if (db.isTransaction) await writeEntries(db, rows);
  else await db.transaction().execute((tx) => appendAudit(tx, at, actor, entries));
}

/**
 * Has every transaction write its audit entries last, just before it commits. The end of a chain is one row that
 * everybody who appends must lock: held any longer than that, two transactions could wait for it and for each other's
 * records. It is also what makes a transaction that settles a hundred records lock and write once.
 */
export function withAuditLast(db: Db): Db {
  const begin = db.transaction.bind(db);
  db.transaction = () => {
    const builder = begin();
    const execute = builder.execute.bind(builder);
    builder.execute = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
      execute(async (tx) => {
        const rows: NewEntry[] = [];
        unwritten.set(tx, rows);
        const result = await work(tx);
        unwritten.delete(tx);
        await writeEntries(tx, rows);
        return result;
      });
    return builder;
  };
  return db;
}

/** Chain after chain in the order of their names, so that two transactions never wait for each other. */
async function writeEntries(tx: Db | Tx, rows: readonly NewEntry[]): Promise<void> {
  const chains = Map.groupBy(rows, (row) => chainOf(row.connectionId));
  for (const chain of [...chains.keys()].sort()) await extendChain(tx, chain, chains.get(chain) ?? []);
}

async function extendChain(tx: Db | Tx, chain: string, rows: readonly NewEntry[]): Promise<void> {
  let head = await lockHead(tx, chain);
  for (let start = 0; start < rows.length; start += entriesPerStatement) {
    const values = rows.slice(start, start + entriesPerStatement).map((row) => {
      const seq = head.seq + 1;
      // Hashed as it will be read back: what JSON cannot carry is not there.
      const hash = hashEntry(head.hash, { ...row, seq, detail: JSON.parse(row.detail) as unknown });
      head = { seq, hash };
      const { connectionId, ...columns } = row;
      return { connection_id: connectionId, ...columns, seq, hash };
    });
    const { seq, hash } = head;
    await tx
      .with("moved", (query) => query.updateTable("audit_heads").set({ seq, hash }).where("chain", "=", chain))
      .insertInto("audit")
      .values(values)
      .execute();
  }
}

async function lockHead(tx: Db | Tx, chain: string): Promise<AuditHead> {
  const lock = (): Promise<AuditHead | undefined> =>
    tx.selectFrom("audit_heads").select(["seq", "hash"]).where("chain", "=", chain).forUpdate().executeTakeFirst();
  const head = await lock();
  if (head) return head;
  // Of two that begin a chain at once, the second waits here and then finds what the first made of it.
  await tx
    .insertInto("audit_heads")
    .values({ chain, ...emptyChain })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await lock()) ?? emptyChain;
}

/** Texts become what the database will make of them, or the hash would not be that of the entry read back. */
function newEntry(at: Date, actor: Actor, entry: AuditEntry): NewEntry {
  return {
    connectionId: entry.connectionId?.toWellFormed() ?? null,
    at,
    actor: actor.toWellFormed(),
    kind: entry.kind ?? null,
    key: entry.key?.toWellFormed() ?? null,
    event: entry.event,
    detail: JSON.stringify(entry.detail ?? {}),
  };
}

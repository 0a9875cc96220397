import { sql } from "kysely";
import { chainOf, emptyChain, hashEntry, type AuditHead } from "./audit-chain.ts";
import type { Db } from "./schema.ts";

/** What is wrong with a chain, and where. */
export interface AuditFinding {
  kind: "altered" | "missing" | "inserted" | "reordered" | "truncated" | "head";
  /** The first entry's number that is concerned; null for entries without a number. */
  seq: number | null;
  text: string;
}

export interface ChainReport {
  /** null: the entries that belong to no connection. */
  connectionId: string | null;
  /** To be kept elsewhere: it alone shows whether somebody rewrote the whole chain. */
  head: AuditHead;
  /** Entries from before there was a chain: counted, not vouched for. */
  earlier: number;
  findings: AuditFinding[];
  /** How many findings there are; the first `findingsTold` are listed. */
  found: number;
}

interface ChainSummary {
  chain: string;
  head: AuditHead | undefined;
  earlier: number;
  unnumbered: number;
  last: number;
}

const findingsTold = 100;
const entriesPerPage = 1_000;

/**
 * Recomputes the chains from the stored entries: of one connection (null: of the entries without one), or of all. With `kept`, a
 * head noted earlier, also tells whether that place is still as it was. Entries appended meanwhile are left out.
 */
export async function verifyAudit(
  db: Db,
  options: { connectionId?: string | null | undefined; kept?: AuditHead | undefined },
): Promise<ChainReport[]> {
  const only = options.connectionId === undefined ? undefined : chainOf(options.connectionId);
  const summaries = await summarize(db, only);
  // A chain that a kept head speaks of and that is not there at all was cut off whole.
  if (summaries.length === 0 && only !== undefined) {
    summaries.push({ chain: only, head: emptyChain, earlier: 0, unnumbered: 0, last: 0 });
  }
  const reports: ChainReport[] = [];
  for (const summary of summaries) reports.push(await verifyChain(db, summary, options.kept));
  return reports;
}

/** Head and newest entry of every chain, seen at one moment. */
async function summarize(db: Db, only: string | undefined): Promise<ChainSummary[]> {
  const ofTrail = only === undefined ? sql`` : sql`where coalesce(connection_id, '') = ${only}`;
  const ofHeads = only === undefined ? sql`` : sql`where chain = ${only}`;
  const { rows } = await sql<{
    chain: string;
    seq: number | null;
    hash: string | null;
    earlier: number | null;
    unnumbered: number | null;
    last: number | null;
  }>`
    with trail as (
      select coalesce(connection_id, '') as chain, max(seq) as last, count(*) filter (where seq is null) as unnumbered
        from audit ${ofTrail} group by 1),
    heads as (select chain, seq, hash, earlier from audit_heads ${ofHeads})
    select chain, seq, hash, earlier, unnumbered, last from trail full join heads using (chain) order by chain`.execute(
    db,
  );
  return rows.map(({ chain, seq, hash, earlier, unnumbered, last }) => ({
    chain,
    head: seq === null || hash === null ? undefined : { seq, hash },
    earlier: earlier ?? 0,
    unnumbered: unnumbered ?? 0,
    last: last ?? 0,
  }));
}

async function verifyChain(db: Db, summary: ChainSummary, kept: AuditHead | undefined): Promise<ChainReport> {
  const { chain, earlier } = summary;
  const findings: AuditFinding[] = [];
  let found = 0;
  const tell = (kind: AuditFinding["kind"], seq: number | null, text: string): void => {
    found += 1;
    if (findings.length < findingsTold) findings.push({ kind, seq, text });
  };
  tellUnnumbered(summary, tell);
  const end = summary.head?.seq ?? summary.last;
  let keptHash: string | undefined;
  /** Undefined after a gap: the entry behind it cannot be checked, for what it follows is gone. */
  let previous: string | undefined = "";
  let seq = 0;
  let id = 0;
  for await (const row of entriesOf(db, chain, end)) {
    if (row.seq > seq + 1) {
      tell("missing", seq + 1, `${entries(seq + 1, row.seq - 1)} missing.`);
      previous = undefined;
    }
    if (row.seq === seq) tell("inserted", row.seq, `There is more than one entry ${row.seq}.`);
    else if (row.id < id) tell("reordered", row.seq, `Entry ${row.seq} is not at its place.`);
    else if (previous !== undefined && hashEntry(previous, row) !== row.hash)
      tell("altered", row.seq, altered(row.seq));
    if (row.seq === kept?.seq) keptHash = row.hash;
    ({ seq, id } = row);
    previous = row.hash;
  }
  tellEnd({ summary, seq, hash: previous }, tell);
  if (kept !== undefined) tellKept(kept, { seq, keptHash }, tell);
  const head = summary.head ?? { seq, hash: previous };
  return { connectionId: chain === "" ? null : chain, head, earlier, findings, found };
}

type Tell = (kind: AuditFinding["kind"], seq: number | null, text: string) => void;

function tellUnnumbered({ unnumbered, earlier }: ChainSummary, tell: Tell): void {
  const difference = unnumbered - earlier;
  if (difference > 0)
    tell("inserted", null, `${counted(difference)} without a number that the connector did not write.`);
  if (difference < 0) tell("missing", null, `${counted(-difference)} from before the chain missing.`);
}

function tellEnd(
  { summary, seq, hash }: { summary: ChainSummary; seq: number; hash: string | undefined },
  tell: Tell,
): void {
  const { head, last } = summary;
  if (head === undefined) {
    if (last > 0) tell("head", last, "The head of this chain is missing: entries at its end may be, too.");
    return;
  }
  if (seq < head.seq) tell("truncated", seq + 1, `${entries(seq + 1, head.seq)} missing at the end.`);
  else if (hash !== undefined && hash !== head.hash) tell("head", seq, `The head is not that of entry ${seq}.`);
  if (last > head.seq) tell("inserted", head.seq + 1, `${entries(head.seq + 1, last)} beyond the head of the chain.`);
}

function tellKept(kept: AuditHead, at: { seq: number; keptHash: string | undefined }, tell: Tell): void {
  if (kept.seq > at.seq) tell("truncated", at.seq + 1, `The chain once had ${kept.seq} entries; it ends at ${at.seq}.`);
  else if (kept.seq > 0 && at.keptHash !== kept.hash) {
    tell("altered", kept.seq, `Entry ${kept.seq} is not the one kept: it, or entries before it, were rewritten.`);
  }
}

const altered = (seq: number): string =>
  `Entry ${seq} is not as it was written${seq > 1 ? `, or entry ${seq - 1} before it is not` : ""}.`;
const counted = (count: number): string => (count === 1 ? "One entry is" : `${count} entries are`);
const entries = (from: number, to: number): string =>
  from === to ? `Entry ${from} is` : `Entries ${from} to ${to} are`;

/** The numbered entries of a chain in order, up to `end`, read page by page. */
async function* entriesOf(db: Db, chain: string, end: number) {
  let after = { seq: Number.MIN_SAFE_INTEGER, id: 0 };
  for (;;) {
    const rows = await db
      .selectFrom("audit")
      .selectAll()
      .where(sql<boolean>`coalesce(connection_id, '') = ${chain}`)
      .where(sql<boolean>`seq is not null and seq <= ${end}::bigint`)
      .where(sql<boolean>`(seq, id) > (${after.seq}::bigint, ${after.id}::bigint)`)
      .orderBy("seq")
      .orderBy("id")
      .limit(entriesPerPage)
      .execute();
    for (const row of rows) {
      yield { ...row, connectionId: row.connection_id, seq: row.seq ?? 0, hash: row.hash ?? "" };
      after = { seq: row.seq ?? 0, id: row.id };
    }
    if (rows.length < entriesPerPage) return;
  }
}

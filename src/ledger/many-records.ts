import { sql } from "kysely";
import { appendAudit, type Actor } from "./audit.ts";
import type { Claim, Outcome } from "./records.ts";
import type { Db, RecordKind, Tx } from "./schema.ts";

/**
 * Writes that the same became of many claimed records of one kind, as `settleRecord` does of one. Those that another worker has are
 * left to it (I9); nothing that was done for them may depend on it.
 */
export async function settleAlike(
  tx: Tx,
  claims: readonly Claim[],
  now: Date,
  outcome: Pick<Outcome, "state" | "reason" | "event">,
  actor: Actor,
): Promise<void> {
  const { rows } = await sql<{ connection_id: string; kind: RecordKind; key: string }>`
    update records set
      state = case when records.source_hash = mine.hash then ${outcome.state} else 'Prepared' end,
      reason_code = case when records.source_hash = mine.hash then ${outcome.reason?.code ?? null}::text end,
      reason_text = case when records.source_hash = mine.hash then ${outcome.reason?.text ?? null}::text end,
      due_at = case when records.source_hash = mine.hash then null else ${now}::timestamptz end,
      problems = '[]', attempts = 0, trying_since = null, claimed_until = null, changed_at = ${now}
     from ${claimedRows(claims)}
    where records.connection_id = mine.connection_id and records.kind = mine.kind and records.key = mine.key
      and records.fence = mine.fence
    returning records.connection_id, records.kind, records.key`.execute(tx);
  const detail = { state: outcome.state, ...(outcome.reason ? { reason: outcome.reason } : {}) };
  const settled = new Set(rows.map(({ key }) => key));
  await appendAudit(
    tx,
    now,
    actor,
    claims
      .filter(({ key }) => settled.has(key))
      .map(({ connectionId, kind, key }) => ({ connectionId, kind, key, event: outcome.event, detail })),
  );
}

/** Claims as rows that a statement can join. */
function claimedRows(claims: readonly Claim[]) {
  const of = <T>(member: (claim: Claim) => T): T[] => claims.map(member);
  return sql`unnest(
    ${of(({ connectionId }) => connectionId)}::text[], ${of(({ kind }) => kind)}::text[], ${of(({ key }) => key)}::text[],
    ${of(({ fence }) => fence)}::int[], ${of(({ hash }) => hash)}::text[]) as mine(connection_id, kind, key, fence, hash)`;
}

/** Lets go of claims without a verdict: the cause was not theirs, so no attempt is counted. */
export async function releaseClaims(db: Db | Tx, claims: readonly Claim[], dueAt: Date): Promise<void> {
  if (claims.length === 0) return;
  await sql`
    update records set claimed_until = null, due_at = ${dueAt}
      from ${claimedRows(claims)}
     where records.connection_id = mine.connection_id and records.kind = mine.kind and records.key = mine.key
       and records.fence = mine.fence`.execute(db);
}

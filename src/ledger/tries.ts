import { errorTable } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import type { RecordKind, RecordState, Tx } from "./schema.ts";

/**
 * What failed is tried again soon only as often as a share of what went well: an outage must not double the load (failures 3.7). It is
 * counted from the records themselves, so all processes spend one budget; what is beyond it is tried again later, each at its own moment.
 */
const budgetMs = 10 * 60_000;
const shareOfSuccesses = 0.1;
/** Of a connection on which little happens. */
const always = 10;
const laterMs = 5 * 60_000;
const spreadMs = 10 * 60_000;

/** After so long a person looks; attempts that are far apart would take for ever to be twelve. */
const longestMs = 24 * 3_600_000;
const giveUpCode = "record.tried-for-a-day";

interface Tried {
  state: RecordState;
  reason?: { code: string; text: string };
  problems?: readonly Problem[];
  dueAt?: Date;
  /** It came to nothing and is tried again by itself. */
  isTry?: boolean;
}

/** What an outcome comes to beside the tries before it, and since when it has been tried. */
export async function judgeTry<Outcome extends Tried>(
  tx: Tx,
  record: { connectionId: string; kind: RecordKind; key: string },
  now: Date,
  outcome: Outcome,
): Promise<{ outcome: Outcome; tryingSince: Date | null }> {
  if (outcome.isTry !== true) return { outcome, tryingSince: null };
  const row = await tx
    .selectFrom("records")
    .select("trying_since")
    .where("connection_id", "=", record.connectionId)
    .where("kind", "=", record.kind)
    .where("key", "=", record.key)
    .executeTakeFirst();
  const tryingSince = row?.trying_since ?? now;
  if (now.getTime() - tryingSince.getTime() >= longestMs) return { outcome: givenUp(outcome), tryingSince: null };
  if (outcome.state !== "Failed" || (await mayTrySoon(tx, record.connectionId, now))) return { outcome, tryingSince };
  const later = now.getTime() + laterMs + spreadOf(record.key);
  return { outcome: { ...outcome, dueAt: new Date(Math.max(later, outcome.dueAt?.getTime() ?? 0)) }, tryingSince };
}

async function mayTrySoon(tx: Tx, connectionId: string, now: Date): Promise<boolean> {
  const rows = await tx
    .selectFrom("records")
    .select(["state", (select) => select.fn.countAll<number>().as("count")])
    .where("connection_id", "=", connectionId)
    .where("kind", "in", ["order", "label", "item", "customer"])
    .where("state", "in", ["Failed", "Processed"])
    .where("changed_at", ">", new Date(now.getTime() - budgetMs))
    .groupBy("state")
    .execute();
  const countOf = (state: RecordState): number => rows.find((row) => row.state === state)?.count ?? 0;
  return countOf("Failed") < always + shareOfSuccesses * countOf("Processed");
}

/** The same for a record each time, and different for many records: they do not return together. */
function spreadOf(key: string): number {
  let sum = 0;
  for (const letter of key) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % spreadMs;
  return sum;
}

function givenUp<Outcome extends Tried>(outcome: Outcome): Outcome {
  const { dueAt: _, reason, ...rest } = outcome;
  const text = `${errorTable[giveUpCode].message} The last time: ${reason ? `${reason.text} (${reason.code})` : "no reason was told."}`;
  return { ...rest, state: "Aborted", reason: { code: giveUpCode, text } } as unknown as Outcome;
}

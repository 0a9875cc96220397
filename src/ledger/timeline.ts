import { sql } from "kysely";
import type { Db, EffectState, RecordKind, SystemName } from "./schema.ts";

/** One step in a record's story; `subject` is `<kind>:<key>`, for an order's story holds its labels' steps too. */
export type TimelineEntry =
  | { at: string; type: "audit"; subject: string; actor: string; event: string; detail: unknown }
  | {
      at: string;
      type: "exchange";
      id: number;
      system: SystemName;
      method: string;
      url: string;
      status: number | null;
      tookMs: number;
      failure: string | null;
      requestBody: string | null;
      responseBody: string | null;
    }
  | {
      at: string;
      type: "effect";
      subject: string;
      effectKey: string;
      state: EffectState;
      plan: unknown;
      evidence: unknown;
      attempt: number;
    };

export interface EffectView {
  effectKey: string;
  kind: RecordKind;
  key: string;
  state: EffectState;
  plan: unknown;
  evidence: unknown;
  attempt: number;
  dispatchedAt: string | null;
  quarantineUntil: string | null;
  settledAt: string | null;
}

interface Subject {
  kind: RecordKind;
  key: string;
}

/** The newest steps are shown; a record that fails for months must stay readable. */
const auditShown = 500;
const exchangesShown = 100;
/** Characters of an archived body that travel with a timeline. */
const bodyShown = 65_536;

export async function effectsOf(db: Db, connectionId: string, subjects: readonly Subject[]): Promise<EffectView[]> {
  const rows = await db
    .selectFrom("effects")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .where((eb) =>
      eb(
        eb.refTuple("kind", "key"),
        "in",
        subjects.map((subject) => eb.tuple(subject.kind, subject.key)),
      ),
    )
    .orderBy("dispatched_at")
    .orderBy("effect_key")
    .execute();
  return rows.map((row) => ({
    effectKey: row.effect_key,
    kind: row.kind,
    key: row.key,
    state: row.state,
    plan: row.plan,
    evidence: row.evidence ?? null,
    attempt: row.attempt,
    dispatchedAt: row.dispatched_at?.toISOString() ?? null,
    quarantineUntil: row.quarantine_until?.toISOString() ?? null,
    settledAt: row.settled_at?.toISOString() ?? null,
  }));
}

/** What happened to these records, oldest first: decisions, calls to the two systems, intended writes. */
export async function timelineOf(
  db: Db,
  connectionId: string,
  subjects: readonly Subject[],
  effects: readonly EffectView[],
): Promise<TimelineEntry[]> {
  const [audit, exchanges] = await Promise.all([
    auditSteps(db, connectionId, subjects),
    exchangeSteps(db, connectionId, subjects),
  ]);
  // An effect that was never dispatched has no moment of its own; it is listed with the record.
  const writes = effects.flatMap((effect): TimelineEntry[] => {
    const at = effect.settledAt ?? effect.dispatchedAt;
    if (at === null) return [];
    const { effectKey, state, plan, evidence, attempt } = effect;
    return [{ at, type: "effect", subject: `${effect.kind}:${effect.key}`, effectKey, state, plan, evidence, attempt }];
  });
  // The sort is stable, so that steps of one millisecond read: call, its effect, the decision recorded.
  return [...exchanges, ...writes, ...audit].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

async function auditSteps(db: Db, connectionId: string, subjects: readonly Subject[]): Promise<TimelineEntry[]> {
  const rows = await db
    .selectFrom("audit")
    .select(["at", "actor", "kind", "key", "event", "detail"])
    .where("connection_id", "=", connectionId)
    .where((eb) =>
      eb(
        eb.refTuple("kind", "key"),
        "in",
        subjects.map((subject) => eb.tuple(sql<string>`${subject.kind}::text`, sql<string>`${subject.key}::text`)),
      ),
    )
    .orderBy("id", "desc")
    .limit(auditShown)
    .execute();
  return rows.reverse().map((row) => ({
    at: row.at.toISOString(),
    type: "audit",
    subject: `${row.kind ?? ""}:${row.key ?? ""}`,
    actor: row.actor,
    event: row.event,
    detail: row.detail,
  }));
}

async function exchangeSteps(db: Db, connectionId: string, subjects: readonly Subject[]): Promise<TimelineEntry[]> {
  const names = subjects.map((subject) => `${subject.kind}:${subject.key}`);
  const rows = await db
    .selectFrom("exchanges")
    .select([
      "id",
      "at",
      "system",
      "method",
      "url",
      "status",
      "took_ms",
      "failure",
      sql<string | null>`left(request_body, ${bodyShown}::int)`.as("request_body"),
      sql<string | null>`left(response_body, ${bodyShown}::int)`.as("response_body"),
    ])
    .where("connection_id", "=", connectionId)
    .where(sql<boolean>`subjects && ${names}::text[]`)
    .orderBy("id", "desc")
    .limit(exchangesShown)
    .execute();
  return rows.reverse().map((row) => ({
    at: row.at.toISOString(),
    type: "exchange",
    id: row.id,
    system: row.system,
    method: row.method,
    url: row.url,
    status: row.status,
    tookMs: row.took_ms,
    failure: row.failure,
    requestBody: row.request_body,
    responseBody: row.response_body,
  }));
}

import { sql } from "kysely";
import type { Db, Tx } from "../ledger/schema.ts";

/**
 * Whose turn it is to use a connection's ERP session: one row a connection, by the server's own clock, with no lock held while anything is
 * asked of the ERP.
 */

/** After a process died, the others wait this long at most. */
export const leaseSeconds = 30;
/** How long one that asked to be next is waited for; it asks again at least every half second. */
const nextSeconds = 3;
/** A client that had no turn for so long is not in the middle of anything. */
const presentSeconds = 180;

export interface Holder {
  connectionId: string;
  holder: string;
}

export interface Turn {
  fence: number;
  /** What the session was when the turn began. */
  version: number;
  openedFor: string | null;
  idleMs: number;
  ageMs: number;
}

const inSeconds = (seconds: number) => sql`clock_timestamp() + make_interval(secs => ${seconds})`;

/** Undefined while it is somebody else's turn, or somebody else is next. */
export async function take(db: Db, { connectionId, holder }: Holder): Promise<Turn | undefined> {
  const { rows } = await sql<Turn>`
    with turn as (
      insert into erp_sessions as s (connection_id, holder, held_until, fence)
      values (${connectionId}, ${holder}, ${inSeconds(leaseSeconds)}, 1)
      on conflict (connection_id) do update
        set holder = excluded.holder, held_until = excluded.held_until, fence = s.fence + 1,
            next_holder = case when s.next_holder = excluded.holder then null else s.next_holder end
        where (s.held_until is null or s.held_until < clock_timestamp())
          and (s.next_holder is null or s.next_holder = excluded.holder or s.next_until < clock_timestamp())
      returning *),
    present as (
      insert into erp_session_users (connection_id, holder, seen_at)
      select connection_id, holder, clock_timestamp() from turn
      on conflict (connection_id, holder) do update set seen_at = excluded.seen_at)
    select fence, version, opened_for as "openedFor", ${msSince("used_at")} as "idleMs", ${msSince("opened_at")} as "ageMs"
      from turn`.execute(db);
  return rows[0];
}

const msSince = (column: string) =>
  sql`coalesce(extract(epoch from clock_timestamp() - ${sql.ref(column)}) * 1000, 0)::float8`;

/** Has the holder give its turn up to this one, unless another asked before. */
export async function askForNext(db: Db, { connectionId, holder }: Holder): Promise<void> {
  await sql`
    update erp_sessions set next_holder = ${holder}, next_until = ${inSeconds(nextSeconds)}
     where connection_id = ${connectionId}
       and (next_holder is null or next_holder = ${holder} or next_until < clock_timestamp())`.execute(db);
}

/** False when the turn is over: it was lost, or somebody waits for it. */
export async function renew(
  db: Db,
  { connectionId, holder }: Holder,
  turn: { fence: number; isUsed: boolean },
  when: "anyway" | "unless-wanted",
): Promise<boolean> {
  const { rows } = await sql`
    update erp_sessions
       set held_until = ${inSeconds(leaseSeconds)}, used_at = case when ${turn.isUsed} then clock_timestamp() else used_at end
     where connection_id = ${connectionId} and holder = ${holder} and fence = ${turn.fence}
       and (${when === "anyway"} or next_holder is null or next_until < clock_timestamp())
    returning fence`.execute(db);
  return rows.length > 0;
}

export async function release(
  db: Db,
  { connectionId, holder }: Holder,
  turn: { fence: number; isUsed: boolean },
): Promise<void> {
  await sql`
    update erp_sessions
       set held_until = null, used_at = case when ${turn.isUsed} then clock_timestamp() else used_at end
     where connection_id = ${connectionId} and holder = ${holder} and fence = ${turn.fence}`.execute(db);
}

/** Another session, or this one with newer cookies. Undefined if the turn was lost. */
export async function storeVersion(
  tx: Tx,
  { connectionId, holder }: Holder,
  { fence }: { fence: number },
  session: { openedFor: string; isNew: boolean },
): Promise<number | undefined> {
  const { rows } = await sql<{ version: number }>`
    update erp_sessions
       set version = version + 1, opened_for = ${session.openedFor}, used_at = clock_timestamp(),
           opened_at = case when ${session.isNew} or opened_at is null then clock_timestamp() else opened_at end
     where connection_id = ${connectionId} and holder = ${holder} and fence = ${fence}
    returning version`.execute(tx);
  return rows[0]?.version;
}

/** False if the turn was lost: then the session is the next one's to judge. */
export async function clearVersion(tx: Tx, { connectionId, holder }: Holder, { fence }: { fence: number }) {
  const { rows } = await sql`
    update erp_sessions set version = version + 1, opened_for = null, opened_at = null, used_at = null
     where connection_id = ${connectionId} and holder = ${holder} and fence = ${fence}
    returning version`.execute(tx);
  return rows.length > 0;
}

/** Whoever has the next turn learns that the session is another one. */
export async function outdate(tx: Tx, connectionId: string): Promise<void> {
  await sql`update erp_sessions set version = version + 1 where connection_id = ${connectionId}`.execute(tx);
}

/** Nothing more is asked by this client. True if nobody else is in the middle of anything. */
export async function leave(db: Db, { connectionId, holder }: Holder): Promise<boolean> {
  await db
    .deleteFrom("erp_session_users")
    .where("connection_id", "=", connectionId)
    .where("holder", "=", holder)
    .execute();
  const { rows } = await sql`
    select holder from erp_session_users
     where connection_id = ${connectionId} and seen_at > clock_timestamp() - make_interval(secs => ${presentSeconds})
     limit 1`.execute(db);
  return rows.length === 0;
}

/** Connections whose session nobody has used for so long, of a process that is gone, perhaps. */
export async function idleErpSessions(db: Db, idleSeconds: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select connection_id as id from erp_sessions
     where opened_for is not null and (held_until is null or held_until < clock_timestamp())
       and used_at < clock_timestamp() - make_interval(secs => ${idleSeconds})
     order by 1`.execute(db);
  return rows.map(({ id }) => id);
}

/** Only for who knows that no other process is there: the turns of dead ones are over. */
export async function voidErpTurns(db: Db): Promise<void> {
  await sql`update erp_sessions set held_until = null, next_holder = null`.execute(db);
  await sql`delete from erp_session_users`.execute(db);
}

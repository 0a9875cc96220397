import { sql } from "kysely";
import type { Db } from "./schema.ts";

/**
 * The invariants that our own tables can show to be broken (failures 3.2), for production's metrics and for tests: each counts what must
 * not be. Every one of them should be 0 at any moment.
 */
const monitors = {
  /** A ShipStation order that is linked to two records, or a record of an order linked to two. */
  I1: sql`
    select count(*) from (
      select connection_id, remote_id from links where kind = 'order' and system = 'shipstation'
       group by connection_id, remote_id having count(distinct key) > 1) as shared`,
  /** An ERP shipment that two plans claim. */
  I3: sql`
    select count(*) from (
      select connection_id, shipment_nbr from shipment_plans where shipment_nbr is not null
       group by connection_id, shipment_nbr having count(*) > 1) as shared`,
  /** A confirmation that was sent after, and beside, a write of the same order and warehouse that is still open. */
  I4: sql`
    select count(*) from effects confirmed
      join effects open on open.connection_id = confirmed.connection_id and open.scope = confirmed.scope
     where confirmed.effect_key like 'acu-confirm:%' and open.state in ('dispatched', 'in_doubt')
       and open.effect_key <> confirmed.effect_key and open.dispatched_at < confirmed.dispatched_at`,
  /** A label said to be done that is in no shipment of the ERP. */
  I5: sql`
    select count(*) from records r
     where r.kind = 'label' and r.state = 'Processed'
       and not exists (select from links l where l.connection_id = r.connection_id and l.kind = 'label' and l.key = r.key
                          and l.system = 'acumatica')`,
  /** An effect that was stored as sent without a moment when it was. */
  I8: sql`select count(*) from effects where state in ('dispatched', 'in_doubt') and dispatched_at is null`,
} as const;

export type MonitoredInvariant = keyof typeof monitors | "I12";

/** How many violations of each invariant the ledger shows; `now` tells what has been open for too long. */
export async function countViolations(db: Db, now: Date): Promise<Map<MonitoredInvariant, number>> {
  const counts = new Map<MonitoredInvariant, number>();
  for (const [id, query] of Object.entries(monitors)) {
    const { rows } = await sql<{ count: number }>`${query}`.execute(db);
    counts.set(id as MonitoredInvariant, rows[0]?.count ?? 0);
  }
  // Of active connections: work that has been due for two hours, and doubts that should have been resolved two hours ago.
  const since = new Date(now.getTime() - 2 * 3_600_000);
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from records r join connections c on c.id = r.connection_id
             where c.state = 'active' and r.due_at < ${since})
         + (select count(*) from effects e join connections c on c.id = e.connection_id
             where c.state = 'active' and e.state in ('dispatched', 'in_doubt') and e.quarantine_until < ${since}) as count`.execute(
    db,
  );
  counts.set("I12", rows[0]?.count ?? 0);
  return counts;
}

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
  /** A label of a confirmed shipment that no shipment is linked to: whether it is in one nobody could tell. */
  I2: sql`
    select count(*) from plan_labels pl
      join shipment_plans p on p.connection_id = pl.connection_id and p.plan_id = pl.plan_id
     where p.state = 'confirmed'
       and not exists (select from links l where l.connection_id = pl.connection_id and l.kind = 'label'
                          and l.key = pl.label_id and l.system = 'acumatica')`,
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
  /** An order that was made in ShipStation twice: the second time it should have been changed. */
  I6: sql`
    select count(*) from (
      select connection_id, key from effects
       where kind = 'order' and state = 'done' and plan ? 'order' and not plan ? 'orderId'
       group by connection_id, key having count(*) > 1) as twice`,
  /** A cursor that was a day ahead of the moment at which it was read: what lies between was passed over. */
  I7: sql`select count(*) from cursors where position > polled_at + interval '1 day'`,
  /** An effect that was stored as sent without a moment when it was. */
  I8: sql`select count(*) from effects where state in ('dispatched', 'in_doubt') and dispatched_at is null`,
  /** A write that is open under a claim which its record never had. */
  I9: sql`
    select count(*) from effects e
      join records r on r.connection_id = e.connection_id and r.kind = e.kind and r.key = e.key
     where e.state in ('dispatched', 'in_doubt') and e.fence > r.fence`,
  /** A chain of the audit trail whose end is not the entry it says it is. */
  I11: sql`
    select count(*) from audit_heads h
     where h.seq > 0 and not exists (select from audit a where coalesce(a.connection_id, '') = h.chain and a.seq = h.seq
                                        and a.hash = h.hash)`,
  /** Credentials that were tried more often than an account may bear. */
  I13: sql`select count(*) from sign_in_tries where tries > 3`,
} as const;

/** Those that look at what is recent alone: history costs nothing. */
const recentMonitors = {
  /** A request of a connection that left for another address than its two systems'. */
  I10: (now: Date) => sql`
    select count(*) from exchanges e join connections c on c.id = e.connection_id
     where e.at > ${hoursBefore(now, 2)} and e.at > c.updated_at
       and substring(e.url from '^[^/]+//[^/]+') not in (
             substring(c.settings->'acumatica'->>'instanceUrl' from '^[^/]+//[^/]+'),
             substring(c.settings->'shipstation'->>'origin' from '^[^/]+//[^/]+'),
             coalesce(substring(c.settings->'shipstation'->'v2'->>'origin' from '^[^/]+//[^/]+'), ''))`,
  /** A line of an order of which our shipments, with one of the last two days, hold more than was ordered. */
  I15: (now: Date) => sql`
    with recent as (select distinct connection_id, order_key from shipment_plans where updated_at > ${hoursBefore(now, 48)}),
         shipped as (
           select p.connection_id, p.order_key, (line->>'lineNbr')::int as line, sum((line->>'quantity')::numeric) as quantity
             from recent join shipment_plans p using (connection_id, order_key),
                  jsonb_array_elements(p.plan->'lines') as line
            where p.state = 'confirmed' group by 1, 2, 3)
    select count(*) from shipped s
      join records r on r.connection_id = s.connection_id and r.kind = 'order' and r.key = s.order_key,
           jsonb_array_elements(r.source->'Details') as detail
     where (detail->>'LineNbr')::int = s.line and s.quantity > (detail->>'OrderQty')::numeric + 0.000001`,
} as const;

const hoursBefore = (now: Date, hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

export type MonitoredInvariant = keyof typeof monitors | keyof typeof recentMonitors | "I12";

/** How many violations of each invariant the ledger shows; `now` tells what has been open for too long. */
export async function countViolations(db: Db, now: Date): Promise<Map<MonitoredInvariant, number>> {
  const counts = new Map<MonitoredInvariant, number>();
  const queries = [
    ...Object.entries(monitors),
    ...Object.entries(recentMonitors).map(([id, query]) => [id, query(now)] as const),
  ];
  for (const [id, query] of queries) {
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

import type { Server } from "./database.ts";
import { simulatedOrigins } from "./network.ts";
import type { Tenant } from "./tenants.ts";

/** What was carried out, whoever sent it: nothing in a company that is nobody's, and no label of another account (I10). */
export function checkCompanies(tenants: readonly Tenant[]): void {
  const [{ sandbox, checked }] = tenants as [Tenant];
  if (tenants.length === 1) {
    if (sandbox.acumatica.tablesOf("Other").shipments.length > 0)
      checked.fail("I10", "a shipment was made in another company");
    return;
  }
  for (const here of tenants) {
    for (const other of tenants) {
      if (other === here) continue;
      const theirs = new Set([...other.sandbox.shipstation.tables.shipments.values()].map((row) => row.trackingNumber));
      for (const { ShipmentNbr, Packages } of here.sandbox.acumatica.tables.shipments) {
        const taken = Packages.find(({ TrackingNbr }) => theirs.has(TrackingNbr?.trim() ?? ""));
        if (taken)
          here.checked.fail("I10", `${here.company}'s shipment ${ShipmentNbr} has a label of ${other.company}`);
      }
      for (const order of here.sandbox.shipstation.tables.orders.values()) {
        if (JSON.stringify(order.shipTo).includes(other.mark))
          here.checked.fail(
            "I10",
            `${here.connectionId}'s account has an order of ${other.connectionId}: ${order.orderNumber}`,
          );
      }
    }
  }
}

/** At the end: no row of one connection, its log of requests included, tells anything of the other's (I10). */
export async function checkRows(tenants: readonly Tenant[], server: Server): Promise<void> {
  if (tenants.length === 1) return;
  const { rows } = await server.query(
    `select quote_ident(table_name) as name from information_schema.columns
      where table_schema = 'public' and column_name = 'connection_id' order by 1`,
    [],
  );
  for (const { name } of rows as { name: string }[]) {
    for (const here of tenants) {
      for (const other of tenants) {
        if (other === here) continue;
        const found = await server.query(
          `select 1 from ${name} as one where connection_id = $1 and one::text like '%' || $2 || '%' limit 1`,
          [here.connectionId, other.mark],
        );
        if (found.rows.length > 0)
          here.checked.fail("I10", `a row of ${here.connectionId} in ${name} tells of ${other.connectionId}`);
      }
    }
  }
  for (const here of tenants) {
    await checkIds(tenants, here, server);
    await checkOrigin(here, server);
  }
}

/** Numbers of orders are the same in both companies; ShipStation's ids never are. */
async function checkIds(tenants: readonly Tenant[], here: Tenant, server: Server): Promise<void> {
  const { rows } = await server.query(
    `select 'label ' || key as name, substr(key, 2) as id from records where connection_id = $1 and kind = 'label' and key like 'S%'
     union all
     select 'order ' || key, remote_id from links where connection_id = $1 and kind = 'order' and system = 'shipstation'`,
    [here.connectionId],
  );
  for (const { name, id } of rows as { name: string; id: string }[]) {
    for (const other of tenants) {
      const { orders, shipments } = other.sandbox.shipstation.tables;
      const isTheirs = name.startsWith("label") ? shipments.has(Number(id)) : orders.has(Number(id));
      if (other !== here && isTheirs)
        here.checked.fail("I10", `${name} of ${here.connectionId} is ${other.connectionId}'s`);
    }
  }
}

/** The requests that were kept, by where they went. */
async function checkOrigin({ connectionId, origin, checked }: Tenant, server: Server): Promise<void> {
  const { rows } = await server.query(
    `select distinct substring(url from '^[^/]+//[^/]+') as origin from exchanges where connection_id = $1`,
    [connectionId],
  );
  for (const one of rows as { origin: string }[]) {
    if (one.origin !== simulatedOrigins.acumatica && one.origin !== origin)
      checked.fail("I10", `a request of ${connectionId} left for ${one.origin}`);
  }
}

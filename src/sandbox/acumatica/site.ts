import { instancePathOf, tenantsOf, type AcumaticaSandboxOptions } from "./options.ts";
import { createLicence } from "./licence.ts";
import { createOperations, type Operations } from "./operations.ts";
import { emptyTables, seedTables } from "./seed.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { Tenant } from "./tenant.ts";

export interface JournalEntry {
  at: number;
  method: string;
  /** With the query. */
  path: string;
  status: number;
  session: string | undefined;
  /** Parsed JSON, passwords blackened; the text where it was none. */
  body: unknown;
}

export interface Counts {
  calls: number;
  reads: number;
  writes: number;
  signIns: number;
  rateLimited: number;
}

/** Everything the running site knows. */
export interface Site {
  options: AcumaticaSandboxOptions;
  sessions: Sessions;
  operations: Operations;
  licence: { admit: () => Promise<void> };
  journal: JournalEntry[];
  counts: Counts;
  tenantNamed: (name: string) => Tenant;
  requestNumber: number;
}

export function createSite(options: AcumaticaSandboxOptions): Site {
  const tenants = new Map<string, Tenant>();
  const tenantNamed = (name: string): Tenant => {
    let tenant = tenants.get(name);
    if (!tenant) tenants.set(name, (tenant = createTenant(name, options)));
    return tenant;
  };
  return {
    options,
    sessions: createSessions(options),
    operations: createOperations(() => options.clock.now()),
    licence: createLicence(options),
    journal: [],
    counts: { calls: 0, reads: 0, writes: 0, signIns: 0, rateLimited: 0 },
    tenantNamed,
    requestNumber: 0,
  };
}

export const dataTenantName = (options: AcumaticaSandboxOptions): string =>
  options.dataTenant ?? tenantsOf(options)[0] ?? "";

function createTenant(name: string, options: AcumaticaSandboxOptions): Tenant {
  const { shop, random, clock } = options;
  const hasData = name === dataTenantName(options);
  return {
    name,
    tables: hasData ? seedTables({ shop, random, now: clock.now() }) : emptyTables(),
    options,
    numbers: { order: 100, shipment: 500, customer: 2000 },
    revision: 0,
  };
}

/** The path below the virtual directory, or undefined outside it. */
export function pathBelow(options: AcumaticaSandboxOptions, pathname: string): string | undefined {
  const root = instancePathOf(options);
  if (root === "") return pathname;
  if (!pathname.toLowerCase().startsWith(root.toLowerCase())) return undefined;
  const rest = pathname.slice(root.length);
  return rest === "" || rest.startsWith("/") ? rest : undefined;
}

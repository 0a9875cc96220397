import { createSeededRandom } from "../../lib/random.ts";
import { instancePathOf, tenantsOf, type AcumaticaSandboxOptions } from "./options.ts";
import { createLicence } from "./licence.ts";
import { createOperations, type Operations } from "./operations.ts";
import { emptyTables, seedTables } from "./seed.ts";
import { createIdentity, type Identity } from "./identity.ts";
import { authenticationOf, createSessions, type Sessions } from "./sessions.ts";
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
  identity: Identity;
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
  const authentication = authenticationOf(options);
  return {
    options,
    sessions: createSessions(options, authentication),
    identity: createIdentity(options, authentication),
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
  const { shop, clock } = options;
  // Of another company the catalogue has the same keys: only its ids tell the two apart.
  const random = name === dataTenantName(options) ? options.random : createSeededRandom(seedOf(name));
  return {
    name,
    tables: options.emptyTenants?.includes(name) ? emptyTables() : seedTables({ shop, random, now: clock.now() }),
    options,
    numbers: { order: 100, shipment: 500, customer: 2000 },
    revision: 0,
  };
}

const seedOf = (name: string): number => Buffer.from(name).reduce((sum, byte) => sum * 31 + byte, 7);

/** The path below the virtual directory, or undefined outside it. */
export function pathBelow(options: AcumaticaSandboxOptions, pathname: string): string | undefined {
  const root = instancePathOf(options);
  if (root === "") return pathname;
  if (!pathname.toLowerCase().startsWith(root.toLowerCase())) return undefined;
  const rest = pathname.slice(root.length);
  return rest === "" || rest.startsWith("/") ? rest : undefined;
}

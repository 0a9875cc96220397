import type { MovableClock } from "../lib/clock.ts";
import type { Fetch } from "../lib/http.ts";
import { createSeededRandom } from "../lib/random.ts";
import { createAcumaticaSandbox, type AcumaticaSandbox } from "./acumatica/acumatica-sandbox.ts";
import type { AcumaticaSandboxOptions } from "./acumatica/options.ts";
import type { SalesOrderRow } from "./acumatica/tables.ts";
import { checkTables, type Verdict } from "./check.ts";
import { createControl, type Controlled } from "./control.ts";
import type { FaultFile } from "./fault-rules.ts";
import { createFaults } from "./faults.ts";
import type { ShipStationOptions } from "./shipstation/options.ts";
import { createShipStationSandbox } from "./shipstation/shipstation-sandbox.ts";
import type { V2Options } from "./shipstation/v2/options.ts";
import { createShop } from "./shop.ts";

/** Credentials of the sandboxes. They open nothing anywhere else. */
export { sandboxApiKey, sandboxApiSecret } from "./shipstation/shipstation-sandbox.ts";
export { sandboxV2Key } from "./shipstation/v2/options.ts";
export const sandboxErpUser = "connector";
export const sandboxErpPassword = "sandbox-only";
export const sandboxErpTenant = "Brand";

export interface SandboxOptions {
  clock: MovableClock;
  seed: number;
  /** Sales orders to begin with, all Open. Default 0. */
  orders?: number;
  /** Delivers webhooks; without it none is delivered. */
  fetch?: Fetch;
  /** Default true. */
  webhooks?: boolean;
  faults?: FaultFile;
  acumatica?: Partial<Omit<AcumaticaSandboxOptions, "clock" | "random" | "shop">>;
  shipstation?: Partial<ShipStationOptions> & { idsFrom?: number };
  shipstationV2?: Partial<V2Options>;
  /** Around each system itself, beneath its faults: for whoever holds its answers against a specification. */
  watch?: (fetch: Fetch) => Fetch;
  /** A label appears in ShipStation's lists this long after it was made. Default 0. */
  listLagMs?: number;
}

export interface SandboxStats {
  /** Requests ShipStation received and let through or refused, faults included. */
  shipstationCalls: number;
  /** Of these, writes that were let through. */
  shipstationWriteCalls: number;
  acumaticaCalls: number;
  /** Answers "too many requests" of both, faults included. */
  rateLimited: number;
}

export interface Sandbox extends Controlled {
  /** With faults applied, and the control routes under `/_sandbox`. */
  acumaticaFetch: Fetch;
  shipstationFetch: Fetch;
  /** Reads only the tables; see `check.ts`. */
  check: () => Verdict;
  stats: () => SandboxStats;
  /** Resolves when no webhook and no push notification is under way. */
  drainHooks: () => Promise<void>;
}

/** Both simulated systems, filled from one invented shop. The same seed and the same calls give the same rows. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const { clock, seed } = options;
  // Separate streams, so that a fault drawn more or less does not change the shop.
  const stream = (number: number) => createSeededRandom(seed * 31 + number);
  const faults = createFaults({ clock, random: stream(1) });
  if (options.faults !== undefined) faults.set(options.faults);
  const acumatica = createAcumaticaSandbox(
    {
      users: [{ name: sandboxErpUser, password: sandboxErpPassword }],
      tenants: [sandboxErpTenant],
      ...options.acumatica,
      clock,
      random: stream(2),
      shop: createShop(stream(3)),
    },
    options.fetch,
  );
  const shipstation = createShipStationSandbox({
    webhooks: options.webhooks ?? true,
    listLagMs: options.listLagMs ?? 0,
    ...options.shipstation,
    clock,
    random: stream(4),
    fetch: options.fetch,
    refuseOrder: faults.refuseOrder,
    isHookDropped: faults.isHookDropped,
    v2: options.shipstationV2,
  });
  const isDue = rememberOpenOrders(acumatica);
  for (let made = 0; made < (options.orders ?? 0); made++) acumatica.createOrder();
  const sandbox: Sandbox = {
    acumatica,
    shipstation,
    faults,
    clock,
    acumaticaFetch: (request) => route(request, acumaticaWithFaults),
    shipstationFetch: (request) => route(request, shipStationWithFaults),
    check: () => {
      acumatica.settle();
      shipstation.settle();
      const { salesOrders, shipments } = acumatica.tables;
      return checkTables({ salesOrders, erpShipments: shipments, shipStation: shipstation.tables, isDue });
    },
    stats: () => ({
      shipstationCalls: shipstation.counts.calls,
      shipstationWriteCalls: shipstation.counts.writes,
      acumaticaCalls: acumatica.counts.calls,
      rateLimited: acumatica.counts.rateLimited + shipstation.counts.rateLimited + faults.rateLimited(),
    }),
    drainHooks: async () => {
      await acumatica.pushes.drain();
      await shipstation.drainHooks();
    },
  };
  const control = createControl(sandbox);
  const watch = options.watch ?? ((fetch) => fetch);
  const acumaticaWithFaults = faults.around("acumatica", watch(acumatica.fetch));
  const shipStationWithFaults = faults.around("shipstation", watch(shipstation.fetch));
  function route(request: Request, system: Fetch): Promise<Response> {
    return new URL(request.url).pathname.startsWith("/_sandbox") ? control(request) : system(request);
  }
  return sandbox;
}

/** Wraps the ERP's order entry: which orders were Open when they were made cannot be read from the tables later. */
function rememberOpenOrders(acumatica: AcumaticaSandbox): (order: SalesOrderRow) => boolean {
  const due = new WeakSet<SalesOrderRow>();
  const createOrder = acumatica.createOrder;
  acumatica.createOrder = (input) => {
    const order = createOrder(input);
    if (order.Status === "Open") due.add(order);
    return order;
  };
  return (order) => due.has(order);
}

/** One fetch for both hosts, by origin; used where the whole application runs in one process. */
export function sandboxFetch(
  sandbox: Sandbox,
  { acumaticaOrigin, shipstationOrigin }: { acumaticaOrigin: string; shipstationOrigin: string },
): Fetch {
  return async (request) => {
    const { origin } = new URL(request.url);
    if (origin === new URL(acumaticaOrigin).origin) return sandbox.acumaticaFetch(request);
    if (origin === new URL(shipstationOrigin).origin) return sandbox.shipstationFetch(request);
    throw new TypeError("fetch failed", {
      cause: Object.assign(new Error(`getaddrinfo ENOTFOUND ${origin}`), { code: "ENOTFOUND" }),
    });
  };
}

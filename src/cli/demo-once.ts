import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, type App } from "../app.ts";
import { createMovableClock, systemClock, type MovableClock } from "../lib/clock.ts";
import { createLog } from "../lib/log.ts";
import { createSeededRandom, systemRandom } from "../lib/random.ts";
import type { FaultFile } from "../sandbox/fault-rules.ts";
import type { Verdict } from "../sandbox/check.ts";
import { createSandbox, sandboxFetch, type Sandbox } from "../sandbox/sandbox.ts";
import { createWarehouse } from "./demo-warehouse.ts";
import { demoConfig, demoConnection, demoCredentials } from "./demo-world.ts";

export interface OnceOptions {
  orders: number;
  seed: number;
  webhooks: boolean;
  faults: FaultFile | undefined;
  /** Told what is going on, for a person who waits. */
  progress: (line: string) => void;
}

/** What `demo --once --json` answers. */
export interface OnceResult {
  orders: number;
  pushed: number;
  shipped: number;
  failed: number;
  shipstationCalls: number;
  /** Calls that write orders. */
  shipstationWriteCalls: number;
  acumaticaCalls: number;
  rateLimited: number;
  /** As a person waits. */
  seconds: number;
  /** On the demo's clock, which skips the time in which nothing happens. */
  simulatedSeconds: number;
  labelToErpMs: { p50: number; p95: number };
  problems: string[];
}

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
/** Nothing was called for this long: somebody waits a moment (an ERP operation), or everybody waits for time to pass. */
const pauseMs = 12;
const idleMs = 1_000;
/** How far time is moved then. */
const pauseSkipMs = 250;
const skipMs = 5_000;
/** How often the sandboxes' tables are checked. */
const lookMs = 500;
/** Limits of one run. */
const longestRealMs = 15 * 60_000;
const longestSimulatedMs = 6 * 3_600_000;

/**
 * N orders travel the whole journey with nobody touching them: pushed, packed by the sandbox's warehouse, confirmed in the ERP. The real
 * service runs, engine and database included; both systems are in process. Time in which everybody waits (a poll interval, a used-up
 * minute of calls) is skipped on the clock they all share.
 */
export async function runOnce(options: OnceOptions): Promise<OnceResult> {
  const clock = createMovableClock();
  const startedAt = systemClock.now();
  const simulatedFrom = clock.now();
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-demo-"));
  let app: App | undefined;
  const sandbox = createSandbox({
    clock,
    seed: options.seed,
    orders: options.orders,
    webhooks: options.webhooks,
    fetch: async (request) => app?.web.fetch(request) ?? new Response(null, { status: 503 }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  try {
    const fetch = sandboxFetch(sandbox, { acumaticaOrigin: origins.acumatica, shipstationOrigin: origins.shipstation });
    const ports = { fetch, clock, random: systemRandom, log: createLog("error") };
    app = await createApp({ config: demoConfig(folder, 4400, origins), ports });
    await app.addConnection(demoConnection(origins, demoCredentials, options.webhooks), "demo");
    await app.start();
    await ship(sandbox, clock, options, startedAt, simulatedFrom);
    return resultOf(sandbox, startedAt, clock.now() - simulatedFrom);
  } finally {
    await app?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays the warehouse until every order is shipped and right in the ERP, or nothing more can be expected. */
async function ship(
  sandbox: Sandbox,
  clock: MovableClock,
  options: OnceOptions,
  startedAt: number,
  simulatedFrom: number,
): Promise<void> {
  const warehouse = createWarehouse(sandbox, clock, createSeededRandom(options.seed + 1));
  let lastCalls = -1;
  let quietSince = systemClock.now();
  let said = "";
  let verdict: Verdict | undefined;
  let lookedAt = 0;
  for (;;) {
    const taken = warehouse.pack(0);
    const calls = sandbox.shipstation.counts.calls + sandbox.acumatica.counts.calls;
    if (calls !== lastCalls || taken > 0) {
      lastCalls = calls;
      quietSince = systemClock.now();
    }
    const looks = systemClock.now() - lookedAt > lookMs || systemClock.now() - quietSince > idleMs;
    if (looks) {
      verdict = sandbox.check();
      lookedAt = systemClock.now();
    }
    if (verdict && verdict.orders > 0 && verdict.shipped === verdict.orders && verdict.failed === 0) return;
    if (systemClock.now() - startedAt > longestRealMs || clock.now() - simulatedFrom > longestSimulatedMs) return;
    if (systemClock.now() - quietSince > idleMs) {
      await sandbox.drainHooks();
      clock.advance(skipMs);
      quietSince = systemClock.now() - idleMs / 2;
    } else if (systemClock.now() - quietSince > pauseMs) clock.advance(pauseSkipMs);
    const line = `${warehouse.packed()} of ${options.orders} packed, ${verdict?.shipped ?? 0} shipped in the ERP`;
    if (line !== said && looks) options.progress(line);
    said = line;
    await systemClock.sleep(5);
  }
}

function resultOf(sandbox: Sandbox, startedAt: number, simulatedMs: number): OnceResult {
  const verdict = sandbox.check();
  const stats = sandbox.stats();
  const writes = sandbox.shipstation.journal.filter(
    (entry) => entry.method === "POST" && /\/orders\/createorders?$/i.test(entry.path) && entry.status !== 429,
  );
  return {
    orders: verdict.orders,
    pushed: verdict.pushed,
    shipped: verdict.shipped,
    failed: verdict.failed,
    shipstationCalls: stats.shipstationCalls,
    shipstationWriteCalls: writes.length,
    acumaticaCalls: stats.acumaticaCalls,
    rateLimited: stats.rateLimited,
    seconds: Math.round((systemClock.now() - startedAt) / 100) / 10,
    simulatedSeconds: Math.round(simulatedMs / 1000),
    labelToErpMs: latencies(sandbox),
    problems: verdict.problems.slice(0, 20),
  };
}

/** From a label's purchase to the confirmation of the ERP shipment that carries its tracking number. */
function latencies(sandbox: Sandbox): { p50: number; p95: number } {
  const confirmedAt = new Map<string, number>();
  for (const shipment of sandbox.acumatica.tables.shipments) {
    if (shipment.Status !== "Confirmed") continue;
    for (const row of shipment.Packages)
      if (row.TrackingNbr) confirmedAt.set(row.TrackingNbr, shipment.LastModifiedDateTime);
  }
  const all = [...sandbox.shipstation.tables.shipments.values()]
    .flatMap((label) => {
      const at = confirmedAt.get(label.trackingNumber);
      return at === undefined ? [] : [at - label.createdAt];
    })
    .sort((a, b) => a - b);
  const quantile = (share: number): number => Math.round(all[Math.max(0, Math.ceil(all.length * share) - 1)] ?? 0);
  return { p50: quantile(0.5), p95: quantile(0.95) };
}

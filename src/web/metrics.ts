import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { openBreakers } from "../ledger/breakers.ts";
import { countRecords } from "../ledger/connection-views.ts";
import { countSweepFinds, largestLatenesses } from "../ledger/cursors.ts";
import { countViolations } from "../ledger/monitors.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";

/** What became of a hook. */
export type HookOutcome = "rung" | "repeated" | "unparsed" | "unknown" | "forged" | "refused" | "failed";

export interface Metrics {
  registry: Registry;
  hooks: Counter<"outcome">;
  requests: Histogram<"method" | "route" | "status">;
}

/** A registry of its own, so that two servers in one process do not share counters. */
export function createMetrics(
  { db, clock }: { db: Db; clock: Clock },
  connectionIds: () => Promise<string[]>,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const hooks = new Counter({
    name: "ml_hooks_total",
    help: "Hooks received, by what became of them",
    labelNames: ["outcome"],
    registers,
  });
  const requests = new Histogram({
    name: "ml_http_request_seconds",
    help: "Duration of answered HTTP requests",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  new Gauge({
    name: "ml_records",
    help: "Records, by connection, kind and state",
    labelNames: ["connection", "kind", "state"],
    registers,
    async collect() {
      this.reset();
      for (const [connection, counts] of await countRecords(db, await connectionIds())) {
        for (const [kind, states] of Object.entries(counts)) {
          for (const [state, count] of Object.entries(states)) this.set({ connection, kind, state }, count);
        }
      }
    },
  });
  new Gauge({
    name: "ml_invariant_violations",
    help: "What must not be, by invariant: the target is 0",
    labelNames: ["invariant"],
    registers,
    async collect() {
      for (const [invariant, count] of await countViolations(db, new Date(clock.now()))) this.set({ invariant }, count);
    },
  });
  new Gauge({
    name: "ml_sweep_found_total",
    help: "What a sweep found that no poll had: the target is 0",
    labelNames: ["connection", "sweep"],
    registers,
    async collect() {
      this.reset();
      for (const { connection, sweep, found } of await countSweepFinds(db)) this.set({ connection, sweep }, found);
    },
  });
  new Gauge({
    name: "ml_stream_lateness_seconds",
    help: "How late rows became visible at most, in the last 30 days",
    labelNames: ["connection", "stream"],
    registers,
    async collect() {
      this.reset();
      for (const { connection, stream, ms } of await largestLatenesses(db, new Date(clock.now())))
        this.set({ connection, stream }, ms / 1000);
    },
  });
  new Gauge({
    name: "ml_circuit_open",
    help: "Systems that are left alone, because most calls failed",
    labelNames: ["connection", "system"],
    registers,
    async collect() {
      this.reset();
      for (const { connection, system } of await openBreakers(db)) this.set({ connection, system }, 1);
    },
  });
  return { registry, hooks, requests };
}

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { countRecords } from "../ledger/connection-views.ts";
import type { Db } from "../ledger/schema.ts";

/** What became of a hook. */
export type HookOutcome = "rung" | "repeated" | "unparsed" | "unknown" | "forged" | "refused" | "failed";

export interface Metrics {
  registry: Registry;
  hooks: Counter<"outcome">;
  requests: Histogram<"method" | "route" | "status">;
}

/** A registry of its own, so that two servers in one process do not share counters. */
export function createMetrics(db: Db, connectionIds: () => Promise<string[]>): Metrics {
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
  return { registry, hooks, requests };
}

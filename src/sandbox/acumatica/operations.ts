import { businessRule, failure, Refusal } from "./refusals.ts";
import { newGuid } from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** Started actions, each known only to the session that started it (facts: acumatica 2.4). */
export interface Operations {
  /** Starts one and returns its id; it runs at its last 202, or by itself after as many seconds. */
  start(operation: { sessionId: string; tenant: Tenant; form: string; run: () => void }): string;
  /** One poll: "running", "done", or the Refusal that stopped it. Throws Refusal 404 for another session's or a lost id. */
  poll(id: string, sessionId: string): "running" | "done";
  /** Carries out every operation whose time has come, polled or not. */
  settle(): void;
  /** Throws Refusal while this session has an operation running on the form. */
  refuseBusyForm(sessionId: string, form: string | undefined): void;
  /** A restart of the site: running ones never end, finished ones are forgotten. */
  forgetAll(): void;
}

interface Operation {
  sessionId: string;
  form: string;
  pollsLeft: number;
  dueAt: number;
  run: () => void;
  outcome: "running" | "done" | Refusal;
  endedAt: number;
}

const keptMs = 10 * 60_000;

export function createOperations(now: () => number): Operations {
  const operations = new Map<string, Operation>();

  function end(operation: Operation): void {
    if (operation.outcome !== "running") return;
    operation.endedAt = now();
    try {
      operation.run();
      operation.outcome = "done";
    } catch (thrown) {
      operation.outcome = thrown instanceof Refusal ? thrown : businessRule(String(thrown));
    }
  }

  return {
    start: ({ sessionId, tenant, form, run }) => {
      const id = newGuid(tenant.options.random);
      const pollsLeft = tenant.options.confirmPolls ?? 1;
      const dueAt = now() + Math.max(1, pollsLeft) * 1000;
      operations.set(id, { sessionId, form, pollsLeft, dueAt, run, outcome: "running", endedAt: 0 });
      return id;
    },
    poll: (id, sessionId) => {
      const operation = operations.get(id);
      if (operation?.sessionId !== sessionId) throw failure(404, "The operation cannot be found.");
      if (operation.outcome === "running") {
        if (operation.pollsLeft > 0) {
          operation.pollsLeft--;
          return "running";
        }
        end(operation);
      }
      if (operation.outcome instanceof Refusal) throw operation.outcome;
      return operation.outcome;
    },
    settle: () => {
      const at = now();
      for (const [id, operation] of operations) {
        if (operation.outcome === "running" && operation.dueAt <= at) end(operation);
        if (operation.outcome !== "running" && operation.endedAt + keptMs < at) operations.delete(id);
      }
    },
    refuseBusyForm: (sessionId, form) => {
      for (const operation of operations.values()) {
        if (operation.outcome === "running" && operation.sessionId === sessionId && operation.form === form) {
          throw failure(500, "The previous operation has not been completed yet.", "PX.Data.PXException");
        }
      }
    },
    forgetAll: () => operations.clear(),
  };
}

import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";

/** Where requests are taken from before they are sent; shared by all processes. */
export interface RequestBudget {
  /** Takes one request and gives 0; or takes none, and gives how long to wait in milliseconds. */
  take(): Promise<number>;
}

/** A process that is told to end does not wait any longer than this. */
const sliceMs = 1_000;

/**
 * Has requests wait for the budget before they take a turn. A listing needs many of them, and would never come to its end if it were
 * broken off when the budget is spent; a client that ends breaks it off. Throws ConnectorError `acumatica.budget-spent`.
 */
export function createPace(budget: RequestBudget | undefined, clock: Clock) {
  let isEnding = false;
  return {
    next: async (): Promise<void> => {
      for (;;) {
        const waitMs = (await budget?.take()) ?? 0;
        if (waitMs === 0) return;
        if (isEnding) throw new ConnectorError("acumatica.budget-spent", { retryAfterMs: waitMs });
        await clock.sleep(Math.min(waitMs, sliceMs));
      }
    },
    /** Nobody waits while this runs. */
    ending: async (work: () => Promise<void>): Promise<void> => {
      isEnding = true;
      try {
        await work();
      } finally {
        isEnding = false;
      }
    },
  };
}

import type { AcumaticaSandboxOptions } from "./options.ts";
import { plainTooMany } from "./sessions.ts";

/**
 * Counts requests by the minute. From half the limit on each is held for the time left divided by the requests left; nothing tells
 * the caller so. Over the limit it is declined (facts: acumatica 1.4).
 */
export function createLicence(options: AcumaticaSandboxOptions): { admit: () => Promise<void> } {
  let minute = -1;
  let used = 0;
  return {
    admit: async () => {
      const limit = options.requestsPerMinute;
      if (limit === undefined) return;
      const now = options.clock.now();
      const current = Math.floor(now / 60_000);
      if (current !== minute) {
        minute = current;
        used = 0;
      }
      used++;
      if (used > limit) throw plainTooMany();
      if (used * 2 <= limit) return;
      const timeLeft = (current + 1) * 60_000 - now;
      await options.clock.sleep(Math.floor(timeLeft / (limit - used + 1)));
    },
  };
}

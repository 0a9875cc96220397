import type { AuditHeads } from "../ledger/audit-heads.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

const hourMs = 3_600_000;

/**
 * Writes the signed heads of the audit trail to the log every hour, until the signal: whoever collects the log elsewhere has what shows a
 * trail that was rewritten or cut off.
 */
export async function announceHeads(
  { heads, clock, log }: { heads: AuditHeads; clock: Clock; log: Log },
  until: AbortSignal,
): Promise<void> {
  for (;;) {
    await heads.sign().then(
      (signed) => log.info({ auditHeads: signed }, "the heads of the audit trail"),
      (error: unknown) => log.warn({ err: error }, "the heads of the audit trail could not be read"),
    );
    const isOver = await clock.sleep(hourMs, until).then(
      () => false,
      () => true,
    );
    if (isOver) return;
  }
}

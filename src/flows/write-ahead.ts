import { restampEffects } from "../ledger/effects.ts";
import type { Tx } from "../ledger/schema.ts";
import { momentOf, msSince } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { WriteAhead } from "../lib/http.ts";
import type { FlowDeps } from "./deps.ts";

/** A write that was stored this long ago and has not left is not sent any more: its worker was paused, and may have a successor (failures 3.4). */
const sendWithinMs = 5_000;
/** Storing a hundred orders on a busy database takes longer; what is left then of a quarantine would be too little. */
const storedAtOnceMs = 500;

/**
 * Stores a write in one transaction, as the last thing before its first byte leaves (I8): after the wait for a turn, the sign-in and the
 * call budget, so that the quarantine starts when it can begin to run, and the fence is compared when it matters. Whoever sends
 * it calls this; where it throws nothing was sent.
 *
 * The pause that counts begins where the transaction is about to end: until then its records are locked, and nobody can have taken
 * them over, however long storing took.
 */
export function writeAhead(
  deps: Pick<FlowDeps, "db" | "clock" | "connection">,
  store: (tx: Tx, now: Date) => Promise<void>,
): WriteAhead {
  return async () => {
    const begun = momentOf(deps.clock);
    const stored = await deps.db.transaction().execute(async (tx) => {
      await store(tx, new Date(begun.wall));
      const now = momentOf(deps.clock);
      // Set back meanwhile: when the quarantine begins could not be told.
      if (now.wall < begun.wall) throw paused();
      if (msSince(begun, deps.clock) <= storedAtOnceMs) return begun;
      await restampEffects(tx, deps.connection.id, new Date(begun.wall), new Date(now.wall));
      return now;
    });
    const look = (): void => {
      if (msSince(stored, deps.clock) > sendWithinMs) throw paused();
    };
    look();
    return look;
  };
}

/** What was known or stored is too old to be acted on: another worker may be at it by now. */
export const paused = (): ConnectorError =>
  new ConnectorError("claim.lost", {
    message: "This worker was paused between looking, storing a write and sending it; nothing was sent.",
  });

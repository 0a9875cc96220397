/**
 * When flows run. The engine decides *when*, the ledger decides *what* (design 6.6). Two verbs; the simulation drives the
 * flows itself and needs neither.
 */
export interface Engine {
  /** Have due flows looked at now rather than at the next tick. */
  wake(): void;
  start(): Promise<void>;
  /** Take no more work, finish what is running within the grace period, let go. */
  stop(): Promise<void>;
}

/** Carries out one run; never throws. */
export type RunFlow = (connectionId: string, flow: string) => Promise<void>;

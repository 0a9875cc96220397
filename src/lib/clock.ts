/** Time as a port. Nothing outside `lib` reads the machine's clock or sets a timer. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /** Milliseconds on a clock that nobody sets; only differences mean anything. By default `now`. */
  elapsed?(): number;
  /** Resolves after `ms` on this clock; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const elapsed = (clock: Clock): number => clock.elapsed?.() ?? clock.now();

/** A moment on both of our clocks: one can be set back while a worker stands still, the other stands still while the machine sleeps. */
export interface Moment {
  wall: number;
  elapsed: number;
}

export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), elapsed: elapsed(clock) });

/** Milliseconds since a moment, by whichever clock tells more. */
export function msSince(from: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.wall - from.wall, now.elapsed - from.elapsed);
}

/** A clock that a person or a test can move forward. */
export interface MovableClock extends Clock {
  /** Move time forward by `ms`; every sleeper that has become due wakes. */
  advance(ms: number): void;
}

interface Sleeper {
  dueAt: number;
  wake: () => void;
}

/**
 * The machine's clock plus an offset that only grows. Sleepers wake when the machine's clock reaches
 * them or when `advance` carries the clock past them, whichever is first.
 */
export function createMovableClock(machine: () => number = Date.now): MovableClock {
  let offset = 0;
  const sleepers = new Set<Sleeper>();
  const now = (): number => machine() + offset;
  return {
    now,
    elapsed: () => (machine === Date.now ? performance.now() : machine()) + offset,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(abortReason(signal));
          return;
        }
        const sleeper: Sleeper = { dueAt: now() + ms, wake: done };
        const timer = setTimeout(done, Math.min(Math.max(0, ms), 2_147_483_647));
        function done(): void {
          clearTimeout(timer);
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", aborted);
          resolve();
        }
        function aborted(): void {
          clearTimeout(timer);
          sleepers.delete(sleeper);
          reject(abortReason(signal));
        }
        sleepers.add(sleeper);
        signal?.addEventListener("abort", aborted, { once: true });
      }),
    advance: (ms) => {
      offset += ms;
      for (const sleeper of [...sleepers]) if (sleeper.dueAt <= now()) sleeper.wake();
    },
  };
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted");
}

export const systemClock: Clock = createMovableClock();

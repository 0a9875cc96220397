import type { SharedSession } from "./shared-session.ts";

/** One request in flight per session, and a way to wait until nothing is going on. */
export interface Turns {
  /** Runs `work` alone, after everything that asked before it; among other processes for at most `patienceMs`. */
  take<T>(work: () => Promise<T>, patienceMs?: number): Promise<T>;
  /** Marks a story of several turns, so that `quiet` waits for its end. */
  during<T>(story: () => Promise<T>): Promise<T>;
  /** Resolves when every story that is running now has ended, well or badly. */
  quiet(): Promise<void>;
  /** Whether somebody has a turn, waits for one, or is between two turns of a story. */
  isBusy(): boolean;
}

/** `alone` keeps the other processes away. */
export function createTurns(alone: SharedSession["alone"]): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const stories = new Set<Promise<unknown>>();
  return {
    take: (work, patienceMs) => {
      waiting += 1;
      const turn = last.then(() => alone(work, patienceMs)).finally(() => (waiting -= 1));
      last = turn.catch(() => undefined);
      return turn;
    },
    during: async (story) => {
      const running = story();
      stories.add(running);
      try {
        return await running;
      } finally {
        stories.delete(running);
      }
    },
    quiet: async () => {
      await Promise.allSettled(stories);
    },
    isBusy: () => waiting > 0 || stories.size > 0,
  };
}

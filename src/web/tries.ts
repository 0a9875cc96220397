import type { Clock } from "../lib/clock.ts";

/** Counts tries per key within a window that starts with the first of them. */
export interface Tries {
  /** Counts one try. Seconds to wait if it is one too many, otherwise undefined. */
  take(key: string, most: number, windowMs: number): number | undefined;
  /** Forgets the tries of a key, after a success. */
  forget(key: string): void;
}

/** Keys remembered; beyond it the oldest are dropped, so that a flood of names cannot fill the memory. */
const keysKept = 50_000;

/** In this process's memory: with several web processes each counts its own. */
export function createTries(clock: Clock): Tries {
  const windows = new Map<string, { endsAt: number; taken: number }>();
  return {
    take: (key, most, windowMs) => {
      const now = clock.now();
      let window = windows.get(key);
      if (!window || window.endsAt <= now) {
        windows.delete(key);
        window = { endsAt: now + windowMs, taken: 0 };
        windows.set(key, window);
        for (const oldest of windows.keys()) {
          if (windows.size <= keysKept) break;
          windows.delete(oldest);
        }
      }
      if (window.taken >= most) return Math.ceil((window.endsAt - now) / 1000);
      window.taken += 1;
      return undefined;
    },
    forget: (key) => void windows.delete(key),
  };
}

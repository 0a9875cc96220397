import type { MovableClock } from "../../src/lib/clock.ts";

/** Time that stands still until it is moved; whoever sleeps without a signal moves it. Deadlines (sleeps with a signal) only fire when passed. */
export function createStillClock(startAt = Date.UTC(2024, 4, 1)): MovableClock & { slept: number[] } {
  let now = startAt;
  const slept: number[] = [];
  const deadlines = new Map<() => void, number>();
  const advance = (ms: number): void => {
    now += ms;
    for (const [fire, dueAt] of [...deadlines]) if (dueAt <= now) fire();
  };
  return {
    slept,
    now: () => now,
    advance,
    sleep: (ms, signal) => {
      if (!signal) {
        slept.push(ms);
        advance(ms);
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const settle = (how: () => void): void => {
          deadlines.delete(fire);
          how();
        };
        const fire = (): void => settle(resolve);
        deadlines.set(fire, now + ms);
        signal.addEventListener("abort", () => settle(() => reject(new Error("aborted"))), { once: true });
      });
    },
  };
}

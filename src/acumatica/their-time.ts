import { momentOf, type Clock, type Moment } from "../lib/clock.ts";

/** What Acumatica's clock surely has passed, and surely has not: milliseconds since the epoch. */
export interface TheirTime {
  atLeast: number;
  atMost: number;
  /** Our two clocks tell the same since the last answer: none was set, and the machine did not sleep. */
  isSure: boolean;
}

/** What our two clocks may differ by. */
const driftMs = 5_000;

export interface TheirClock {
  /** An answer came to what was sent at this moment. */
  hear(sentAt: Moment, headers: Headers): void;
  moment(): Moment;
  /** undefined as long as no answer told. */
  now(): TheirTime | undefined;
}

/** Acumatica's own time, from the `Date` of its last answer: nothing that happens to our clock shortens what is measured by it. */
export function createTheirClock(clock: Clock): TheirClock {
  let last: { date: number; sentAt: Moment } | undefined;
  const moment = (): Moment => momentOf(clock);
  return {
    moment,
    hear: (sentAt, headers) => {
      const date = Date.parse(headers.get("date") ?? "");
      if (!Number.isNaN(date)) last = { date, sentAt };
    },
    now: () => {
      if (!last) return undefined;
      const { wall, elapsed: since } = moment();
      const [byWall, byElapsed] = [wall - last.sentAt.wall, since - last.sentAt.elapsed];
      return {
        atLeast: last.date,
        // The header tells whole seconds.
        atMost: last.date + 1_000 + Math.max(0, byWall, byElapsed),
        isSure: Math.abs(byWall - byElapsed) <= driftMs,
      };
    },
  };
}

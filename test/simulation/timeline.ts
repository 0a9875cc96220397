import { createHash } from "node:crypto";
import type { Clock, MovableClock } from "../../src/lib/clock.ts";

/**
 * Virtual time: everything that can wait is an event, and one event is carried out after another. Which of two comes first is drawn
 * from the seed by the delays they are given; nothing else decides it, so a seed always tells the same story.
 */

/** Whoever events belong to: a process of ours, or the world, which never dies. */
export interface Owner {
  name: string;
  alive: boolean;
  /** Until then nothing of it happens: a virtual machine that is not scheduled. */
  pausedUntil: number;
  /** How far its clock is ahead of the world's. */
  skewMs: number;
}

interface Event {
  at: number;
  order: number;
  owner: Owner;
  label: string;
  run: () => unknown;
}

export interface Timeline {
  /** Milliseconds since the epoch, in the world. */
  now(): number;
  world: Owner;
  /** Has `run` carried out after `ms`, if its owner still lives then. Returns what takes it back. */
  after(ms: number, owner: Owner, label: string, run: () => unknown): () => void;
  /** Carries events out until `until`, or until `done` says so; false when it never did. */
  run(until: number, done?: () => boolean): Promise<boolean>;
  /** The clock as an owner reads it. */
  clockOf(owner: Owner): MovableClock;
  /** A digest of all that happened, and the last lines of it. */
  trace(): { digest: string; events: number; lines: readonly string[] };
  note(line: string): void;
}

const keptLines = 4_000;
/** Promises settle within a turn or two of the event loop; bodies of answers take a few more. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createTimeline(startAt: number): Timeline {
  const queue: Event[] = [];
  const digest = createHash("sha256");
  const lines: string[] = [];
  let now = startAt;
  let count = 0;
  let events = 0;
  const world: Owner = { name: "world", alive: true, pausedUntil: 0, skewMs: 0 };

  function note(line: string): void {
    const text = `${((now - startAt) / 1000).toFixed(3)} ${line}`;
    digest.update(text);
    lines.push(text);
    if (lines.length > keptLines * 2) lines.splice(0, keptLines);
  }

  /** Kept sorted, latest first, so that the next is taken from the end. */
  function insert(event: Event): void {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = queue[middle]!;
      if (other.at > event.at || (other.at === event.at && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, event);
  }

  const timeline: Timeline = {
    now: () => now,
    world,
    after: (ms, owner, label, run) => {
      const event = { at: now + Math.max(0, ms), order: count++, owner, label, run };
      insert(event);
      return () => {
        const at = queue.indexOf(event);
        if (at >= 0) queue.splice(at, 1);
      };
    },
    run: async (until, done) => {
      await turn();
      await turn();
      for (;;) {
        if (done?.() === true) return true;
        const next = queue.at(-1);
        if (!next || next.at > until) {
          now = Math.max(now, until);
          return false;
        }
        queue.pop();
        const { owner } = next;
        if (!owner.alive) continue;
        if (owner.pausedUntil > next.at) {
          insert({ ...next, at: owner.pausedUntil });
          continue;
        }
        now = Math.max(now, next.at);
        if (next.label !== "") note(`${owner.name} ${next.label}`);
        events++;
        await next.run();
        await turn();
        await turn();
      }
    },
    clockOf: (owner) => clockOf(timeline, owner),
    trace: () => ({ digest: digest.copy().digest("hex").slice(0, 16), events, lines }),
    note,
  };
  return timeline;
}

function clockOf(timeline: Timeline, owner: Owner): MovableClock {
  const sleep: Clock["sleep"] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const takeBack = timeline.after(ms, owner, "", () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      });
      function stop(): void {
        takeBack();
        reject(reasonOf(signal));
      }
      signal?.addEventListener("abort", stop, { once: true });
    });
  return {
    now: () => Math.round(timeline.now() + owner.skewMs),
    elapsed: () => Math.round(timeline.now()),
    sleep,
    advance: () => {
      throw new Error("virtual time moves by events alone");
    },
  };
}

const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Error("aborted");

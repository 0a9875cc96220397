import { Text } from "@mantine/core";
import { useSyncExternalStore } from "react";

/** One timer for all times on the page, and none while nothing shows a time. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const units: [name: string, seconds: number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  const [name, size] = units.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${name}`;
}

/** "12 s ago". The browser's clock may be a little behind the service's: that is still "just now". */
const ago = (at: number, now: number): string => (now - at < 1_000 ? "just now" : `${duration(now - at)} ago`);
const until = (at: number, now: number): string => (at <= now ? "due now" : `in ${duration(at - now)}`);

interface TimeProps {
  at: string | null | undefined;
  /** `until` is for what is still to come. */
  as?: "ago" | "until";
  /** What to show when there is no time. */
  otherwise?: string;
}

/** A time as people say it; the exact local time shows on hover. */
export function Time({ at, as = "ago", otherwise = "never" }: TimeProps) {
  const now = useNow();
  if (!at) {
    return (
      <Text span inherit c="dimmed">
        {otherwise}
      </Text>
    );
  }
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exactTime(at)} className="nowrap">
      {as === "ago" ? ago(ms, now) : until(ms, now)}
    </time>
  );
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

export const exactTime = (at: string): string => exact.format(Date.parse(at));
/** `14:03:07.250` in the reader's zone: steps of one second must be told apart. */
export const clockTime = (at: string): string => {
  const ms = Date.parse(at);
  return `${clock.format(ms)}.${String(ms % 1_000).padStart(3, "0")}`;
};
export const dayOf = (at: string): string => day.format(Date.parse(at));

export const tookText = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

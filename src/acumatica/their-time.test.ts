import { expect, test } from "vitest";
import { createTheirClock } from "./their-time.ts";

const date = Date.UTC(2026, 4, 1, 12);
const headers = new Headers({ date: new Date(date).toUTCString() });

/** Two clocks of ours, each moved by hand. */
function clocks() {
  const at = { wall: 0, elapsed: 0 };
  const clock = { now: () => at.wall, elapsed: () => at.elapsed, sleep: () => Promise.resolve() };
  const pass = (ms: number): void => void Object.assign(at, { wall: at.wall + ms, elapsed: at.elapsed + ms });
  return { at, pass, theirs: createTheirClock(clock) };
}

test("nothing is known before the first answer, nor from one without a date", () => {
  const { theirs } = clocks();
  expect(theirs.now()).toBeUndefined();
  theirs.hear(theirs.moment(), new Headers());
  expect(theirs.now()).toBeUndefined();
});

test("an answer's date is passed already, and with all the time since it was asked for nothing later can be", () => {
  const { theirs, pass } = clocks();
  const sentAt = theirs.moment();
  pass(2_000);
  theirs.hear(sentAt, headers);
  pass(3_000);
  expect(theirs.now()).toEqual({ atLeast: date, atMost: date + 6_000, isSure: true });
});

test.for([
  { name: "set back", wall: -7_200_000, elapsed: 0, atMost: date + 1_000 },
  { name: "set on", wall: 7_200_000, elapsed: 0, atMost: date + 7_201_000 },
  { name: "right after the machine slept", wall: 60_000, elapsed: 0, atMost: date + 61_000 },
])("a clock that was $name leaves the later of the two, and is no sure thing", ({ wall, elapsed, atMost }) => {
  const { theirs, at } = clocks();
  theirs.hear(theirs.moment(), headers);
  at.wall += wall;
  at.elapsed += elapsed;
  expect(theirs.now()).toEqual({ atLeast: date, atMost, isSure: false });
});

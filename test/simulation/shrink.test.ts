import { expect, test } from "vitest";
import type { FaultKind } from "./faults.ts";
import { optionsOf, shrink, type Less } from "./shrink.ts";

const kinds: FaultKind[] = ["answer-lost", "paused", "hooks-late"];

const shrunk = async (fails: (less: Less) => boolean) => {
  let runs = 0;
  const { less } = await shrink(
    (tried) => {
      runs++;
      const left = kinds.filter((kind) => !tried.without.includes(kind));
      return Promise.resolve(fails(tried) ? { kinds: left, strikes: left.length * 14 } : undefined);
    },
    { kinds, strikes: 42, acts: 9 },
  );
  return { less, runs };
};

test("only what the failure needs is left: its kind, the shortest beginning of faults and acts, and single faults", async () => {
  const { less, runs } = await shrunk(
    ({ without, strikes, skip, acts }) =>
      !without.includes("paused") && strikes >= 7 && acts >= 2 && !skip.includes(3) && !skip.includes(7),
  );
  expect(less).toEqual({ without: ["answer-lost", "hooks-late"], strikes: 7, skip: [1, 2, 4, 5, 6], acts: 2 });
  expect(optionsOf(less)).toBe("--without answer-lost,hooks-late --strikes 7 --skip 1,2,4,5,6 --acts 2");
  expect(runs).toBeLessThan(25);
});

test("a failure that needs no fault is told without any", async () => {
  expect((await shrunk(() => true)).less).toEqual({ without: kinds, strikes: Infinity, skip: [], acts: 0 });
});

test("a failure that needs everything stays as it is", async () => {
  const { less } = await shrunk(
    ({ without, strikes, skip, acts }) => without.length + skip.length === 0 && strikes > 42 && acts > 9,
  );
  expect(optionsOf(less)).toBe("");
});

import { expect, test } from "vitest";
import { optionsOf, shrink, type Less } from "./shrink.ts";
import type { FaultKind } from "./faults.ts";

const kinds: FaultKind[] = ["answer-lost", "paused", "hooks-late"];

const shrunk = async (fails: (less: Less) => boolean) => {
  let runs = 0;
  const least = await shrink(
    (less) => {
      runs++;
      return Promise.resolve(fails(less));
    },
    { kinds, strikes: 40, acts: 9 },
  );
  return { least, runs };
};

test("only the kind of fault that the failure needs is left, with the shortest beginning of faults and acts", async () => {
  const { least, runs } = await shrunk(
    ({ without, strikes, acts }) => !without.includes("paused") && strikes >= 7 && acts >= 2,
  );
  expect(least).toEqual({ without: ["answer-lost", "hooks-late"], strikes: 7, acts: 2 });
  expect(optionsOf(least)).toBe("--without answer-lost,hooks-late --strikes 7 --acts 2");
  expect(runs).toBeLessThan(20);
});

test("a failure that needs no fault is told without any", async () => {
  expect((await shrunk(() => true)).least).toEqual({ without: kinds, strikes: Infinity, acts: 0 });
});

test("a failure that needs everything stays as it is", async () => {
  const { least } = await shrunk(({ without, strikes, acts }) => without.length === 0 && strikes > 40 && acts > 9);
  expect(optionsOf(least)).toBe("");
});

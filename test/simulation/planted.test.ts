import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plantedBugs } from "./planted.ts";

test("at least twenty-four bugs can be planted, each under a name of its own", () => {
  expect(plantedBugs.length).toBeGreaterThanOrEqual(24);
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
});

test.for(plantedBugs.map((bug) => [bug.name, bug] as const))(
  "the text of a planted bug is still there: %s",
  ([, bug]) => {
    const text = readFileSync(new URL(`../../src/${bug.file}`, import.meta.url), "utf8");
    expect(text.split(bug.find)).toHaveLength(2);
  },
);

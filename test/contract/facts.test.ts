import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { factItems, type FactFile } from "../support/facts.ts";
import { factRows, missingTest, readPage } from "../support/fact-rows.ts";
import { uncited } from "../support/facts-report.ts";
import { describeRecorded } from "../support/recorded.ts";

const rows = factRows(readPage());
const sandbox = readdirSync(join(import.meta.dirname, "../../src/sandbox"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(import.meta.dirname, "../../src/sandbox", path), "utf8"))
  .join("\n");

test("the reader of the page finds ids, flags and tests, and names what it cannot read", () => {
  const page = [
    "### Some section",
    "| Fact | Flag | Played | Test |",
    "| --- | --- | --- | --- |",
    "| `A1.2.3 A1.5.T1` a \\| b | U | both: `lockAfter` | `src/a.test.ts`: is `so`; and so; `src/b.test.ts`: other |",
    "| without an id | D | | |",
    "",
    "| Fact | Flag | Why |",
    "| --- | --- | --- |",
    "| S5.3.0 P2.1.3, gone | D | never asked |",
    "| Other | Table |",
  ].join("\n");
  expect(factRows(page)).toEqual({
    played: [
      {
        line: 4,
        heading: "Some section",
        ids: ["A1.2.3", "A1.5.T1"],
        says: "a | b",
        flag: "U",
        played: "both: `lockAfter`",
        tests: [
          { path: "src/a.test.ts", words: "is `so`; and so" },
          { path: "src/b.test.ts", words: "other" },
        ],
      },
    ],
    leftOut: [
      { line: 9, heading: "Some section", ids: ["S5.3.0", "P2.1.3"], says: "gone", flag: "D", why: "never asked" },
    ],
    unreadable: ["line 5: no id at its start", "line 10: no id at its start"],
  });
});

describe("the table of facts", () => {
  test("can be read, row by row", () => {
    expect(rows.unreadable).toEqual([]);
  });

  test("names only tests that exist, and one for every behaviour", () => {
    const missing = rows.played.flatMap(({ line, tests }) =>
      tests.length === 0
        ? [`line ${line} names no test`]
        : tests.map(missingTest).flatMap((problem) => (problem === undefined ? [] : [`line ${line}: ${problem}`])),
    );
    expect(missing).toEqual([]);
  });

  test("gives a reason for everything left out", () => {
    expect(rows.leftOut.filter(({ why }) => why.length < 8).map(({ line }) => line)).toEqual([]);
  });

  test("names for every uncertain behaviour what plays both readings, or why one is enough", () => {
    const unplayed = rows.played.filter(({ flag, played }) => /\bU\b/.test(flag) && !/\b(both|one): \S/.test(played));
    expect(unplayed.map(({ line, played }) => `line ${line}: ${played}`)).toEqual([]);
  });

  test("names options and members of the sandbox that exist", () => {
    const strangers = rows.played.flatMap(({ line, played }) =>
      [...played.matchAll(/`([a-z]\w+)(?:\(\))?`/gi)]
        .map((found) => found[1] ?? "")
        .filter((name) => !new RegExp(`\\b${name}\\b`).test(sandbox))
        .map((name) => `line ${line}: ${name}`),
    );
    expect(strangers).toEqual([]);
  });
});

describeRecorded("the table of facts against the facts", "facts/acumatica.md", () => {
  const files: FactFile[] = ["A", "S", "P"];
  const items = files.flatMap((file) => factItems(file));

  test("cites only items that exist", () => {
    const known = new Set(items.map(({ id }) => id));
    const strangers = [...rows.played, ...rows.leftOut].flatMap(({ line, ids }) =>
      ids.filter((id) => !known.has(id)).map((id) => `line ${line}: ${id}`),
    );
    expect(strangers).toEqual([]);
  });

  test("no item of the sections that concern us is without a test or a stated reason", () => {
    expect(uncited().map(({ id, text }) => `${id} ${text.slice(0, 100)}`)).toEqual([]);
  });

  test("what the facts call uncertain, a row of ours calls uncertain too, or leaves out", () => {
    const uncertain = items.filter(({ text }) => /^(- |\d+\. )?\[U\b/.test(text)).map(({ id }) => id);
    const citing = (id: string) => [...rows.played, ...rows.leftOut].filter(({ ids }) => ids.includes(id));
    const certain = uncertain.filter((id) => citing(id).length > 0 && !citing(id).some(({ flag }) => /U/.test(flag)));
    expect(certain).toEqual([]);
  });
});

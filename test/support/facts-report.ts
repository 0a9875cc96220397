import { factItems, type FactFile } from "./facts.ts";
import { factRows, missingTest, readPage } from "./fact-rows.ts";

/** Sections whose every item must be played or left out with a reason. */
export const mustBeCited = (id: string): boolean => /^[AS][1-6]\./.test(id) || /^P[2-5]\./.test(id);

/** Items that docs/sandbox.md neither plays nor leaves out. */
export function uncited(page = readPage()): { id: string; text: string }[] {
  const { played, leftOut } = factRows(page);
  const cited = new Set([...played, ...leftOut].flatMap(({ ids }) => ids));
  return (["A", "S", "P"] as FactFile[])
    .flatMap((file) => factItems(file))
    .filter(({ id }) => mustBeCited(id) && !cited.has(id));
}

/** What an owner of a section wants to know: items without a row, rows that cannot be read, tests that do not exist. */
if (process.argv[1] === new URL(import.meta.url).pathname) {
  const only = process.argv[2] ?? "";
  const rows = factRows(readPage());
  const open = uncited().filter(({ id }) => id.startsWith(only));
  for (const { id, text } of open) process.stdout.write(`${id}\t${text.replaceAll("\n", " ").slice(0, 140)}\n`);
  for (const problem of rows.unreadable) process.stdout.write(`unreadable: ${problem}\n`);
  for (const row of rows.played) {
    const problems = row.tests.length === 0 ? ["names no test"] : row.tests.map(missingTest).filter(Boolean);
    for (const problem of problems) process.stdout.write(`line ${row.line} (${row.ids.join(" ")}): ${problem}\n`);
  }
  process.stdout.write(
    `${open.length} items without a row; ${rows.played.length} rows played, ${rows.leftOut.length} left out\n`,
  );
}

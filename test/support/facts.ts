import { existsSync, readFileSync } from "node:fs";

/** One statement of the facts files, under the id by which docs/sandbox.md cites it. */
export interface FactItem {
  /**
   * `A1.2.3`: third bullet of section 1.2 of the facts on Acumatica; `A1.5.T1`: a section's first table; `A4.2.0`: what it says
   * before its first bullet. S: ShipStation, P: payloads.
   */
  id: string;
  text: string;
}

const files = { A: "acumatica", S: "shipstation", P: "payloads" } as const;
export type FactFile = keyof typeof files;

const folder = new URL("../../../shared/facts/", import.meta.url);
export const hasFacts = existsSync(folder);

/** Top-level bullets and numbered points (what is nested or wrapped below belongs to them), whole tables, section by section. */
export function factItems(file: FactFile): FactItem[] {
  const lines = readFileSync(new URL(`${files[file]}.md`, folder), "utf8").split("\n");
  const items: FactItem[] = [];
  let section: string | undefined;
  let counts = { bullet: 0, table: 0 };
  let isFirst = false;
  let isInTable = false;
  for (const line of lines) {
    const heading = /^#{2,3} (\d+(?:\.\d+)?)?/.exec(line);
    if (heading) {
      section = heading[1];
      counts = { bullet: 0, table: 0 };
      isFirst = true;
    }
    if (section === undefined || heading || /^(-{3,}|\s*)$/.test(line)) continue;
    const isRow = line.startsWith("|");
    const id = isRow
      ? !isInTable && `T${++counts.table}`
      : /^(- |\d+\. )/.test(line)
        ? `${++counts.bullet}`
        : isFirst && "0";
    const last = items.at(-1);
    if (id !== false) items.push({ id: `${file}${section}.${id}`, text: line });
    else if (last) last.text += `\n${line}`;
    isInTable = isRow;
    isFirst = false;
  }
  return items;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const file of Object.keys(files) as FactFile[]) {
    for (const { id, text } of factItems(file))
      process.stdout.write(`${id}\t${text.replaceAll("\n", " ").slice(0, 160)}\n`);
  }
}

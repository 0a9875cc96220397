import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** One row of a table of facts in docs/sandbox.md. */
export interface FactRow {
  /** 1-based line of the page. */
  line: number;
  heading: string;
  /** Ids the row opens with. */
  ids: string[];
  /** The behaviour in words, without the ids. */
  says: string;
  flag: string;
}
export interface PlayedRow extends FactRow {
  /** Where or by which option the sandbox plays it. */
  played: string;
  tests: { path: string; words: string }[];
}
export interface LeftOutRow extends FactRow {
  why: string;
}
export interface FactRows {
  played: PlayedRow[];
  leftOut: LeftOutRow[];
  /** Rows of such a table that cannot be read, with the reason. */
  unreadable: string[];
}

export const readPage = (): string => readFileSync(join(root, "docs/sandbox.md"), "utf8");

const isOf = (cells: string[], ...titles: string[]): boolean => cells.join("|").toLowerCase() === titles.join("|");
const opening = /^`?((?:[ASP]\d+(?:\.\d+)?\.T?\d+[\s,;·]*)+)`?[\s.:,;·]*/;
const proof = /^`([^`]+)`:\s*(.+)$/;

/** Reads every table headed "Fact | Flag | Played | Test" or "Fact | Flag | Why". */
export function factRows(page: string): FactRows {
  const rows: FactRows = { played: [], leftOut: [], unreadable: [] };
  let kind: "played" | "leftOut" | "other" | undefined;
  let heading = "";
  for (const [at, text] of page.split("\n").entries()) {
    if (text.startsWith("#")) heading = text.replace(/^#+\s*/, "");
    if (!text.startsWith("|")) {
      kind = undefined;
      continue;
    }
    const cells = cellsOf(text);
    if (kind === undefined) {
      kind = isOf(cells, "fact", "flag", "played", "test")
        ? "played"
        : isOf(cells, "fact", "flag", "why")
          ? "leftOut"
          : "other";
    } else if (kind !== "other" && !cells.every((cell) => /^:?-+:?$/.test(cell))) {
      read(rows, kind, cells, at + 1, heading);
    }
  }
  return rows;
}

function read(rows: FactRows, kind: "played" | "leftOut", cells: string[], line: number, heading: string): void {
  const [fact = "", flag = "", third = "", fourth = ""] = cells;
  const [whole, ids] = opening.exec(fact) ?? [];
  if (whole === undefined || ids === undefined || cells.length !== (kind === "played" ? 4 : 3)) {
    rows.unreadable.push(`line ${line}: ${ids === undefined ? "no id at its start" : `${cells.length} cells`}`);
    return;
  }
  const row = { line, heading, ids: ids.split(/[\s,;·]+/).filter(Boolean), says: fact.slice(whole.length), flag };
  if (kind === "leftOut") {
    rows.leftOut.push({ ...row, why: third });
    return;
  }
  const tests = [];
  for (const each of fourth === "" ? [] : fourth.split(/;\s+(?=`[^`]+\.tsx?`)/)) {
    const [, path, words] = proof.exec(each) ?? [];
    if (path === undefined || words === undefined) rows.unreadable.push(`line ${line}: no file and words in "${each}"`);
    else tests.push({ path, words: words.trim() });
  }
  rows.played.push({ ...row, played: third, tests });
}

/** Cells without Markdown's escapes; a bar within a cell is written `\|`. */
function cellsOf(text: string): string[] {
  const inner = text.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\([|*_<>[\]\\~`])/g, "$1"));
}

const files = new Map<string, string | undefined>();
const contentOf = (path: string): string | undefined => {
  if (!files.has(path)) {
    const full = join(root, path);
    files.set(path, existsSync(full) ? readFileSync(full, "utf8").replace(/\\(["'`])/g, "$1") : undefined);
  }
  return files.get(path);
};

/** Why a named test does not exist; undefined if it does. */
export function missingTest({ path, words }: { path: string; words: string }): string | undefined {
  if (!/\.test\.tsx?$/.test(path)) return `${path} is no test file`;
  const content = contentOf(path);
  if (content === undefined) return `${path} does not exist`;
  if (words.length < 8) return `"${words}" is too short to name a test`;
  return content.includes(words) ? undefined : `${path} has no test called "${words}"`;
}

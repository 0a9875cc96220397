import { createGuardedFetch } from "../connections/guarded-fetch.ts";
import type { Fetch } from "../lib/http.ts";

/** What a command is given of its process; a test gives another. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>;
  /** A line of the answer. */
  out(line: string): void;
  /** A line about the command itself. */
  err(line: string): void;
  /** Says what is going on, on one line that the next one overwrites; undefined where nobody watches. */
  progress?: ((text: string) => void) | undefined;
  /** Standard input, to its end. */
  readInput(): Promise<string>;
  /** The network towards the service at this origin. */
  fetchFrom(origin: string): Fetch;
}

export const processTerminal: Terminal = {
  env: process.env,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  progress: process.stderr.isTTY
    ? (text) => void process.stderr.write(`\r\u001b[K${printable(text).slice(0, (process.stderr.columns || 80) - 1)}`)
    : undefined,
  readInput: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  },
  fetchFrom: (origin) => createGuardedFetch({ allowedOrigins: [origin] }),
};

/** Rows under their headings, as wide as needed; the last column runs free. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** Text of other systems, without the characters that could move the cursor or hide a line (threat T11). */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");

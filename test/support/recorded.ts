import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** Recorded answers and vendors' specifications live beside the repository, not in it. */
const folder = join(import.meta.dirname, "../../../shared");

/** A suite that needs the recordings: skipped with a notice where they are absent, required under CI. */
export function describeRecorded(name: string, needed: string, suite: () => void): void {
  if (existsSync(join(folder, needed))) {
    describe(name, suite);
    return;
  }
  if (process.env["CI"] === "true") {
    test(`${name}: ../shared/${needed} is required under CI`, () => {
      throw new Error(`../shared/${needed} is missing`);
    });
    return;
  }
  test.skip(`${name}: skipped, ../shared/${needed} is not there`, () => undefined);
  console.warn(`NOTICE: "${name}" is skipped because ../shared/${needed} is not there.`);
}

export const isRecorded = (path: string): boolean => existsSync(join(folder, path));
export const readRecordedText = (path: string): string => readFileSync(join(folder, path), "utf8");
export const readRecorded = (path: string): unknown => JSON.parse(readRecordedText(path));

/** File names in a folder of recordings, sorted. */
export const listRecorded = (path: string): string[] =>
  existsSync(join(folder, path)) ? readdirSync(join(folder, path)).sort() : [];

import { execFileSync } from "node:child_process";
import { fuzz } from "./fuzz.ts";
import { parsers } from "./payload-parsers.ts";
import { payloadTable, recordedFiles, wireOf } from "./payload-rows.ts";

/**
 * `npm run fuzz`: 10,000 mutations of every recorded file, or of those whose name holds ML_FUZZ_FILE. What it prints repeats a
 * failure: ML_FUZZ_SEED, and ML_FUZZ_PATH for one file. Exits 1 when anything but an error of ours was thrown, or a client hung.
 */
const env = process.env;
const runs = Number(env["ML_FUZZ_RUNS"] ?? 10_000);
const seed = Number(env["ML_FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const path = env["ML_FUZZ_PATH"];
const files = recordedFiles().filter((file) => file.includes(env["ML_FUZZ_FILE"] ?? ""));
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
process.stdout.write(`${files.length} files, ${runs} mutations each, seed ${seed}, commit ${commit}\n`);

const startedAt = performance.now();
const totals = { runs: 0, refused: new Map<string, number>(), slowestMs: 0, slowest: "" };
const failed: string[] = [];
for (const [at, file] of files.entries()) {
  const row = payloadTable[file];
  if (!row) throw new Error(`${file} has no row in test/support/payload-table-*.ts`);
  try {
    const wire = wireOf(`payloads/${file}`, row.within);
    const result = await fuzz(parsers[row.parser], wire, { runs, seed, ...(path === undefined ? {} : { path }) });
    totals.runs += result.runs;
    for (const [code, times] of result.refused) totals.refused.set(code, (totals.refused.get(code) ?? 0) + times);
    if (result.longestMs > totals.slowestMs) Object.assign(totals, { slowestMs: result.longestMs, slowest: file });
  } catch (thrown) {
    failed.push(file);
    process.stdout.write(`FAILED ${file} through "${row.parser}"\n${String(thrown)}\n${causeOf(thrown)}\n`);
  }
  if ((at + 1) % 20 === 0) process.stdout.write(`${at + 1} files after ${elapsed()}\n`);
}
const refused = [...totals.refused.values()].reduce((sum, times) => sum + times, 0);
for (const [code, times] of [...totals.refused].sort((a, b) => b[1] - a[1]))
  process.stdout.write(`${times}\t${code}\n`);
process.stdout.write(
  `${totals.runs} mutations of ${files.length} files in ${elapsed()}: ${totals.runs - refused} read, ${refused} refused, ` +
    `${failed.length} files failed; the slowest was busy for ${Math.round(totals.slowestMs)} ms (${totals.slowest}); seed ${seed}, commit ${commit}\n`,
);
process.exit(failed.length === 0 ? 0 : 1);

function elapsed(): string {
  return `${Math.round((performance.now() - startedAt) / 1000)} s`;
}

function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error ? (cause.stack ?? String(cause)) : "";
}

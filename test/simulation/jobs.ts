import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What the last line of a run of seeds tells, in one place for who writes it and who reads it. */
export interface Counts {
  seeds: number;
  bad: number;
  orders: number;
  labels: number;
  aborted: number;
  events: number;
  calls: number;
  refused: number;
}

const prefix = "counts ";
/** For the process that started this one. */
export const countsLine = (counts: Counts): string => `${prefix}${JSON.stringify(counts)}`;

/** So many seeds a process: what a simulated crash leaves waiting for ever stays in memory, about half a megabyte a seed. */
const seedsOfProcess = 500;

/**
 * The same seeds, by several processes side by side, each with a database of its own, one after another until all are run. Their other
 * lines are told as they come.
 */
export async function inJobs(
  jobs: number,
  seeds: { first: number; count: number },
  run: { script: string; args: readonly string[] },
  tell: { line: (line: string) => void; progress: (sum: Counts) => void },
): Promise<Counts> {
  const sum: Counts = { seeds: 0, bad: 0, orders: 0, labels: 0, aborted: 0, events: 0, calls: 0, refused: 0 };
  const one = async (first: number, count: number): Promise<void> => {
    const args = [run.script, "--seed", String(first), "--seeds", String(count), "--counts", ...run.args];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let isCounted = false;
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith(prefix)) {
        tell.line(line);
        continue;
      }
      isCounted = true;
      const counts = JSON.parse(line.slice(prefix.length)) as Counts;
      for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
    }
    const code = await ended;
    if (!isCounted) throw new Error(`the process for seeds ${first} to ${first + count - 1} ended with ${code}`);
    tell.progress(sum);
  };
  const share = Math.min(seedsOfProcess, Math.ceil(seeds.count / jobs));
  let begun = 0;
  const takeOn = async (): Promise<void> => {
    while (begun < seeds.count) {
      const at = begun;
      const count = Math.min(share, seeds.count - at);
      begun += count;
      await one(seeds.first + at, count);
    }
  };
  await Promise.all(Array.from({ length: jobs }, takeOn));
  return sum;
}

/**
 * `npm run crash-test`: real processes, really killed. Without arguments everything, in the figures of docs/reliability.md; with
 * `--points N`, `--kills N`, `--stops N`, `--starts N` or `--restarts N` only these. The last line counts.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { endPrograms } from "../support/processes.ts";
import { killAtPoints, killAtRandom, stopInTheMiddle, type Campaign, type Outcome } from "./campaign.ts";
import { crashPoints } from "./points.ts";
import { restartDatabase } from "./restarts.ts";
import { twoStarts } from "./two-starts.ts";
import type { DatabaseKind } from "./world.ts";

const help = `npm run crash-test -- [--points N] [--kills N] [--stops N] [--starts N] [--restarts N]
                      [--database embedded|server] [--seed S] [--worlds W] [--at NAME] [--list]

  --points N    kills at named points, each in turn (default ${crashPoints.length * 3}: each of ${crashPoints.length} three times)
  --kills N     kills at random moments under load (default 100)
  --stops N     SIGTERM in the middle of the work (default 50)
  --starts N    two starts at once on one data directory (default 100)
  --restarts N  immediate restarts of a PostgreSQL server under 10,000 jobs (default 200)
  --jobs N      of the restarts (default 10000)
  --database D  only on this one; a server is named by ML_TEST_DATABASE_URL (the restarts make one of their own)
  --worlds W    services that run side by side (default 2 embedded, 4 on a server)
  --at NAME     only points whose name contains this
  --list        names the points`;

const number = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    ...{ points: number, kills: number, stops: number, starts: number, restarts: number, jobs: number },
    ...{ database: number, seed: number, worlds: number, at: number },
    ...{ list: { type: "boolean" }, help: { type: "boolean" } },
  },
});

const asked = [values.points, values.kills, values.stops, values.starts, values.restarts];
const isAll = asked.every((value) => value === undefined);
const wanted = (value: string | undefined, all: number): number => Number(value ?? (isAll ? all : 0));
const seed = Number(values.seed ?? 1);
const startedAt = performance.now();
const tell = (line: string): void => console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s  ${line}`);

function databases(): DatabaseKind[] {
  const all: DatabaseKind[] = process.env["ML_TEST_DATABASE_URL"] === undefined ? ["embedded"] : ["embedded", "server"];
  if (values.database === undefined) return all;
  const chosen = all.filter((database) => database === values.database);
  if (chosen.length === 0) throw new Error(`--database ${values.database}: set ML_TEST_DATABASE_URL, or say embedded.`);
  return chosen;
}

const summary: string[] = [];
let violations = 0;

function sum(what: string, outcome: Outcome): void {
  violations += outcome.violations.length;
  const times = [
    `ready ${spread(outcome.readyMs)}`,
    `at work again ${spread(outcome.resumedMs)}`,
    ...(outcome.endedMs.length > 0 ? [`ended ${spread(outcome.endedMs)}`] : []),
  ];
  summary.push(
    `${what}: ${outcome.kills} over ${outcome.orders} orders, ${outcome.violations.length} violations; ${times.join("; ")}`,
  );
  for (const text of outcome.violations) summary.push(`  VIOLATION ${text}`);
}

/** Median, 95th percentile and longest, in seconds. */
function spread(ms: readonly number[]): string {
  if (ms.length === 0) return "never";
  const sorted = ms.toSorted((left, right) => left - right);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! / 1000).toFixed(1);
  return `${at(0.5)} s (p95 ${at(0.95)}, longest ${at(1)}, of ${ms.length})`;
}

async function onDatabase(database: DatabaseKind): Promise<void> {
  const worlds = Number(values.worlds ?? (database === "embedded" ? 2 : 4));
  const campaign: Campaign = { database, seed, worlds, tell };
  const points = crashPoints.filter(({ name }) => name.includes(values.at ?? ""));
  const toKill = wanted(values.points, points.length * 3);
  if (toKill > 0)
    sum(
      `${database}: kills at ${Math.min(points.length, toKill)} points`,
      await killAtPoints(campaign, toKill, points),
    );
  const kills = wanted(values.kills, 100);
  if (kills > 0) sum(`${database}: kills at random`, await killAtRandom(campaign, kills));
  const stops = wanted(values.stops, 50);
  if (stops > 0) sum(`${database}: SIGTERM`, await stopInTheMiddle(campaign, stops));
}

async function main(): Promise<void> {
  for (const database of databases()) await onDatabase(database);
  const starts = wanted(values.starts, 100);
  if (starts > 0) {
    const found = await twoStarts(starts, tell);
    violations += found.length;
    summary.push(
      `two starts at once: ${starts}, ${found.length} violations`,
      ...found.map((text) => `  VIOLATION ${text}`),
    );
  }
  const restarts = wanted(values.restarts, 200);
  if (restarts > 0) await onOwnServer(restarts);
}

async function onOwnServer(restarts: number): Promise<void> {
  const jobs = Number(values.jobs ?? 10_000);
  const outcome = await restartDatabase({ restarts, jobs, seed, tell });
  violations += outcome.violations.length;
  summary.push(
    `PostgreSQL: ${outcome.restarts} immediate restarts, ${outcome.terminated} sessions ended, ${outcome.frozen} times frozen; ` +
      `${outcome.jobs} of ${jobs} jobs finished, ${outcome.jobsUnderRestarts} of them before the last restart, ` +
      `in ${outcome.minutes.toFixed(1)} minutes, ${outcome.violations.length} violations`,
    ...outcome.violations.map((text) => `  VIOLATION ${text}`),
  );
}

if (values.help) console.log(help);
else if (values.list) for (const { name } of crashPoints) console.log(name);
else {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void endPrograms().then(() => process.exit(130)));
  try {
    await main();
  } finally {
    await endPrograms();
  }
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  for (const line of summary) console.log(line);
  console.log(
    `crash-test: seed ${seed}, commit ${commit}, ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes, ${violations} violations`,
  );
  process.exitCode = violations === 0 ? 0 : 1;
}

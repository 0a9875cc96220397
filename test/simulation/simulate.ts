import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { faultKinds, lastingKinds, type FaultKind } from "./faults.ts";
import { plant, plantedBugs } from "./planted.ts";
import { countsLine, inJobs, type Counts } from "./jobs.ts";
import type { SeedResult } from "./run.ts";
import { optionsOf, shrink, type Less, type StillFails } from "./shrink.ts";

const help = `npm run simulate -- --seeds N [--seed FIRST] [--faults KIND[,KIND]] [--each] [--jobs N] [--trace] [--until-found]
npm run simulate -- --planted [--quick] [--seeds N] [--seed FIRST]

Runs N seeds of the deterministic simulation. The last line tells seeds run and violations; exit 0 only at none.
  --faults       only these faults in every seed; by default each seed draws its own
  --each         N seeds of every single kind of fault
  --jobs N       the seeds in N processes side by side; each has a database of its own
  --trace        prints all that happened
  --until-found  ends with the first violation
  --shrink       of the first seed that fails: the kinds of faults it needs, and how few of the faults and of what people do
  --without      these of a seed's faults do not strike; --strikes N: only the first N faults; --skip N[,N]: of these not
                 those with the numbers; --acts N: only the first N acts of people. Everything else is drawn as it was: what
                 --shrink found is told again with them
  --planted      plants one bug after another, and looks how many seeds find it; exit 0 only when all are found
  --quick        only those that are known to show within a few seeds
Faults: ${faultKinds.join(", ")}.
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    faults: { type: "string" },
    each: { type: "boolean", default: false },
    jobs: { type: "string" },
    /** The last line is for a program: for the processes that --jobs starts. */
    counts: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    "until-found": { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
    without: { type: "string" },
    strikes: { type: "string" },
    skip: { type: "string" },
    acts: { type: "string" },
    planted: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    /** One planted bug, by its number: for the processes that --planted starts. */
    plant: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
/** A run of many seeds tells how far it is. */
const tellEvery = 250;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A number that is none would run no seed, and find nothing wrong. */
for (const name of ["seeds", "seed", "plant", "strikes", "acts", "jobs"] as const) {
  const text = values[name];
  if (text === undefined || (/^\d+$/.test(text) && ((name !== "seeds" && name !== "jobs") || Number(text) > 0)))
    continue;
  process.stderr.write(`--${name} takes a whole number, not "${text}".\n\n${help}`);
  process.exit(2);
}

if (values.help) say(help);
else if (values.planted) process.exitCode = findPlanted(Number(values.seeds ?? "2000"), Number(values.seed ?? "1"));
else if (values.jobs !== undefined) process.exitCode = await simulateInJobs(Number(values.jobs));
else process.exitCode = await simulate();

/** A process of its own for each bug: a module is loaded once. */
function findPlanted(most: number, first: number): number {
  const me = fileURLToPath(import.meta.url);
  let found = 0;
  const bugs = [...plantedBugs.entries()].filter(([, bug]) => !values.quick || bug.isQuick === true);
  for (const [index, { name, faults }] of bugs) {
    const args = ["--plant", String(index), "--seeds", String(most), "--seed", String(first), "--until-found"];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [me, ...args, ...(faults ? ["--faults", faults.join()] : [])],
      {
        encoding: "utf8",
      },
    );
    const lines = stdout.trim().split("\n");
    const [seed, why] = lines;
    const ran = /^(\d+) seeds.* (\d+) with violations/.exec(lines.at(-1) ?? "");
    if (ran && ran[2] !== "0") found++;
    const told =
      ran && ran[2] !== "0"
        ? `found by seed number ${ran[1]}: ${seed} ${why?.trim()}`
        : `NOT FOUND. ${lines.at(-1)} ${stderr.slice(0, 300)}`;
    say(`${name}\n  ${told}`);
  }
  say(`${bugs.length} planted bugs, ${found} found within ${most} seeds each`);
  return found === bugs.length ? 0 : 1;
}

async function simulateInJobs(jobs: number): Promise<number> {
  const { someSeed } = await import("./run.ts");
  const first = values.seed === undefined ? someSeed() : Number(values.seed);
  const startedAt = performance.now();
  const args = [
    ...(values.faults === undefined ? [] : ["--faults", values.faults]),
    ...(values.each ? ["--each"] : []),
  ];
  const count = Number(values.seeds ?? "1");
  const run = { script: fileURLToPath(import.meta.url), args };
  const progress = (soFar: Counts): void => {
    tellProgress(soFar, startedAt);
  };
  const sum = await inJobs(jobs, { first, count }, run, { line: say, progress });
  return conclude(sum, first, startedAt);
}

function tellProgress({ seeds, bad }: Counts, startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stderr.write(`${seeds} seeds so far, ${bad} with violations, ${seconds} s\n`);
}

/** The last lines, and the exit code. */
function conclude(sum: Counts, first: number, startedAt: number): number {
  const { seeds, bad, orders, labels, aborted, events } = sum;
  // I13 is about shares: of few calls one would already be too many.
  const isGreedy = sum.calls >= 10_000 && sum.refused * 1_000 > sum.calls;
  const verdict = isGreedy ? "I13: more than one in a thousand" : "at most one in a thousand may be, of 10,000 or more";
  say(`${sum.calls} calls of ShipStation, ${sum.refused} refused because the minute's were used up (${verdict})`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(
    `${seeds} seeds from ${first}, ${bad} with violations; ` +
      `${orders} orders, ${labels} labels, ${aborted} left to a person, ${events} events, ${seconds} s`,
  );
  return bad === 0 && !isGreedy ? 0 : 1;
}

async function simulate(): Promise<number> {
  const bug = values.plant === undefined ? undefined : plantedBugs[Number(values.plant)];
  if (bug) plant(bug);
  // Only now, so that what is planted is loaded.
  const { openServer } = await import("./database.ts");
  const { runSeed, someSeed } = await import("./run.ts");
  const server = await openServer();
  const first = values.seed === undefined ? someSeed() : Number(values.seed);
  const count = Number(values.seeds ?? "1");
  const less: Less = {
    without: values.without?.split(",").map(kindNamed) ?? [],
    strikes: Number(values.strikes ?? Infinity),
    skip: values.skip?.split(",").map(Number) ?? [],
    acts: Number(values.acts ?? Infinity),
  };
  const startedAt = performance.now();
  const sum: Counts = { seeds: 0, bad: 0, events: 0, orders: 0, labels: 0, calls: 0, refused: 0, aborted: 0 };

  const runOne = async (seed: number, faults: readonly FaultKind[] | undefined): Promise<void> => {
    const result = await runSeed(server, { seed, faults, less });
    sum.seeds++;
    if (!values.counts && sum.seeds % tellEvery === 0) tellProgress(sum, startedAt);
    for (const name of ["events", "orders", "labels", "calls", "refused", "aborted"] as const)
      sum[name] += result[name];
    if (values.trace) say(result.lines.join("\n"));
    if (result.violations.length > 0) {
      sum.bad++;
      say(`seed ${seed} [${result.kinds.join(", ")}]`);
      for (const { id, text } of result.violations) say(`  ${id}: ${text}`);
      const again = `npm run simulate -- --seed ${seed}${faults ? ` --faults ${faults.join()}` : ""}`;
      say(`  again: ${again} ${optionsOf(less)} --trace`);
      if (values.shrink && sum.bad === 1) await shrinkOne(result, faults, again);
    } else if (count === 1 && !values.each) {
      say(`seed ${seed} [${result.kinds.join(", ")}] ${result.digest}, ${result.minutes.toFixed(0)} virtual minutes`);
    }
  };

  async function shrinkOne(failed: SeedResult, faults: readonly FaultKind[] | undefined, again: string): Promise<void> {
    const ids = new Set(failed.violations.map(({ id }) => id));
    const { less: least, kinds } = await shrink(
      async (less) => {
        const told = await runSeed(server, { seed: failed.seed, faults, less });
        return told.violations.some(({ id }) => ids.has(id)) ? faultsOf(told, less.without) : undefined;
      },
      { ...faultsOf(failed), acts: failed.acts },
    );
    say(`  it needs no more than [${kinds.join(", ")}]: ${again} ${optionsOf(least)} --trace`);
  }

  const sets = values.each ? faultKinds.map((kind) => [kind]) : [values.faults?.split(",").map(kindNamed)];
  for (const faults of sets) {
    for (let seed = first; seed < first + count; seed++) {
      await runOne(seed, faults);
      if (sum.bad > 0 && values["until-found"]) break;
    }
  }
  await server.close();
  if (!values.counts) return conclude(sum, first, startedAt);
  say(countsLine(sum));
  return 0;
}

/** What struck in a story, and what is at work in it without striking at a moment. */
function faultsOf({ kinds, struck }: SeedResult, without: readonly FaultKind[] = []): StillFails {
  const strikes = [...struck.values()].reduce((all, count) => all + count, 0);
  const isAtWork = (kind: FaultKind): boolean => struck.has(kind) || lastingKinds.includes(kind);
  return { kinds: kinds.filter((kind) => isAtWork(kind) && !without.includes(kind)), strikes };
}

function kindNamed(name: string): FaultKind {
  const kind = faultKinds.find((one) => one === name);
  if (kind === undefined) throw new Error(`There is no fault "${name}". ${help}`);
  return kind;
}

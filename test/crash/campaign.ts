import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import { crashPoints, type CrashPoint } from "./points.ts";
import { createCrashWorld, type CrashWorld, type DatabaseKind, type Life, type Since } from "./world.ts";

/** What a campaign came to; times in milliseconds, one entry a life that got so far. */
export interface Outcome {
  kills: number;
  orders: number;
  violations: string[];
  readyMs: number[];
  resumedMs: number[];
  endedMs: number[];
}

export interface Campaign {
  database: DatabaseKind;
  seed: number;
  /** Worlds that run side by side, each with a service and two systems of its own. */
  worlds: number;
  tell: (line: string) => void;
}

export const noOutcome = (): Outcome => ({
  ...{ kills: 0, orders: 0, violations: [], readyMs: [], resumedMs: [], endedMs: [] },
});

/** A frequent point is met at one of its first occurrences in a life. */
const occurrences = 3;

/** `kills` kills at named points, all points in turn; each point's turn comes as often as any other's, or once more. */
export function killAtPoints(
  campaign: Campaign,
  kills: number,
  points: readonly CrashPoint[] = crashPoints,
): Promise<Outcome> {
  const random = createSeededRandom(campaign.seed);
  const all = Array.from({ length: kills }, (_, index) => points[index % points.length]!);
  return inWorlds(campaign, shuffled(all, random), async (world, point, outcome) => {
    const occurrence = point.isFrequent ? 1 + Math.floor(random.next() * occurrences) : 1;
    outcome.kills += 1;
    return { what: `${point.name} (${occurrence})`, ...(await world.dieAt(point, occurrence)) };
  });
}

/** The longest a service lives before a kill at random, from when it is at work, or ready. */
const longestLifeMs = 8_000;
const startUpMs = 3_000;
/** Of five kills one comes while the service starts, and one as soon as it is ready: on a server the work of a killed one is not yet taken up then. */
const moments: readonly Since[] = ["start", "ready", "work", "work", "work"];

/** `kills` kills at random moments while orders travel. */
export function killAtRandom(campaign: Campaign, kills: number): Promise<Outcome> {
  const random = createSeededRandom(campaign.seed + 1);
  const lives = Array.from({ length: kills }, (_, index) => {
    const since = moments[index % moments.length]!;
    return { since, livesMs: random.next() * (since === "start" ? startUpMs : longestLifeMs) };
  });
  return inWorlds(campaign, shuffled(lives, random), async (world, { since, livesMs }, outcome) => {
    outcome.kills += 1;
    const life = await world.liveFor(livesMs, "SIGKILL", since);
    return { what: `${Math.round(livesMs)} ms after its ${since}`, ...life };
  });
}

/** The service promises to end within this time of a SIGTERM. */
const stopWithinMs = 25_000;
const longestWorkMs = 4_000;

/** `stops` times SIGTERM in the middle of the work. */
export function stopInTheMiddle(campaign: Campaign, stops: number): Promise<Outcome> {
  const random = createSeededRandom(campaign.seed + 2);
  const lives = Array.from({ length: stops }, () => random.next() * longestWorkMs);
  return inWorlds(campaign, lives, async (world, livesMs, outcome) => {
    outcome.kills += 1;
    const life = await world.liveFor(livesMs, "SIGTERM");
    outcome.endedMs.push(life.endedMs);
    const inDoubt = await world.inDoubt();
    const violations = [
      ...life.violations,
      ...(life.code === 0 ? [] : [`it ended with ${life.code}`]),
      ...(life.endedMs < stopWithinMs ? [] : [`it took ${Math.round(life.endedMs)} ms to end`]),
      ...inDoubt.map((effect) => `${effect} is in doubt after an orderly end`),
    ];
    return { ...life, what: `SIGTERM ${Math.round(livesMs)} ms after it was ready`, violations };
  });
}

/** Deals the work out to worlds that run side by side, and brings each world to its end. */
async function inWorlds<Work>(
  { database, seed, worlds, tell }: Campaign,
  works: readonly Work[],
  run: (world: CrashWorld, work: Work, outcome: Outcome) => Promise<Life & { what: string }>,
): Promise<Outcome> {
  const outcome = noOutcome();
  const left = [...works];
  const one = async (number: number): Promise<void> => {
    const world = await createCrashWorld(database, seed * 100 + number);
    const told = (what: string, text: string): void => {
      outcome.violations.push(`world ${number}, ${what}: ${text}`);
      tell(`VIOLATION in world ${number}, ${what}: ${text}`);
    };
    try {
      for (let work = left.pop(); work !== undefined; work = left.pop()) {
        const { what, readyMs, resumedMs, violations } = await run(world, work, outcome);
        if (readyMs !== undefined) outcome.readyMs.push(readyMs);
        if (resumedMs !== undefined) outcome.resumedMs.push(resumedMs);
        for (const text of violations) told(what, text);
        tell(
          `${database} ${outcome.kills}/${works.length} world ${number}: ${what}, ready ${shown(readyMs)}, at work ${shown(resumedMs)}`,
        );
      }
      for (const text of await world.finish()) told("in the end", text);
      outcome.orders += await world.orders();
    } finally {
      await world.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(worlds, works.length) }, (_, number) => one(number + 1)));
  return outcome;
}

const shown = (ms: number | undefined): string => (ms === undefined ? "-" : `${Math.round(ms)} ms`);

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}

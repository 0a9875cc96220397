import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { plant, plantedBugs } from "../simulation/planted.ts";
import { bugsToFind } from "./bugs.ts";
import type { Explored } from "./explorer.ts";

const help = `npm run model [-- --faults N --standstills N] [--opening order|by-hand]
npm run model -- --planted

Tells every story of two workers and one order: create the shipment, its package, the gate, the confirmation. The last line tells
stories and violations; exit 0 only at none, and when all were told.
  --faults       how many a story may have: requests lost or late, deaths and standstills of a worker
  --standstills  how many of them may be standstills. By default all with two faults and no standstill are told, and then all with
                 one fault, which may be a standstill
  --opening      order: the shipment is to be made; by-hand: a person has made it without a package; both by default
  --planted      plants one bug after another and looks whether a story shows it; exit 0 only when all are found
`;

interface Limits {
  faults: number;
  standstills: number;
}

/** A standstill has two workers at work at once, which are ten times as many stories. */
const usual: readonly Limits[] = [
  { faults: 2, standstills: 0 },
  { faults: 1, standstills: 1 },
];

const { values } = parseArgs({
  options: {
    faults: { type: "string" },
    standstills: { type: "string" },
    opening: { type: "string" },
    planted: { type: "boolean", default: false },
    /** One planted bug, by its name: for the processes that --planted starts. */
    plant: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) say(help);
else if (values.planted) process.exitCode = findPlanted();
else process.exitCode = await tellAll();

/** A process of its own for each bug: a module is loaded once. */
function findPlanted(): number {
  let found = 0;
  for (const name of bugsToFind) {
    const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--plant", name], {
      encoding: "utf8",
    });
    const why = /^ {2}(I\d+: .*)$/m.exec(stdout)?.[1];
    if (why !== undefined) found++;
    say(
      `${name}\n  ${why === undefined ? `NOT FOUND ${stdout.slice(-300)} ${stderr.slice(0, 300)}` : `found: ${why}`}`,
    );
  }
  say(`${bugsToFind.length} planted bugs, ${found} found`);
  return found === bugsToFind.length ? 0 : 1;
}

function told({ faults, standstills }: Limits): string {
  return `up to ${faults} faults, ${standstills} of them a standstill`;
}

/** A number that is none would tell one story, and find nothing wrong. */
function numbersOf(faults: string, standstills = "0"): Limits {
  if (!/^\d$/.test(faults) || !/^\d$/.test(standstills)) throw new Error(help);
  return { faults: Number(faults), standstills: Number(standstills) };
}

async function tellAll(): Promise<number> {
  const bug = plantedBugs.find(({ name }) => name === values.plant);
  if (values.plant !== undefined && !bug) throw new Error(`there is no bug "${values.plant}"`);
  if (bug) plant(bug);
  // Only now, so that what is planted is loaded.
  const { openServer } = await import("../simulation/database.ts");
  const { openings, setTheScene } = await import("./scene.ts");
  const { explore, retell } = await import("./explorer.ts");
  const { tellStory } = await import("./story.ts");
  const server = await openServer();
  const scene = await setTheScene(server);
  const startedAt = performance.now();
  const all: Explored[] = [];
  const bounds = values.faults === undefined ? usual : [numbersOf(values.faults, values.standstills)];
  const wanted = openings.filter((one) => values.opening === undefined || values.opening === one);
  for (const { opening, ...limits } of bounds.flatMap((limit) => wanted.map((opening) => ({ opening, ...limit })))) {
    const explored = await explore((choose) => tellStory({ scene, opening, ...limits }, choose), scene.tape);
    all.push(explored);
    const { stories, ended, states, depth, failure } = explored;
    say(
      `${opening}, ${told(limits)}: ${stories} stories, ${ended} to a new end, ${states} states, at most ${depth} choices`,
    );
    if (!failure) continue;
    for (const violation of failure.violations) say(`  ${violation}`);
    await scene.tape.rewind(undefined);
    await tellStory({ scene, opening, ...limits, tell: (line) => say(`    ${line}`) }, retell(failure.choices));
    break;
  }
  await scene.tape.close();
  await server.close();
  const stories = all.reduce((sum, one) => sum + one.stories, 0);
  const bad = all.filter(({ failure }) => failure).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`${stories} stories, ${bad} with violations, ${seconds} s`);
  return bad === 0 && all.every(({ complete }) => complete) ? 0 : 1;
}

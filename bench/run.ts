import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureCommits } from "./commits.ts";
import { measureJourney, type Figure } from "./journey.ts";

/**
 * `npm run bench [-- --orders N]`: the measurements, as a table. Compare two ways in one run of one machine; a figure alone is
 * mostly the machine. With ML_TEST_DATABASE_URL the same is measured on that PostgreSQL server too.
 */
const { values } = parseArgs({ options: { orders: { type: "string" }, json: { type: "boolean" } } });
const orders = Number(values.orders ?? "300");

const figures: Figure[] = await measureJourney(orders);
if (values.json !== true) figures.push(...(await measureCommits(500)));
if (values.json === true) {
  process.stdout.write(JSON.stringify(figures));
} else {
  if (process.env["ML_TEST_DATABASE_URL"] !== undefined) figures.push(...onServer());
  for (const { what, value } of figures) console.log(`${what.padEnd(58)} ${value.padStart(10)}`);
}

/** A process of its own: which database a world uses is settled when its module is loaded. */
function onServer(): Figure[] {
  const run = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--json", "--orders", String(orders)], {
    env: { ...process.env, ML_TEST_ENGINE: "server" },
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Figure[];
}

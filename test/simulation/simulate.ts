import { parseArgs } from "node:util";
import { openServer } from "./database.ts";
import { faultKinds, type FaultKind } from "./faults.ts";
import { runSeed, someSeed } from "./run.ts";

const help = `npm run simulate -- --seeds N [--seed FIRST] [--faults KIND[,KIND]] [--trace]

Runs N seeds of the deterministic simulation. The last line tells seeds run and violations; exit 0 only at none.
Faults: ${faultKinds.join(", ")}.
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    seed: { type: "string" },
    faults: { type: "string" },
    trace: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const faults = values.faults?.split(",").map((name) => {
  const kind = faultKinds.find((one) => one === name);
  if (kind === undefined) throw new Error(`There is no fault "${name}". ${help}`);
  return kind satisfies FaultKind;
});
const seeds = Number(values.seeds);
const first = values.seed === undefined ? someSeed() : Number(values.seed);
const server = await openServer();
const startedAt = performance.now();
let bad = 0;
const sum = { events: 0, orders: 0, labels: 0, aborted: 0 };
for (let seed = first; seed < first + seeds; seed++) {
  const result = await runSeed(server, { seed, faults });
  for (const name of ["events", "orders", "labels", "aborted"] as const) sum[name] += result[name];
  if (values.trace) process.stdout.write(`${result.lines.join("\n")}\n`);
  if (result.violations.length > 0) {
    bad++;
    process.stdout.write(`seed ${seed} [${result.kinds.join(", ")}]\n`);
    for (const { id, text } of result.violations) process.stdout.write(`  ${id}: ${text}\n`);
    process.stdout.write(
      `  again: npm run simulate -- --seed ${seed}${values.faults ? ` --faults ${values.faults}` : ""} --trace\n`,
    );
  } else if (seeds === 1) {
    process.stdout.write(
      `seed ${seed} [${result.kinds.join(", ")}] digest ${result.digest}, ${result.minutes.toFixed(0)} virtual minutes\n`,
    );
  }
}
const seconds = (performance.now() - startedAt) / 1000;
await server.close();
process.stdout.write(
  `${seeds} seeds from ${first}, ${bad} with violations; ${sum.orders} orders, ${sum.labels} labels, ${sum.aborted} left to a person, ${sum.events} events, ${seconds.toFixed(0)} s\n`,
);
process.exitCode = bad === 0 ? 0 : 1;

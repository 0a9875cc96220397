import { parseArgs } from "node:util";

const help = `npm run replay-test [-- --records N] [--times N] [--database embedded|server]

Brings N records (10,000; half orders, half labels) to their end through the product and both sandboxes, has all of them planned again
N times (10) by the API, and counts what is written. Exit 0 only when nothing is. ML_TEST_DATABASE_URL names a server to run on.
`;

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "10000" },
    times: { type: "string", default: "10" },
    database: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const isWrong = [values.records, values.times].some((text) => !/^[1-9]\d*$/.test(text));
if (values.help || isWrong) {
  process.stdout.write(help);
  process.exit(isWrong ? 2 : 0);
}
const isServer = (values.database ?? (process.env["ML_TEST_DATABASE_URL"] ? "server" : "embedded")) === "server";
process.env["ML_TEST_ENGINE"] = isServer ? "server" : "embedded";
// Only now, so that it opens the database that was asked for.
const { makeFinished, replayAll } = await import("./replaying.ts");

const startedAt = performance.now();
const world = await makeFinished(Number(values.records));
const madeAt = performance.now();
const { orders, labels, replayed, writes, effects, calls, rows } = await replayAll(world, Number(values.times));
const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(0);
await world.close();
process.stdout.write(
  `${orders} orders and ${labels} labels finished in ${seconds(startedAt, madeAt)} s (${isServer ? "server" : "embedded"})\n` +
    `${replayed} replays in ${seconds(madeAt, performance.now())} s: ${calls.acumatica} calls to the ERP, ` +
    `${calls.shipstation} to ShipStation, ${rows.audit} audit entries, ${rows.exchanges} exchanges kept\n` +
    `${writes} writes, ${effects} effects\n`,
);
process.exitCode = writes + effects === 0 && replayed === (orders + labels) * Number(values.times) ? 0 : 1;

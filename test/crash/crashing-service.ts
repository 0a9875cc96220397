/**
 * `serve` in a world that ends the process at one named point: `--point NAME --occurrence N`. Nothing of it is in the program: the
 * ports and the database are handed to the application as in any other composition. `--ahead-ms` sets its clock.
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import type { AppOptions } from "../../src/app.ts";
import { runServe } from "../../src/cli/serve.ts";
import { createPgBossEngine } from "../../src/engine/pg-boss-engine.ts";
import { openDatabase, type OpenDatabase } from "../../src/ledger/database.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { tellingDatabase, type Passing } from "./crashing-database.ts";
import { callName } from "./points.ts";

const { values } = parseArgs({
  options: { point: { type: "string" }, occurrence: { type: "string" }, "ahead-ms": { type: "string" } },
});
/** The directory is locked and the embedded database is on its way. */
const openingMs = 400;
/** Long enough for a request to be on the wire, short enough for no answer to have come. */
const underWayMs = 3;

let left = Number(values.occurrence ?? 1);

const passing: Passing = (moment) => {
  if (moment !== values.point) return;
  left -= 1;
  if (left > 0) return;
  writeSync(2, `killed at ${moment}\n`);
  process.kill(process.pid, "SIGKILL");
  // Nothing may happen between the signal and the end.
  for (;;);
};

function tellingFetch(fetch: Fetch, clock: Clock): Fetch {
  return async (request) => {
    const name = callName(request, request.body === null ? "" : await request.clone().text());
    if (name === undefined) return fetch(request);
    passing(`${name}: before the first byte`);
    const answering = fetch(request);
    if (values.point === `${name}: under way`) {
      answering.catch(() => undefined);
      await clock.sleep(underWayMs);
      passing(`${name}: under way`);
    }
    const answer = await answering;
    passing(`${name}: after the answer`);
    return answer;
  };
}

async function openTelling({ config }: AppOptions): Promise<OpenDatabase> {
  passing("start.nothing-done");
  if (values.point === "start.opening-database") setTimeout(() => passing("start.opening-database"), openingMs);
  const opened = await openDatabase(
    config.databaseUrl === undefined
      ? { kind: "embedded", directory: config.dataDir }
      : { kind: "server", url: config.databaseUrl },
  );
  passing("start.database-open");
  return tellingDatabase(opened, passing);
}

process.exitCode = await runServe([], async (options) => {
  const { ports } = options;
  const aheadMs = Number(values["ahead-ms"] ?? 0);
  const clock: Clock = { now: () => ports.clock.now() + aheadMs, sleep: (ms, signal) => ports.clock.sleep(ms, signal) };
  return {
    ...options,
    ports: { ...ports, clock, fetch: tellingFetch(ports.fetch, clock) },
    database: await openTelling(options),
    // Made when all is wired, before anything of it runs.
    engine: (deps) => {
      const engine = createPgBossEngine(deps);
      return {
        ...engine,
        start: () => {
          passing("start.before-engine");
          return engine.start();
        },
      };
    },
  };
});

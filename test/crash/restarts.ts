import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import type { Verdict } from "../../src/sandbox/check.ts";
import { install, startSandbox, type Installation, type SandboxProcess } from "../support/service.ts";
import { until } from "../support/processes.ts";
import { whatIsLeft, whatIsMissing, whatIsTwice } from "./checks.ts";
import type { ShipStationOrder } from "./people.ts";
import { createCluster, type Cluster } from "./postgres.ts";

/** What became of the database's restarts; a job is one record brought to its end: an order in ShipStation, or a label in the ERP. */
export interface RestartOutcome {
  restarts: number;
  terminated: number;
  frozen: number;
  /** Records that are Processed in the end. */
  jobs: number;
  /** Of these, before the last restart. */
  jobsUnderRestarts: number;
  minutes: number;
  violations: string[];
}

const entry = fileURLToPath(new URL("./crashing-service.ts", import.meta.url));
/** Customers of the one service, each with two systems of its own. */
const customers = 4;
/** Orders that wait for ShipStation at most: they come in as they would over a day, not all at once. */
const atOnce = 150;
const lot = 50;
const lookMs = 400;
const freezeMs = 10_000;
/** A restart in so many is preceded by a frozen server. */
const freezeEvery = 50;
const finishWithinMs = 30 * 60_000;
const quarantineMs = 640_000;
const flows = {
  ...{ orderPollSeconds: 2, labelPollSeconds: 3, catalogPollSeconds: 3_600, doorbellGapSeconds: 1 },
  ...{ settleSeconds: 0, quarantineSeconds: 600 },
};

interface Customer {
  sandbox: SandboxProcess;
  /** Orders still to be entered. */
  left: number;
}

/** `restarts` immediate restarts, one every one to three seconds, while `jobs` records are brought to their end. */
export async function restartDatabase({
  restarts,
  jobs,
  seed,
  tell,
}: {
  restarts: number;
  jobs: number;
  seed: number;
  tell: (line: string) => void;
}): Promise<RestartOutcome> {
  const startedAt = performance.now();
  const random = createSeededRandom(seed + 3);
  const orders = Math.floor(jobs / 2 / customers);
  const all: Customer[] = [];
  for (let number = 0; number < customers; number += 1) {
    const sandbox = await startSandbox(0, seed * 10 + number);
    await sandbox.send("PUT", "/settings", {
      acumatica: { maxSessions: 100_000, confirmPolls: 0 },
      shipstation: { callsPerMinute: 100_000, lockedUpdate: "creates-new", journalLimit: 1_000 },
    });
    all.push({ sandbox, left: orders });
  }
  const cluster = await createCluster();
  const allowed = all.flatMap(({ sandbox: { origins } }) => [origins.acumatica, origins.shipstation]).join(",");
  const options = { entry, databaseUrl: cluster.url, env: { ML_ALLOWED_ORIGINS: allowed, ML_LOG_LEVEL: "error" } };
  const service = await install("server", all[0]!.sandbox.origins, options);
  const outcome: RestartOutcome = {
    ...{ restarts: 0, terminated: 0, frozen: 0, jobs: 0, jobsUnderRestarts: 0, minutes: 0, violations: [] },
  };
  let isOver = false;
  try {
    await service.start();
    for (const [number, { sandbox }] of all.entries()) {
      const file = demoConnection(sandbox.origins, demoCredentials, true) as { settings: { flows: object } };
      Object.assign(file.settings.flows, flows);
      await service.api("POST", "/connections", { ...file, id: `brand-${number + 1}`, name: `Brand ${number + 1}` });
    }
    const working = peopleAtWork(all, () => isOver);
    const shipped = (): Promise<number> =>
      sumOf(all, async ({ sandbox }) => (await sandbox.get<Verdict>("/check")).shipped);
    while (outcome.restarts < restarts) {
      await pause(1_000 + random.next() * 2_000);
      await treatBadly(cluster, random, outcome);
      if (!service.program().isRunning())
        throw new Error(`The service ended: ${service.program().output().slice(-2_000)}`);
      if (outcome.restarts % 10 === 0)
        tell(`${outcome.restarts} restarts, ${await shipped()} of ${orders * customers} orders shipped`);
    }
    outcome.jobsUnderRestarts = 2 * (await shipped());
    const finishing = performance.now();
    for (let last = -1; performance.now() < finishing + finishWithinMs;) {
      const now = await shipped();
      if (now === orders * customers || (now === last && all.every(({ left }) => left === 0))) break;
      tell(`after the restarts: ${now} of ${orders * customers} orders shipped`);
      last = now;
      await pause(30_000);
    }
    isOver = true;
    await working;
    outcome.violations.push(...(await finish(service, all, tell)));
    outcome.jobs = await service.withLedger(async (db) => {
      const done = db.selectFrom("records").select((select) => select.fn.countAll<number>().as("rows"));
      const row = await done
        .where("kind", "in", ["order", "label"])
        .where("state", "=", "Processed")
        .executeTakeFirst();
      return row?.rows ?? 0;
    });
    if (outcome.jobs !== 2 * orders * customers)
      outcome.violations.push(`${outcome.jobs} of ${2 * orders * customers} records are Processed`);
  } finally {
    isOver = true;
    await service.remove();
    for (const { sandbox } of all) await sandbox.program.end("SIGKILL");
    cluster.remove();
  }
  outcome.minutes = (performance.now() - startedAt) / 60_000;
  return outcome;
}

/** One restart, sometimes after a session was ended or the whole server stood still. */
async function treatBadly(cluster: Cluster, random: Random, outcome: RestartOutcome): Promise<void> {
  if (random.next() < 0.5 && (await cluster.terminateOne((count) => Math.floor(random.next() * count)))) {
    outcome.terminated += 1;
    await pause(random.next() * 1_000);
  }
  if (outcome.restarts % freezeEvery === freezeEvery - 1) {
    const goOn = cluster.freeze();
    await pause(freezeMs);
    goOn();
    outcome.frozen += 1;
    await pause(random.next() * 1_000);
  }
  cluster.restartImmediately();
  outcome.restarts += 1;
}

/** Orders come in and labels are printed, as long as there are any. */
async function peopleAtWork(all: readonly Customer[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    for (const customer of all) await workOn(customer);
    await pause(lookMs);
  }
}

async function workOn(customer: Customer): Promise<void> {
  const { sandbox } = customer;
  const { pushed, orders, shipped } = await sandbox.get<Verdict>("/check");
  if (customer.left > 0 && orders - pushed < atOnce) {
    const count = Math.min(lot, customer.left);
    await sandbox.send("POST", "/orders", { count });
    customer.left -= count;
  }
  if (pushed <= shipped) return;
  const { orders: known } = await sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders");
  const waiting = known.filter(({ orderStatus, deleted }) => orderStatus === "awaiting_shipment" && !deleted);
  const orderNumbers = waiting.slice(0, lot).map((order) => order.orderNumber);
  if (orderNumbers.length > 0) await sandbox.send("POST", "/labels", { orderNumbers });
}

async function sumOf(all: readonly Customer[], count: (customer: Customer) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const customer of all) sum += await count(customer);
  return sum;
}

/** Lets the quarantines pass, both sides' clocks moving on while the service is down, until nothing is left open. */
async function finish(
  service: Installation,
  all: readonly Customer[],
  tell: (line: string) => void,
): Promise<string[]> {
  let wrong: string[] = [];
  for (let round = 1; round <= 6; round += 1) {
    const exit = await service.end("SIGTERM");
    if (exit.code !== 0) wrong.push(`after SIGTERM: ${JSON.stringify(exit)}`);
    else {
      wrong = await service.withLedger(whatIsLeft);
      for (const { sandbox } of all) wrong.push(...(await whatIsTwice(sandbox)), ...(await whatIsMissing(sandbox)));
    }
    tell(`round ${round} after the restarts: ${wrong.length} things open, such as ${wrong.slice(0, 3).join("; ")}`);
    if (wrong.length === 0 || exit.code !== 0) return wrong;
    for (const { sandbox } of all) await sandbox.send("POST", "/time", { advanceMs: quarantineMs });
    const program = service.begin(["--ahead-ms", String(round * quarantineMs)]);
    await until("the service to be ready", () => service.isReady(), { withinMs: 90_000, needs: [program] });
    await pause(40_000);
  }
  return wrong;
}

import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Verdict } from "../../src/sandbox/check.ts";
import { whatIsLeft, whatIsMissing, whatIsTwice } from "../crash/checks.ts";
import type { ShipStationOrder } from "../crash/people.ts";
import { createCluster, serverPrograms, type Cluster } from "../crash/postgres.ts";
import { until } from "../support/processes.ts";
import { install, startSandbox, type Installation, type SandboxProcess } from "../support/service.ts";
import { canMountSmallDisk, mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";

/** Of the disk: a fresh server takes 30, the service's tables 12, and the log of its writes up to 40. */
const megabytes = 112;
const canRun = (serverPrograms() !== undefined || process.env["CI"] === "true") && canMountSmallDisk();
if (!canRun)
  process.stderr.write(
    "NOTICE: no small disk can be mounted here, or PostgreSQL's programs are missing; what happens on a server's full disk is not tested.\n",
  );

/** `serve` with a clock of its own. */
const withOwnClock = fileURLToPath(new URL("../crash/crashing-service.ts", import.meta.url));
const flows = {
  ...{ orderPollSeconds: 1, labelPollSeconds: 2, catalogPollSeconds: 60, doorbellGapSeconds: 0 },
  ...{ settleSeconds: 0, quarantineSeconds: 600 },
};
/** The quarantine of a shipment, and the second look after it. */
const quarantineMs = 640_000;
const finishRounds = 4;
const withinMs = 60_000;
const ordersAtOnce = 10;
const refusals = 10;
const full = "disk is full";

/** So long nothing comes to its end before it is taken to wait for a quarantine. A full database is left alone for ten seconds. */
const stillMs = 20_000;
/** Newest last: how to end what was begun. */
const ends: (() => unknown)[] = [];

let disk: SmallDisk;
let sandbox: SandboxProcess;
let cluster: Cluster;
let service: Installation;

const verdict = (): Promise<Verdict> => sandbox.get<Verdict>("/check");

/** Orders come in as they are sent on, and a label is bought for each that waits for one. */
async function peopleAct(): Promise<void> {
  const { orders, pushed } = await verdict();
  if (orders - pushed < ordersAtOnce) await sandbox.send("POST", "/orders", { count: 1 });
  await buyLabels();
}

async function waitingForLabels(): Promise<string[]> {
  const { orders } = await sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders");
  const waiting = orders.filter(({ orderStatus, deleted }) => orderStatus === "awaiting_shipment" && !deleted);
  return waiting.map((order) => order.orderNumber);
}

async function buyLabels(): Promise<void> {
  const orderNumbers = await waitingForLabels();
  if (orderNumbers.length > 0) await sandbox.send("POST", "/labels", { orderNumbers });
}

/** What the service answered to each webhook. */
async function hookAnswers(): Promise<unknown[]> {
  const { deliveries } = await sandbox.get<{ deliveries: { outcome: unknown }[] }>("/shipstation/hooks");
  return deliveries.map(({ outcome }) => outcome);
}

/** A session of somebody else's, from before the disk is full: then none can be opened. */
async function openSession(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: cluster.url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** What the service has written since, line by line. */
const toldSince = (from: number): string[] => service.program().output().slice(from).trim().split("\n");
const told = (): number => service.program().output().length;

const wait = (what: string, ask: () => Promise<boolean>): Promise<unknown> =>
  until(what, ask, { withinMs, needs: [sandbox.program, service.program()] });

/** Until the last label is in the ERP, or what is left waits for a time that has not come. */
async function travelOn(): Promise<void> {
  let last = { shipped: -1, at: 0 };
  await wait("all orders to be shipped", async () => {
    await buyLabels();
    const { orders, shipped } = await verdict();
    if (shipped !== last.shipped) last = { shipped, at: performance.now() };
    return shipped === orders || performance.now() > last.at + stillMs;
  });
}

/** Orders are on their way in both directions. */
async function comeUnderWay(): Promise<void> {
  const { shipped } = await verdict();
  await sandbox.send("POST", "/orders", { count: 15 });
  await wait("some of the orders to be shipped", async () => {
    await buyLabels();
    return (await verdict()).shipped >= shipped + 2;
  });
  await sandbox.send("POST", "/orders", { count: 5 });
  await wait("an order to wait for its label", async () => (await waitingForLabels()).length > 0);
}

describe.runIf(canRun)("the disk of a PostgreSQL server fills up", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    disk = mountSmallDisk(megabytes);
    ends.push(() => disk.remove());
    sandbox = await startSandbox(8);
    ends.push(() => sandbox.program.end("SIGKILL"));
    // The limits are another story; higher ones only save waiting.
    await sandbox.send("PUT", "/settings", {
      acumatica: { maxSessions: 100_000, confirmPolls: 0 },
      shipstation: { callsPerMinute: 100_000, journalLimit: 1_000 },
    });
    // A checkpoint is made when the test asks for it. A PANIC ends the server as it does where its own recovery finds no room either.
    const settings = ["min_wal_size=16MB", "max_wal_size=64MB", "checkpoint_timeout=1h", "restart_after_crash=off"];
    cluster = await createCluster({ folder: disk.folder, walSegment: 1, settings });
    ends.push(() => cluster.remove());
    service = await install("server", sandbox.origins, { databaseUrl: cluster.url, env: { ML_LOG_LEVEL: "warn" } });
    ends.push(() => service.remove());
    await service.start();
    await service.addConnection(flows);
    await travelOn();
  });
  afterAll(async () => {
    const failures: unknown[] = [];
    for (const end of ends.toReversed()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    expect(failures).toEqual([]);
  });

  test("the service says so, works on as far as it can, and with room again brings everything to its end", async () => {
    const session = await openSession();
    // Room that the log of its writes has already: it is the tables that cannot grow.
    for (let file = 0; file < 16; file += 1)
      await session.query("select pg_logical_emit_message(false, 'a', 'b'), pg_switch_wal()");
    await session.query("checkpoint");
    await session.end();
    await comeUnderWay();
    const from = told();
    disk.fill();
    await wait("the service to be refused again and again", async () => {
      disk.fill();
      await peopleAct();
      return toldSince(from).filter((line) => line.includes(full)).length >= refusals;
    });
    expect(cluster.isRunning()).toBe(true);
    disk.free();
    await travelOn();
    expect(await whatIsTwice(sandbox)).toEqual([]);
  });

  test("a server that goes down by it is looked for, webhooks are refused meanwhile, and once it is started the work goes on", async () => {
    const session = await openSession();
    await comeUnderWay();
    disk.fill();
    // Comes every few minutes by itself, and writes files of its own: where they find no room the server ends itself.
    await wait("the server to go down", async () => {
      disk.fill();
      await session.query("checkpoint").catch(() => undefined);
      return !cluster.isRunning();
    });
    expect(cluster.log()).toMatch(/PANIC: .*No space left on device/);
    const from = told();
    const answered = (await hookAnswers()).length;
    await wait("the service to look for it again and again, and webhooks to be refused", async () => {
      await peopleAct();
      const lookedFor = toldSince(from).filter((line) => line.includes("The database cannot be reached")).length;
      return lookedFor >= refusals && (await hookAnswers()).length > answered;
    });
    // ShipStation is not told that something was kept.
    expect(new Set((await hookAnswers()).slice(answered))).toEqual(new Set([503]));
    const another = await service.startAnother();
    expect(await another.ended).toEqual({ code: 1, signal: null });
    expect(another.output()).toMatch(/^The service did not start: The database cannot be reached: /m);
    expect(await service.isReady()).toBe(false);
    disk.free();
    cluster.start();
    await wait("the service to be ready", () => service.isReady());
    await travelOn();
    expect(await whatIsTwice(sandbox)).toEqual([]);
  });

  test("in the end nothing is there twice, nothing missing, nothing left open", async () => {
    for (let round = 1; ; round += 1) {
      expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null });
      const wrong = [
        ...(await whatIsTwice(sandbox)),
        ...(await whatIsMissing(sandbox)),
        ...(await service.withLedger(whatIsLeft)),
      ];
      if (wrong.length === 0 || round === finishRounds) {
        expect(wrong).toEqual([]);
        return;
      }
      // Both sides' clocks move on while nothing is under way.
      await sandbox.send("POST", "/time", { advanceMs: quarantineMs });
      service.begin(["--ahead-ms", String(round * quarantineMs)], withOwnClock);
      await wait("the service to be ready", () => service.isReady());
      await travelOn();
    }
  });
});

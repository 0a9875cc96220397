import { randomInt } from "node:crypto";
import type { RecordState } from "../../src/ledger/schema.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { connect } from "./consultant.ts";
import { createSessions, type Server } from "./database.ts";
import { planFaults, type FaultKind, type FaultPlan } from "./faults.ts";
import { checkEnd } from "./end-invariants.ts";
import { replayAll, settle } from "./ending.ts";
import { mayAct, scheduleHappenings } from "./happenings.ts";
import { createInterference } from "./interference.ts";
import {
  checkConfirmed,
  checkCursors,
  checkDispatched,
  checkSending,
  checkTablesNow,
  forgetDispatches,
  type Checked,
  type Violation,
} from "./invariants.ts";
import { createNetwork, type Network } from "./network.ts";
import { createPeople, type People } from "./people.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { nothingLess, type Less } from "./shrink.ts";
import { createTimeline, type Owner, type Timeline } from "./timeline.ts";

const minute = 60_000;
/** Ordinary days, and nights in which clocks change. */
const starts = ["2026-05-01T14:00:00Z", "2026-02-10T21:40:00Z", "2026-11-01T07:30:00Z", "2026-03-08T09:20:00Z"];

export interface SeedOptions {
  seed: number;
  faults?: readonly FaultKind[] | undefined;
  /** What the story is told without, to find the least that fails. */
  less?: Less;
}

export interface SeedResult {
  seed: number;
  kinds: FaultKind[];
  /** How often people acted, besides the orders of the beginning. */
  acts: number;
  struck: Map<FaultKind, number>;
  violations: Violation[];
  digest: string;
  events: number;
  lines: readonly string[];
  /** Virtual minutes until all was settled. */
  minutes: number;
  orders: number;
  labels: number;
  /** Calls that reached ShipStation, and those it refused as too many; 429s that the network invents are none of them. */
  calls: number;
  refused: number;
  aborted: number;
}

/** What one seed is made of. */
export interface World {
  timeline: Timeline;
  random: Random;
  faults: FaultPlan;
  sandbox: Sandbox;
  people: People;
  processes: Processes;
  server: Server;
  /** While people act and faults strike. */
  phaseMs: number;
  curse: { on: string | undefined };
  /** Writes of orders and shipments that were carried out. */
  written: { count: number };
  acts: { done: number; most: number };
  /** Orders whose transaction committed late, and how many are still to be committed. */
  late: Set<string>;
  uncommitted: { count: number };
  /** An older database has taken the place of the newer one. */
  restored: () => Promise<void>;
}

/** One seed: the production composition and both sandboxes, from the first order until all is settled. */
export async function runSeed(server: Server, options: SeedOptions): Promise<SeedResult> {
  const { seed } = options;
  await server.empty();
  // Separate streams, so that one more draw in one place does not change all the others.
  const stream = (number: number): Random => createSeededRandom(seed * 61 + number);
  const random = stream(1);
  const violations: Violation[] = [];
  const fail = (id: string, text: string): void => {
    timeline.note(`VIOLATION ${id}: ${text}`);
    violations.push({ id, text });
  };
  const timeline = createTimeline(Date.parse(starts[Math.floor(random.next() * starts.length)]!));
  const less = options.less ?? nothingLess;
  const faults = planFaults(stream(2), options.faults, less);
  const alone = random.next() < 0.5;
  const sandbox = createSimulatedSandbox(timeline, random, stream(3), faults, () => processes);
  const curse: World["curse"] = { on: undefined };
  const written = { count: 0 };
  const late = new Set<string>();
  const checked: Checked = {
    db: server.db,
    sandbox,
    late: () => network.late,
    isLate: (number) => late.has(number),
    dispatches: new Map(),
    listLagMs: sandbox.shipstation.options.listLagMs,
    fail,
  };
  const kill = (owner: Owner, why: string): Promise<void> => processes.kill(owner, why);
  const pauseRandom = stream(9);
  const sessions = createSessions({
    cursorMoved: () => checkCursors(checked),
    dispatched: () => checkDispatched(checked, timeline.now()),
    server,
    timeline,
    random: stream(4),
    kill,
    faults: {
      dies: () => (faults.strikes("crash-in-database") ? (random.next() < 0.5 ? "before" : "after") : undefined),
      pauses: (owner) => {
        if (faults.strikes("paused")) processes.pause(owner, (1 + pauseRandom.next() * 39) * minute);
      },
      breaks: () => (faults.strikes("database-lost") ? (random.next() < 0.5 ? "before" : "after") : undefined),
    },
  });
  const network: Network = createNetwork({
    timeline,
    random: stream(5),
    faults,
    kill,
    cursed: () => curse.on,
    systems: { acumatica: sandbox.acumaticaFetch, shipstation: withSmallPages(sandbox.shipstationFetch, faults) },
    watch: {
      sending: (call) => checkSending(checked, call, timeline.now()),
      carriedOut: (call) => {
        if (/\/orders\/|\/shipment/.test(call.path)) written.count++;
        checkTablesNow(checked);
        interference.after(call);
      },
    },
  });
  const processes = createProcesses({
    timeline,
    random: stream(6),
    faults,
    sessions,
    network: () => network,
    folder: server.folder,
    alone,
    log: (owner) => logOf(timeline, owner),
    afterRun: () => {
      checkConfirmed(checked);
    },
  });
  const people = createPeople(sandbox, stream(7), random.next() < 0.4 ? 1 : 0);
  const phaseMs = (1 + random.next() * 9) * minute;
  const world: World = {
    timeline,
    random: stream(8),
    faults,
    sandbox,
    people,
    processes,
    server,
    phaseMs,
    curse,
    written,
    acts: { done: 0, most: less.acts },
    late,
    uncommitted: { count: 0 },
    restored: () => forgetDispatches(checked),
  };

  const interference = createInterference({
    ...{ timeline, random: stream(20), sandbox, people },
    mayAct: () => mayAct(world),
  });
  faults.striking = false;
  // A stream of which the seeds that are kept by name draw no V2: their stories stay.
  const withV2 = stream(18).next() < 0.3;
  await connect({ server, db: sessions.of(timeline.world), timeline, network, random, withV2 });
  faults.striking = true;
  for (let count = alone ? 1 : 2 + Math.floor(random.next() * 2); count > 0; count--) processes.start();
  scheduleHappenings(world);
  interference.begin(phaseMs);
  const stopped = (): boolean => violations.length > 0;
  const startedAt = timeline.now();
  await timeline.run(startedAt + phaseMs, stopped);
  faults.striking = false;
  if (!stopped()) await settle(world, checked, network, stopped);
  const minutes = (timeline.now() - startedAt) / minute;
  if (!stopped()) await replayAll(world, stopped, fail);
  const mayAbort = faults.kinds.has("error-for-good") || faults.kinds.has("restored-backup");
  if (!stopped()) await checkEnd(checked, (number) => people.touched.has(number), mayAbort);
  const { digest, events, lines } = timeline.trace();
  return {
    ...{
      seed,
      kinds: [...faults.kinds],
      struck: faults.struck,
      acts: world.acts.done,
      violations,
      digest,
      events,
      lines,
      minutes,
    },
    orders: sandbox.acumatica.tables.salesOrders.length,
    labels: sandbox.shipstation.tables.shipments.size,
    calls: sandbox.shipstation.counts.calls,
    refused: sandbox.shipstation.counts.rateLimited,
    aborted: await countRecords(server, "Aborted"),
  };
}

async function countRecords({ db }: Server, ...states: RecordState[]): Promise<number> {
  const { count } = await db
    .selectFrom("records")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("kind", "in", ["order", "label"])
    .where("state", "in", states)
    .executeTakeFirstOrThrow();
  return count;
}

/** A random first seed, for who names none. */
export const someSeed = (): number => randomInt(1, 1_000_000);

function createSimulatedSandbox(
  timeline: Timeline,
  random: Random,
  drawn: Random,
  faults: FaultPlan,
  processes: () => Processes,
): Sandbox {
  const lost = faults.kinds.has("hooks-lost") && drawn.next() < 0.5 && !faults.isLeftOut("hooks-lost");
  const lagMs = faults.kinds.has("list-lag") ? Math.floor(drawn.next() * 8 * minute) : 0;
  /** To whichever process answers; where none runs it is lost. */
  const deliver = async (request: Request): Promise<Response> => {
    const running = processes().running();
    const one = running[Math.floor(drawn.next() * running.length)];
    return (await one?.app?.web.fetch(request)) ?? new Response(null, { status: 503 });
  };
  const ok = (): Response => new Response(null, { status: 200 });
  return createSandbox({
    clock: timeline.clockOf(timeline.world),
    seed: 1 + Math.floor(random.next() * 1_000_000),
    webhooks: !lost,
    listLagMs: faults.isLeftOut("list-lag") ? 0 : lagMs,
    fetch: (request) => {
      if (faults.strikes("hooks-lost")) return Promise.resolve(ok());
      const times = faults.strikes("hooks-twice") ? 2 : 1;
      for (let time = 0; time < times; time++) {
        const ms = 20 + (faults.strikes("hooks-late") ? drawn.next() * 5 * minute : 0);
        const copy = request.clone();
        timeline.after(ms, timeline.world, "a webhook arrives", () => void deliver(copy).catch(() => undefined));
      }
      return Promise.resolve(ok());
    },
    acumatica: {
      tenants: ["Brand", "Other"],
      maxSessions: 6,
      confirmPolls: Math.floor(drawn.next() * 3),
      holdShipmentsOnEntry: drawn.next() < 0.5,
      autoPackage: drawn.next() < 0.2,
      remainderStatus: drawn.next() < 0.5 ? "Open" : "Back Order",
    },
    shipstation: {
      bulkResults: drawn.next() < 0.5 ? "as-sent" : "reversed",
      packagesAs: drawn.next() < 0.7 ? "shipments" : "one-shipment",
      splitKeys: drawn.next() < 0.7 ? "same" : "none",
      lockedUpdate: drawn.next() < 0.7 ? "ignored" : "refused",
    },
  });
}

/** Few rows on a page, so that rows move between pages. */
function withSmallPages(fetch: Sandbox["shipstationFetch"], faults: FaultPlan): Sandbox["shipstationFetch"] {
  return (request) => {
    const url = new URL(request.url);
    const isWanted = faults.striking && faults.kinds.has("rows-move") && !faults.isLeftOut("rows-move");
    if (!isWanted || !url.searchParams.has("pageSize")) return fetch(request);
    url.searchParams.set("pageSize", "2");
    return fetch(new Request(url, { method: request.method, headers: request.headers }));
  };
}

function logOf(timeline: Timeline, owner: Owner): Log {
  const say = (level: string) => (fields: object, text?: string) => {
    timeline.note(`${owner.name} ${level}: ${text ?? ""} ${JSON.stringify(fields).slice(0, 600)}`);
  };
  return { ...silentLog, warn: say("warn"), error: say("error") };
}

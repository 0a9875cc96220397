import { randomInt } from "node:crypto";
import type { App } from "../../src/app.ts";
import type { RecordState } from "../../src/ledger/schema.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import { sandboxErpTenant, type Sandbox } from "../../src/sandbox/sandbox.ts";
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
import { drawOAuth, giveConsent } from "./oauth.ts";
import { createPasswordChange, type PasswordChange } from "./password-change.ts";
import { createPeople, type People } from "./people.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { createSessionWatch } from "./session-watch.ts";
import { nothingLess, type Less } from "./shrink.ts";
import { createSimulatedSandbox, withSmallPages } from "./simulated-sandbox.ts";
import { createTokenWatch, type TokenWatch } from "./token-watch.ts";
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
  isByOAuth: boolean;
  /** A person's consent, begun in this process. */
  authorise: (app: App, connectionId: string) => Promise<void>;
  tokens: TokenWatch;
  passwords: PasswordChange;
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
  const oauth = drawOAuth(stream, options.faults);
  const faults = planFaults(stream(2), options.faults, less, oauth?.faults);
  const alone = random.next() < 0.5;
  const sandbox = createSimulatedSandbox(timeline, random, stream(3), faults, () => processes, oauth?.acumatica);
  const tokens = createTokenWatch({ now: () => timeline.now(), faults, fail });
  const erpSessions = createSessionWatch({ now: () => timeline.now(), acumatica: sandbox.acumatica, tokens, fail });
  const passwords = createPasswordChange({
    ...{ isDrawn: stream(34), random: stream(22), timeline, acumatica: sandbox.acumatica, fail },
  });
  const authorise = async (app: App, connectionId: string): Promise<void> => {
    await giveConsent({ timeline, acumatica: sandbox.acumatica }, app, connectionId);
    tokens.authorised();
  };
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
    sessionKept: (owner) => erpSessions.kept(owner, sandboxErpTenant),
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
      sending: (call) => {
        erpSessions.sending(call);
        return checkSending(checked, call, timeline.now());
      },
      reached: (call, answer, isLate) => {
        tokens.reached(call, answer);
        erpSessions.reached(call, answer, isLate);
        passwords.reached(call, answer);
      },
      heard: (call) => {
        tokens.heard(call);
        erpSessions.heard(call);
      },
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
    ...{ isByOAuth: oauth !== undefined, authorise, tokens, passwords },
    restored: () => {
      erpSessions.restored();
      passwords.restored();
      return forgetDispatches(checked);
    },
  };

  const interference = createInterference({
    ...{ timeline, random: stream(20), sandbox, people },
    mayAct: () => mayAct(world),
  });
  faults.striking = false;
  // A stream of which the seeds that are kept by name draw no V2: their stories stay.
  const withV2 = stream(18).next() < 0.3;
  const consent = oauth && ((app: App) => authorise(app, "demo"));
  await connect({ server, db: sessions.of(timeline.world), timeline, network, random, withV2, consent });
  faults.striking = true;
  for (let count = alone ? 1 : 2 + Math.floor(random.next() * 2); count > 0; count--) processes.start();
  scheduleHappenings(world);
  interference.begin(phaseMs);
  if (!oauth) passwords.begin(phaseMs);
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

function logOf(timeline: Timeline, owner: Owner): Log {
  const say = (level: string) => (fields: object, text?: string) => {
    timeline.note(`${owner.name} ${level}: ${text ?? ""} ${JSON.stringify(fields).slice(0, 600)}`);
  };
  return { ...silentLog, warn: say("warn"), error: say("error") };
}

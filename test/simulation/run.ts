import { randomInt } from "node:crypto";
import type { App } from "../../src/app.ts";
import type { RecordState } from "../../src/ledger/schema.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { connect } from "./consultant.ts";
import { createSessions, type Server } from "./database.ts";
import { planFaults, type FaultKind } from "./faults.ts";
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
import { createNetwork, type Call, type Network } from "./network.ts";
import { drawOAuth, giveConsent } from "./oauth.ts";
import { createPeople } from "./people.ts";
import { createProcesses } from "./processes.ts";
import { drawSecond, scheduleSecond } from "./second-tenant.ts";
import { nothingLess, type Less } from "./shrink.ts";
import { createSecondSandbox, createSimulatedSandbox, withSmallPages } from "./simulated-sandbox.ts";
import {
  accountOf,
  addresseeOf,
  checkAddressee,
  firstMark,
  firstTenant,
  secondTenant,
  type Tenant,
} from "./tenants.ts";
import { createSignInWatch } from "./sign-in-watch.ts";
import type { World } from "./world.ts";
import { checkCompanies, checkRows } from "./tenant-invariants.ts";
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
  const signIns = createSignInWatch({ timeline, faults, acumatica: sandbox.acumatica, stream, fail });
  const second = drawSecond(stream);
  const tenants: Tenant[] = [];
  const companyOf = (id: string): string => tenants.find(({ connectionId }) => connectionId === id)?.company ?? "";
  const addressee = (call: Call): Tenant => addresseeOf(tenants, call, signIns.companyOf(call));
  const authorise = async (app: App, connectionId: string): Promise<void> => {
    await giveConsent({ timeline, acumatica: sandbox.acumatica }, app, connectionId);
    signIns.tokens.authorised(companyOf(connectionId));
  };
  const curse: World["curse"] = { on: undefined };
  const written = { count: 0 };
  const late = new Set<string>();
  const checkedOf = (connectionId: string, theirs: Sandbox): Checked => ({
    db: server.db,
    connectionId,
    sandbox: theirs,
    late: () => [...network.late].filter((call) => addressee(call).connectionId === connectionId),
    isLate: (number) => theirs === sandbox && late.has(number),
    dispatches: new Map(),
    listLagMs: theirs.shipstation.options.listLagMs,
    fail,
  });
  const ofEach = async (check: (checked: Checked) => unknown): Promise<void> => {
    for (const { checked } of tenants) await check(checked);
  };
  const kill = (owner: Owner, why: string): Promise<void> => processes.kill(owner, why);
  const pauseRandom = stream(9);
  const sessions = createSessions({
    cursorMoved: () => ofEach(checkCursors),
    dispatched: () => ofEach((checked) => checkDispatched(checked, timeline.now())),
    sessionKept: (owner, connectionId) => signIns.kept(owner, companyOf(connectionId)),
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
    systems: {
      acumatica: sandbox.acumaticaFetch,
      shipstation: withSmallPages((request) => {
        const { url, headers } = request;
        return accountOf(tenants, { origin: new URL(url).origin, headers }).sandbox.shipstationFetch(request);
      }, faults),
    },
    watch: {
      sending: (call) => {
        signIns.sending(call);
        const to = addressee(call);
        checkAddressee(tenants, call, to);
        return checkSending(to.checked, call, timeline.now());
      },
      reached: (call, answer, isLate) => signIns.reached(call, answer, isLate),
      heard: (call) => signIns.heard(call),
      carriedOut: (call) => {
        if (/\/orders\/|\/shipment/.test(call.path)) written.count++;
        for (const { checked } of tenants) checkTablesNow(checked);
        checkCompanies(tenants);
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
      for (const { checked } of tenants) checkConfirmed(checked);
    },
  });
  const meddling = random.next() < 0.4 ? 1 : 0;
  const people = createPeople(sandbox, stream(7), meddling, second && firstMark);
  tenants.push(firstTenant(sandbox, people, checkedOf("demo", sandbox)));
  if (second) {
    const theirs = createSecondSandbox(timeline, second.random, faults, () => processes, sandbox);
    tenants.push(secondTenant(second, theirs, stream(24), checkedOf(second.id, theirs)));
  }
  const phaseMs = (1 + random.next() * 9) * minute;
  const world: World = {
    tenants,
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
    ...{ isByOAuth: oauth !== undefined, authorise, tokens: signIns.tokens, passwords: signIns.passwords },
    restored: () => {
      signIns.restored();
      return ofEach(forgetDispatches);
    },
  };

  const interference = createInterference({
    ...{ timeline, random: stream(20), sandbox, people },
    mayAct: () => mayAct(world),
  });
  faults.striking = false;
  // A stream of which the seeds that are kept by name draw no V2: their stories stay.
  const withV2 = stream(18).next() < 0.3;
  const consent = oauth && authorise;
  await connect({ server, db: sessions.of(timeline.world), timeline, network, random, withV2, consent, second });
  faults.striking = true;
  for (let count = alone ? 1 : 2 + Math.floor(random.next() * 2); count > 0; count--) processes.start();
  scheduleHappenings(world);
  interference.begin(phaseMs);
  if (second) scheduleSecond(world, tenants[1]!, second.random);
  // The connections of two customers have one user in the ERP here: whose password it is would be the question.
  if (!oauth && !second) signIns.passwords.begin(phaseMs);
  const stopped = (): boolean => violations.length > 0;
  const startedAt = timeline.now();
  await timeline.run(startedAt + phaseMs, stopped);
  faults.striking = false;
  if (!stopped()) await settle(world, network, stopped);
  const minutes = (timeline.now() - startedAt) / minute;
  if (!stopped()) await replayAll(world, stopped, fail);
  const mayAbort = faults.kinds.has("error-for-good") || faults.kinds.has("restored-backup");
  for (const tenant of stopped() ? [] : tenants) {
    await checkEnd(tenant.checked, (number) => tenant.people.touched.has(number), mayAbort);
  }
  if (!stopped()) await checkRows(tenants, server);
  const { digest, events, lines } = timeline.trace();
  const sumOf = (count: (sandbox: Sandbox) => number): number =>
    tenants.reduce((sum, tenant) => sum + count(tenant.sandbox), 0);
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
    orders: sumOf(({ acumatica }) => acumatica.tables.salesOrders.length),
    labels: sumOf(({ shipstation }) => shipstation.tables.shipments.size),
    calls: sumOf(({ shipstation }) => shipstation.counts.calls),
    refused: sumOf(({ shipstation }) => shipstation.counts.rateLimited),
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

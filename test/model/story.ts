import { createHash } from "node:crypto";
import { shipOrder } from "../../src/flows/order-shipping.ts";
import { claimByParents, claimDue, voidClaims } from "../../src/ledger/records.ts";
import { asConnectorError } from "../../src/lib/errors.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { checkEnd } from "../simulation/end-invariants.ts";
import { checkConfirmed, checkSending, checkTablesNow, type Checked } from "../simulation/invariants.ts";
import { nameOf, type Call } from "../simulation/network.ts";
import type { Choose } from "./explorer.ts";
import { depsOf, fetchOf, relative, stateOf, type Opening, type Scene } from "./scene.ts";
import { clockOf, createWorker, databaseOf, type Worker } from "./worker.ts";

/** What can become of a write to the ERP, besides being carried out and answered. Each costs one fault. */
const fates = [
  "carried out, connection broken",
  "carried out, never answered",
  "lost, connection broken",
  "lost, never answered",
  "carried out later, connection broken",
  "carried out later, never answered",
] as const;
type Fate = (typeof fates)[number] | "answered";

export interface StoryOptions {
  scene: Scene;
  opening: Opening;
  /** Faults a story may have: lost or late requests, deaths and standstills of a worker. */
  faults: number;
  /** How many of them may be standstills: each has one more worker at work. */
  standstills: number;
  /** Told of all that happens. */
  tell?: (line: string) => void;
}

const minute = 60_000;
/** Acumatica may keep a request for ten minutes, and work on it for four (failures F6). */
const latestMs = 14 * minute;
/** After this without a sign of life the queue gives a run up, and another worker takes over. */
const givenUpMs = 20_000;
const pauseAfterFailureMs = minute;
/** Liveness: everything must be settled by then (I12: two hours, and the fault may come at the very end of the first). */
const settledWithinMs = 150 * minute;

interface Late {
  call: Call;
  carryOut: () => Promise<unknown>;
  by: number;
}

/** Tells one story: two workers, one order, one label, and what `choose` has happen. Returns the promises it broke. */
export function tellStory(options: StoryOptions, choose: Choose): Promise<readonly string[]> {
  return new Story(options, choose).run();
}

class Story {
  private now: number;
  private faultsLeft: number;
  private standstillsLeft: number;
  private workers: Worker[] = [];
  private started = 0;
  private late: Late[] = [];
  /** A worker has ended or died just now. */
  private isOneLess = false;
  /** No run begins before this. */
  private restAt = 0;
  private readonly violations: string[] = [];
  private readonly clock: Clock;
  private sandbox!: Sandbox;
  private checked!: Checked;
  private readonly options: StoryOptions;
  private readonly choose: Choose;

  constructor(options: StoryOptions, choose: Choose) {
    this.options = options;
    this.choose = choose;
    this.now = options.scene.startsAt;
    this.faultsLeft = options.faults;
    this.standstillsLeft = options.standstills;
    this.clock = { now: () => this.now, sleep: () => new Promise(() => undefined) };
  }

  async run(): Promise<readonly string[]> {
    const { scene, opening } = this.options;
    this.sandbox = await scene.sandbox(this.clock, opening);
    this.checked = {
      db: scene.server.db,
      connectionId: scene.connection.id,
      sandbox: this.sandbox,
      late: () => this.late.map(({ call }) => call),
      isLate: () => false,
      dispatches: new Map(),
      listLagMs: 0,
      fail: (id, text) => {
        // Between storing and sending another worker may take over, for five seconds. It was stored, and by whom, is looked at here.
        if (/is sent (?:without a dispatched effect|long after it was stored)/.test(text)) return;
        this.tell(`VIOLATION ${id}: ${text}`);
        this.violations.push(`${id}: ${text}`);
      },
    };
    await this.begin();
    while (this.violations.length === 0 && (await this.step()));
    if (this.violations.length === 0) await this.checkTheEnd();
    // What a dead worker still computes reaches nobody.
    for (const worker of this.workers) worker.alive = false;
    return this.violations;
  }

  private tell(line: string): void {
    this.options.tell?.(`${((this.now - this.options.scene.startsAt) / 1000).toFixed(0)} s  ${line}`);
  }

  /** Whoever has not ended and is not dead. */
  private active = (): Worker[] => this.workers.filter(({ alive, ended }) => alive && !ended);

  /** One thing happens; false when nothing is left to. */
  private async step(): Promise<boolean> {
    const sending = this.active().find(({ steps }) => steps[0]?.kind === "send");
    if (sending) {
      await this.let(sending);
      return true;
    }
    const acts = new Map<string, () => Promise<unknown>>();
    // While a worker asks the ERP something, only what the ERP still carries out matters.
    const asking = this.active().find(({ steps, stalled }) => steps[0]?.kind === "read" && !stalled);
    for (const worker of asking ? [asking] : this.active()) this.actsOf(worker, acts);
    if (asking || !this.active().some(({ steps, stalled }) => steps.length > 0 && !stalled)) {
      await this.timePasses(acts, asking);
    }
    const names = [...acts.keys()];
    if (names.length === 0) return false;
    // Where there is nothing to choose, what follows is looked up only where stories come together: where one worker is left.
    const isFork = names.length > 1 || this.isOneLess;
    this.isOneLess = false;
    const chosen = isFork ? await this.choose(names, () => this.state()) : names[0]!;
    this.tell(chosen);
    await acts.get(chosen)!();
    return this.now < this.options.scene.startsAt + settledWithinMs;
  }

  private actsOf(worker: Worker, acts: Map<string, () => Promise<unknown>>): void {
    const [step] = worker.steps;
    if (step)
      acts.set(`${worker.name}${worker.stalled ? " wakes" : ""}: ${step.kind} ${step.label}`, () => this.let(worker));
    if (this.faultsLeft === 0 || worker.stalled || step?.kind === "read") return;
    // Between two writes a death forgets what was read, and that is all.
    if (worker.hasWritten) acts.set(`${worker.name} dies`, () => this.die(worker));
    if (this.standstillsLeft > 0 && this.active().length === 1)
      acts.set(`${worker.name} stands still`, () => this.stall(worker));
  }

  private async let(worker: Worker): Promise<void> {
    worker.stalled = worker.hasWritten = false;
    // What fell due while it stood still comes first.
    for (const timer of [...worker.timers]) if (timer.at <= this.now) timer.fire();
    worker.steps.shift()?.go();
    await worker.still();
  }

  private die(worker: Worker): Promise<void> {
    this.faultsLeft--;
    worker.alive = false;
    this.isOneLess = true;
    this.restAt = this.now + givenUpMs;
    return Promise.resolve();
  }

  /** Nothing of it happens until it wakes; its run is given up, and another worker begins one. */
  private stall(worker: Worker): Promise<void> {
    this.faultsLeft--;
    this.standstillsLeft--;
    worker.stalled = true;
    this.now += givenUpMs;
    return this.begin();
  }

  /** Nobody has anything to do: a late request is carried out, or it gets later. */
  private async timePasses(acts: Map<string, () => Promise<unknown>>, asking: Worker | undefined): Promise<void> {
    for (const late of this.late) {
      acts.set(`the ERP carries out ${nameOf(late.call)}`, () => this.carryOut(late));
    }
    if (asking) return;
    const awake = this.active().filter(({ stalled }) => !stalled);
    const timers = awake.flatMap((worker) => [...worker.timers].map(({ at }) => at));
    if (awake.length > 0 && timers.length === 0) throw new Error("a worker waits for nothing");
    const run = awake.length > 0 ? undefined : await this.nextRun();
    const next = Math.min(...timers, run ?? Infinity, ...this.late.map(({ by }) => by));
    if (next < Infinity) acts.set("it gets later", () => this.getLater(next, run));
  }

  private async getLater(until: number, run: number | undefined): Promise<void> {
    this.now = Math.max(this.now, until);
    for (const late of this.late.filter(({ by }) => by <= this.now)) await this.carryOut(late);
    for (const worker of this.active().filter(({ stalled }) => !stalled)) {
      for (const timer of [...worker.timers]) if (timer.at <= this.now) timer.fire();
      await worker.still();
    }
    if (run !== undefined && run <= this.now) await this.begin();
  }

  private async nextRun(): Promise<number | undefined> {
    const { rows } = await this.options.scene.tape.play("select min(due_at) as at from records where kind = 'label'");
    const [{ at }] = rows as [{ at: Date | null }];
    return at === null ? undefined : Math.max(this.now, this.restAt, at.getTime());
  }

  private async carryOut(late: Late): Promise<void> {
    this.late = this.late.filter((other) => other !== late);
    await late.carryOut();
  }

  /** A run of the flow after its polls, in a new process. */
  private async begin(): Promise<void> {
    const { scene } = this.options;
    this.workers = this.active();
    const worker = createWorker(`w${++this.started}`);
    this.workers.push(worker);
    const deps = depsOf({
      connection: scene.connection,
      db: databaseOf(
        worker,
        scene.tape,
        () => this.now,
        (keys) => this.checkStored(worker, keys),
      ),
      clock: clockOf(worker, () => this.now),
      random: { next: () => 0.5, bytes: (length) => new Uint8Array(length).fill(this.started) },
      fetch: (request) => this.fetch(worker, request),
    });
    const due = { connectionId: scene.connection.id, kind: "label" as const, limit: 200 };
    const work = async (): Promise<void> => {
      await voidClaims(deps.db, due);
      const claims = await claimDue(deps.db, { ...due, now: new Date(this.now) });
      const parentKeys = [...new Set(claims.flatMap(({ parentKey }) => parentKey ?? []))];
      const siblings = await claimByParents(deps.db, { ...due, now: new Date(this.now), parentKeys });
      const all = [...claims, ...siblings];
      if (all.length > 0) await shipOrder(deps, all[0]?.parentKey, all);
    };
    void deps.archive.during(work).then(
      () => this.end(worker, "ends"),
      (error: unknown) => {
        this.restAt = this.now + pauseAfterFailureMs;
        this.end(worker, `fails: ${asConnectorError(error).code}`);
      },
    );
    await worker.still();
  }

  private end(worker: Worker, how: string): void {
    if (!worker.alive) return;
    worker.ended = true;
    this.isOneLess = true;
    this.tell(`${worker.name} ${how}`);
  }

  private async fetch(worker: Worker, request: Request): Promise<Response> {
    const { scene } = this.options;
    const { pathname } = new URL(request.url);
    const call: Call = {
      owner: worker,
      system: request.url.startsWith(scene.connection.settings.shipstation.origin) ? "shipstation" : "acumatica",
      origin: new URL(request.url).origin,
      method: request.method,
      path: pathname.toLowerCase(),
      isWrite: request.method !== "GET" && !pathname.includes("/auth/"),
      body: request.method === "GET" ? "" : await worker.during(request.clone().text()),
      headers: request.headers,
    };
    const direct = async (): Promise<Response> => {
      const response = await fetchOf(this.sandbox)(
        new Request(request.url, {
          method: request.method,
          headers: request.headers,
          ...(call.body && { body: call.body }),
        }),
      );
      const text = await response.text();
      if (call.isWrite) checkTablesNow(this.checked);
      worker.seen.update(`${response.status} ${relative(text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ""), this.now)}`);
      return new Response([202, 204].includes(response.status) && text === "" ? null : text, response);
    };
    if (!call.isWrite) {
      if (call.system === "acumatica" && this.late.length > 0) await worker.leave("read", nameOf(call));
      return worker.during(direct());
    }
    await worker.leave("send", nameOf(call));
    this.checkIsStored(worker, call);
    if (!scene.tape.isReplaying()) await worker.during(checkSending(this.checked, call, this.now));
    return this.send(worker, call, direct);
  }

  /** What leaves was committed as dispatched by who sends it, and has not been sent before: I8. */
  private checkIsStored(worker: Worker, call: Call): void {
    const isCreate = call.method === "PUT" && !call.body.includes("ShipmentNbr");
    const kind = call.path.endsWith("confirmshipment")
      ? /^acu-confirm:/
      : isCreate
        ? /^acu-create:/
        : /^acu-(?:pkg|head):/;
    const isStored = worker.stored.length > 0 && worker.stored.every((key) => kind.test(key));
    if (!isStored) this.checked.fail("I8", `${worker.name} sends ${nameOf(call)}, and has not stored it`);
    worker.stored = [];
  }

  private async send(worker: Worker, call: Call, direct: () => Promise<Response>): Promise<Response> {
    const possible: Fate[] = this.faultsLeft > 0 ? ["answered", ...fates] : ["answered"];
    const fate =
      possible.length === 1
        ? "answered"
        : ((await worker.during(this.choose(possible, () => this.state(nameOf(call))))) as Fate);
    this.tell(`${worker.name}: ${nameOf(call)}: ${fate}`);
    if (fate === "answered") {
      const response = await worker.during(direct());
      worker.hasWritten = true;
      await worker.leave("learn", "answer");
      return response;
    }
    this.faultsLeft--;
    worker.hasWritten = true;
    worker.seen.update(fate.endsWith("broken") ? "broken" : "silent");
    if (fate.startsWith("carried out later")) {
      this.late.push({ call, by: this.now + latestMs, carryOut: direct });
    } else if (fate.startsWith("carried out")) await worker.during(direct());
    if (fate.endsWith("never answered")) return new Promise(() => undefined);
    throw new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) });
  }

  /** What is about to be committed as dispatched is of the one who has the record: I9. */
  private async checkStored(worker: Worker, effectKeys: readonly string[]): Promise<void> {
    if (effectKeys.length === 0) return;
    const { rows } = await this.options.scene.tape.play(
      `select e.effect_key from effects e join records r using (connection_id, kind, key)
        where e.effect_key = any($1) and e.fence <> r.fence`,
      [effectKeys],
    );
    worker.stored = [...effectKeys];
    if (rows.length > 0) this.checked.fail("I9", `${worker.name} stores ${effectKeys.join()} and has lost the record`);
  }

  private async state(more = ""): Promise<string> {
    const workers = this.active().map(({ steps, stalled, timers, seen }) => [
      steps.map(({ kind, label }) => `${kind} ${label}`),
      stalled,
      [...timers].map(({ at }) => at - this.now).sort((left, right) => left - right),
      seen.copy().digest("hex"),
    ]);
    const late = this.late.map(({ call, by }) => [nameOf(call), call.body, by - this.now]);
    const rest = [Math.max(0, this.restAt - this.now), this.faultsLeft, this.standstillsLeft, late, more];
    const all = `${await stateOf(this.options.scene, this.sandbox, this.now)} ${JSON.stringify([workers, rest])}`;
    return createHash("sha256").update(all).digest("base64");
  }

  private async checkTheEnd(): Promise<void> {
    checkTablesNow(this.checked);
    checkConfirmed(this.checked);
    await checkEnd(this.checked, () => false, false);
  }
}

import { createApp, type App } from "../../src/app.ts";
import { demoConfig } from "../../src/cli/demo-world.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EngineDeps } from "../../src/engine/pg-boss-engine.ts";
import { dueFlows, nextDue } from "../../src/ledger/wakeups.ts";
import type { Log } from "../../src/lib/log.ts";
import type { Random } from "../../src/lib/random.ts";
import type { Sessions } from "./database.ts";
import type { FaultPlan } from "./faults.ts";
import { simulatedOrigins, type Network } from "./network.ts";
import type { Owner, Timeline } from "./timeline.ts";

/** A process of ours: the production composition, on simulated ports. */
export interface Process {
  owner: Owner;
  app: App | undefined;
}

export interface Processes {
  /** Those that run now. */
  running(): Process[];
  start(): void;
  /** Has every process look at what is due. */
  wake(): void;
  kill(owner: Owner, why: string): Promise<void>;
  /** Nothing of the process happens for a while, and its signs of life stop. */
  pause(owner: Owner, ms: number): void;
}

/** pg-boss gives up a run whose process shows no sign of life after fifteen seconds, and looks every ten. */
const heartbeatMs = 20_000;
const longestTickMs = 60_000;
const concurrency = 4;

export function createProcesses(options: {
  timeline: Timeline;
  random: Random;
  faults: FaultPlan;
  sessions: Sessions;
  network: () => Network;
  folder: string;
  /** One process alone has the embedded database; several share a server. */
  alone: boolean;
  log: (owner: Owner) => Log;
  afterRun: () => void;
}): Processes {
  const { timeline, random, faults, sessions } = options;
  const processes = new Map<Owner, Process>();
  /** Which process runs a flow of a connection, as the shared queue knows it. */
  const runs = new Map<string, { owner: Owner }>();
  const wakers = new Map<Owner, () => void>();
  let count = 0;

  function start(): void {
    const name = `p${(count += 1)}`;
    const owner: Owner = { name, alive: true, pausedUntil: 0, skewMs: skewOf() };
    const process: Process = { owner, app: undefined };
    processes.set(owner, process);
    timeline.note(
      `${name} starts${owner.skewMs === 0 ? "" : ` with its clock ${Math.round(owner.skewMs / 1000)} s off`}`,
    );
    if (options.alone) runs.clear();
    if (faults.strikes("crash-at-start")) {
      timeline.after(random.next() * 60, owner, "", () => kill(owner, "while starting"));
    }
    timeline.after(0, owner, "", () => {
      void open(process).catch(async (error: unknown) => {
        timeline.note(`${name} did not start: ${String(error)}`);
        await kill(owner, "because it did not start");
      });
    });
  }

  const skewOf = (): number => (faults.strikes("clock-step") ? (random.next() - 0.5) * 240_000 : 0);

  async function open(process: Process): Promise<void> {
    const { owner } = process;
    const db = sessions.of(owner);
    const app = await createApp({
      config: {
        ...demoConfig(options.folder, 4400, simulatedOrigins),
        allowedOrigins: Object.values(simulatedOrigins),
        masterKey: Buffer.alloc(32, 7).toString("base64"),
      },
      ports: {
        fetch: (request) => options.network().of(owner)(request),
        clock: timeline.clockOf(owner),
        random,
        log: options.log(owner),
      },
      database: { db, embedded: undefined, url: undefined, close: () => Promise.resolve() },
      engine: (deps) => createEngine(owner, deps),
    });
    process.app = app;
    await app.start();
  }

  function createEngine(owner: Owner, deps: EngineDeps): Engine {
    let stopped = false;
    let awake = (): void => undefined;
    async function runOne(key: string, connectionId: string, flow: string): Promise<void> {
      const mine = { owner };
      runs.set(key, mine);
      timeline.note(`${owner.name} runs ${flow}`);
      await deps.run(connectionId, flow);
      if (runs.get(key) === mine) runs.delete(key);
      options.afterRun();
      awake();
    }

    /** How long nothing is due. */
    async function look(): Promise<number> {
      const now = new Date(deps.clock.now());
      const next = (await nextDue(deps.db, now))?.getTime() ?? Infinity;
      if (next > now.getTime()) return next - deps.clock.now();
      for (const { connectionId, flow } of await dueFlows(deps.db, now)) {
        const key = `${connectionId}/${flow}`;
        if (runs.has(key) || [...runs.values()].filter((run) => run.owner === owner).length >= concurrency) continue;
        void runOne(key, connectionId, flow).catch((error: unknown) => {
          timeline.note(`${owner.name}: the run of ${flow} failed: ${String(error)}`);
          // The queue notices as it notices a dead process.
          timeline.after(heartbeatMs, timeline.world, "", () => runs.get(key)?.owner === owner && runs.delete(key));
        });
      }
      return 0;
    }

    async function tick(): Promise<void> {
      while (!stopped) {
        const until = await look().catch(() => 1_000);
        const ms = until <= 0 ? 2_000 : Math.min(until + 1, longestTickMs);
        await new Promise<void>((resolve) => {
          const takeBack = timeline.after(ms, owner, "", resolve);
          awake = () => {
            takeBack();
            resolve();
          };
        });
      }
    }

    return {
      wake: () => wakers.forEach((one) => one()),
      start: () => {
        wakers.set(owner, () => awake());
        void tick();
        return Promise.resolve();
      },
      stop: () => {
        stopped = true;
        wakers.delete(owner);
        return Promise.resolve();
      },
    };
  }

  async function kill(owner: Owner, why: string): Promise<void> {
    if (!owner.alive) return;
    timeline.note(`${owner.name} is killed ${why}`);
    owner.alive = false;
    processes.delete(owner);
    wakers.delete(owner);
    await sessions.end(owner);
    giveUpRuns(owner);
    timeline.after(500 + random.next() * 30_000, timeline.world, "", start);
  }

  /** What the queue does about a process without a sign of life. */
  function giveUpRuns(owner: Owner): void {
    timeline.after(heartbeatMs, timeline.world, "", () => {
      for (const [key, run] of runs) if (run.owner === owner) runs.delete(key);
      wakers.forEach((one) => one());
    });
  }

  return {
    running: () => [...processes.values()].filter(({ app }) => app !== undefined),
    start,
    wake: () => wakers.forEach((one) => one()),
    kill,
    pause: (owner, ms) => {
      owner.pausedUntil = timeline.now() + ms;
      if (ms > heartbeatMs) giveUpRuns(owner);
    },
  };
}

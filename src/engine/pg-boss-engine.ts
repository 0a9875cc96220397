import { fromPglite, PgBoss, type ConstructorOptions } from "pg-boss";

import type { Db } from "../ledger/schema.ts";
import { sessionLimits } from "../ledger/server-check.ts";
import { dueFlows, isDue, nextDue } from "../ledger/wakeups.ts";
import type { Clock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Engine, RunFlow } from "./engine.ts";

/** What the adapter needs of the embedded database. */
type PGliteLike = Parameters<typeof fromPglite>[0];

const queue = "flows";
/** How long the ticker sleeps at most: another process may have made a flow due. */
const longestTickMs = 1_000;
/** A run without a sign of life this long is given up and may start elsewhere. */
const heartbeatSeconds = 15;
/** The longest a run may take; flows stop by themselves long before. */
const runSeconds = 3_600;
/** How long a stop waits for the runs; what then still runs is given up, so that it may start elsewhere. */
const graceMs = 20_000;
/** The ticker tells the workers of new jobs; this is for those that another process queued. */
const pollSeconds = 5;

/** What an engine works with. */
export interface EngineDeps {
  db: Db;
  embedded: PGliteLike | undefined;
  url: string | undefined;
  clock: Clock;
  log: Log;
  run: RunFlow;
  /** Runs at the same time in this process; a connection's flow runs once at a time anyway. */
  concurrency: number;
}

/**
 * pg-boss as the engine, on the embedded database or on a server shared by several processes. `stately` with one key per connection
 * and flow gives at most one queued and one active run each; what is due stands in the ledger, so a lost job costs a tick.
 */
export function createPgBossEngine(options: EngineDeps): Engine {
  const { db, clock, log } = options;
  const boss = new PgBoss(bossOptions(options));
  const stopped = new AbortController();
  let awake = new AbortController();
  let workerIds: string[] = [];
  let ticking: Promise<void> = Promise.resolve();
  let running = 0;

  /** Jobs whose runs ended here, and when. */
  let ended: { id: string; at: number }[] = [];
  let isTroubled = false;

  boss.on("error", (error) => {
    noteTrouble(error, "the engine reported an error");
    wake();
  });

  function noteTrouble(error: unknown, text: string): void {
    isTroubled = true;
    log.warn({ error: asConnectorError(error).message }, text);
  }

  async function work(jobs: { id: string; data: { connectionId: string; flow: string } }[]): Promise<void> {
    running += 1;
    try {
      for (const { data } of jobs) {
        if (await isDue(db, data.connectionId, data.flow, new Date(clock.now())))
          await options.run(data.connectionId, data.flow);
      }
    } catch (error) {
      // A run does not throw; noting that it begins or has ended does, while the database takes nothing.
      noteTrouble(error, "a run could not be noted");
      throw error;
    } finally {
      running -= 1;
      ended = [...ended, ...jobs.map(({ id }) => ({ id, at: clock.now() }))];
      wake();
    }
  }

  /**
   * A job whose run ended while the database was away stands there as running: nobody would run that flow again until its heartbeat is
   * missed. Here it is known to have ended.
   */
  async function settleEnded(): Promise<void> {
    ended = ended.filter(({ at }) => at > clock.now() - heartbeatSeconds * 1_000);
    if (!isTroubled) return;
    isTroubled = false;
    const ids = ended.map(({ id }) => id);
    try {
      if (ids.length > 0) await boss.complete(queue, ids);
    } catch (error) {
      isTroubled = true;
      throw error;
    }
  }

  async function tick(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await settleEnded();
        const due = await dueFlows(db, new Date(clock.now()));
        for (const one of due) {
          await boss.send(queue, one, { singletonKey: `${one.connectionId}/${one.flow}` });
        }
        if (due.length > 0) for (const id of workerIds) boss.notifyWorker(id);
        await sleepUntilDue();
      } catch (error) {
        noteTrouble(error, "looking for due work failed");
      }
      // Nothing cuts this short: what failed is still due, and would be tried again and again without a pause.
      if (isTroubled) await clock.sleep(longestTickMs, stopped.signal).catch(() => undefined);
    }
  }

  async function sleepUntilDue(): Promise<void> {
    const now = clock.now();
    const until = ((await nextDue(db, new Date(now)))?.getTime() ?? Infinity) - now;
    awake = new AbortController();
    const ms = until <= 0 ? 200 : Math.min(until, longestTickMs);
    await clock.sleep(ms, AbortSignal.any([awake.signal, stopped.signal])).catch(() => undefined);
  }

  function wake(): void {
    awake.abort(new Error("woken"));
  }

  return {
    wake,
    start: async () => {
      await boss.start();
      await boss.createQueue(queue, {
        policy: "stately",
        retryLimit: 0,
        expireInSeconds: runSeconds,
        heartbeatSeconds,
        deleteAfterSeconds: 60,
      });
      // Embedded: nobody else can be running these, so what is left over is from before the last stop.
      if (options.embedded) await boss.deleteAllJobs(queue);
      for (let worker = 0; worker < options.concurrency; worker += 1) {
        workerIds = [...workerIds, await boss.work(queue, { batchSize: 1, pollingIntervalSeconds: pollSeconds }, work)];
      }
      ticking = tick();
    },
    stop: async () => {
      stopped.abort(new Error("stopping"));
      await ticking;
      const endsAt = clock.now() + graceMs;
      await boss.stop({ graceful: true, timeout: graceMs, close: true });
      while (running > 0 && clock.now() < endsAt) await clock.sleep(50);
    },
  };
}

function bossOptions(options: { embedded: PGliteLike | undefined; url: string | undefined }): ConstructorOptions {
  const common = { schema: "engine", schedule: false, superviseIntervalSeconds: 10, monitorIntervalSeconds: 10 };
  if (options.embedded) return { ...common, db: fromPglite(options.embedded), backend: "pglite" };
  const server = options.url === undefined ? {} : { connectionString: options.url, ...sessionLimits };
  return { ...common, ...server, max: 4 };
}

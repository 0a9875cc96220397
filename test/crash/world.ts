import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { voidErpTurns } from "../../src/connections/erp-turn.ts";
import { install, startSandbox, type Installation, type SandboxProcess } from "../support/service.ts";
import type { Program } from "../support/processes.ts";
import { whatIsLeft, whatIsMissing, whatIsTwice } from "./checks.ts";
import { createPeople, scripts, type ErpOrder, type LabelView, type People, type Script } from "./people.ts";
import type { CrashPoint } from "./points.ts";

export type DatabaseKind = "embedded" | "server";

/** What one life of the service came to. */
export interface Life {
  /** From the start of the process until it answered that it is ready; undefined when it did not get that far. */
  readyMs?: number;
  /** From the start of the process until both flows that carry orders had begun a run of their own. */
  resumedMs?: number;
  violations: string[];
}

/** What a life is counted from. */
export type Since = "start" | "ready" | "work";

export interface CrashWorld {
  sandbox: SandboxProcess;
  service: Installation;
  people: People;
  /** Starts the service to be killed at the point, and waits for it; people go on working meanwhile. */
  dieAt(point: CrashPoint, occurrence: number): Promise<Life>;
  /** Starts it, and ends it so long after its start, after it was ready (the default), or after both flows were at work. */
  liveFor(
    livesMs: number,
    signal: "SIGTERM" | "SIGKILL",
    since?: Since,
  ): Promise<Life & { code: number | null; endedMs: number }>;
  /** Lets everything come to its end and tells what does not hold then. */
  finish(): Promise<string[]>;
  orders(): Promise<number>;
  /** Writes whose outcome the ledger does not know; the service must have ended. */
  inDoubt(): Promise<string[]>;
  close(): Promise<void>;
}

const entry = fileURLToPath(new URL("./crashing-service.ts", import.meta.url));
/** So quick that nothing need be waited for; the rest is as a customer would have it. */
const flows = {
  orderPollSeconds: 1,
  labelPollSeconds: 2,
  catalogPollSeconds: 60,
  doorbellGapSeconds: 0,
  settleSeconds: 0,
  quarantineSeconds: 600,
};
/** The whole catalogue belongs to the ERP, so that a change there must be written. */
const catalog = { name: "erp", weight: "erp" };
/** The quarantine of a shipment, and the second look after it. */
const quarantineMs = 640_000;
const lookMs = 250;
const pointWithinMs = 180_000;
const moreOrdersMs = 20_000;
const finishRounds = 8;
/** So long nothing comes to its end before a round is over. */
const stillMs = 8_000;

const needed: Partial<Record<NonNullable<CrashPoint["need"]>, Script>> = { edited: "edited", handmade: "handmade" };

export async function createCrashWorld(database: DatabaseKind, seed: number): Promise<CrashWorld> {
  const sandbox = await startSandbox(12, seed);
  // Killed processes leave licensed sessions and counted calls behind; higher limits only save waiting for them.
  await sandbox.send("PUT", "/settings", {
    acumatica: { maxSessions: 100_000, confirmPolls: 1 },
    shipstation: { callsPerMinute: 100_000, lockedUpdate: "creates-new", journalLimit: 1_000 },
  });
  const service = await install(database, sandbox.origins, { entry, env: { ML_LOG_LEVEL: "warn" } });
  const people = createPeople(sandbox);
  let aheadMs = 0;
  let turn = seed;
  const nextScript = (): Script => scripts[(turn += 1) % scripts.length]!;

  /** Both systems' clocks and ours move on together; nothing is under way meanwhile, for the service is down. */
  async function advance(ms: number): Promise<void> {
    aheadMs += ms;
    await sandbox.send("POST", "/time", { advanceMs: ms });
  }

  async function provide(point: CrashPoint): Promise<void> {
    if (point.need === "item") {
      await advance(6 * 60_000);
      const { orders } = await sandbox.get<{ orders: ErpOrder[] }>("/orders");
      const { item } = orders[turn % orders.length]!.lines[0]!;
      await sandbox.send("PATCH", `/items/${encodeURIComponent(item)}`, { DimensionWeight: 1 + (turn % 97) / 4 });
    }
    if (point.need === "hook") {
      await advance(61 * 60_000);
      const { webhooks } = await sandbox.get<{ webhooks: { webhookId: number }[] }>("/shipstation/hooks");
      for (const { webhookId } of webhooks) await sandbox.send("POST", `/webhooks/${webhookId}`, { active: false });
    }
    // A session outlives the process that opened it, so that its successor need not sign in.
    if (point.need === "signed-out") await sandbox.send("POST", "/restart", {});
    // Only the last one signs out, and for a while of the database's clock a killed one counts as present.
    if (point.need === "stop") await service.withLedger(voidErpTurns);
  }

  const begin = (argv: readonly string[] = []): Program => service.begin([...argv, "--ahead-ms", String(aheadMs)]);

  /** Follows one life, people at work, until it is over or `isOver` says so. */
  async function follow(
    program: Program,
    life: Life,
    isOver: (life: Life, ranMs: number) => Promise<boolean>,
  ): Promise<void> {
    const startedAt = performance.now();
    const wall = Date.now() + aheadMs;
    while (program.isRunning()) {
      const ranMs = performance.now() - startedAt;
      if (life.readyMs === undefined && (await service.isReady())) life.readyMs = performance.now() - startedAt;
      if (life.readyMs !== undefined && life.resumedMs === undefined && (await haveRunSince(wall)))
        life.resumedMs = performance.now() - startedAt;
      if (await isOver(life, ranMs)) return;
      await people.act();
      await pause(lookMs);
    }
  }

  async function haveRunSince(wall: number): Promise<boolean> {
    const shown = await service
      .api<{ connections: { flows: { flow: string; ranAt: string | null }[] }[] }>("GET", "/connections")
      // It may be killed while it answers.
      .catch(() => undefined);
    const ran = shown?.connections[0]?.flows.filter(({ ranAt }) => Date.parse(ranAt ?? "") >= wall) ?? [];
    return ["orders-out", "shipments-back"].every((name) => ran.some(({ flow }) => flow === name));
  }

  /** For the message of a point that was not reached. */
  const whatItDoes = (): Promise<string> =>
    service.api<{ connections: { flows: object[]; counts: object }[] }>("GET", "/connections").then(
      ({ connections }) => JSON.stringify(connections.map(({ flows: now, counts }) => ({ now, counts }))),
      (error: unknown) => String(error),
    );

  async function dieAt(point: CrashPoint, occurrence: number): Promise<Life> {
    const life: Life = { violations: [] };
    await provide(point);
    const script = point.need && needed[point.need];
    await people.enter([script ?? nextScript(), nextScript()]);
    await people.actWhileDown();
    const program = begin(["--point", point.name, "--occurrence", String(occurrence)]);
    let entered = 0;
    let isAsked = false;
    await follow(program, life, async (_, ranMs) => {
      if (point.need === "stop" && life.resumedMs !== undefined && !isAsked) {
        isAsked = true;
        void program.end("SIGTERM");
      }
      if (ranMs > entered + moreOrdersMs) {
        entered = ranMs;
        await people.enter([script ?? nextScript()]);
      }
      return ranMs > pointWithinMs;
    });
    const isReached = !program.isRunning();
    const doing = isReached ? undefined : await whatItDoes();
    const exit = await program.end("SIGKILL");
    if (!isReached || exit.signal !== "SIGKILL" || !program.output().includes(`killed at ${point.name}`)) {
      const told = program.output().trim().split("\n").slice(-8).join(" | ");
      life.violations.push(`"${point.name}" was not reached (${JSON.stringify(exit)}): ${told} ${doing ?? ""}`);
    }
    life.violations.push(...(await whatIsTwice(sandbox)));
    return life;
  }

  const world: CrashWorld = {
    sandbox,
    service,
    people,
    dieAt,
    liveFor: async (livesMs, signal, since = "ready") => {
      const life: Life = { violations: [] };
      await people.enter([nextScript(), nextScript()]);
      await people.actWhileDown();
      const program = begin();
      const beganMs = ({ readyMs, resumedMs }: Life): number =>
        ({ start: 0, ready: readyMs, work: resumedMs })[since] ?? Infinity;
      await follow(program, life, (now, ranMs) =>
        Promise.resolve(ranMs > pointWithinMs || ranMs > beganMs(now) + livesMs),
      );
      if (beganMs(life) === Infinity) life.violations.push(`its ${since} was not seen in ${pointWithinMs / 1000} s`);
      const asked = performance.now();
      const { code } = await program.end(signal);
      const endedMs = performance.now() - asked;
      life.violations.push(...(await whatIsTwice(sandbox)));
      return { ...life, code, endedMs };
    },
    finish: async () => {
      let wrong: string[] = [];
      for (let round = 0; round < finishRounds; round += 1) {
        await advance(quarantineMs);
        await people.actWhileDown();
        const life: Life = { violations: [] };
        const program = begin();
        let last = { ended: -1, atMs: 0 };
        await follow(program, life, async ({ resumedMs }, ranMs) => {
          if (resumedMs === undefined) return ranMs > pointWithinMs;
          const { ended, all } = await progress();
          if (ended !== last.ended) last = { ended, atMs: ranMs };
          // What then does not move on waits for a time that the next round's clocks are past.
          return ended === all || ranMs > last.atMs + stillMs;
        });
        const exit = await program.end("SIGTERM");
        if (exit.code !== 0) return [`after SIGTERM: ${JSON.stringify(exit)} ${program.output().slice(-2_000)}`];
        wrong = [
          ...(await whatIsTwice(sandbox)),
          ...(await whatIsMissing(sandbox)),
          ...(await service.withLedger(whatIsLeft)),
        ];
        if (wrong.length === 0) return [];
      }
      return wrong;
    },
    orders: async () => (await sandbox.get<{ orders: unknown[] }>("/orders")).orders.length,
    inDoubt: () =>
      service.withLedger(async (db) => {
        const open = db.selectFrom("effects").select("effect_key").where("state", "in", ["dispatched", "in_doubt"]);
        return (await open.execute()).map((row) => row.effect_key);
      }),
    close: async () => {
      await service.remove();
      await sandbox.program.end("SIGKILL");
    },
  };

  /** How many orders and labels the service has brought to their end, and how many there are. */
  async function progress(): Promise<{ ended: number; all: number }> {
    const { labels } = await sandbox.get<{ labels: LabelView[] }>("/shipstation/labels");
    const shown = await service.api<{ connections: { counts: Record<string, Record<string, number>> }[] }>(
      "GET",
      "/connections",
    );
    const counts = shown.connections[0]!.counts;
    const ended = (kind: string): number => (counts[kind]?.["Processed"] ?? 0) + (counts[kind]?.["Filtered"] ?? 0);
    const toBuy = people.waiting() - people.waitingToBeVoided();
    return { ended: ended("order") + ended("label"), all: (await world.orders()) + labels.length + toBuy };
  }

  const first = begin();
  await follow(first, { violations: [] }, ({ readyMs }) => Promise.resolve(readyMs !== undefined));
  await service.addConnection(flows, { catalog });
  await people.enter(scripts.filter((script) => script !== "warehouses"));
  await follow(
    first,
    { violations: [] },
    async ({ resumedMs }) => resumedMs !== undefined && (await world.orders()) > 0,
  );
  await first.end("SIGKILL");
  // The shop's own first orders travel, too.
  await people.adopt();
  return world;
}

import type { App } from "../../src/app.ts";
import { askApi } from "./api.ts";
import { openRecords } from "./end-invariants.ts";
import { checkConfirmed, type Checked } from "./invariants.ts";
import type { Server } from "./database.ts";
import type { Network } from "./network.ts";
import type { World } from "./world.ts";

const minute = 60_000;
/** Liveness: within this after the faults are over everything is settled or in a person's hands (I12). */
const settledWithin = 150 * minute;

/** Looks again and again, as events, until it is told that all is well, or that something is wrong, or until the time is over. */
async function untilCalm(
  { timeline }: World,
  within: { ms: number; stopped: () => boolean },
  look: () => Promise<"calm" | number>,
): Promise<void> {
  let isCalm = false;
  const again = async (): Promise<void> => {
    const next = await look();
    if (next === "calm") isCalm = true;
    else timeline.after(next, timeline.world, "", again);
  };
  timeline.after(0, timeline.world, "", again);
  await timeline.run(timeline.now() + within.ms, () => isCalm || within.stopped());
}

/**
 * The faults are over: people put right what they are asked to, ship what waits, and everything comes to its end. When nothing is open any
 * more, every stream is read once again: what it brings may be work, too.
 */
export async function settle(world: World, network: Network, stopped: () => boolean): Promise<void> {
  const { timeline, tenants, processes, server, uncommitted } = world;
  let askedAt: Date | undefined;
  await untilCalm(world, { ms: settledWithin, stopped }, async () => {
    const bought = tenants.reduce((sum, { people }) => sum + people.shipAll(), 0);
    await resume(world);
    const open = await countOpen(server);
    const running = processes.running();
    const isAwake = running.length > 0 && running.every(({ owner }) => owner.pausedUntil <= timeline.now());
    if (!isAwake || bought + open + network.late.size + uncommitted.count > 0) {
      askedAt = undefined;
      return 2 * minute;
    }
    if (askedAt && (await haveRunSince(server, askedAt, tenants.length))) return "calm";
    if (!askedAt) {
      askedAt = new Date(timeline.now());
      await server.query("update wakeups set due_at = $1 where flow in ('orders-out', 'shipments-back')", [askedAt]);
      processes.wake();
    }
    return 15_000;
  });
  for (const { checked } of tenants) checkConfirmed(checked);
}

/** Whether both directions of every connection have come to the end of a run that began at this moment or later. */
async function haveRunSince({ db }: Server, since: Date, connections: number): Promise<boolean> {
  const { count } = await db
    .selectFrom("wakeups")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("flow", "in", ["orders-out", "shipments-back"])
    .where("ran_at", ">=", since)
    .where("outcome", "like", "ok%")
    .executeTakeFirstOrThrow();
  return count === 2 * connections;
}

/** A person looks at the connections that rest, does what the cure of each asks for, and has it go on. */
export async function resume(world: World): Promise<void> {
  const rows = await world.server.db
    .selectFrom("connections")
    .select(["id", "state", "stop_code"])
    .orderBy("id")
    .execute();
  const app = world.processes.running()[0]?.app;
  if (!app) return;
  for (const { id, state, stop_code } of rows) {
    if (state === "active") continue;
    if (stop_code === "acumatica.authorise-again")
      world.tokens.stopped(world.tenants.find((one) => one.connectionId === id)?.company ?? "");
    void cure(world, app, id, stop_code)
      .then(() => askApi(app, id, "resume"))
      .catch(() => undefined);
  }
}

function cure(world: World, app: App, id: string, code: string | null): Promise<unknown> {
  switch (code) {
    case "connection.restored":
      return reconcile(world, app, id);
    case "acumatica.credentials":
      return world.passwords.cure(app, id);
    case "acumatica.authorise-again":
      return world.authorise(app, id);
    // A consent that was given while the site led to another company is one for that company.
    case "acumatica.wrong-company":
      return world.isByOAuth ? world.authorise(app, id) : Promise.resolve();
    default:
      return Promise.resolve();
  }
}

/** Where it tells that something else is wanted first, that is done; the next look reconciles. */
async function reconcile(world: World, app: App, id: string): Promise<void> {
  const answer = await askApi(app, id, "reconcile", { days: 2 });
  if (answer.ok) return;
  const told = await answer.text();
  const codes = ["acumatica.authorise-again", "acumatica.credentials", "acumatica.wrong-company"];
  const code = codes.find((one) => told.includes(one));
  if (code !== undefined) await cure(world, app, id, code);
}

/** Planned again from the sources, a finished record writes nothing (I6). */
export async function replayAll(world: World, stopped: () => boolean, fail: Checked["fail"]): Promise<void> {
  const { processes, written, server, tenants } = world;
  const [one] = processes.running();
  if (!one?.app) return;
  const before = written.count;
  for (const { connectionId } of tenants) {
    void one.app.web.request("/api/v1/replay", {
      method: "POST",
      headers: { authorization: `Bearer ${one.app.operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ connection: connectionId, state: "Processed" }),
    });
  }
  let isAsked = false;
  await untilCalm(world, { ms: settledWithin, stopped }, async () => {
    const open = await countOpen(server);
    if (isAsked && open === 0) return "calm";
    isAsked = true;
    return 5_000;
  });
  if (written.count !== before) fail("I6", `a replay of what is done wrote ${written.count - before} times`);
}

/** What is not at its end yet. */
const countOpen = async (server: Server): Promise<number> =>
  (await openRecords(server.db)).length + (await countDoubts(server));

/** Writes of which it is not known whether they were carried out, but for those whose record was left to a person. */
async function countDoubts({ db }: Server): Promise<number> {
  const { count } = await db
    .selectFrom("effects")
    .innerJoin("records", (join) =>
      join
        .onRef("records.connection_id", "=", "effects.connection_id")
        .onRef("records.kind", "=", "effects.kind")
        .onRef("records.key", "=", "effects.key"),
    )
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("effects.state", "in", ["dispatched", "in_doubt"])
    .where("records.state", "!=", "Aborted")
    .executeTakeFirstOrThrow();
  return count;
}

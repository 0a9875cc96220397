import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, type TestContext } from "vitest";
import type { FaultFile } from "../../src/sandbox/fault-rules.ts";
import { serverUrl } from "../support/database.ts";
import { install, startSandbox, type Installation, type SandboxProcess } from "../support/service.ts";
import { until } from "../support/processes.ts";

type Fault = Extract<FaultFile, unknown[]>[number];

const createOrders = { system: "shipstation", match: { method: "POST", path: "/orders/createorders" } } as const;
const putShipment = { system: "acumatica", match: { method: "PUT", path: "/Shipment" }, after: 12 } as const;
const confirm = {
  system: "acumatica",
  match: { method: "POST", path: "/Shipment/ConfirmShipment" },
  after: 12,
} as const;
const arrivesMs = 6_000;

/** Where a death hurts most: a write has left, and nobody here knows what became of it. */
const whilePushing = {
  answerLost: { ...createOrders, kind: "timeout-after" },
  arrivesLater: { ...createOrders, kind: "late", delayMs: arrivesMs },
} satisfies Record<string, Fault>;
const whileShipping = {
  answerLost: { ...putShipment, kind: "timeout-after" },
  arrivesLater: { ...putShipment, kind: "late", delayMs: arrivesMs },
  confirmationBegun: { ...confirm, kind: "timeout-after" },
  neverArrives: { ...putShipment, kind: "timeout-before" },
} satisfies Record<string, Fault>;

/** On a server work goes on when the dead process's heartbeat has been missed, which takes its time: fewer deaths there. */
const databases = [
  {
    database: "embedded" as const,
    runs: true,
    pushing: Object.values(whilePushing),
    shipping: Object.values(whileShipping),
  },
  {
    database: "server" as const,
    runs: serverUrl !== undefined,
    pushing: [whilePushing.answerLost],
    shipping: [whileShipping.neverArrives],
  },
];

interface World {
  sandbox: SandboxProcess;
  service: Installation;
  check: () => Promise<Verdict>;
  /** Waits for a state of the two systems, while both programs run. */
  wait: (what: string, ask: () => Promise<boolean>) => Promise<void>;
  /** Waits until the fault hits a request, and kills the process at that moment. */
  killWhenHit: (fault: Fault) => Promise<void>;
}

interface Verdict {
  orders: number;
  pushed: number;
  shipped: number;
  failed: number;
  problems: string[];
}

async function createWorld(
  context: TestContext,
  database: "embedded" | "server",
  orders: number,
  settings: { shipstation?: object; acumatica?: object } = {},
): Promise<World> {
  const sandbox = await startSandbox(orders);
  context.onTestFinished(async () => {
    await sandbox.program.end("SIGKILL");
  });
  await sandbox.send("PUT", "/settings", settings);
  const service = await install(database, sandbox.origins);
  context.onTestFinished(() => service.remove());
  const wait: World["wait"] = async (what, ask) => {
    await until(what, ask, { withinMs: 180_000, needs: [sandbox.program, service.program()] });
  };
  return {
    sandbox,
    service,
    check: () => sandbox.get("/check"),
    wait,
    killWhenHit: async (fault) => {
      await sandbox.setFaults([{ ...fault, times: 1 }]);
      await wait(`a request that ${JSON.stringify(fault)} hits`, sandbox.hasHit);
      expect(await service.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    },
  };
}

/** Polls and doorbells so quick that a test need not wait for them. */
const quickFlows = { orderPollSeconds: 5, labelPollSeconds: 15, doorbellGapSeconds: 1, settleSeconds: 0 };

/** Orders that ShipStation has and nobody has packed. */
async function waitingOrders({ sandbox }: World): Promise<string[]> {
  const { orders } = await sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders");
  return orders.filter((order) => order.orderStatus === "awaiting_shipment").map((order) => order.orderNumber);
}

/**
 * Lets the quarter of an hour pass for which a shipment whose create is in doubt is not made again. Both ends are really of that
 * length: the ERP may hold a request for ten minutes; the sandbox does for seconds only, and here nothing of it is under way.
 */
async function passQuarantine({ service }: World): Promise<void> {
  await service.withLedger(async (db) => {
    const past = new Date(Date.now() - 1_000);
    await db
      .updateTable("effects")
      .set({ quarantine_until: past })
      .where("kind", "=", "label")
      .where("state", "in", ["dispatched", "in_doubt"])
      .execute();
    await db
      .updateTable("records")
      .set({ due_at: past })
      .where("kind", "=", "label")
      .where("state", "=", "Waiting")
      .where("reason_code", "=", "shipment.in-doubt")
      .execute();
  });
}

interface ShipStationOrder {
  orderKey: string;
  orderNumber: string;
  orderStatus: string;
}

interface ErpOrder {
  number: string;
  lines: { line: number; quantity: number; open: number; warehouse: string }[];
  shipments: {
    number: string;
    status: string;
    lines: { line: number; quantity: number }[];
    packages: { tracking: string | null }[];
  }[];
}

interface JournalEntry {
  method: string;
  path: string;
  status: number;
  session?: string;
  body?: unknown;
}

async function erpJournal({ sandbox }: World): Promise<JournalEntry[]> {
  return (await sandbox.get<{ acumatica: JournalEntry[] }>("/journal?limit=1000000")).acumatica;
}

/** What the oracle does not look at: nothing more than one order, one shipment, one confirmation each was ever made. */
async function expectNothingTwice(world: World): Promise<void> {
  const { orders: known } = await world.sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders");
  const { orders } = await world.sandbox.get<{ orders: ErpOrder[] }>("/orders");
  // Deleted ones are listed too: none was made and taken back.
  expect(known.map((order) => order.orderKey).sort()).toEqual(orders.map((order) => order.number).sort());

  for (const { number, lines, shipments } of orders) {
    const warehouses = new Set(lines.map((line) => line.warehouse));
    expect(
      shipments.map((shipment) => shipment.status),
      number,
    ).toEqual(Array(warehouses.size).fill("Confirmed"));
    const shipped = lines.map(({ line }) =>
      shipments.flatMap((shipment) => shipment.lines.filter((row) => row.line === line)).map((row) => row.quantity),
    );
    expect(shipped, number).toEqual(lines.map((line) => [line.quantity]));
    expect(
      lines.map((line) => line.open),
      number,
    ).toEqual(lines.map(() => 0));
  }
  const all = orders.flatMap((order) => order.shipments);
  const { labels } = await world.sandbox.get<{ labels: { trackingNumber: string }[] }>("/shipstation/labels");
  const packed = all.flatMap((shipment) => shipment.packages.map((entry) => entry.tracking));
  expect(packed.sort()).toEqual(labels.map((label) => label.trackingNumber).sort());

  const confirmed = (await erpJournal(world))
    .filter((entry) => entry.path.includes("/ConfirmShipment"))
    .map(({ body }) => (body as { entity: { ShipmentNbr: { value: string } } }).entity.ShipmentNbr.value);
  expect(confirmed.sort()).toEqual(all.map((shipment) => shipment.number).sort());
}

async function counts({ service }: World): Promise<Record<"order" | "label", Record<string, number>>> {
  const { connections } = await service.api<{ connections: { counts: Awaited<ReturnType<typeof counts>> }[] }>(
    "GET",
    "/connections",
  );
  return connections[0]!.counts;
}

/** The records that are not Processed, for the message of a failure. */
async function unprocessed({ service }: World): Promise<string> {
  await service.end("SIGKILL");
  const rows = await service.withLedger((db) =>
    db
      .selectFrom("records")
      .select(["kind", "key", "state", "reason_code", "due_at", "claimed_until", "attempts"])
      .where("state", "<>", "Processed")
      .limit(20)
      .execute(),
  );
  return JSON.stringify(rows, null, 1);
}

/** ERP sessions that were opened and not given back. */
async function openSessions(world: World): Promise<string[]> {
  const journal = await erpJournal(world);
  const over = new Set(journal.filter(({ path }) => path.endsWith("/auth/logout")).map(({ session }) => session));
  const opened = journal.filter(({ path, status }) => path.endsWith("/auth/login") && status === 204);
  return opened.map(({ session }) => session ?? "").filter((session) => !over.has(session));
}

const openEffects = ({ service }: World) =>
  service.withLedger((db) =>
    db.selectFrom("effects").select(["effect_key", "state"]).where("state", "in", ["dispatched", "in_doubt"]).execute(),
  );

describe.for(databases)("on the $database database", ({ database, runs, pushing, shipping }) => {
  describe.runIf(runs)("", { timeout: 400_000, concurrent: true }, () => {
    test("kill -9 again and again in the middle of 200 orders, start again: every order exactly once on both sides", async (context) => {
      // Each killed process leaves a licensed ERP session behind, which ends after ten idle minutes; and it begins with a look at
      // ShipStation, more often than in a minute of calls. Higher limits only save waiting for the licence and the next minute.
      const world = await createWorld(context, database, 200, {
        acumatica: { maxSessions: 20, confirmPolls: 0 },
        shipstation: { callsPerMinute: 200 },
      });
      const { service, sandbox, check, wait } = world;
      await service.start();
      await service.addConnection(quickFlows);

      for (const moment of pushing) {
        await world.killWhenHit(moment);
        await service.start();
      }
      await wait("half of the orders to be pushed", async () => (await check()).pushed >= 100);
      await service.end("SIGKILL");
      // Printed while nobody listens: these webhooks are lost. Some orders travel in two parcels.
      const first = await waitingOrders(world);
      await sandbox.send("POST", "/labels", { orderNumbers: first.slice(0, 10), packages: 2 });
      await sandbox.send("POST", "/labels", { orderNumbers: first.slice(10) });

      for (const moment of shipping) {
        await service.start();
        await world.killWhenHit(moment);
      }
      // Whatever is still on its way to the ERP arrives first.
      await pause(arrivesMs);
      await passQuarantine(world);
      await sandbox.setFaults([]);
      await service.start();
      await wait("all orders to be pushed", async () => (await check()).pushed === 200);
      await sandbox.send("POST", "/labels", { all: true, separately: true });
      await wait("most orders to be shipped", async () => (await check()).shipped >= 150);
      await service.end("SIGKILL");
      await passQuarantine(world);
      await service.start();

      await wait("everything to be Processed", async () => {
        const { order, label } = await counts(world);
        return order["Processed"] === 200 && label["Processed"] === 210;
      }).catch(async (error: unknown) => {
        throw new Error(`Not Processed: ${await unprocessed(world)}`, { cause: error });
      });
      expect(await check()).toEqual({ orders: 200, pushed: 200, shipped: 200, failed: 0, problems: [] });
      await expectNothingTwice(world);
      expect(await sandbox.get("/stats")).toMatchObject({ rateLimited: 0 });
      expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(await openEffects(world)).toEqual([]);
    });

    test("SIGTERM in the middle of shipments ends after the order at hand, with nothing in doubt and the ERP's session given back", async (context) => {
      const world = await createWorld(context, database, 40, { acumatica: { maxSessions: 1, confirmPolls: 1 } });
      const { service, sandbox, check, wait } = world;
      await service.start();
      await service.addConnection(quickFlows);
      await wait("all orders to be pushed", async () => (await check()).pushed === 40);
      await sandbox.send("POST", "/labels", { all: true });
      await wait("some orders to be shipped", async () => (await check()).shipped >= 3);
      const asked = performance.now();
      expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(performance.now() - asked).toBeLessThan(25_000);
      const { shipped } = await check();
      expect(shipped).toBeLessThan(40);
      expect(await openSessions(world)).toEqual([]);
      expect(await openEffects(world)).toEqual([]);

      await service.start();
      await wait("the other orders to be shipped", async () => (await check()).shipped === 40);
      expect(await check()).toMatchObject({ failed: 0, problems: [] });
      await service.end("SIGTERM");
      expect(await openSessions(world)).toEqual([]);
    });

    test("with another master key the service refuses to start and writes nothing", async (context) => {
      const { service } = await createWorld(context, database, 0);
      await service.start();
      await service.end("SIGTERM");
      const other = await service.startAnother({ ML_MASTER_KEY: Buffer.alloc(32, 6).toString("base64") });
      expect(await other.ended).toEqual({ code: 1, signal: null });
      expect(other.output()).toContain("The master key is not the one");
      expect(other.output()).not.toContain("    at ");
    });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { demoCredentials } from "../../src/cli/demo-world.ts";
import { mostCalls } from "../../src/connections/fit-watch.ts";
import type { FitReport } from "../../src/flows/fit-report.ts";
import type { OpenDatabase } from "../../src/ledger/database.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { openTestDatabase } from "../support/database.ts";
import { checkDemo, stageOf, type Change } from "../support/fit.ts";
import { connectionId, createWorld, type World } from "../support/world.ts";

let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** The demo's shop leaves some items without a weight, as shops do. */
function weigh({ acumatica }: Sandbox): void {
  for (const item of acumatica.tables.stockItems) item.DimensionWeight ||= 1;
}

interface Misfit {
  name: string;
  change: Change;
  stage: string;
  verdict: "failed" | "warning";
  text: RegExp;
  cure: RegExp;
  /** Other stages that say something, too. */
  also?: string[];
}

const misfits: Misfit[] = [
  {
    name: "a wrong version of the endpoint",
    change: { endpointVersion: "26.200.001" },
    stage: "acumatica-endpoint",
    verdict: "failed",
    text: /no endpoint Default 26\.200\.001/,
    cure: /on offer: .*24\.200\.001/,
  },
  {
    name: "a missing right",
    change: {
      sandbox: {
        acumatica: {
          users: [{ name: demoCredentials.username, password: demoCredentials.password, rights: ["SO302000"] }],
        },
      },
    },
    stage: "acumatica-rights",
    verdict: "failed",
    text: /cannot read Shipment \(SO302000\)/,
    cure: /Give the user's role the rights/,
  },
  {
    name: "a plan without the API",
    change: { sandbox: { shipstation: { planStatus: 402 } } },
    stage: "shipstation-plan",
    verdict: "failed",
    text: /plan/,
    cure: /plan/,
  },
  {
    name: "ShipStation's own Acumatica store",
    change: { sandbox: { shipstation: { ownAcumaticaStore: true } } },
    stage: "shipstation-rival",
    verdict: "warning",
    text: /own Acumatica store .* is active: orders would come in twice/,
    cure: /Deactivate that store/,
  },
  {
    name: "a Ship Via code of an integrated carrier",
    change: { before: ({ acumatica }) => acumatica.integrateShipVia("UPSGROUND") },
    stage: "acumatica-ship-vias",
    verdict: "failed",
    text: /UPSGROUND in the connection's table belongs to a carrier plug-in/,
    cure: /without a carrier plug-in \(form CS207500\)/,
  },
  {
    name: "items without any weight",
    change: {
      before: ({ acumatica }) => {
        for (const item of acumatica.tables.stockItems) item.DimensionWeight = 0;
      },
    },
    stage: "acumatica-items",
    verdict: "warning",
    text: /^No item for sale has a weight: /,
    cure: /IN202500/,
  },
  ...([500, 429] as const).map((loginLimitStatus): Misfit => ({
    name: `all sessions of the licence in use, said with ${loginLimitStatus}`,
    change: { sandbox: { acumatica: { maxSessions: 0, loginLimitStatus } } },
    stage: "acumatica-sign-in",
    verdict: "failed",
    text: /sessions are in use/,
    cure: /close other/,
  })),
  {
    name: "an address that the operator does not allow",
    change: { allowedOrigins: ["http://127.0.0.1:4502"] },
    stage: "acumatica-address",
    verdict: "failed",
    text: /./,
    cure: /ML_ALLOWED_ORIGINS/,
  },
  {
    name: "clocks that differ",
    change: { sandbox: { acumatica: { clockSkewMs: 95_000 }, shipstation: { clockSkewMs: -40_000 } } },
    stage: "acumatica-clock",
    verdict: "warning",
    text: /Acumatica's clock is 9[456] seconds ahead of this machine's/,
    cure: /time server \(NTP\)/,
    also: ["shipstation-clock"],
  },
];

describe("the fit check on prepared misfits", () => {
  test.for(misfits)("$name is named by its stage, with its cure, and nothing was written", async (misfit) => {
    const { change, stage, verdict, text, cure, also = [] } = misfit;
    const seen = await checkDemo(database.db, {
      ...change,
      before: (sandbox) => {
        weigh(sandbox);
        change.before?.(sandbox);
      },
    });
    expect(stageOf(seen.report, stage)).toMatchObject({
      verdict,
      text: expect.stringMatching(text),
      cure: expect.stringMatching(cure),
    });
    const loud = seen.report.stages.filter(({ verdict: said }) => said === "failed" || said === "warning");
    expect(loud.map(({ id }) => id)).toEqual([stage, ...also]);
    expect(seen.report.fits).toBe(verdict === "warning");
    expectReadOnly(seen);
  });

  test("two systems that fit are ok in every stage", async () => {
    const seen = await checkDemo(database.db, { before: weigh });
    expect(seen.report.stages.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(seen.report.fits).toBe(true);
    expectReadOnly(seen);
  });

  test("what the open orders would become is counted: created, left out by which rule, refused for what", async () => {
    const seen = await checkDemo(database.db, {
      sandbox: { orders: 4 },
      before: (sandbox) => {
        weigh(sandbox);
        const { acumatica } = sandbox;
        acumatica.createOrder({ status: "On Hold" });
        acumatica.createOrder({ shipTo: { AddressLine1: "1 Main St", City: "Troy", Country: "" } });
      },
    });
    const orders = stageOf(seen.report, "orders");
    expect(orders).toMatchObject({
      verdict: "warning",
      text: expect.stringMatching(
        /^Of 6 orders changed since .* 4 would be created in ShipStation, 1 is left out by a rule, 1 would wait for a person\.$/,
      ),
      details: ["left out by status-not-listed: 1", "refused, ShipToAddress.Country: SO/000106"],
    });
    expectReadOnly(seen);
  });

  test("calls of others with the same key are told from ours", async () => {
    const seen = await checkDemo(database.db, { before: weigh, othersCalls: 30 });
    expect(stageOf(seen.report, "shipstation-budget")).toMatchObject({
      verdict: "warning",
      text: expect.stringMatching(/others have used 30 in this minute/),
      cure: expect.stringMatching(/a key pair of its own/),
    });
    expectReadOnly(seen);
  });

  test("900 open orders are counted within the calls that a check may make", async () => {
    const seen = await checkDemo(database.db, { sandbox: { orders: 900 }, before: weigh });
    expect(stageOf(seen.report, "orders")?.text).toMatch(/^Of 900 orders .* 900 would be created/);
    expectReadOnly(seen);
  });
});

describe("the fit check of the whole application", () => {
  let world: World | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });
  const ping = async (here: World): Promise<FitReport> => {
    const answer = await here.app.web.request(`/api/v1/connections/${connectionId}/ping`, {
      method: "POST",
      headers: { authorization: `Bearer ${here.app.operatorToken}` },
    });
    return (await answer.json()) as FitReport;
  };

  test("a wrong company is named by its stage, with its cure, and nothing was written", async () => {
    world = await createWorld({ orders: 2 });
    expect(stageOf(await ping(world), "acumatica-company")).toMatchObject({
      verdict: "warning",
      text: expect.stringMatching(/nobody has confirmed/),
      cure: expect.stringMatching(/connection confirm-company demo --company \S+/),
    });
    // Somebody restores another company under the same name: the same codes, other records.
    const { stockItems, customers } = world.sandbox.acumatica.tables;
    for (const row of [...stockItems, ...customers]) row.id = row.id.replace(/^........./, "00000000-");
    const report = await ping(world);
    expect(stageOf(report, "acumatica-company")).toMatchObject({
      verdict: "failed",
      text: expect.stringMatching(/not the company of this connection/),
      cure: expect.stringMatching(/connection company/),
    });
    expect(report.stages.filter(({ verdict }) => verdict === "failed")).toHaveLength(1);
    const { acumatica, shipstation } = world.sandbox;
    expect([acumatica.counts.writes, shipstation.counts.writes, acumatica.sessionCount()]).toEqual([0, 0, 0]);
    expect(report.calls.shipstation).toBeLessThanOrEqual(30);
  });

  test("a check keeps nothing of what it read: no record, no mirror, no cursor", async () => {
    world = await createWorld({ orders: 3 });
    expect(stageOf(await ping(world), "orders")?.text).toMatch(/3 would be created/);
    for (const table of ["records", "mirror_orders", "cursors", "effects", "items"] as const) {
      expect(await world.app.db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });
});

function expectReadOnly(seen: Awaited<ReturnType<typeof checkDemo>>): void {
  expect(seen.writes).toBe(0);
  expect(seen.shipStationCalls).toBeLessThanOrEqual(30);
  expect(seen.report.calls.shipstation).toBe(seen.shipStationCalls);
  expect(seen.acumaticaCalls).toBeLessThanOrEqual(mostCalls.acumatica);
  expect(seen.signIns).toBeLessThanOrEqual(1);
  expect(seen.sessions).toBe(0);
}

import { describe, expect, test } from "vitest";
import { demoConnection, demoCredentials } from "../../src/cli/demo-world.ts";
import { openClients } from "../../src/connections/clients.ts";
import { parseConnectionFile } from "../../src/connections/connection-file.ts";
import { checkFit, type FitReport } from "../../src/connections/fit-check.ts";
import { createMovableClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import { createSandbox, sandboxFetch, type SandboxOptions } from "../../src/sandbox/sandbox.ts";

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
const nobody = "http://127.0.0.1:4599";

interface Change {
  credentials?: Partial<typeof demoCredentials>;
  instanceUrl?: string;
  endpointVersion?: string;
  sandbox?: Partial<SandboxOptions>;
}

/** The fit check of the demo's connection against both sandboxes, in process, with one thing changed. */
async function check(change: Change = {}) {
  const clock = createMovableClock(() => Date.UTC(2026, 0, 5, 17));
  const sandbox = createSandbox({ clock, seed: 3, orders: 3, ...change.sandbox });
  const credentials = { ...demoCredentials, ...change.credentials };
  const demo = demoConnection(origins, credentials, false) as { acumatica: object };
  const acumatica = {
    ...demo.acumatica,
    ...(change.instanceUrl === undefined ? {} : { instanceUrl: change.instanceUrl }),
    ...(change.endpointVersion === undefined ? {} : { endpointVersion: change.endpointVersion }),
  };
  const allowedOrigins = [origins.acumatica, origins.shipstation, nobody];
  const file = parseConnectionFile({ ...demo, acumatica }, allowedOrigins);
  const { id, name, settings, username, secrets } = file;
  const connection = {
    id,
    name,
    settings,
    username,
    state: "active",
    stop: undefined,
    revision: 0,
    createdAt: new Date(0),
  } as const;
  const clients = openClients(connection, {
    credentials: {
      acumatica: () => Promise.resolve({ username: username ?? "", password: secrets.password ?? "" }),
      application: () => Promise.reject(new Error("not asked for")),
      shipstation: () => Promise.resolve({ apiKey: secrets.apiKey ?? "", apiSecret: secrets.apiSecret ?? "" }),
      shipstationV2: () => undefined,
    },
    budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    fetch: sandboxFetch(sandbox, { acumaticaOrigin: origins.acumatica, shipstationOrigin: origins.shipstation }),
    clock,
    random: createSeededRandom(5),
    log: silentLog,
  });
  const report = await checkFit(connection, clients, { clock, allowedOrigins });
  await clients.close();
  const paths = sandbox.acumatica.journal.map(({ path }) => path.toLowerCase());
  return {
    report,
    signIns: paths.filter((path) => path.endsWith("/auth/login")).length,
    signOuts: paths.filter((path) => path.endsWith("/auth/logout")).length,
    writes: sandbox.acumatica.counts.writes + sandbox.shipstation.counts.writes,
    shipStationCalls: sandbox.shipstation.counts.calls,
  };
}

const failedIn = (report: FitReport): string[] =>
  report.stages.filter(({ verdict }) => verdict === "failed").map(({ id }) => id);
const stageOf = (report: FitReport, id: string) => report.stages.find((stage) => stage.id === id);

describe("the fit check against both sandboxes", () => {
  test("the demo's connection fits: one sign-in, given back, and nothing written", async () => {
    const { report, signIns, signOuts, writes } = await check();
    expect(report.stages.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(report.fits).toBe(true);
    expect({ signIns, signOuts, writes }).toEqual({ signIns: 1, signOuts: 1, writes: 0 });
  });

  test.for<{ name: string; change: Change; stage: string; text: RegExp; cure: RegExp; signIns: number }>([
    {
      name: "a wrong password",
      change: { credentials: { password: "wrong" } },
      stage: "acumatica-sign-in",
      text: /refused the user name or password of connector/,
      cure: /Enter the right password/,
      signIns: 1,
    },
    {
      name: "a wrong tenant",
      change: { credentials: { tenant: "Nobody" }, sandbox: { acumatica: { tenants: ["Brand", "Other"] } } },
      stage: "acumatica-sign-in",
      text: /does not know the tenant Nobody/,
      cure: /SM203520/,
      signIns: 1,
    },
    {
      name: "a wrong endpoint version",
      change: { endpointVersion: "26.200.001" },
      stage: "acumatica-endpoint",
      text: /no endpoint Default 26\.200\.001/,
      cure: /on offer: .*24\.200\.001/,
      signIns: 1,
    },
    {
      name: "an expired key",
      change: {
        sandbox: {
          shipstation: { keys: [{ key: demoCredentials.apiKey, secret: demoCredentials.apiSecret, expiresAt: 1 }] },
        },
      },
      stage: "shipstation-key",
      text: /wrong, revoked or expired/,
      cure: /new key pair/,
      signIns: 1,
    },
    {
      name: "a host where nothing is",
      change: { instanceUrl: nobody },
      stage: "acumatica-tls",
      text: /Nothing answers at http:\/\/127\.0\.0\.1:4599/,
      cure: /Check the address/,
      signIns: 0,
    },
  ])("$name is named, and only it", async ({ change, stage, text, cure, signIns }) => {
    const seen = await check(change);
    expect(seen.report.fits).toBe(false);
    expect(failedIn(seen.report)).toEqual([stage]);
    expect(stageOf(seen.report, stage)?.text).toMatch(text);
    expect(stageOf(seen.report, stage)?.cure).toMatch(cure);
    expect(seen.signIns).toBe(signIns);
    expect(seen.writes).toBe(0);
    const shown = JSON.stringify(seen.report);
    for (const secret of [demoCredentials.password, demoCredentials.apiSecret]) expect(shown).not.toContain(secret);
  });

  test.for([402, 403] as const)(
    "a plan without the API (%i) is told from a bad key, after one call",
    async (planStatus) => {
      const { report, shipStationCalls } = await check({ sandbox: { shipstation: { planStatus } } });
      expect(failedIn(report)).toEqual(["shipstation-plan"]);
      expect(shipStationCalls).toBe(1);
    },
  );

  test("a missing right names the form", async () => {
    const users = [{ name: demoCredentials.username, password: demoCredentials.password, rights: ["SO302000"] }];
    const { report } = await check({ sandbox: { acumatica: { users } } });
    expect(failedIn(report)).toEqual(["acumatica-rights"]);
    expect(stageOf(report, "acumatica-rights")?.text).toBe("The user cannot read Shipment (SO302000).");
  });

  test("ShipStation's own Acumatica store is a warning", async () => {
    const { report } = await check({ sandbox: { shipstation: { ownAcumaticaStore: true } } });
    expect(report.fits).toBe(true);
    expect(stageOf(report, "shipstation-stores")?.verdict).toBe("warning");
  });

  test("all licensed sessions in use: told, and not tried again", async () => {
    const { report, signIns } = await check({ sandbox: { acumatica: { maxSessions: 0 } } });
    expect(failedIn(report)).toEqual(["acumatica-sign-in"]);
    expect(signIns).toBe(1);
  });
});

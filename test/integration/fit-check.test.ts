import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoCredentials } from "../../src/cli/demo-world.ts";
import type { OpenDatabase } from "../../src/ledger/database.ts";
import { openTestDatabase } from "../support/database.ts";
import { checkDemo, failedIn, nobody, stageOf, type Change } from "../support/fit.ts";

let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe("the fit check against both sandboxes", () => {
  test("the demo's connection fits: one sign-in, given back, and nothing written", async () => {
    const { report, signIns, signOuts, writes } = await checkDemo(database.db);
    expect(failedIn(report)).toEqual([]);
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
    const seen = await checkDemo(database.db, change);
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
      const { report, shipStationCalls } = await checkDemo(database.db, { sandbox: { shipstation: { planStatus } } });
      expect(failedIn(report)).toEqual(["shipstation-plan"]);
      expect(shipStationCalls).toBe(1);
    },
  );

  test("a missing right names the form", async () => {
    const users = [{ name: demoCredentials.username, password: demoCredentials.password, rights: ["SO302000"] }];
    const { report } = await checkDemo(database.db, { sandbox: { acumatica: { users } } });
    expect(failedIn(report)).toEqual(["acumatica-rights"]);
    expect(stageOf(report, "acumatica-rights")?.text).toBe("The user cannot read Shipment (SO302000).");
  });

  test("ShipStation's own Acumatica store is a warning", async () => {
    const { report } = await checkDemo(database.db, { sandbox: { shipstation: { ownAcumaticaStore: true } } });
    expect(report.fits).toBe(true);
    expect(stageOf(report, "shipstation-rival")?.verdict).toBe("warning");
  });

  test("all licensed sessions in use: told, and not tried again", async () => {
    const { report, signIns } = await checkDemo(database.db, { sandbox: { acumatica: { maxSessions: 0 } } });
    expect(failedIn(report)).toEqual(["acumatica-sign-in"]);
    expect(signIns).toBe(1);
  });
});

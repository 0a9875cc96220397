import { describe, expect, test } from "vitest";
import type { AcumaticaClient } from "../acumatica/client.types.ts";
import { createMovableClock } from "../lib/clock.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import { parseConnectionFile } from "./connection-file.ts";
import { checkFit, type FitReport } from "./fit-check.ts";
import type { Resolve } from "./origin-policy.ts";
import type { Connection } from "./store.ts";

const clock = createMovableClock(() => 0);
const publicHost: Resolve = () => Promise.resolve([{ address: "8.8.8.8", family: 4 }]);

function aConnection(settings: object = {}, endpoint: object = {}): Connection {
  const file = parseConnectionFile(
    {
      id: "acme",
      name: "Acme",
      acumatica: {
        instanceUrl: "https://erp.example.com/Acme",
        tenant: "Acme",
        endpointVersion: "24.200.001",
        username: "connector",
        password: "canary",
        ...endpoint,
      },
      shipstation: { apiKey: "canary", apiSecret: "canary" },
      settings: { shipments: { defaultShipVia: "GROUND" }, ...settings },
    },
    [],
  );
  const { id, name, username } = file;
  const rest = { stop: undefined, settings: file.settings, username, revision: 0, createdAt: new Date(0) };
  return { id, name, state: "active", ...rest };
}

const offers = ["20.200.001", "22.200.001", "24.200.001"].map((version) => ({ name: "Default", version }));
const entities = ["SalesOrder", "Shipment", "StockItem", "Customer", "ShipVia", "ShippingBox"];
const readable = entities.map((entity) => ({ entity, error: undefined }));
const raising = (code: ErrorCode, message?: string) => () =>
  Promise.reject(new ConnectorError(code, message === undefined ? {} : { message }));

/** Clients that count what they are asked, and answer well unless told otherwise. */
function fakeClients(erp: Partial<AcumaticaClient> = {}, ships: Partial<ShipStationClient> = {}) {
  const asked: string[] = [];
  const counted = <T extends object>(answers: T): T =>
    Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => [
        name,
        (...given: unknown[]) => {
          asked.push(name);
          return (answer as (...given: unknown[]) => unknown)(...given);
        },
      ]),
    ) as T;
  const acumatica = counted({
    listEndpoints: () => Promise.resolve({ build: "25.093.0036", endpoints: offers }),
    signIn: () => Promise.resolve(),
    checkRights: () => Promise.resolve(readable),
    ...erp,
  }) as AcumaticaClient;
  const shipstation = counted({
    listStores: () => Promise.resolve([{ storeId: 7, storeName: "Shop", marketplaceName: "Shopify" }]),
    listCarriers: () => Promise.resolve([{ code: "ups", name: "UPS" }]),
    listWarehouses: () => Promise.resolve([{ warehouseId: 3, warehouseName: "Main", isDefault: true }]),
    lastSeenBudget: () => ({ limit: 40, remaining: 37, resetSeconds: 50 }),
    ...ships,
  }) as unknown as ShipStationClient;
  return { clients: { acumatica, shipstation }, asked };
}

async function check(
  erp: Partial<AcumaticaClient> = {},
  ships: Partial<ShipStationClient> = {},
  connection = aConnection(),
  resolve = publicHost,
): Promise<{ report: FitReport; asked: string[]; stage: (id: string) => FitReport["stages"][number] }> {
  const { clients, asked } = fakeClients(erp, ships);
  const report = await checkFit(connection, clients, { clock, allowedOrigins: [], resolve });
  return { report, asked, stage: (id) => report.stages.find((stage) => stage.id === id)! };
}

const verdicts = (report: FitReport, prefix: string): string[] =>
  report.stages.filter(({ id }) => id.startsWith(prefix)).map(({ verdict }) => verdict);

describe("the fit check", () => {
  test("two good systems fit, each asked once", async () => {
    const { report, asked } = await check();
    expect(report).toMatchObject({ connection: "acme", fits: true });
    expect(new Set(report.stages.map(({ verdict }) => verdict))).toEqual(new Set(["ok"]));
    expect(asked.filter((name) => name === "signIn")).toHaveLength(1);
    expect(asked.filter((name) => name === "listStores")).toHaveLength(1);
    expect(asked.filter((name) => name === "checkRights")).toHaveLength(1);
  });

  test.for([
    {
      name: "a wrong password",
      code: "acumatica.credentials",
      text: /refused the user name or password of connector/,
      cure: /right password/,
    },
    { name: "a wrong tenant", code: "acumatica.tenant", text: /does not know the tenant Acme/, cure: /SM203520/ },
    { name: "a full licence", code: "acumatica.session-limit", text: /sessions are in use/, cure: /close other/ },
  ] as const)("$name is named after one sign-in, and nothing that needs one is tried", async ({ code, text, cure }) => {
    const { report, asked, stage } = await check({ signIn: raising(code) });
    expect(report.fits).toBe(false);
    expect(stage("acumatica-sign-in")).toMatchObject({
      verdict: "failed",
      text: expect.stringMatching(text),
      cure: expect.stringMatching(cure),
    });
    expect(verdicts(report, "acumatica")).toEqual(["ok", "ok", "failed", "skipped", "skipped"]);
    expect(asked.filter((call) => call === "signIn")).toHaveLength(1);
    expect(asked).not.toContain("checkRights");
    expect(verdicts(report, "shipstation")).toEqual(["ok", "ok", "ok", "ok", "ok", "ok", "ok"]);
  });

  test("a wrong endpoint version is named with the versions on offer", async () => {
    const missing = entities.map((entity) => ({ entity, error: new ConnectorError("acumatica.endpoint-missing") }));
    const connection = aConnection({}, { endpointVersion: "26.200.001" });
    const { stage, report } = await check({ checkRights: () => Promise.resolve(missing) }, {}, connection);
    expect(stage("acumatica-endpoint")).toMatchObject({
      verdict: "failed",
      text: "This Acumatica has no endpoint Default 26.200.001.",
      cure: "Choose one of the versions of Default on offer: 20.200.001, 22.200.001, 24.200.001.",
    });
    expect(verdicts(report, "acumatica")).toEqual(["ok", "ok", "ok", "failed", "skipped"]);
  });

  test("an endpoint that is not listed but answers is there", async () => {
    const { stage } = await check({}, {}, aConnection({}, { endpointName: "OURS", endpointVersion: "1.0.0" }));
    expect(stage("acumatica-endpoint").verdict).toBe("ok");
  });

  test("an old endpoint is a warning", async () => {
    const { stage, report } = await check({}, {}, aConnection({}, { endpointVersion: "20.200.001" }));
    expect(stage("acumatica-endpoint")).toMatchObject({
      verdict: "warning",
      cure: expect.stringMatching(/22\.200\.001/),
    });
    expect(report.fits).toBe(true);
  });

  test.for([
    { missing: "Shipment", verdict: "failed", text: "The user cannot read Shipment (SO302000)." },
    { missing: "ShippingBox", verdict: "warning", text: "The user cannot read ShippingBox (CS207600)." },
  ])("a missing right to $missing is named with its form", async ({ missing, verdict, text }) => {
    const rights = entities.map((entity) => ({
      entity,
      error: entity === missing ? new ConnectorError("acumatica.rights") : undefined,
    }));
    const { stage } = await check({ checkRights: () => Promise.resolve(rights) });
    expect(stage("acumatica-rights")).toMatchObject({ verdict, text, cure: expect.stringMatching(/role/) });
  });

  test("an unknown host is named, and nothing is sent to it", async () => {
    const nowhere: Resolve = (host) =>
      host.startsWith("erp") ? Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" })) : publicHost(host);
    const { stage, asked, report } = await check({}, {}, aConnection(), nowhere);
    expect(stage("acumatica-address")).toMatchObject({
      verdict: "failed",
      text: "The host name erp.example.com does not resolve.",
    });
    expect(verdicts(report, "acumatica").slice(1)).toEqual(["skipped", "skipped", "skipped", "skipped"]);
    expect(asked).not.toContain("listEndpoints");
    expect(stage("shipstation-key").verdict).toBe("ok");
  });

  test("a private host is refused by policy, without its address", async () => {
    const inside: Resolve = () => Promise.resolve([{ address: "10.1.2.3", family: 4 }]);
    const { stage, asked, report } = await check({}, {}, aConnection(), inside);
    expect(stage("acumatica-address").cure).toMatch(/ML_ALLOWED_ORIGINS/);
    expect(JSON.stringify(report)).not.toContain("10.1.2.3");
    expect(asked).toEqual([]);
  });

  test.for([
    { name: "a bad certificate", code: "network.tls", text: /secure connection/ },
    { name: "a host where nothing listens", code: "network.unreachable", text: /Nothing answers at https:\/\/erp/ },
    { name: "a redirect", code: "network.redirected", text: /redirect/ },
    { name: "a host that is no Acumatica", code: "acumatica.endpoint-missing", text: /not an Acumatica site/ },
  ] as const)("$name is told before anybody signs in", async ({ code, text }) => {
    const { stage, asked } = await check({ listEndpoints: raising(code) });
    expect(stage("acumatica-tls")).toMatchObject({ verdict: "failed", text: expect.stringMatching(text) });
    expect(asked).not.toContain("signIn");
  });

  test("an expired key is named, and no second call is made with it", async () => {
    const { stage, asked, report } = await check({}, { listStores: raising("shipstation.credentials", "401") });
    expect(stage("shipstation-key")).toMatchObject({
      verdict: "failed",
      text: expect.stringMatching(/wrong, revoked or expired/),
      cure: expect.stringMatching(/new key pair/),
    });
    expect(verdicts(report, "shipstation").slice(2)).toEqual(["skipped", "skipped", "skipped", "skipped", "skipped"]);
    expect(asked.filter((name) => name.startsWith("list") && name !== "listEndpoints")).toEqual(["listStores"]);
  });

  test("a plan without the API is another matter than the key", async () => {
    const { report } = await check({}, { listStores: raising("shipstation.plan") });
    expect(verdicts(report, "shipstation").slice(1, 4)).toEqual(["ok", "failed", "skipped"]);
  });

  test.for([
    { storeId: 8, marketplaceName: "Acumatica", active: true, verdict: "warning" },
    { storeId: 8, marketplaceId: 115, active: true, verdict: "warning" },
    { storeId: 8, marketplaceName: "Acumatica", active: false, verdict: "ok" },
    { storeId: 8, marketplaceName: "Shopify", active: true, verdict: "ok" },
  ])("ShipStation's own Acumatica store is a warning while it is active: %j", async ({ verdict, ...store }) => {
    const { stage } = await check({}, { listStores: () => Promise.resolve([store as never]) });
    expect(stage("shipstation-stores").verdict).toBe(verdict);
  });

  test("numbers in the settings that the account does not have are named", async () => {
    const connection = aConnection({ orders: { storeId: 99, shipFrom: { WEST: 98 } } });
    const { stage } = await check({}, {}, connection);
    expect(stage("shipstation-stores").text).toBe("The account has no store 99.");
    expect(stage("shipstation-warehouses").text).toBe("The account has no such warehouse: WEST to 98.");
    expect(stage("shipstation-warehouses").details).toEqual(["3 Main (default)"]);
  });

  test("a carrier without a Ship Via code is a warning", async () => {
    const { stage } = await check({}, {}, aConnection({ shipments: {} }));
    expect(stage("shipstation-carriers")).toMatchObject({ verdict: "warning", details: ["ups (UPS): not mapped"] });
  });

  test("a budget that others use up is a warning", async () => {
    const { stage } = await check({}, { lastSeenBudget: () => ({ limit: 40, remaining: 5, resetSeconds: 20 }) });
    expect(stage("shipstation-budget").verdict).toBe("warning");
  });

  test("even a defect is a stage of the report, and the others go on", async () => {
    const { report, stage } = await check({ signIn: () => Promise.reject(new TypeError("oops")) });
    expect(stage("acumatica-sign-in").text).toMatch(/oops/);
    expect(stage("shipstation-key").verdict).toBe("ok");
    expect(JSON.stringify(report)).not.toContain("canary");
  });
});

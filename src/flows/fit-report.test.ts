import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { AcumaticaClient } from "../acumatica/client.types.ts";
import { createMovableClock } from "../lib/clock.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import { parseConnectionFile } from "../connections/connection-file.ts";
import { judgeKeyAge } from "../connections/fit-key-age.ts";
import { createFitWatch } from "../connections/fit-watch.ts";
import type { Resolve } from "../connections/origin-policy.ts";
import type { Connection } from "../connections/store.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { checkFit, type FitPorts, type FitReport } from "./fit-report.ts";

const clock = createMovableClock(() => 0);
let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
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
      settings: { shipments: { defaultShipVia: "GROUND", box: "LARGE" }, ...settings },
    },
    [],
  );
  const { id, name, username } = file;
  const rest = {
    stop: undefined,
    settings: file.settings,
    username,
    revision: 0,
    createdAt: new Date(0),
    restoredAt: undefined,
    reconciledAt: undefined,
  };
  return { id, name, state: "active", ...rest };
}

const offers = ["20.200.001", "22.200.001", "24.200.001"].map((version) => ({ name: "Default", version }));
const entities = ["SalesOrder", "Shipment", "StockItem", "Customer", "ShipVia", "ShippingBox"];
const readable = entities.map((entity) => ({ entity, error: undefined }));
const home = { AddressLine1: "1 Main St", City: "Troy", Country: "US" };
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
    describeEndpoint: () => Promise.resolve({ source: "swagger", missing: [] }),
    listShipVias: () =>
      Promise.resolve([{ code: "GROUND", description: "Ground", isIntegrated: false, plugIn: undefined }]),
    listPlugIns: () => Promise.resolve([]),
    listCodes: () => Promise.resolve([{ code: "LARGE", description: "Large", isActive: undefined }]),
    sampleStockItems: () => Promise.resolve([{ InventoryID: "LAMP", ItemStatus: "Active", DimensionWeight: 1.5 }]),
    sampleCustomers: () => Promise.resolve([{ CustomerID: "C1", MainContact: { Address: home } }]),
    listStockItems: () => Promise.resolve([]),
    listSalesOrders: () => Promise.resolve([]),
    ...erp,
  }) as AcumaticaClient;
  const shipstation = counted({
    listStores: () => Promise.resolve([{ storeId: 7, storeName: "Shop", marketplaceName: "Shopify" }]),
    listCarriers: () => Promise.resolve([{ code: "ups", name: "UPS" }]),
    listServices: () => Promise.resolve([{ code: "ups_ground" }]),
    listWarehouses: () => Promise.resolve([{ warehouseId: 3, warehouseName: "Main", isDefault: true }]),
    listOrdersModified: () => Promise.resolve({ rows: [], serverTimeMs: undefined, unreadable: [] }),
    ...ships,
  }) as unknown as ShipStationClient;
  return { clients: { acumatica, shipstation }, asked };
}

const erpUrl = "https://erp.example.com/Acme";
const budget = (remaining: number) => ({
  ...{ "x-rate-limit-limit": "40", "x-rate-limit-remaining": String(remaining), "x-rate-limit-reset": "50" },
});

async function check(
  erp: Partial<AcumaticaClient> = {},
  ships: Partial<ShipStationClient> = {},
  connection = aConnection(),
  resolve = publicHost,
  ports: {
    headers?: Record<string, string>;
    keyAddedAt?: Date;
    shipstationV2?: FitPorts["shipstationV2"];
    company?: FitPorts["company"];
  } = {},
): Promise<{ report: FitReport; asked: string[]; stage: (id: string) => FitReport["stages"][number] }> {
  const { clients, asked } = fakeClients(erp, ships);
  const { headers = budget(37), keyAddedAt = new Date(0), ...others } = ports;
  const watch = createFitWatch({ clock, fetch: () => Promise.resolve(new Response(null, { headers })) }, erpUrl);
  // The clients here send nothing themselves.
  for (const url of [erpUrl, "https://ssapi.shipstation.com/stores"]) await watch.fetch(new Request(url));
  const deps = { db: database.db, clock, connection, ...clients };
  const report = await checkFit(deps, { watch, allowedOrigins: [], resolve, keyAddedAt, ...others });
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
    expect(verdicts(report, "acumatica").slice(0, 5)).toEqual(["ok", "ok", "failed", "skipped", "skipped"]);
    expect(asked.filter((call) => call === "signIn")).toHaveLength(1);
    expect(asked).not.toContain("checkRights");
    expect(new Set(verdicts(report, "shipstation"))).toEqual(new Set(["ok"]));
    expect(verdicts(report, "orders")).toEqual(["skipped", "skipped"]);
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
    expect(verdicts(report, "acumatica").slice(0, 6)).toEqual(["ok", "ok", "ok", "ok", "failed", "skipped"]);
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
    expect(new Set(verdicts(report, "acumatica").slice(1))).toEqual(new Set(["skipped"]));
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
    const { stage, asked } = await check({}, { listStores: raising("shipstation.credentials", "401") });
    expect(stage("shipstation-key")).toMatchObject({
      verdict: "failed",
      text: expect.stringMatching(/wrong, revoked or expired/),
      cure: expect.stringMatching(/new key pair/),
    });
    for (const id of ["plan", "stores", "carriers", "warehouses", "budget"]) {
      expect(stage(`shipstation-${id}`).verdict).toBe("skipped");
    }
    expect(asked.filter((name) => /^list(Stores|Carriers|Warehouses|OrdersModified)$/.test(name))).toEqual([
      "listStores",
    ]);
  });

  test("a plan without the API is another matter than the key", async () => {
    const { report } = await check({}, { listStores: raising("shipstation.plan") });
    expect(verdicts(report, "shipstation").slice(1, 3)).toEqual(["ok", "failed"]);
  });

  test.for([
    { storeId: 8, marketplaceName: "Acumatica", active: true, verdict: "warning" },
    { storeId: 8, marketplaceId: 115, active: true, verdict: "warning" },
    { storeId: 8, marketplaceName: "Acumatica", active: false, verdict: "ok" },
    { storeId: 8, marketplaceName: "Shopify", active: true, verdict: "ok" },
  ])("ShipStation's own Acumatica store is a warning while it is active: %j", async ({ verdict, ...store }) => {
    const { stage } = await check({}, { listStores: () => Promise.resolve([store as never]) });
    expect(stage("shipstation-rival").verdict).toBe(verdict);
  });

  test("numbers in the settings that the account does not have are named", async () => {
    const connection = aConnection({ orders: { storeId: 99, shipFrom: { WEST: 98 } } });
    const { stage } = await check({}, {}, connection);
    expect(stage("shipstation-stores").text).toBe("The account has no store 99.");
    expect(stage("shipstation-warehouses").text).toBe("The account has no such warehouse: WEST to 98.");
    expect(stage("shipstation-warehouses").details).toEqual(["3 Main (default)"]);
  });

  test("a carrier without a Ship Via code is a warning", async () => {
    const { stage } = await check({}, {}, aConnection({ shipments: { box: "LARGE" } }));
    expect(stage("shipstation-carriers")).toMatchObject({ verdict: "warning", details: ["ups (UPS): not mapped"] });
  });

  test("a row for a service that the account does not have is named", async () => {
    const row = (service: string) => ({ carrier: "ups", service, shipVia: "GROUND" });
    const rows = { shipVia: [row("ups_ground"), row("ups_mule"), row("*")], defaultShipVia: "GROUND", box: "LARGE" };
    const { stage, asked } = await check({}, {}, aConnection({ shipments: rows }));
    expect(stage("shipstation-carriers")).toMatchObject({
      verdict: "warning",
      text: expect.stringMatching(/: ups\/ups_mule\.$/),
    });
    expect(asked.filter((name) => name === "listServices")).toHaveLength(1);
  });

  test("a budget that others use up is a warning", async () => {
    const { stage } = await check({}, {}, aConnection(), publicHost, { headers: budget(5) });
    expect(stage("shipstation-budget")).toMatchObject({
      verdict: "warning",
      text: expect.stringMatching(/^5 of 40 calls were left .*: others have used 34 in this minute\.$/),
    });
  });

  test("even a defect is a stage of the report, and the others go on", async () => {
    const { report, stage } = await check({ signIn: () => Promise.reject(new TypeError("oops")) });
    expect(stage("acumatica-sign-in").text).toMatch(/oops/);
    expect(stage("shipstation-key").verdict).toBe("ok");
    expect(JSON.stringify(report)).not.toContain("canary");
  });

  test("every stage says what was tried; a cure stands where there is something to do, and only there", async () => {
    const { report } = await check(
      { signIn: raising("acumatica.tenant") },
      { listStores: raising("shipstation.plan") },
    );
    for (const { tried, verdict, cure } of report.stages) {
      expect(tried.length).toBeGreaterThan(15);
      expect(cure !== null).toBe(verdict === "failed" || verdict === "warning");
    }
  });

  const landmark = { entity: "StockItem", key: "LAMP", name: "Lamp", id: "1af4d140" } as const;
  test.for([
    { name: "none to recognise it by", company: undefined, verdict: "ok", text: /nothing|no stock item/ },
    { name: "one nobody confirmed", company: {}, verdict: "warning", text: /LAMP .*nobody has confirmed/ },
    {
      name: "a confirmed one",
      company: { confirmedAt: new Date(0) },
      verdict: "ok",
      text: /confirmed on 1970-01-01.*LAMP/,
    },
  ])("of the company, $name, it is said how it is recognised", async ({ company, verdict, text }) => {
    const known = company && {
      landmark,
      seenAt: new Date(0),
      confirmedAt: undefined,
      confirmedBy: undefined,
      ...company,
    };
    const { stage } = await check({}, {}, aConnection(), publicHost, { company: () => Promise.resolve(known) });
    expect(stage("acumatica-company")).toMatchObject({ verdict, text: expect.stringMatching(text) });
  });

  test("a wrong company is a stage of its own, and nothing after it is tried", async () => {
    const { stage, asked } = await check({ signIn: raising("acumatica.wrong-company") });
    expect(stage("acumatica-sign-in").verdict).toBe("ok");
    expect(stage("acumatica-company")).toMatchObject({
      verdict: "failed",
      cure: expect.stringMatching(/connection company/),
    });
    expect(stage("acumatica-endpoint").verdict).toBe("skipped");
    expect(asked).not.toContain("checkRights");
  });

  test("a member that the endpoint lacks is named, and what is lost with it", async () => {
    const missing = [{ entity: "Shipment/Packages", member: "TrackingNbr", needed: true, lost: "no tracking number" }];
    const { stage } = await check({ describeEndpoint: () => Promise.resolve({ source: "swagger", missing }) });
    expect(stage("acumatica-fields")).toMatchObject({
      verdict: "failed",
      text: "The endpoint lacks Shipment/Packages.TrackingNbr.",
      cure: expect.stringMatching(/SM207060/),
      details: [expect.stringMatching(/no tracking number/)],
    });
  });

  test.for([
    {
      name: "one in the table",
      isIntegrated: true,
      code: "GROUND",
      verdict: "failed",
      text: /GROUND .*carrier plug-in/,
    },
    { name: "one elsewhere", isIntegrated: true, code: "AIR", verdict: "warning", text: /one Ship Via code \(AIR\)/ },
  ] as const)(
    "a Ship Via code of a carrier plug-in, $name, would buy a second label",
    async ({ isIntegrated, code, verdict, text }) => {
      const plain = { description: undefined, isIntegrated: false, plugIn: undefined };
      const codes = [
        { ...plain, code: "GROUND" },
        { ...plain, code, isIntegrated, plugIn: "SHIPENGINE" },
      ];
      const { stage } = await check({ listShipVias: () => Promise.resolve(codes.slice(code === "GROUND" ? 1 : 0)) });
      expect(stage("acumatica-ship-vias")).toMatchObject({
        verdict,
        text: expect.stringMatching(text),
        cure: expect.anything(),
      });
    },
  );

  test("where a site does not tell which codes are integrated, its plug-ins are a warning", async () => {
    const { stage } = await check({
      listShipVias: () =>
        Promise.resolve([{ code: "GROUND", description: undefined, isIntegrated: undefined, plugIn: undefined }]),
      listPlugIns: () => Promise.resolve([{ id: "UPS", type: "UPS" }]),
    });
    expect(stage("acumatica-ship-vias")).toMatchObject({ verdict: "warning", text: expect.stringMatching(/UPS/) });
  });

  test("a Ship Via code or a box that Acumatica does not have is named", async () => {
    const { stage } = await check({}, {}, aConnection({ shipments: { defaultShipVia: "MULE", box: "CRATE" } }));
    expect(stage("acumatica-ship-vias")).toMatchObject({ verdict: "failed", text: expect.stringMatching(/MULE/) });
    expect(stage("acumatica-boxes")).toMatchObject({ verdict: "failed", text: expect.stringMatching(/CRATE/) });
  });

  test("items without weight and customers without address are counted, the first ones named, those gone left out", async () => {
    const item = (InventoryID: string, DimensionWeight: number, ItemStatus = "Active") => ({
      InventoryID,
      DimensionWeight,
      ItemStatus,
    });
    const { stage } = await check({
      sampleStockItems: () =>
        Promise.resolve([item("A", 0), item("B", 2), item("C", 0, "Inactive"), item("D ", 0)] as never),
      sampleCustomers: () =>
        Promise.resolve([{ CustomerID: "C1" }, { CustomerID: "C2", MainContact: { Address: home } }] as never),
    });
    expect(stage("acumatica-items")).toMatchObject({
      verdict: "warning",
      text: "2 of 3 items for sale have no weight: A, D.",
    });
    expect(stage("acumatica-customers").text).toBe("1 of 2 active customers have no complete main address: C1.");
  });

  test.for([
    { days: 75, verdict: "ok", text: /entered on 1970-01-01\.$/ },
    { days: 80, verdict: "warning", text: /if it was made for 3 months, it ends by 1970-04-01/ },
    { days: 100, verdict: "ok", text: /entered/ },
    { days: 170, verdict: "warning", text: /6 months, it ends by 1970-07-01/ },
    { days: 360, verdict: "warning", text: /12 months, it ends by 1971-01-01/ },
    { days: 400, verdict: "warning", text: /no key made today lives longer/ },
  ])("a key pair entered $days days ago: $verdict", ({ days, verdict, text }) => {
    expect(judgeKeyAge(new Date(0), days * 86_400_000)).toMatchObject({ verdict, text: expect.stringMatching(text) });
  });

  test.for([
    { name: "none", v2: undefined, verdict: "ok", text: /V1 alone/ },
    { name: "a good one", v2: () => Promise.resolve([{}, {}]), verdict: "ok", text: /works; V2 sees 2 carriers/ },
    { name: "a refused one", v2: raising("shipstation.credentials"), verdict: "warning", text: /does not work/ },
  ])("of a V2 key, $name, it is said what it adds", async ({ v2, verdict, text }) => {
    const shipstationV2 = v2 && { listCarriers: v2 as never };
    const { stage, report } = await check({}, {}, aConnection(), publicHost, { shipstationV2 });
    expect(stage("shipstation-v2")).toMatchObject({
      verdict,
      text: expect.stringMatching(text),
      meaning: expect.stringMatching(/finds an order by its key/),
    });
    expect(report.fits).toBe(true);
  });

  test.for([
    { seconds: 20, verdict: "ok" },
    { seconds: 90, verdict: "warning" },
    { seconds: -90, verdict: "warning" },
    { seconds: 600, verdict: "failed" },
  ])("clocks that differ by $seconds seconds: $verdict", async ({ seconds, verdict }) => {
    const headers = { ...budget(37), date: new Date(seconds * 1000).toUTCString() };
    const { stage } = await check({}, {}, aConnection(), publicHost, { headers });
    for (const id of ["acumatica-clock", "shipstation-clock"]) {
      expect(stage(id)).toMatchObject({ verdict, cure: verdict === "ok" ? null : expect.stringMatching(/NTP/) });
    }
  });

  test("an account with more changed orders than a check may ask for is told so, and is no fault", async () => {
    const { stage, report } = await check({}, { listOrdersModified: raising("fit.call-limit") });
    expect(stage("orders").details).toEqual(["There were too many orders in ShipStation to read them all in a check."]);
    expect(report.fits).toBe(true);
  });
});

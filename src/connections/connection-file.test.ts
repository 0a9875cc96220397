import { describe, expect, test } from "vitest";
import { ConnectorError } from "../lib/errors.ts";
import type { Problem } from "../lib/problem.ts";
import { parseConnectionFile } from "./connection-file.ts";

const file = {
  name: "Acme Outdoor, Inc.",
  acumatica: {
    instanceUrl: "https://erp.example.com/Acme/",
    tenant: "Acme",
    endpointVersion: "24.200.001",
    username: "connector",
    password: " canary-password ",
  },
  shipstation: { apiKey: "canary-key", apiSecret: "canary-secret" },
};
const clientId = "4E1B0B34-7A0D-4F7C-9C1E-2B3F5D6A7C8D@Acme";
const { username: _username, password: _password, ...addressAlone } = file.acumatica;
const withoutUser = { ...file, acumatica: addressAlone };
const withSettings = (settings: object): object => ({ ...file, settings });
const withAcumatica = (change: object): object => ({ ...file, acumatica: { ...file.acumatica, ...change } });

function problemsOf(given: unknown, allowed: string[] = []): readonly Problem[] {
  try {
    parseConnectionFile(given, allowed);
  } catch (error) {
    if (error instanceof ConnectorError && error.code === "connection.invalid") return error.problems;
    throw error;
  }
  return [];
}

describe("a connection file", () => {
  test("the shortest one gets every default", () => {
    expect(parseConnectionFile(file, [])).toEqual({
      id: "acme-outdoor-inc",
      name: "Acme Outdoor, Inc.",
      state: "active",
      username: "connector",
      settings: {
        acumatica: {
          instanceUrl: "https://erp.example.com/Acme",
          tenant: "Acme",
          endpointName: "Default",
          endpointVersion: "24.200.001",
        },
        signIn: { kind: "password", authorisation: { lasts: "absolute", days: 30 } },
        shipstation: { origin: "https://ssapi.shipstation.com" },
        orders: {
          orderTypes: ["SO"],
          statuses: ["Open"],
          orderKeyTemplate: "{OrderNbr}",
          storeByOrderType: {},
          shipFrom: {},
          allowSameNumber: false,
          itemWeightUnit: "LB",
          homeCountry: "US",
          customs: "foreign",
        },
        shipments: { shipVia: [], boxes: [], companyWeightUnit: "LB", freight: "off" },
        catalog: {
          name: "fill",
          weight: "fill",
          price: "off",
          customsDescription: "fill",
          customsValue: "off",
          tariffCode: "fill",
          country: "fill",
        },
        flows: {
          orderPollSeconds: 120,
          labelPollSeconds: 120,
          catalogPollSeconds: 900,
          startFromDays: 30,
          settleSeconds: 120,
          quarantineSeconds: 900,
          doorbellGapSeconds: 10,
          webhooks: true,
        },
      },
      secrets: { password: " canary-password ", apiKey: "canary-key", apiSecret: "canary-secret" },
    });
  });

  test("a full one keeps what it says", () => {
    const settings = {
      orders: {
        orderTypes: ["SO", "WO"],
        storeId: 7,
        shipFrom: { MAIN: 3 },
        orderKeyTemplate: "A-{OrderType}-{OrderNbr}",
      },
      shipments: {
        shipVia: [
          { carrier: "ups", service: "ups_ground", shipVia: "UPSGROUND" },
          { carrier: "ups", service: "*", shipVia: "UPS" },
        ],
        freight: { markupPercent: 10 },
      },
      flows: { webhooks: false },
    };
    const parsed = parseConnectionFile({ id: "a1", ...withAcumatica({ branch: "HQ" }), settings }, []);
    expect(parsed.id).toBe("a1");
    expect(parsed.settings).toMatchObject({ acumatica: { branch: "HQ" }, ...settings });
  });

  test.for([
    ["no object at all", "text", [""]],
    ["an empty object", {}, ["name", "acumatica", "shipstation"]],
    ["an unknown field", { ...file, extra: 1 }, ["extra"]],
    ["an unknown field inside", withAcumatica({ pasword: "canary-typo" }), ["acumatica.pasword"]],
    ["an unknown setting", withSettings({ order: {} }), ["settings.order"]],
    ["an id that is no slug", { ...file, id: "Acme Ltd" }, ["id"]],
    ["a name that gives no id", { ...file, name: "东京" }, ["id"]],
    ["an empty tenant", withAcumatica({ tenant: " " }), ["acumatica.tenant"]],
    ["an empty branch", withAcumatica({ branch: "" }), ["acumatica.branch"]],
    ["a version that is none", withAcumatica({ endpointVersion: "latest" }), ["acumatica.endpointVersion"]],
    ["an endpoint with a path", withAcumatica({ endpointName: "../x" }), ["acumatica.endpointName"]],
    ["an empty password", withAcumatica({ password: "" }), ["acumatica.password"]],
    ["a password that is a number", withAcumatica({ password: 12_345 }), ["acumatica.password"]],
    ["plain http", withAcumatica({ instanceUrl: "http://erp.example.com" }), ["acumatica.instanceUrl"]],
    [
      "an address with the API's path",
      withAcumatica({ instanceUrl: "https://a.example/entity/Default" }),
      ["acumatica.instanceUrl"],
    ],
    [
      "an address of a page",
      withAcumatica({ instanceUrl: "https://a.example/X/Main.aspx" }),
      ["acumatica.instanceUrl"],
    ],
    [
      "another ShipStation",
      { ...file, shipstation: { ...file.shipstation, origin: "https://evil.example" } },
      ["shipstation.origin"],
    ],
    [
      "half a Ship Via row",
      withSettings({ shipments: { shipVia: [{ carrier: "ups", service: "ups_ground" }] } }),
      ["settings.shipments.shipVia[0].shipVia"],
    ],
    [
      "a blank half",
      withSettings({ shipments: { shipVia: [{ carrier: "ups", service: "ups_ground", shipVia: " " }] } }),
      ["settings.shipments.shipVia[0].shipVia"],
    ],
    [
      "the other half",
      withSettings({ shipments: { shipVia: [{ service: "ups_ground", shipVia: "UPS" }] } }),
      ["settings.shipments.shipVia[0].carrier"],
    ],
    [
      "a carrier without a service",
      withSettings({ shipments: { shipVia: [{ carrier: "ups", shipVia: "UPS" }] } }),
      ["settings.shipments.shipVia[0].service"],
    ],
    [
      "an order that asks for every service",
      withSettings({ shipments: { shipVia: [{ carrier: "ups", service: "*", shipVia: "UPS", direction: "both" }] } }),
      ["settings.shipments.shipVia[0].service"],
    ],
    [
      "two services for the orders of one Ship Via",
      withSettings({
        shipments: {
          shipVia: [
            { carrier: "ups", service: "ups_ground", shipVia: "UPS", direction: "order" },
            { carrier: "ups", service: "ups_next_day_air", shipVia: "ups", direction: "both" },
          ],
        },
      }),
      ["settings.shipments.shipVia[1].shipVia"],
    ],
    [
      "two boxes for one package",
      withSettings({
        shipments: {
          boxes: [
            { package: "package", box: "A" },
            { package: "PACKAGE", box: "B" },
          ],
        },
      }),
      ["settings.shipments.boxes[1]"],
    ],
    [
      "two rows for one carrier",
      withSettings({
        shipments: {
          shipVia: [
            { carrier: "ups", service: "*", shipVia: "A" },
            { carrier: "UPS", service: "*", shipVia: "B" },
          ],
        },
      }),
      ["settings.shipments.shipVia[1]"],
    ],
    ["an unknown freight mode", withSettings({ shipments: { freight: "free" } }), ["settings.shipments.freight"]],
    [
      "an unknown weight unit",
      withSettings({ orders: { itemWeightUnit: "STONE" } }),
      ["settings.orders.itemWeightUnit"],
    ],
    [
      "a key without the number",
      withSettings({ orders: { orderKeyTemplate: "{OrderType}" } }),
      ["settings.orders.orderKeyTemplate"],
    ],
    [
      "a key with an unknown part",
      withSettings({ orders: { orderKeyTemplate: "{OrderNbr}{Tenant}" } }),
      ["settings.orders.orderKeyTemplate"],
    ],
    ["no order type", withSettings({ orders: { orderTypes: [] } }), ["settings.orders.orderTypes"]],
    [
      "a warehouse by name",
      withSettings({ orders: { shipFrom: { MAIN: "Main" } } }),
      ["settings.orders.shipFrom.MAIN"],
    ],
    [
      "a quarantine shorter than the ERP's queue",
      withSettings({ flows: { quarantineSeconds: 60 } }),
      ["settings.flows.quarantineSeconds"],
    ],
    ["half a second", withSettings({ flows: { orderPollSeconds: 0.5 } }), ["settings.flows.orderPollSeconds"]],
    ["a state that only the service gives", { ...file, state: "stopped" }, ["state"]],
    ["null for a section", { ...file, settings: null }, ["settings"]],
  ] as const)("%s is refused by its field, with a cure", ([, given, fields]) => {
    const problems = problemsOf(given);
    expect(problems.map(({ field }) => field)).toEqual(fields);
    for (const { cure } of problems) {
      expect(cure).toMatch(/^[A-Z].*\.$/s);
      expect(cure).not.toMatch(/Invalid|received/);
    }
  });

  test("everything that is wrong is told at once", () => {
    const bad = {
      ...withAcumatica({ instanceUrl: "https://10.0.0.1", tenant: "", extra: 1 }),
      shipstation: { apiSecret: 5, origin: "ftp://x" },
      settings: { shipments: { shipVia: [{}], freight: 3 } },
    };
    expect(problemsOf(bad).map(({ field }) => field)).toEqual([
      "acumatica.tenant",
      "acumatica.extra",
      "shipstation.apiKey",
      "shipstation.apiSecret",
      "settings.shipments.shipVia[0].carrier",
      "settings.shipments.shipVia[0].service",
      "settings.shipments.shipVia[0].shipVia",
      "settings.shipments.freight",
      "acumatica.instanceUrl",
      "shipstation.origin",
    ]);
  });

  test("the three kinds of sign-in each have their own members", () => {
    const oauth = { clientId, clientSecret: " canary-client " };
    expect(parseConnectionFile(withAcumatica({ signIn: "oauth-password", ...oauth }), [])).toMatchObject({
      username: "connector",
      settings: { signIn: { kind: "oauth-password", clientId, authorisation: { lasts: "absolute", days: 30 } } },
      secrets: { password: " canary-password ", clientSecret: "canary-client" },
    });
    const consented = {
      ...withoutUser,
      acumatica: {
        ...withoutUser.acumatica,
        ...oauth,
        signIn: "oauth-code",
        authorisation: { lasts: "sliding", days: 14 },
      },
    };
    const parsed = parseConnectionFile(consented, []);
    expect(parsed.username).toBeUndefined();
    expect(parsed.settings.signIn).toEqual({
      kind: "oauth-code",
      clientId,
      authorisation: { lasts: "sliding", days: 14 },
    });
    expect(Object.keys(parsed.secrets)).toEqual(["clientSecret", "apiKey", "apiSecret"]);
  });

  test.for([
    ["a kind of sign-in that is none", { signIn: "saml" }, ["acumatica.signIn"]],
    ["a client ID where there is only a password", { clientId }, ["acumatica.clientId"]],
    ["OAuth without its application", { signIn: "oauth-password" }, ["acumatica.clientId", "acumatica.clientSecret"]],
    [
      "a password beside a person's consent",
      { signIn: "oauth-code", clientId, clientSecret: "canary" },
      ["acumatica.username", "acumatica.password"],
    ],
    [
      "a client ID without a tenant",
      { signIn: "oauth-password", clientId: clientId.split("@")[0], clientSecret: "canary" },
      ["acumatica.clientId"],
    ],
    [
      "a client ID of another tenant",
      { signIn: "oauth-password", clientId: clientId.replace("Acme", "Other"), clientSecret: "canary" },
      ["acumatica.clientId"],
    ],
  ] as const)("%s is refused by its field, with a cure", ([, change, fields]) => {
    const problems = problemsOf(withAcumatica(change));
    expect(problems.map(({ field }) => field)).toEqual(fields);
    expect(JSON.stringify(problems)).not.toContain("canary");
    for (const { cure } of problems) expect(cure).toMatch(/^[A-Z].*\.$/s);
  });

  test("a key of V2 is for V2's own host, and may be left out", () => {
    const withV2 = (v2: object): object => ({ ...file, shipstation: { ...file.shipstation, v2 } });
    expect(parseConnectionFile(withV2({ apiKey: " canary-v2 " }), [])).toMatchObject({
      settings: { shipstation: { v2: { origin: "https://api.shipstation.com" } } },
      secrets: { v2ApiKey: "canary-v2" },
    });
    expect(problemsOf(withV2({}))).toMatchObject([{ field: "shipstation.v2.apiKey" }]);
    for (const origin of ["https://ssapi.shipstation.com", "https://evil.example", "http://127.0.0.1:4503"]) {
      expect(problemsOf(withV2({ apiKey: "k", origin }))).toMatchObject([{ field: "shipstation.v2.origin" }]);
    }
    expect(problemsOf(withV2({ apiKey: "k", origin: "http://127.0.0.1:4503" }), ["http://127.0.0.1:4503"])).toEqual([]);
  });

  test("no problem repeats a secret", () => {
    const canaries = [
      withAcumatica({ password: "canary".repeat(200) }),
      withAcumatica({ pasword: "canary" }),
      withAcumatica({ instanceUrl: "https://user:canary@erp.example.com" }),
      { ...file, shipstation: { apiKey: ["canary"], apiSecret: { canary: 1 } } },
    ];
    for (const given of canaries) {
      expect(problemsOf(given)).not.toEqual([]);
      expect(JSON.stringify(problemsOf(given))).not.toContain("canary");
    }
  });

  test("an operator's own origins may be private, plain and on a port", () => {
    const local = {
      ...withAcumatica({ instanceUrl: "http://127.0.0.1:4501/" }),
      shipstation: { ...file.shipstation, origin: "http://127.0.0.1:4502/" },
    };
    const parsed = parseConnectionFile(local, ["http://127.0.0.1:4501", "http://127.0.0.1:4502"]);
    expect(parsed.settings.acumatica.instanceUrl).toBe("http://127.0.0.1:4501");
    expect(parsed.settings.shipstation.origin).toBe("http://127.0.0.1:4502");
    expect(problemsOf(local).map(({ field }) => field)).toEqual(["acumatica.instanceUrl", "shipstation.origin"]);
  });
});

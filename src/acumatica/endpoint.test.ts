import { describe, expect, test } from "vitest";
import { createClientOf, createFakeAcumatica, empty, exception, json } from "../../test/support/fake-acumatica.ts";
import type { SiteMemory } from "./client.types.ts";
import { nameOf } from "./description.ts";
import { factsAt, fieldPaths, type FieldPath } from "./fields.ts";
import { limits } from "./requests.ts";

const address = {
  instanceUrl: "https://erp.example/23R2",
  tenant: "Main",
  endpointName: "Ours",
  endpointVersion: "1.0.0",
};

/** The swagger of an endpoint with everything of our table but what is named; details have names of the customer's own. */
function swaggerWithout(lacking: readonly string[], form: "2.0" | "3.0.1" = "3.0.1"): object {
  const schemaName = (path: string): string => (path.includes("/") ? `Own${path.replaceAll("/", "")}` : path);
  const at = (path: string): string => `${form === "2.0" ? "#/definitions/" : "#/components/schemas/"}${path}`;
  const schemas: Record<string, object> = { StringValue: { type: "object" } };
  for (const path of fieldPaths) {
    if (lacking.includes(path)) continue;
    const properties: Record<string, object> = {};
    for (const [member, fact] of Object.entries(factsAt(path))) {
      if (lacking.includes(`${path}.${member}`)) continue;
      const target = fact.nested ? schemaName(`${path}/${member}`) : "StringValue";
      const isRows = /Details|Shipments|Packages|UOMConversions|CrossReferences/.test(member);
      properties[member] = isRows ? { type: "array", items: { $ref: at(target) } } : { $ref: at(target) };
    }
    schemas[schemaName(path)] = { allOf: [{ $ref: at("Entity") }, { type: "object", properties }] };
  }
  const paths = lacking.includes("ConfirmShipment") ? {} : { "/Shipment/ConfirmShipment": { post: {} } };
  return form === "2.0"
    ? { swagger: "2.0", paths, definitions: schemas }
    : { openapi: "3.0.1", paths, components: { schemas } };
}

function siteWith(swagger: () => Response, changes: Parameters<typeof createClientOf>[1] = {}) {
  const fake = createFakeAcumatica(({ path, method, body }) => {
    if (path.endsWith("/swagger.json")) return swagger();
    if (method === "PUT") return json({ ...(JSON.parse(body) as object), ShipmentNbr: { value: "000068" } });
    return json([]);
  });
  return { fake, ...createClientOf(fake, { address, ...changes }) };
}

const input = {
  CustomerID: "C1",
  WarehouseID: "MAIN",
  ShipmentDate: "2024-11-01",
  Description: "[SS 77]",
  FreightPrice: 12,
  Details: [{ OrderType: "SO", OrderNbr: "000004", OrderLineNbr: 3, ShippedQty: 2 }],
  Packages: [{ TrackingNbr: "1Z9", CustomRefNbr1: "SS77" }],
};
const sent = (fake: ReturnType<typeof createFakeAcumatica>): Record<string, unknown> =>
  JSON.parse(fake.seen.find(({ method }) => method === "PUT")?.body ?? "{}") as Record<string, unknown>;
const asked = (fake: ReturnType<typeof createFakeAcumatica>): number =>
  fake.seen.filter(({ path }) => path.endsWith("/swagger.json")).length;

describe("an endpoint of the customer's own", () => {
  test.for(["2.0", "3.0.1"] as const)(
    "is described by its swagger, form %s, whatever its details are called",
    async (form) => {
      const { client } = siteWith(() => json(swaggerWithout([], form)));
      expect(await client.describeEndpoint()).toEqual({ source: "swagger", missing: [] });
    },
  );

  test("its swagger decides which members that only some versions have are sent", async () => {
    const { fake, client } = siteWith(() => json(swaggerWithout(["Shipment.FreightPrice", "Shipment.Description"])));
    await client.createShipment(input);
    expect(Object.keys(sent(fake))).toEqual(
      expect.arrayContaining(["UnlimitedPackages", "FreightAmount", "OverrideFreightPrice"]),
    );
    expect(sent(fake)).not.toHaveProperty("FreightPrice");
    expect(sent(fake)).not.toHaveProperty("Description");
  });

  test("is asked for its swagger once in a client's life, and not at all where the answer is remembered", async () => {
    const kept = new Map<string, unknown>();
    const memory: SiteMemory = {
      recall: (topic) => Promise.resolve(kept.get(topic)),
      keep: (topic, fact) => {
        kept.set(topic, JSON.parse(JSON.stringify(fact)));
        return Promise.resolve();
      },
    };
    const first = siteWith(() => json(swaggerWithout(["Shipment.UnlimitedPackages"])), { memory });
    await first.client.createShipment(input);
    await first.client.createShipment(input);
    expect(asked(first.fake)).toBe(1);
    const second = siteWith(() => json({}), { memory });
    await second.client.createShipment(input);
    expect(asked(second.fake)).toBe(0);
    expect(sent(second.fake)).not.toHaveProperty("UnlimitedPackages");
  });

  test("is asked again where the remembered answer lacks what is needed: somebody may have mended it", async () => {
    const kept = new Map<string, unknown>();
    const memory: SiteMemory = {
      recall: (topic) => Promise.resolve(kept.get(topic)),
      keep: (topic, fact) => Promise.resolve(void kept.set(topic, fact)),
    };
    const before = siteWith(() => json(swaggerWithout(["Shipment.Hold"])), { memory });
    await expect(before.client.createShipment(input)).rejects.toMatchObject({ code: "acumatica.endpoint-incomplete" });
    const after = siteWith(() => json(swaggerWithout([])), { memory });
    await after.client.createShipment(input);
    expect(sent(after.fake)).toHaveProperty("Hold");
  });

  test("a remembered answer that this program cannot read is asked for again", async () => {
    const memory: SiteMemory = { recall: () => Promise.resolve({ members: 7 }), keep: () => Promise.resolve() };
    const { fake, client } = siteWith(() => json(swaggerWithout([])), { memory });
    await client.getShipment("000068").catch(() => undefined);
    expect(asked(fake)).toBe(1);
  });

  test.for([
    { lacking: "SalesOrder.LastModified", names: ["SalesOrder.LastModified"] },
    { lacking: "SalesOrder/Details.OpenQty", names: ["SalesOrder.Details.OpenQty"] },
    { lacking: "SalesOrder.Details", names: ["SalesOrder.Details"] },
    { lacking: "SalesOrder", names: ["SalesOrder"] },
  ])("without $lacking nothing is asked of orders, and the error names it", async ({ lacking, names }) => {
    const { fake, client } = siteWith(() => json(swaggerWithout([lacking])));
    const error = await client.getSalesOrder("SO", "1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "acumatica.endpoint-incomplete" });
    expect((error as { problems: { field: string }[] }).problems.map(({ field }) => field)).toEqual(names);
    expect(fake.calls().filter((call) => call.includes("SalesOrder"))).toEqual([]);
    await expect(client.listCustomers({ fromMs: 0, toMs: 1 })).resolves.toEqual([]);
  });

  test("what is missing is told with what is lost, needed or not, actions included", async () => {
    const lacking = ["Shipment/Packages.TrackingNbr", "Shipment.ControlQty", "ShippingBox", "ConfirmShipment"];
    const { client } = siteWith(() => json(swaggerWithout(lacking)));
    const { missing } = await client.describeEndpoint();
    expect(missing.map((each) => [nameOf(each), each.needed])).toEqual([
      ["Shipment.ControlQty", false],
      ["Shipment.Packages.TrackingNbr", true],
      ["ShippingBox", false],
      ["Shipment.ConfirmShipment", true],
    ]);
    for (const { lost } of missing) expect(lost).toMatch(/^[a-z].{10,}[^.]$/);
  });

  test.for([
    {
      name: "rights missing",
      answer: () => exception("PX.Data.PXNotEnoughRightsException", "no", 403),
      why: "acumatica.rights",
    },
    { name: "not there", answer: () => empty(404), why: "acumatica.endpoint-missing" },
    {
      name: "an error inside the ERP",
      answer: () => exception("System.NullReferenceException", "x"),
      why: "acumatica.server-error",
    },
    {
      name: "a page",
      answer: () => new Response("<html></html>", { headers: { "content-type": "text/html" } }),
      why: "acumatica.unreadable",
    },
    { name: "something else", answer: () => json({ paths: {} }), why: "acumatica.unreadable" },
  ])(
    "where the swagger cannot be read ($name), only what every version of Default has is used",
    async ({ answer, why }) => {
      const { fake, client } = siteWith(answer);
      const { source, unread, missing } = await client.describeEndpoint();
      expect([source, unread?.code]).toEqual(["table", why]);
      expect(missing.filter(({ needed }) => needed)).toEqual([]);
      await client.createShipment(input);
      expect(Object.keys(sent(fake))).toEqual(expect.arrayContaining(["Description", "Packages"]));
      expect(JSON.stringify(sent(fake))).not.toMatch(/UnlimitedPackages|FreightPrice"|FreightAmount/);
    },
  );

  test("a network that fails is no reason to guess", async () => {
    const { client } = siteWith(() => {
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
    });
    await expect(client.describeEndpoint()).rejects.toMatchObject({ code: "network.unreachable" });
  });

  test("a swagger may be larger than any other answer, and is not handed to the archive", async () => {
    const body = { ...swaggerWithout([]), padding: "x".repeat(limits.maxBytes + 1) };
    const { client, exchanges } = siteWith(() => json(body));
    expect((await client.describeEndpoint()).source).toBe("swagger");
    expect(exchanges.at(-1)?.responseBody).toBe("(not kept: the endpoint's description)");
  });
});

test("what a Default endpoint of a known version holds is known without asking it; describing it asks all the same", async () => {
  const lacking: FieldPath[] = ["ShippingBox"];
  const { fake, client } = siteWith(() => json(swaggerWithout(lacking)), {
    address: { ...address, endpointName: "Default", endpointVersion: "22.200.001" },
  });
  await client.createShipment(input);
  expect(asked(fake)).toBe(0);
  const { source, missing } = await client.describeEndpoint();
  expect([source, missing.map(nameOf)]).toEqual(["swagger", ["ShippingBox"]]);
});

test("a Default endpoint of a version nobody has heard of is asked", async () => {
  const { fake, client } = siteWith(() => json(swaggerWithout([])), {
    address: { ...address, endpointName: "Default", endpointVersion: "26.200.001" },
  });
  await client.createShipment(input);
  expect(asked(fake)).toBe(1);
});

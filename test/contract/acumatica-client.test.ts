import { expect, test } from "vitest";
import { z } from "zod";
import { createCookies } from "../../src/acumatica/cookies.ts";
import { customer, salesOrder, shipment, stockItem, type ShipmentInput } from "../../src/acumatica/entities.ts";
import {
  describe as describeMembers,
  membersBySwagger,
  membersByTable,
  swagger,
} from "../../src/acumatica/description.ts";
import type { Has } from "../../src/acumatica/endpoint.ts";
import { factsAt, fieldPaths } from "../../src/acumatica/fields.ts";
import { saysNoEntity, translate, type Asked } from "../../src/acumatica/errors.ts";
import { customers, salesOrders, shipments, stockItems } from "../../src/acumatica/reads.ts";
import { createSite } from "../../src/acumatica/requests.ts";
import { changedShipment, newShipment } from "../../src/acumatica/writes.ts";
import { createClientOf, json } from "../support/fake-acumatica.ts";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";

/** One recorded exchange, in either of the two forms they are kept in. */
const recording = z.object({
  from: z.string().optional(),
  request: z.object({ method: z.string(), path: z.string().default("") }).optional(),
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    body: z.unknown().optional(),
    bodyText: z.string().optional(),
  }),
});
type Recording = z.output<typeof recording>;

const folder = "payloads/acumatica";
const samples = "specs/acumatica-sample-responses.json";
const exchanges: { name: string; recorded: Recording }[] = listRecorded(folder)
  .filter((name) => name.endsWith(".http.json") && !name.startsWith("req-"))
  .map((name) => ({ name, recorded: recording.parse(readRecorded(`${folder}/${name}`)) }));

function headersOf({ response }: Recording): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const line of [value].flat()) headers.append(name, line);
  }
  return headers;
}

const answerOf = (recorded: Recording) => ({
  status: recorded.response.status,
  headers: headersOf(recorded),
  text:
    recorded.response.bodyText ?? (recorded.response.body === undefined ? "" : JSON.stringify(recorded.response.body)),
  tookMs: 1,
});

const askedOf = ({ request }: Recording): Asked => ({
  place: request?.path.includes("/auth/") ? "sign-in" : "entity",
  isWrite: request?.method === "PUT",
  subject: "a record",
  declinedWaitMs: 1,
});

const schemas = { SalesOrder: salesOrder, StockItem: stockItem, Customer: customer, Shipment: shipment };

/** The entity a recorded success is about, and its rows. */
function entityOf({ request, response }: Recording): { entity: keyof typeof schemas; rows: unknown[] } | undefined {
  const entity = /\/entity\/[^/]+\/[^/]+\/(\w+)(\?|$)/.exec(request?.path ?? "")?.[1] ?? "";
  if (response.status !== 200 || !(entity in schemas)) return undefined;
  return { entity: entity as keyof typeof schemas, rows: [response.body].flat() };
}

/** Every value we read is the recorded one: nothing is made up, and nothing recorded under its name is dropped. */
function expectFaithful(parsed: Record<string, unknown>, recorded: Record<string, unknown>): void {
  for (const [name, field] of Object.entries(recorded)) {
    if (typeof field !== "object" || field === null || Array.isArray(field) || !(name in parsed)) continue;
    const value = (field as { value?: unknown }).value;
    if (value === undefined) expect(parsed[name], name).toBeUndefined();
    else if (typeof value === "string") expect(value.startsWith(String(parsed[name])), `${name}: ${value}`).toBe(true);
    else expect(parsed[name], name).toBe(value);
  }
}

describeRecorded("recorded entities", folder, () => {
  const entities = exchanges.flatMap(({ name, recorded }) => {
    const found = entityOf(recorded);
    return found ? [{ name, ...found }] : [];
  });

  test("there are some of orders, items and customers", () => {
    expect(new Set(entities.map(({ entity }) => entity))).toEqual(new Set(["SalesOrder", "StockItem", "Customer"]));
  });

  test.for(entities)("$name parses as $entity", ({ entity, rows }) => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const parsed = schemas[entity].parse(row);
      expect(parsed.id).toBeTypeOf("string");
      expectFaithful(parsed, row as Record<string, unknown>);
    }
  });

  test("a customer read alone parses", () => {
    const row = readRecorded(`${folder}/customer-get.json`) as Record<string, unknown>;
    expectFaithful(customer.parse(row), row);
  });

  test("the order written with an unknown member shows the quantity 0 that came of it", () => {
    const found = entities.find(({ name }) => name.includes("unknown-field-ignored"));
    expect(salesOrder.parse(found?.rows[0]).Details).toMatchObject([{ LineNbr: 1, OrderQty: 0 }]);
  });

  test("the wrapped list of endpoints is understood", async () => {
    const { client } = createClientOf({
      fetch: () => Promise.resolve(json(readRecorded(`${folder}/entity-get-26x-wrapper.json`))),
    });
    const { build, endpoints } = await client.listEndpoints();
    expect(build).toBe("26.101.0225");
    expect(endpoints).toContainEqual({ name: "Default", version: "25.200.001" });
  });
});

describeRecorded("recorded errors", folder, () => {
  const expected: Record<string, string> = {
    "bill-put-422-detail-error.http.json": "acumatica.rejected",
    "customer-put-400-empty-body.http.json": "acumatica.bad-request",
    "error-429-login-plain-text.http.json": "acumatica.session-limit",
    "error-500-no-entity-by-key.http.json": "acumatica.business-rule",
    "error-500-optimization-list-get.http.json": "acumatica.list-unsupported",
    "error-500-setup-not-entered.http.json": "acumatica.setup-missing",
    "error-500-tenant-name.http.json": "acumatica.tenant",
    "login-500-invalid-credentials.http.json": "acumatica.credentials",
  };
  const failures = exchanges.filter(({ recorded }) => recorded.response.status >= 400);

  test("each of them is known here", () => {
    expect(failures.map(({ name }) => name)).toEqual(Object.keys(expected));
  });

  test.for(failures)("$name is translated", ({ name, recorded }) => {
    const error = translate(answerOf(recorded), askedOf(recorded));
    expect(error.code).toBe(expected[name]);
    expect(error.message).not.toMatch(/\bat PX\.|stackTrace/);
    expect(saysNoEntity(answerOf(recorded))).toBe(name.includes("no-entity"));
  });

  test("the error of a line is found with its path", () => {
    const found = failures.find(({ name }) => name.startsWith("bill-put-422"))!.recorded;
    const { problems, message } = translate(answerOf(found), askedOf(found));
    expect(problems.map(({ field }) => field)).toEqual(["Details[0].Project"]);
    expect(message).toContain("Details[0].Project");
  });
});

describeRecorded("recorded sessions and actions", folder, () => {
  const of = (name: string): Recording => exchanges.find((each) => each.name === name)!.recorded;
  const url = new URL("https://erp.example/entity/auth/login");
  const clock = { now: () => Date.UTC(2023, 11, 14, 3), sleep: () => Promise.resolve() };

  test("a sign-in's cookies are kept once each, and signing out deletes the session's", () => {
    const cookies = createCookies(clock);
    cookies.keep(url, headersOf(of("login-204.http.json")));
    const names = cookies
      .header(url)
      .split("; ")
      .map((pair) => pair.slice(0, pair.indexOf("=")));
    expect(names.sort()).toEqual(
      [".ASPXAUTH", "ASP.NET_SessionId", "CompanyID", "Locale", "UserBranch", "requestid", "requeststat"].sort(),
    );
    cookies.keep(url, headersOf(of("logout-204.http.json")));
    expect(cookies.header(url)).not.toMatch(/ASPXAUTH|ASP\.NET_SessionId/);
  });

  test.for([
    { name: "action-202-location-absolute.http.json", instanceUrl: "https://int.acumatica.com/TestsSite" },
    { name: "action-202-location-site-prefix.http.json", instanceUrl: "https://erp.example/Acumatica2022R2" },
  ])("the Location of $name is joined to the origin alone", ({ name, instanceUrl }) => {
    const site = createSite({ instanceUrl, tenant: "T", endpointName: "Default", endpointVersion: "24.200.001" });
    const { request, response } = of(name);
    const status = site.locate(String(response.headers["Location"]));
    expect(status?.href).toContain(`${new URL(instanceUrl).origin}${request!.path}/status/`);
  });
});

describeRecorded("recorded samples", samples, () => {
  const { recorded, error422, errorShapes } = z
    .object({
      recorded: z.array(z.unknown()),
      error422: z.unknown(),
      errorShapes: z.record(z.string(), z.unknown()),
    })
    .parse(readRecorded(samples));
  const all = recorded.map((each) => recording.parse(each));

  test.for(all.map((each) => ({ name: each.from ?? "", each })))("$name", ({ each }) => {
    const found = entityOf(each);
    for (const row of found?.rows ?? []) {
      expectFaithful(schemas[found!.entity].parse(row), row as Record<string, unknown>);
    }
    if (each.response.status < 400) return;
    const code = each.response.status === 400 ? "acumatica.bad-request" : "acumatica.credentials";
    expect(translate(answerOf(each), askedOf(each)).code).toBe(code);
  });

  const answer = (status: number, body: unknown) => ({
    status,
    headers: new Headers(),
    text: JSON.stringify(body),
    tookMs: 1,
  });
  const reading: Asked = { place: "entity", isWrite: false, subject: "x", declinedWaitMs: 1 };

  test.for([
    { shape: "optimizationFailed500", place: "entity", code: "acumatica.list-unsupported" },
    { shape: "recordNotFound500", place: "entity", code: "acumatica.business-rule" },
    { shape: "invalidCredentials500", place: "sign-in", code: "acumatica.credentials" },
    { shape: "unknownTenant500", place: "sign-in", code: "acumatica.tenant" },
    { shape: "setupMissing500", place: "entity", code: "acumatica.setup-missing" },
  ] as const)("the shape $shape is $code", ({ shape, place, code }) => {
    expect(translate(answer(500, errorShapes[shape]), { ...reading, place }).code).toBe(code);
  });

  test("every known text of the login limit is one", () => {
    const { bodyContains } = z.object({ bodyContains: z.array(z.string()) }).parse(errorShapes["apiLoginLimit"]);
    for (const text of bodyContains) {
      const body = { message: "An error has occurred.", exceptionMessage: text, exceptionType: "PX.Data.PXException" };
      expect(translate(answer(500, body), { ...reading, place: "sign-in" }).code, text).toBe("acumatica.session-limit");
    }
  });

  test("the 422 sample is a refusal with its line named", () => {
    expect(translate(answer(422, error422), reading).problems).toMatchObject([{ field: "Details[0].Project" }]);
  });
});

const fieldTable = "specs/acumatica-fields.json";

describeRecorded("what we send and ask for is in the contract", fieldTable, () => {
  const { entities, about } = z
    .object({
      about: z.object({ versions: z.array(z.string()) }),
      entities: z.record(
        z.string(),
        z.object({ fields: z.record(z.string(), z.object({ type: z.string(), versions: z.array(z.string()) })) }),
      ),
    })
    .parse(readRecorded(fieldTable));
  const versions = about.versions.map((version) => ({ version }));
  const knows = (entity: string, field: string, version: string): boolean =>
    entities[entity]?.fields[field]?.versions.includes(version) === true;
  /** The entity at a path of ours, such as `Shipment/Packages`. */
  const entityAt = (path: string): string => {
    const [root = "", ...steps] = path.split("/");
    return steps.reduce((entity, step) => (entities[entity]?.fields[step]?.type ?? "").replace("[]", ""), root);
  };
  const names = (body: object): string[] => Object.keys(body).filter((name) => name !== "id");

  const input: Required<ShipmentInput> = {
    CustomerID: "C",
    LocationID: "MAIN",
    WarehouseID: "W",
    ShipmentDate: "2024-01-01",
    ShipVia: "UPS",
    FreightCost: 1,
    FreightPrice: 2,
    Description: "[SS 1]",
    ControlQty: 1,
    Details: [{ OrderType: "SO", OrderNbr: "1", OrderLineNbr: 1, ShippedQty: 1 }],
    Packages: [{ id: "p", BoxID: "B", Weight: 1, TrackingNbr: "1Z", CustomRefNbr1: "SS1", Confirmed: true }],
  };

  test.for(versions)("a new and a changed shipment, version $version", ({ version }) => {
    const { members } = membersByTable({ endpointName: "Default", endpointVersion: version });
    const has: Has = (path, member) => members[path]?.includes(member) === true;
    const created = newShipment(input, has);
    const changed = changedShipment("1", { ...input, Hold: false, UnlimitedPackages: true }, has);
    for (const name of [...names(created), ...names(changed)])
      expect(knows("Shipment", name, version), name).toBe(true);
    for (const row of created["Details"] as object[]) {
      for (const name of names(row)) expect(knows("ShipmentDetail", name, version), name).toBe(true);
    }
    for (const row of created["Packages"] as object[]) {
      for (const name of names(row)) expect(knows("ShipmentPackage", name, version), name).toBe(true);
    }
    expect("UnlimitedPackages" in created).toBe(knows("Shipment", "UnlimitedPackages", version));
  });

  test.for(versions)("our own table of members tells of each whether version $version has it", ({ version }) => {
    const { members } = membersByTable({ endpointName: "Default", endpointVersion: version });
    const wrong = fieldPaths.flatMap((path) =>
      Object.keys(factsAt(path)).flatMap((member) => {
        const ours = members[path]?.includes(member) === true;
        return ours === knows(entityAt(path), member, version) ? [] : [`${path}.${member}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test.for(versions)("keys, time stamps and expansions, version $version", ({ version }) => {
    for (const { entity, keys, modifiedField, expand, expandAlone } of [
      salesOrders,
      shipments,
      stockItems,
      customers,
    ]) {
      const roots = [...expand, ...expandAlone].map((path) => path.split("/")[0]!);
      for (const name of [...keys, modifiedField, ...roots])
        expect(knows(entity, name, version), `${entity}.${name}`).toBe(true);
    }
  });
});

describeRecorded(
  "the swagger of the vendor's endpoints",
  "specs/acumatica-default-24.200.001.subset.openapi.json",
  () => {
    test.for(["20", "22", "23", "24"])(
      "of Default %s.200.001 tells the same members and actions as our own table, and nothing needed is missing",
      (major) => {
        const version = `${major}.200.001`;
        const file = readRecorded(`specs/acumatica-default-${version}.subset.openapi.json`);
        const told = membersBySwagger(swagger.parse(file));
        expect(told).toEqual(membersByTable({ endpointName: "Default", endpointVersion: version }));
        expect(describeMembers(told, "swagger").missing.filter(({ needed }) => needed)).toEqual([]);
      },
    );

    test("what version 20 lacks is named, with what is lost; what was only renamed is not", () => {
      const told = membersBySwagger(
        swagger.parse(readRecorded("specs/acumatica-default-20.200.001.subset.openapi.json")),
      );
      const names = describeMembers(told, "swagger").missing.map(({ entity, member }) => `${entity}.${member ?? ""}`);
      expect(names).toEqual([
        "SalesOrder.WillCall",
        "Shipment.UnlimitedPackages",
        "StockItem.TariffCode",
        "StockItem.CountryOfOrigin",
      ]);
    });
  },
);

import { describe, expect, test } from "vitest";
import { column, signedIn, smallSite, value, visitor, type Visitor } from "../support/acumatica-visitor.ts";
import { describeRecorded, readRecorded } from "../support/recorded.ts";
import type { AcumaticaSandbox } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";

type Json = Record<string, unknown>;

/** Members that are not wrapped, whatever the entity (payloads 4.1). */
const bare = ["id", "rowNumber", "note", "custom", "files", "_links"];

/** Everything the sandbox can expand, entity by entity. */
const expansions: Record<string, string[]> = {
  SalesOrder: [
    ...["Details", "Shipments", "ShipToAddress", "ShipToContact", "BillToAddress", "BillToContact", "ShippingSettings"],
    ...["Totals", "FinancialSettings", "TaxDetails", "DiscountDetails", "Payments"],
  ],
  Shipment: [
    ...["Details", "Details/Allocations", "Packages", "Packages/PackageContents", "Orders", "ShippingSettings"],
    ...["ShippingSettings/ShipToAddress", "ShippingSettings/ShipToContact"],
  ],
  Customer: ["MainContact", "MainContact/Address", "BillingContact", "ShippingContact", "PrimaryContact"],
  CustomerLocation: ["LocationContact", "LocationContact/Address"],
  StockItem: ["UOMConversions", "CrossReferences", "WarehouseDetails", "Boxes"],
  ShipVia: ["Packages"],
  ShippingBox: [],
  Warehouse: ["Locations"],
  Carrier: ["CustomerAccounts", "PlugInParameters"],
  NonStockItem: ["CrossReferences"],
  KitSpecification: ["StockComponents", "NonStockComponents"],
  UnitsOfMeasure: [],
};

/** A shipped order with a package, so that every entity has a row. */
async function furnish(site: AcumaticaSandbox, visit: Visitor): Promise<void> {
  const order = site.createOrder();
  site.integrateShipVia("FEDEXGRD");
  const { json } = await visit.entity("PUT", "Shipment", {
    CustomerID: value(order.CustomerID),
    WarehouseID: value(order.Details[0]!.WarehouseID),
    Hold: value(false),
    Details: [{ OrderType: value("SO"), OrderNbr: value(order.OrderNbr) }],
    Packages: [{ BoxID: value("SMALL"), TrackingNbr: value("1Z"), PackageContents: [{ Quantity: value(1) }] }],
  });
  site.confirmShipment(String(json.ShipmentNbr.value));
}

interface Property {
  $ref?: string;
  items?: { $ref?: string };
}
const propertiesOf = (schema: unknown): Record<string, Property> =>
  (schema as { allOf?: { properties?: Record<string, Property> }[] } | undefined)?.allOf?.[1]?.properties ?? {};
const typeOf = (property: Property | undefined): string =>
  `${property?.items ? "many " : ""}${(property?.items?.$ref ?? property?.$ref ?? "nothing").split("/").at(-1) ?? ""}`;

interface FieldTable {
  entities: Record<string, { fields: Record<string, { type: string; versions: string[] }> }>;
}

describeRecorded("the sandbox against the vendor's field table", "specs/acumatica-fields.json", () => {
  const table = readRecorded("specs/acumatica-fields.json") as FieldTable;

  const kinds: Record<string, (inner: unknown) => boolean> = {
    StringValue: (inner) => typeof inner === "string",
    GuidValue: (inner) => typeof inner === "string" && /^[0-9a-f-]{36}$/.test(inner),
    BooleanValue: (inner) => typeof inner === "boolean",
    IntValue: (inner) => Number.isInteger(inner),
    ShortValue: (inner) => Number.isInteger(inner),
    DecimalValue: (inner) => typeof inner === "number",
    DateTimeValue: (inner) =>
      typeof inner === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/.test(inner),
  };

  /** Everything about the record that the table does not allow. */
  function strangers(entityName: string, version: string, record: Json): string[] {
    const fields = table.entities[entityName]?.fields ?? {};
    return Object.entries(record).flatMap(([name, member]) => {
      if (bare.includes(name)) return [];
      const field = fields[name];
      if (!field?.versions.includes(version)) return [`${entityName}.${name} is not in ${version}`];
      const nested = field.type.replace("[]", "");
      if (field.type.endsWith("[]")) return (member as Json[]).flatMap((row) => strangers(nested, version, row));
      if (table.entities[nested]) return strangers(nested, version, member as Json);
      const { value: inner, ...others } = member as Json;
      if (Object.keys(others).length > 0) return [`${entityName}.${name} is no wrapper`];
      return inner === undefined || kinds[field.type]?.(inner)
        ? []
        : [`${entityName}.${name}: ${JSON.stringify(inner)} is no ${field.type}`];
    });
  }

  for (const version of ["20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001"]) {
    test.for(Object.keys(expansions))(`%s of ${version} has only known members of the right kinds`, async (name) => {
      const { site, visit } = await signedIn({}, version);
      await furnish(site, visit);
      const { status, json } = await visit.entity("GET", `${name}?$expand=${expansions[name]!.join(",")}&$top=20`);
      expect(status).toBe(200);
      expect(json.length).toBeGreaterThan(0);
      expect((json as Json[]).flatMap((record) => strangers(name, version, record))).toEqual([]);
    });
  }
});

describeRecorded(
  "the sandbox against the vendor's OpenAPI",
  "specs/acumatica-default-24.200.001.subset.openapi.json",
  () => {
    test.for(["20.200.001", "22.200.001", "23.200.001", "24.200.001"])(
      "%s: every entity's members are in its schema",
      async (version) => {
        const spec = readRecorded(`specs/acumatica-default-${version}.subset.openapi.json`) as {
          definitions?: Record<string, Json>;
          components?: { schemas: Record<string, Json> };
        };
        const schemas = spec.components?.schemas ?? spec.definitions ?? {};
        const { site, visit } = await signedIn({}, version);
        await furnish(site, visit);
        const own = (await visit.entity("GET", "swagger.json")).json as typeof spec;
        const ownSchemas = own.components?.schemas ?? own.definitions ?? {};
        for (const name of Object.keys(expansions)) {
          // What the site says of itself is in the vendor's description, too, with the same types.
          const told = propertiesOf(ownSchemas[name]);
          const vendors = propertiesOf(schemas[name]);
          const strange = Object.keys(told).filter((each) => typeOf(told[each]) !== typeOf(vendors[each]));
          expect([name, strange]).toEqual([name, []]);
          const schema = JSON.stringify(schemas[name]);
          const { json } = await visit.entity("GET", `${name}?$top=1&$expand=${expansions[name]!.join(",")}`);
          const unknown = Object.keys((json as Json[])[0]!).filter(
            (each) => !bare.includes(each) && !schema.includes(`"${each}":`),
          );
          expect([name, unknown]).toEqual([name, []]);
        }
      },
    );
  },
);

interface Recorded {
  request: { method: string; path: string; body?: unknown };
  response: { status: number; headers: Record<string, string | string[]>; body: unknown; bodyText?: string };
}
const recording = (name: string): Recorded => readRecorded(`payloads/acumatica/${name}.http.json`) as Recorded;

describeRecorded("the sandbox against recorded answers", "payloads/acumatica", () => {
  const scalarsOf = (record: Json): string[] => Object.keys(record).filter((name) => !Array.isArray(record[name]));

  describe("a record has exactly the members a live site showed, in its order", () => {
    test("an order as PUT answers it, and its line", async () => {
      const body = recording("salesorder-put-200-unknown-field-ignored").response.body as Json;
      const { site, visit } = await signedIn({}, "20.200.001");
      const { json } = await visit.entity("PUT", "SalesOrder?$expand=Details", {
        CustomerID: value("C001001"),
        Details: [{ InventoryID: value(site.tables.stockItems[0]!.InventoryID), Quantity: value(2) }],
      });
      expect(Object.keys(json as Json)).toEqual(Object.keys(body));
      expect(Object.keys(json.Details[0] as Json)).toEqual(Object.keys((body["Details"] as Json[])[0]!));
    });

    test("an order without $expand", async () => {
      const body = recording("salesorder-put-200-header-only").response.body as Json;
      const { visit } = await signedIn({}, "20.200.001");
      const { json } = await visit.entity("PUT", "SalesOrder", { CustomerID: value("C001001") });
      expect(Object.keys(json as Json)).toEqual(Object.keys(body));
    });

    test.for([
      { name: "Customer", file: "customers-list-top1" },
      { name: "StockItem", file: "stockitems-list-top1" },
    ])("a $name of a list", async ({ name, file }) => {
      const [row] = recording(file).response.body as Json[];
      const { visit } = await signedIn({}, "20.200.001");
      const { json } = await visit.entity("GET", `${name}?$top=1`);
      expect(Object.keys((json as Json[])[0]!)).toEqual(scalarsOf(row!));
    });
  });

  test.for([
    { key: "Customer/C1001", file: "customers-list-top1", filter: "Customer?$filter=CustomerID eq 'C1001'" },
    {
      key: "StockItem/%2312-796524",
      file: "stockitems-list-top1",
      filter: "StockItem?$filter=InventoryID eq '%2312-796524'",
    },
  ])("$key is read back from the tables exactly as it was recorded", async ({ key, file, filter }) => {
    const recorded = recording(file).response.body as Json[];
    const { site, visit } = await signedIn({}, "20.200.001");
    expect(site.loadRecorded(recorded)).toBe(1);
    expect((await visit.entity("GET", filter)).json).toEqual(recorded);
    expect((await visit.entity("GET", key)).json.id).toBe(recorded[0]!["id"]);
  });

  test("numbers are written with the same zeros: one in a PUT answer", async () => {
    const { visit } = await signedIn({}, "20.200.001");
    const { text } = await visit.entity("PUT", "SalesOrder", { CustomerID: value("C001001") });
    for (const name of ["OrderedQty", "OrderTotal", "ControlTotal", "TaxTotal"])
      expect(text).toContain(`"${name}":{"value":0.0}`);
    expect(text).toContain('"CurrencyRate":{"value":1.0}');
  });

  describe("refusals have the recorded bodies", () => {
    test("a wrong password", async () => {
      const { response } = recording("login-500-invalid-credentials");
      const { site } = smallSite();
      const { status, json } = await visitor(site).signIn({ password: "wrong" });
      expect(status).toBe(response.status);
      expect(Object.keys(json as Json)).toEqual(Object.keys(response.body as Json));
      const stackTrace = expect.any(String) as string;
      expect(json).toEqual({ ...(response.body as Json), stackTrace });
    });

    test("an empty body", async () => {
      const { response } = recording("customer-put-400-empty-body");
      const { visit } = await signedIn();
      const { status, json, headers } = await visit.entity("PUT", "Customer", "");
      expect([status, json, headers.get("content-type")]).toEqual([
        400,
        response.body,
        response.headers["Content-Type"],
      ]);
    });

    test("a missing record, an unlistable field, a form not set up", async () => {
      const { site, visit } = await signedIn({
        setupMissing: { Customer: "Account Receivable Preferences" },
        listsUnsupported: { ShipVia: ["Packages"] },
      });
      for (const { path, file } of [
        { path: "SalesOrder/SO/1", file: "error-500-no-entity-by-key" },
        { path: "Customer", file: "error-500-setup-not-entered" },
      ]) {
        const { status, json } = await visit.entity("GET", path);
        expect([status, json]).toEqual([500, expect.objectContaining(recording(file).response.body as Json)]);
      }
      const recorded = recording("error-500-optimization-list-get").response.body as Json;
      const { json } = await visit.entity("GET", "ShipVia?$expand=Packages");
      expect(json.exceptionType).toBe(recorded["exceptionType"]);
      const shape = (text: unknown): string =>
        String(text)
          .replace(/\w+: View \w+ has BQL delegate/g, "line")
          .replace(/(line\r\n)+/, "lines");
      expect(shape(json.exceptionMessage)).toBe(shape(recorded["exceptionMessage"]));
      expect(site.counts.writes).toBe(0);
    });

    test("too many sign-ins in plain text", async () => {
      const { response } = recording("error-429-login-plain-text");
      const { site } = smallSite({ maxSessions: 0, loginLimitStatus: 429 });
      const { status, text, headers } = await visitor(site).signIn();
      expect([status, text, headers.get("content-type")]).toEqual([
        response.status,
        response.bodyText,
        response.headers["Content-Type"],
      ]);
    });

    test("a wrong tenant", async () => {
      const { exceptionMessage } = recording("error-500-tenant-name").response.body as { exceptionMessage: string };
      const { site } = smallSite({ tenants: ["A", "B"] });
      const { json } = await visitor(site).signIn({ tenant: "C" });
      expect(json.exceptionMessage).toContain(exceptionMessage.replace("...", ""));
    });

    test("errors in the rows of an entity that comes back", async () => {
      const body = recording("bill-put-422-detail-error").response.body as Json;
      const { visit } = await signedIn();
      const { status, json } = await visit.entity("PUT", "SalesOrder", {
        CustomerID: value("C001001"),
        Details: [{ InventoryID: value("NO-SUCH"), AlternateID: {} }],
      });
      const opening = (record: Json): string[] => Object.keys(record).slice(0, 3);
      expect([status, opening(json as Json)]).toEqual([422, opening(body)]);
      const [row] = body["Details"] as Json[];
      expect(opening(json.Details[0] as Json)).toEqual(opening(row!));
      expect(Object.keys(json.Details[0].InventoryID as Json)).toEqual(Object.keys(row!["Project"] as Json));
      expect([json.Details[0].AlternateID, json.OrderNbr]).toEqual([row!["InventoryID"], body["ReferenceNbr"]]);
      expect(String(json.error).replace("Sales Order", "AP Transactions")).toBe(body["error"]);
    });
  });

  describe("cookies", () => {
    /** Names and attributes, without values. */
    const outline = (cookies: string[]): string[] =>
      cookies.map((cookie) => cookie.replace(/=[^;]*/, "=").replace(/expires=[^;]*/, "expires="));

    test.for([
      { what: "signing in", file: "login-204" },
      { what: "signing out", file: "logout-204" },
      { what: "writing", file: "customer-put-400-empty-body" },
      { what: "reading", file: "customers-list-top1" },
      { what: "a refused sign-in", file: "login-500-invalid-credentials" },
    ])("$what sets those a live site set, as often and with the same attributes", async ({ file }) => {
      const { site } = smallSite();
      const visit = visitor(site);
      const login = await visit.signIn();
      const answers: Record<string, () => Promise<{ headers: Headers }>> = {
        "login-204": () => Promise.resolve(login),
        "logout-204": () => visit.signOut(),
        "customer-put-400-empty-body": () => visit.entity("PUT", "Customer", ""),
        "customers-list-top1": () => visit.entity("GET", "Customer?$top=1"),
        "login-500-invalid-credentials": () => visit.signIn({ password: "wrong" }),
      };
      const { headers } = await answers[file]!();
      expect(outline(headers.getSetCookie())).toEqual(
        outline(recording(file).response.headers["Set-Cookie"] as string[]),
      );
    });
  });

  test("GET /entity has the recorded shape", async () => {
    const recorded = readRecorded("payloads/acumatica/entity-get-26x-wrapper.json") as {
      version: Json;
      endpoints: Json[];
    };
    const { json } = await visitor(smallSite().site).call("GET", "/entity");
    expect(Object.keys(json as Json)).toEqual(Object.keys(recorded));
    expect(Object.keys(json.version as Json)).toEqual(Object.keys(recorded.version));
    expect(Object.keys(json.endpoints[0] as Json)).toEqual(Object.keys(recorded.endpoints[0]!));
  });
});

interface Example {
  folder: string;
  name: string;
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
}

describeRecorded("the vendor's own example requests", "specs/acumatica-request-examples.json", () => {
  const { requests } = readRecorded("specs/acumatica-request-examples.json") as { requests: Example[] };
  const served = /^\{\{EndpointURL\}\}\/?(SalesOrder|Shipment|Customer|StockItem|ShipVia|Warehouse)\b/;
  const examples = requests.filter(
    ({ url, method, body }) => served.test(url) && (method === "GET" || (typeof body === "object" && body !== null)),
  );
  // Left out of the sandbox, and said so in docs/sandbox.md.
  const understood = (url: string): boolean => !/Attributes|SalesOrderCreateReceipt/.test(url);

  test.for(examples.filter(({ url }) => understood(url)))(
    "$method $url is understood: $name",
    async ({ method, url, body, headers }) => {
      const { site, visit } = await signedIn();
      site.createOrder();
      const path = url.replace(/^\{\{EndpointURL\}\}\/?/, "");
      const { status, json } = await visit.entity(method, path, method === "GET" ? undefined : body, headers);
      // Records of the vendor's demo company are not here: missing records and values are fine, unreadable requests are not.
      expect([200, 202, 204, 422, 500]).toContain(status);
      if (status === 500)
        expect(json.exceptionType).toBe("PX.Api.ContractBased.NoEntitySatisfiesTheConditionException");
      if (method === "GET" && !/\/\w+\/[^?]/.test(`/${path}`)) expect(column(json)).toBeInstanceOf(Array);
    },
  );
});

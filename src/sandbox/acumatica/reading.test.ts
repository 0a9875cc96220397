import { describe, expect, test } from "vitest";
import { column, signedIn, startAt, value } from "../../../test/support/acumatica-visitor.ts";

const keysOf = (rows: unknown): string[] => column(rows, "OrderNbr").map(([key]) => String(key));

describe("how a record is written", () => {
  test("empty fields are {}, ids and notes are bare, numbers carry zeros", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder({ customerId: "C001001", lines: [{ inventoryId: firstSku(site), quantity: 2 }] });
    const { text, json } = await visit.entity("GET", `SalesOrder/SO/${order.OrderNbr}`);
    expect(json).toMatchObject({ id: order.id, rowNumber: 1, note: { value: "" }, Description: {}, custom: {} });
    expect(text).toContain('"OrderedQty":{"value":2.000000}');
    expect(text).toMatch(/"OrderTotal":\{"value":\d+\.\d{4}\}/);
  });

  test("instants are true UTC with trimmed fractions, dates are midnight, a line's own stamp is US text", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder();
    const { json } = await visit.entity("GET", `SalesOrder/SO/${order.OrderNbr}?$expand=Details`);
    expect(json.LastModified.value).toBe("2026-03-02T08:30:00.12+00:00");
    expect(json.Date.value).toBe("2026-03-02T00:00:00+00:00");
    expect(json.Details[0].LastModifiedDate.value).toBe("03/02/2026 08:30:00");
  });

  test("collections and linked entities are absent unless expanded, and empty collections are [] when they are", async () => {
    const { site, visit } = await signedIn();
    const { OrderNbr } = site.createOrder();
    const bare = await visit.entity("GET", `SalesOrder/SO/${OrderNbr}`);
    for (const name of ["Details", "Shipments", "ShipToAddress", "Totals"]) expect(bare.json).not.toHaveProperty(name);
    const full = await visit.entity("GET", `SalesOrder/SO/${OrderNbr}?$expand=Details,Shipments,ShipToAddress`);
    expect(full.json.Shipments).toEqual([]);
    expect(full.json.ShipToAddress).toMatchObject({ rowNumber: 1, note: null, Country: { value: expect.any(String) } });
  });

  test("each level must be named", async () => {
    const { visit } = await signedIn();
    const { json } = await visit.entity("GET", "Customer/C001001?$expand=MainContact");
    expect(json.MainContact).not.toHaveProperty("Address");
    const deep = await visit.entity("GET", "Customer/C001001?$expand=MainContact,MainContact/Address");
    expect(deep.json.MainContact.Address.City.value).not.toBe("");
    const skipped = await visit.entity("GET", "Customer/C001001?$expand=MainContact/Address");
    expect(skipped.json).not.toHaveProperty("MainContact");
  });

  test("$select narrows the level it names something of", async () => {
    const { site, visit } = await signedIn();
    const { OrderNbr } = site.createOrder();
    const { json } = await visit.entity(
      "GET",
      `SalesOrder/SO/${OrderNbr}?$expand=Details,ShipToContact&$select=OrderNbr,Details/InventoryID,NoSuchField`,
    );
    expect(Object.keys(json as object)).toEqual([
      "id",
      "rowNumber",
      "note",
      "Details",
      "OrderNbr",
      "ShipToContact",
      "custom",
    ]);
    expect(Object.keys(json.Details[0] as object)).toEqual(["id", "rowNumber", "note", "InventoryID", "custom"]);
    expect(json.ShipToContact).toHaveProperty("Email");
  });

  test("a site may refuse a field it does not know instead of ignoring it", async () => {
    const { visit } = await signedIn({ unknownSelect: "refuse" });
    expect((await visit.entity("GET", "SalesOrder?$select=NoSuchField")).status).toBe(500);
  });

  test("rows without a NoteID have the same id within a session and another in the next; lines keep theirs", async () => {
    const { site, visit } = await signedIn();
    const { OrderNbr } = site.createOrder();
    const read = () => visit.entity("GET", `SalesOrder/SO/${OrderNbr}?$expand=Details,ShipToAddress`);
    const [{ json: first }, { json: again }] = [await read(), await read()];
    await visit.signOut();
    await visit.signIn();
    const { json: later } = await read();
    expect(again.ShipToAddress.id).toBe(first.ShipToAddress.id);
    expect(later.ShipToAddress.id).not.toBe(first.ShipToAddress.id);
    expect(later.Details[0].id).toBe(first.Details[0].id);
  });

  test("a list leaves out what it would have to compute", async () => {
    const { visit } = await signedIn({}, "20.200.001");
    await visit.entity("PUT", "Customer", { CustomerID: value("C001001"), ShippingAddressOverride: value(true) });
    const single = await visit.entity("GET", "Customer/C001001");
    const [listed] = (await visit.entity("GET", "Customer?$filter=CustomerID eq 'C001001'")).json;
    expect([single.json.ShippingAddressOverride, listed.ShippingAddressOverride]).toEqual([{ value: true }, {}]);
  });

  test.for([
    { version: "20.200.001", has: ["FreightAmount"], lacks: ["FreightPrice", "NoteID", "UnlimitedPackages"] },
    { version: "22.200.001", has: ["FreightPrice", "NoteID"], lacks: ["FreightAmount", "UnlimitedPackages"] },
    { version: "24.200.001", has: ["FreightPrice", "NoteID", "UnlimitedPackages"], lacks: ["FreightAmount"] },
  ])("a shipment of $version carries that version's fields", async ({ version, has, lacks }) => {
    const { site, visit } = await signedIn({ actionsAtOnce: true }, version);
    const { OrderNbr, Details } = site.createOrder();
    const parameters = { WarehouseID: value(Details[0]!.WarehouseID) };
    await visit.entity("POST", "SalesOrder/SalesOrderCreateShipment", {
      entity: { OrderType: value("SO"), OrderNbr: value(OrderNbr) },
      parameters,
    });
    const { json } = await visit.entity("GET", `Shipment/${site.tables.shipments[0]!.ShipmentNbr}`);
    for (const name of has) expect(json).toHaveProperty(name);
    for (const name of lacks) expect(json).not.toHaveProperty(name);
  });

  test("_links appear where the build has them", async () => {
    const { visit } = await signedIn({ linksInEntities: true });
    const { json } = await visit.entity("GET", "Customer/C001001");
    expect(json._links).toEqual({
      self: `/entity/Default/24.200.001/Customer/${json.id}`,
      "files:put": `/entity/Default/24.200.001/files/PX.Objects.AR.CustomerMaint/BAccount/${json.id}/{filename}`,
    });
  });

  test("user-defined fields are read only when named", async () => {
    const { site, visit } = await signedIn();
    const { OrderNbr } = site.createOrder();
    const custom = { Document: { AttributeMARK: { type: "CustomStringField", value: "x" } } };
    await visit.entity("PUT", "SalesOrder", { OrderType: value("SO"), OrderNbr: value(OrderNbr), custom });
    expect((await visit.entity("GET", `SalesOrder/SO/${OrderNbr}`)).json.custom).toEqual({});
    const named = await visit.entity("GET", `SalesOrder/SO/${OrderNbr}?$custom=Document.AttributeMARK`);
    expect(named.json.custom).toEqual(custom);
    const found = await visit.entity("GET", "SalesOrder?$filter=cf.String(f='Document.AttributeMARK') eq 'x'");
    expect(keysOf(found.json)).toEqual([OrderNbr]);
  });
});

describe("reading by key", () => {
  test("keys with # and blanks are percent-encoded; one with a slash cannot be told apart", async () => {
    const { site, visit } = await signedIn();
    const skus = site.tables.stockItems.map((item) => item.InventoryID);
    for (const piece of ["#", " "]) {
      const sku = skus.find((each) => each.includes(piece))!;
      expect((await visit.entity("GET", `StockItem/${encodeURIComponent(sku)}`)).json.InventoryID.value).toBe(sku);
    }
    const slashed = skus.find((each) => each.includes("/"))!;
    expect((await visit.entity("GET", `StockItem/${encodeURIComponent(slashed)}`)).status).toBe(500);
    const filtered = await visit.entity("GET", `StockItem?$filter=InventoryID eq '${slashed}'`);
    expect(filtered.json).toHaveLength(1);
  });

  test("by id, and with | for the slash between keys", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder();
    expect((await visit.entity("GET", `SalesOrder/${order.id}`)).json.OrderNbr.value).toBe(order.OrderNbr);
    expect((await visit.entity("GET", `SalesOrder/SO|${order.OrderNbr}`)).json.id).toBe(order.id);
  });

  test("names in the path are not case-sensitive, and doubled slashes do not matter", async () => {
    const { visit } = await signedIn();
    expect((await visit.call("GET", "/Entity/default/24.200.001//shipvia?$top=1")).status).toBe(200);
  });

  test("a missing record is HTTP 500", async () => {
    const { visit } = await signedIn();
    const { status, json } = await visit.entity("GET", "Shipment/000068");
    expect([status, json.exceptionType]).toEqual([500, "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"]);
  });
});

describe("lists", () => {
  test("come in an order that follows neither key nor time, and in another after a change", async () => {
    const { site, visit } = await signedIn();
    for (let made = 0; made < 12; made++) site.createOrder();
    const read = async () => keysOf((await visit.entity("GET", "SalesOrder?$select=OrderNbr")).json);
    const [first, again] = [await read(), await read()];
    expect(again).toEqual(first);
    expect(first).not.toEqual([...first].sort());
    site.editOrder("SO", first[0]!, { description: "changed" });
    expect(await read()).not.toEqual(first);
  });

  test("$skip and $top cut pages, and all come without $top", async () => {
    const { visit } = await signedIn();
    const pages = await Promise.all(
      [0, 50, 100, 150].map((skip) => visit.entity("GET", `StockItem?$top=50&$skip=${skip}`)),
    );
    const keys = pages.flatMap((page) => column(page.json, "InventoryID").flat());
    expect(new Set(keys).size).toBe(200);
    expect((await visit.entity("GET", "StockItem?$select=InventoryID")).json).toHaveLength(200);
  });

  test("a list over a field with a delegate fails, a keyed read of it does not", async () => {
    const { site, visit } = await signedIn({
      listsUnsupported: { SalesOrder: ["Details"], StockItem: ["AverageCost"] },
    });
    const { OrderNbr } = site.createOrder();
    const failed = await visit.entity("GET", "SalesOrder?$expand=Details");
    expect(failed.status).toBe(500);
    expect(failed.json.exceptionMessage).toBe(
      "Optimization cannot be performed.The following fields cause the error:\r\nDetails: View Document has BQL delegate\r\n",
    );
    expect((await visit.entity("GET", "SalesOrder")).status).toBe(200);
    expect((await visit.entity("GET", `SalesOrder/SO/${OrderNbr}?$expand=Details`)).status).toBe(200);
    expect((await visit.entity("GET", "StockItem")).status).toBe(500);
    expect((await visit.entity("GET", "StockItem?$select=InventoryID")).status).toBe(200);
  });
});

describe("$filter", () => {
  test.for([
    { filter: "Status eq 'Open'", finds: ["000101", "000103"] },
    { filter: "Status ne 'Open' and OrderType eq 'SO'", finds: ["000102"] },
    { filter: "Hold eq true", finds: ["000102"] },
    { filter: "not (Hold eq true)", finds: ["000101", "000103"] },
    { filter: "OrderedQty gt 4", finds: ["000103"] },
    { filter: "OrderedQty le 3.0M or OrderNbr eq '000103'", finds: ["000101", "000102", "000103"] },
    { filter: "substringof('O''B',CustomerOrder)", finds: ["000101"] },
    { filter: "startswith(Description,'ru') eq true", finds: ["000102"] },
    { filter: "endswith(Description, 'sh')", finds: ["000102"] },
    { filter: "Description eq null", finds: ["000101", "000103"] },
    { filter: "LastModified ge datetimeoffset'2026-03-02T08:31:00.120%2B00:00'", finds: ["000102", "000103"] },
    { filter: "LastModified gt datetimeoffset'2026-03-02T09:31:00.120%2B01:00'", finds: ["000103"] },
    { filter: "LastModified lt datetimeoffset'2026-03-02T08:31:00'", finds: ["000101"] },
    { filter: "Date eq date'2026-03-02'", finds: ["000101", "000102", "000103"] },
    { filter: "Date lt datetimeoffset'2026-03-02'", finds: [] },
    { filter: "ShipToAddress/City eq 'Lund'", finds: ["000103"] },
    { filter: "ShipToAddress/City eq 'Lund' and Status eq 'Open'", finds: [] },
  ])("$filter finds $finds", async ({ filter, finds }) => {
    const { site, visit, clock } = await signedIn();
    const sku = firstSku(site);
    site.createOrder({ customerOrder: "O'Brien", lines: [{ inventoryId: sku, quantity: 1 }] });
    clock.advance(60_000);
    site.createOrder({ status: "On Hold", description: "rush", lines: [{ inventoryId: sku, quantity: 3 }] });
    clock.advance(60_000);
    site.createOrder({ shipTo: { City: "Lund", Country: "SE" }, lines: [{ inventoryId: sku, quantity: 5 }] });
    const { status, json } = await visit.entity("GET", `SalesOrder?$select=OrderNbr&$filter=${filter}`);
    expect([status, keysOf(json).sort()]).toEqual([200, finds]);
  });

  test.for([
    { filter: "Hold eq 'true'", text: "incompatible types" },
    { filter: "OrderNbr eq 101", text: "incompatible types" },
    { filter: "LastModified gt '2026-03-02'", text: "incompatible types" },
    { filter: "LastModified gt datetimeoffset'2026-03-02T08:31:00.120+00:00'", text: "literal" },
    { filter: "NoSuchField eq 'x'", text: "Could not find a property" },
    { filter: "Details/WarehouseID eq 'MAIN'", text: "is not a single value" },
    { filter: "Status eq", text: "expected" },
    { filter: "Status is 'Open'", text: "no operator" },
  ])("$filter is a 500", async ({ filter, text }) => {
    const { visit } = await signedIn();
    const { status, json } = await visit.entity("GET", `SalesOrder?$filter=${filter}`);
    expect([status, json.exceptionMessage]).toEqual([500, expect.stringContaining(text)]);
  });
});

test("master data is there to read", async () => {
  const { visit } = await signedIn();
  const sizes = await Promise.all(
    ["StockItem", "Customer", "CustomerLocation", "ShipVia", "ShippingBox", "Warehouse"].map(
      async (name) => column((await visit.entity("GET", name)).json).length,
    ),
  );
  expect(sizes).toEqual([200, 60, 60, 8, 3, 2]);
  const location = await visit.entity("GET", "CustomerLocation/C001001/MAIN?$expand=LocationContact");
  expect(location.json.LocationContact).toHaveProperty("Email");
});

test("a change of an item moves its stamps", async () => {
  const { site, visit, clock } = await signedIn();
  clock.advance(5000);
  site.editStockItem(firstSku(site), { DimensionWeight: 9.5 });
  const { json } = await visit.entity("GET", "StockItem?$filter=LastModified gt datetimeoffset'2026-03-02T08:30:05Z'");
  expect(json).toHaveLength(1);
  expect(json[0]).toMatchObject({
    DimensionWeight: value(9.5),
    LastModifiedDateTime: value("2026-03-02T08:30:05.12+00:00"),
  });
  expect(site.tables.stockItems[1]!.LastModified).toBeLessThan(startAt);
});

function firstSku(site: { tables: { stockItems: { InventoryID: string }[] } }): string {
  return site.tables.stockItems[0]!.InventoryID;
}

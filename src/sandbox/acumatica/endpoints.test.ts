import { describe, expect, test } from "vitest";
import { signedIn, smallSite, value, visitor } from "../../../test/support/acumatica-visitor.ts";
import type { AcumaticaEndpoint } from "./options.ts";

const own: AcumaticaEndpoint = {
  name: "Custom",
  version: "1.0.0",
  contract: 24,
  without: ["Shipment.UnlimitedPackages", "ShippingBox"],
  extra: ["SalesOrder.Channel:text(20)"],
  withoutActions: ["Shipment/ConfirmShipment"],
};
const at = (endpoint: AcumaticaEndpoint, path: string): string =>
  `/entity/${endpoint.name}/${endpoint.version}/${path}`;

describe("an endpoint of the customer's own", () => {
  test("shows what the Default version it extends shows, less what was taken out and more what was put in", async () => {
    const { site, visit } = await signedIn({ endpoints: [own] });
    const order = site.createOrder();
    Object.assign(order, { Channel: "web" });
    const { json } = await visit.call("GET", at(own, `SalesOrder/SO/${order.OrderNbr}`));
    expect([json.Channel, json.OrderNbr]).toEqual([value("web"), value(order.OrderNbr)]);
    const { json: saved } = await visit.call("PUT", at(own, "Shipment"), {
      CustomerID: value(order.CustomerID),
      WarehouseID: value(order.Details[0]!.WarehouseID),
      UnlimitedPackages: value(true),
      Details: [{ OrderType: value("SO"), OrderNbr: value(order.OrderNbr) }],
    });
    expect(saved).not.toHaveProperty("UnlimitedPackages");
    expect(site.tables.shipments[0]).toMatchObject({ UnlimitedPackages: false });
    expect((await visit.call("GET", at(own, "ShippingBox"))).status).toBe(404);
    expect((await visit.call("POST", at(own, "Shipment/ConfirmShipment"), { entity: {} })).status).toBe(404);
  });

  test("is listed to those who are signed in only, its version as it was given", async () => {
    const { site } = smallSite({ endpoints: [own, { name: "Default", version: "24.200.001" }] });
    const visit = visitor(site);
    const names = async (): Promise<string[]> =>
      ((await visit.call("GET", "/entity")).json.endpoints as { name: string }[]).map(({ name }) => name);
    expect(await names()).toEqual(["Default"]);
    await visit.signIn();
    expect(await names()).toEqual(["Custom", "Default"]);
  });
});

interface Swagger {
  swagger?: string;
  openapi?: string;
  basePath?: string;
  servers?: { url: string }[];
  paths: Record<string, unknown>;
  definitions?: Record<string, Schema>;
  components?: { schemas: Record<string, Schema> };
}
interface Schema {
  allOf?: { properties?: Record<string, unknown> }[];
}

describe("swagger.json", () => {
  const read = async (endpoint: AcumaticaEndpoint, options = {}): Promise<Swagger> => {
    const { visit } = await signedIn({ endpoints: [endpoint], ...options });
    return (await visit.call("GET", at(endpoint, "swagger.json"))).json as Swagger;
  };
  const members = (document: Swagger, name: string): string[] =>
    Object.keys((document.definitions ?? document.components?.schemas)?.[name]?.allOf?.[1]?.properties ?? {});

  test.for([
    { major: 20, form: "2.0" },
    { major: 23, form: "2.0" },
    { major: 24, form: "3.0.1" },
    { major: 25, form: "3.0.1" },
  ])("of $major.200.001 is Swagger $form, below the virtual directory", async ({ major, form }) => {
    const endpoint = { name: "Default", version: `${major}.200.001` };
    const document = await read(endpoint);
    expect(document.swagger ?? document.openapi).toBe(form);
    expect(document.basePath ?? document.servers?.[0]?.url).toBe(`/entity/Default/${major}.200.001`);
    expect(Object.keys(document.paths)).toContain("/Shipment/ConfirmShipment");
    expect("/SalesOrder/RecalculatePricesDiscounts" in document.paths).toBe(major >= 24);
  });

  test("names exactly what the endpoint shows, its own fields included", async () => {
    const document = await read(own);
    expect(members(document, "SalesOrder")).toContain("Channel");
    expect(members(document, "Shipment")).not.toContain("UnlimitedPackages");
    expect(Object.keys(document.paths).filter((path) => /ShippingBox|ConfirmShipment/.test(path))).toEqual([]);
  });

  test.for([
    { swagger: "forbidden", status: 403 },
    { swagger: "missing", status: 404 },
  ] as const)("may be $swagger", async ({ swagger, status }) => {
    const { visit } = await signedIn({ swagger });
    expect((await visit.entity("GET", "swagger.json")).status).toBe(status);
  });

  test("is not shown to those who have not signed in", async () => {
    const { status } = await visitor(smallSite().site).entity("GET", "swagger.json");
    expect(status).toBe(401);
  });
});

test("$adHocSchema names the fields that $custom could ask for, with their types and without values", async () => {
  const { site, visit } = await signedIn();
  site.createOrder().custom = { Document: { AttributeCHANNEL: { type: "CustomStringField", value: "web" } } };
  const { json } = await visit.entity("GET", "SalesOrder/$adHocSchema");
  expect(json.custom).toEqual({ Document: { AttributeCHANNEL: { type: "CustomStringField" } } });
});

test("archived records are hidden from lists and keyed reads, and shown where the header asks for them", async () => {
  const { site, visit } = await signedIn();
  const order = site.createOrder();
  order.isArchived = true;
  expect((await visit.entity("GET", "SalesOrder")).json).toEqual([]);
  expect((await visit.entity("GET", `SalesOrder/SO/${order.OrderNbr}`)).status).toBe(500);
  const shown = await visit.entity("GET", `SalesOrder/SO/${order.OrderNbr}`, undefined, { "PX-ApiArchive": "SHOW" });
  expect(shown.json.OrderNbr).toEqual(value(order.OrderNbr));
});

test("a Ship Via of a carrier plug-in looks like any other; only fields asked for by name tell, and the carrier's account", async () => {
  const { site, visit } = await signedIn();
  site.integrateShipVia("UPSGROUND");
  const { json: plain } = await visit.entity("GET", "ShipVia/UPSGROUND");
  expect(plain.custom).toEqual({});
  const { json } = await visit.entity("GET", "ShipVia/UPSGROUND?$custom=CarrierCurrent.IsExternal");
  expect(json.custom).toEqual({ CarrierCurrent: { IsExternal: { type: "CustomBooleanField", value: true } } });
  expect((await visit.entity("GET", "Carrier")).json).toMatchObject([{ CarrierID: value("SHIPENGINE") }]);
});

describe("what orders seldom hold", () => {
  const lines = [
    { inventoryId: "KIT-STARTER", quantity: 2 },
    { inventoryId: "GIFTWRAP", quantity: 1 },
  ];

  test("a non-stock kit is one line of goods, a service is a charge", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder({ lines, warehouseId: "MAIN" });
    const { json } = await visit.entity("GET", `SalesOrder/SO/${order.OrderNbr}?$expand=Details`);
    expect((json.Details as { LineType: unknown }[]).map(({ LineType }) => LineType)).toEqual([
      value("Goods for Inventory"),
      value("Misc. Charge"),
    ]);
  });

  test("on a shipment the kit stays one line, its components stand in the allocations, and charges do not ship", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder({ lines, warehouseId: "MAIN" });
    await visit.entity("PUT", "Shipment", {
      CustomerID: value(order.CustomerID),
      WarehouseID: value("MAIN"),
      Details: [{ OrderType: value("SO"), OrderNbr: value(order.OrderNbr) }],
    });
    const [kit, ...others] = site.tables.shipments[0]!.Details;
    expect(others).toEqual([]);
    expect([kit?.InventoryID, kit?.ShippedQty]).toEqual(["KIT-STARTER", 2]);
    const [first, second] = site.tables.stockItems;
    expect(kit?.Allocations).toMatchObject([
      { InventoryID: first!.InventoryID, Qty: 2 },
      { InventoryID: second!.InventoryID, Qty: 4 },
    ]);
  });

  test("goods that the vendor sends are no part of a shipment of the whole order", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder({ warehouseId: "MAIN" });
    Object.assign(order.Details[0]!, { MarkForPO: true, POSource: "Drop-Ship" });
    const body = {
      CustomerID: value(order.CustomerID),
      WarehouseID: value("MAIN"),
      Details: [{ OrderType: value("SO"), OrderNbr: value(order.OrderNbr) }],
    };
    const { status } = await visit.entity("PUT", "Shipment", body);
    const shipped = site.tables.shipments.flatMap((shipment) => shipment.Details.map((row) => row.OrderLineNbr));
    expect(shipped).not.toContain(1);
    expect(status).toBe(order.Details.length === 1 ? 500 : 200);
  });

  test("units of measure are flat pairs before 24.200.001 and units with conversions from there on", async () => {
    const { visit } = await signedIn();
    const before = await visit.call("GET", "/entity/Default/23.200.001/UnitsOfMeasure?$filter=FromUOM eq 'CASE'");
    expect(before.json[0].ConversionFactor.value).toBe(12);
    const after = await visit.entity("GET", "UnitsOfMeasure/CASE?$expand=Conversion");
    expect([after.json.ConversionFactor, after.json.Conversion[0].ConversionFactor.value]).toEqual([undefined, 12]);
  });
});

test.for([
  { willCallBy: "empty-ship-via", expected: [true, false] },
  { willCallBy: "common-carrier", expected: [true, true] },
] as const)(
  "an order without a Ship Via is to be picked up; with an own van it depends ($willCallBy)",
  ({ willCallBy, expected }) => {
    const { site } = smallSite({ willCallBy });
    const order = site.createOrder();
    const { OrderType, OrderNbr } = order;
    const seen = [null, "LOCAL"].map((shipVia) => site.editOrder(OrderType, OrderNbr, { shipVia }).WillCall);
    expect(seen).toEqual(expected);
  },
);

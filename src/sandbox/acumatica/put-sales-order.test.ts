import { describe, expect, test } from "vitest";
import { column, memberAt, signedIn, value } from "../../../test/support/acumatica-visitor.ts";

const newOrder = { CustomerID: value("C001001"), Hold: value(false) };

describe("PUT SalesOrder", () => {
  test("draws the number, whatever was sent, and holds the order unless told otherwise", async () => {
    const { visit } = await signedIn();
    const { status, json, text } = await visit.entity("PUT", "SalesOrder", {
      ...newOrder,
      OrderNbr: value("MINE"),
      Hold: undefined,
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      OrderType: value("SO"),
      OrderNbr: value("000101"),
      Status: value("On Hold"),
      Hold: value(true),
    });
    expect(json).not.toHaveProperty("Details");
    expect(text).toContain('"OrderTotal":{"value":0.0}');
  });

  test("ignores members the contract does not have, and totals, without a word", async () => {
    const { site, visit } = await signedIn();
    const sku = site.tables.stockItems[0]!.InventoryID;
    const { status, json } = await visit.entity("PUT", "SalesOrder?$expand=Details", {
      ...newOrder,
      OrderTotal: value("2.00"),
      Details: [{ InventoryID: value(sku), Quantity: value(2), UnitPrice: value(1) }],
    });
    expect(status).toBe(200);
    expect(json.OrderTotal).toEqual(value(0));
    expect(json.Details).toMatchObject([{ note: null, LineNbr: value(1), OrderQty: value(0), OpenQty: value(0) }]);
  });

  test("a row without id is appended, with id changed, with delete taken away; its number does not return", async () => {
    const { site, visit } = await signedIn();
    const [first, second] = site.tables.stockItems.map((item) => item.InventoryID);
    const line = (sku: string | undefined, quantity: number) => ({
      InventoryID: value(sku),
      OrderQty: value(quantity),
    });
    const made = await visit.entity("PUT", "SalesOrder?$expand=Details", {
      ...newOrder,
      Details: [line(first, 1), line(second, 2)],
    });
    const [one, two] = made.json.Details;
    const changed = await visit.entity("PUT", "SalesOrder?$expand=Details", {
      OrderType: value("SO"),
      OrderNbr: made.json.OrderNbr,
      Details: [{ id: one.id, delete: true }, { id: two.id, OrderQty: value("7") }, line(first, 3)],
    });
    expect(column(changed.json.Details, "LineNbr", "OrderQty")).toEqual([
      [2, 7],
      [3, 3],
    ]);
    expect(changed.json.OrderedQty).toEqual(value(10));
    const again = await visit.entity("PUT", "SalesOrder?$expand=Details", {
      id: made.json.id,
      Details: [{ LineNbr: value(3), OrderQty: value(4) }],
    });
    expect(again.json.Details).toHaveLength(2);
  });

  test("an unknown row id or record id is refused", async () => {
    const { site, visit } = await signedIn();
    const { OrderNbr } = site.createOrder();
    const ghost = "7483d952-ba9a-ee11-8359-0690322d016b";
    const details = [{ id: ghost, OrderQty: value(1) }];
    expect((await visit.entity("PUT", "SalesOrder", { OrderNbr: value(OrderNbr), Details: details })).status).toBe(500);
    expect((await visit.entity("PUT", "SalesOrder", { id: ghost })).status).toBe(500);
  });

  test("wrong values come back as the entity itself with the errors in place, and nothing is saved", async () => {
    const { site, visit } = await signedIn();
    const { status, json } = await visit.entity("PUT", "SalesOrder", {
      ...newOrder,
      ShipVia: value("PIGEON"),
      Details: [{ InventoryID: value("NO-SUCH"), OrderQty: value(1) }],
    });
    expect(status).toBe(422);
    expect(json).toMatchObject({
      rowNumber: 1,
      error: "Inserting  'Sales Order' record raised at least one error. Please review the errors.",
      ShipVia: { value: "PIGEON", error: expect.stringContaining("cannot be found") },
      Details: [{ rowNumber: 1, InventoryID: { value: "NO-SUCH", error: expect.any(String) }, OrderQty: value(1) }],
      OrderNbr: value("<NEW>"),
    });
    expect(site.tables.salesOrders).toEqual([]);
  });

  test.for([
    { body: "", errors: { "": ["The request body should not be empty."] } },
    { body: "{", errors: { "": [expect.any(String)] } },
    { body: '{"CustomerID":"C001001"}', errors: { CustomerID: [expect.any(String)] } },
  ])("$body is a 400 with modelState", async ({ body, errors }) => {
    const { visit } = await signedIn();
    const { status, json } = await visit.entity("PUT", "SalesOrder", body);
    expect([status, json]).toEqual([400, { message: "The request is invalid.", modelState: errors }]);
  });

  test("no-break spaces between members are read as blanks", async () => {
    const { visit } = await signedIn();
    expect((await visit.entity("PUT", "SalesOrder", '{"CustomerID":\u00a0{"value":"C001001"}}')).status).toBe(200);
  });

  test("If-None-Match and If-Match are kept", async () => {
    const { site, visit } = await signedIn();
    const known = { OrderNbr: value(site.createOrder().OrderNbr) };
    expect((await visit.entity("PUT", "SalesOrder", known, { "if-none-match": "*" })).status).toBe(412);
    expect((await visit.entity("PUT", "SalesOrder", known, { "if-match": "*" })).status).toBe(200);
    expect((await visit.entity("PUT", "SalesOrder", newOrder, { "if-match": "*" })).status).toBe(412);
    expect((await visit.entity("PUT", "SalesOrder", newOrder, { "if-none-match": "*" })).status).toBe(200);
  });

  test("the record to change may be named by a filter", async () => {
    const { site, visit } = await signedIn();
    const order = site.createOrder({ customerOrder: "PO-77" });
    const { json } = await visit.entity("PUT", "SalesOrder?$filter=CustomerOrder eq 'PO-77'", {
      Description: value("seen"),
    });
    expect([json.id, order.Description]).toEqual([order.id, "seen"]);
  });

  test("an order with an open shipment is locked but for its descriptions", async () => {
    const { site, visit } = await signedIn({ actionsAtOnce: true });
    const order = site.createOrder();
    await visit.entity("POST", "SalesOrder/SalesOrderCreateShipment", {
      entity: { id: order.id },
      parameters: { WarehouseID: value(order.Details[0]!.WarehouseID) },
    });
    expect(order.Status).toBe("Shipping");
    const key = { OrderNbr: value(order.OrderNbr) };
    const locked = await visit.entity("PUT", "SalesOrder", { ...key, Hold: value(true) });
    expect([locked.status, locked.json.exceptionMessage]).toEqual([500, expect.stringContaining("Shipping")]);
    expect((await visit.entity("PUT", "SalesOrder", { ...key, Description: value("ok") })).status).toBe(200);
    expect(() => site.editOrder("SO", order.OrderNbr, { lines: { remove: [1] } })).toThrow("locked");
  });

  test("a save by somebody else in between fails the write as often as told", async () => {
    const { site, visit } = await signedIn({ concurrentEdits: { SalesOrder: 1 } });
    const key = { OrderNbr: value(site.createOrder().OrderNbr), Description: value("x") };
    const first = await visit.entity("PUT", "SalesOrder", key);
    expect(first.json.exceptionMessage).toContain("Another process has updated the 'SalesOrder' record.");
    expect((await visit.entity("PUT", "SalesOrder", key)).status).toBe(200);
  });
});

describe("a person in the ERP", () => {
  test("enters believable orders, from one warehouse, in whole quantities", async () => {
    const { site } = await signedIn();
    for (let made = 0; made < 50; made++) {
      const order = site.createOrder();
      expect(order.Status).toBe("Open");
      expect(order.Details.length).toBeGreaterThan(0);
      expect(new Set(order.Details.map((line) => line.WarehouseID)).size).toBe(1);
      expect(order.Details.every((line) => Number.isInteger(line.OrderQty) && line.OrderQty > 0)).toBe(true);
      expect(order.ShipToAddress.Country).toMatch(/^[A-Z]{2}$/);
      expect(order.OrderTotal).toBeGreaterThan(0);
    }
  });

  test("a case holds twelve pieces and costs as much", async () => {
    const { site } = await signedIn();
    const item = site.tables.stockItems.find((each) => each.UOMConversions.length > 0)!;
    const { Details } = site.createOrder({ lines: [{ inventoryId: item.InventoryID, quantity: 1, uom: "CASE" }] });
    expect(Details[0]!.UnitPrice).toBeCloseTo(item.DefaultPrice * 12, 4);
  });

  test("editing moves LastModified, unless the site keeps line changes from doing so", async () => {
    const { site, clock } = await signedIn();
    const order = site.createOrder();
    const made = order.LastModified;
    clock.advance(1000);
    site.options.lineChangesMoveLastModified = false;
    site.editOrder("SO", order.OrderNbr, { lines: { quantity: { 1: 9 } } });
    expect([order.LastModified, order.Details[0]!.OpenQty]).toEqual([made, 9]);
    site.options.lineChangesMoveLastModified = true;
    site.editOrder("SO", order.OrderNbr, { lines: { quantity: { 1: 8 } } });
    expect(order.LastModified).toBe(made + 1000);
  });
});

describe("PUT of master data", () => {
  test("a customer's key is drawn, so that sending the same twice makes two", async () => {
    const { visit } = await signedIn();
    const body = { CustomerID: value("123"), CustomerName: value("Acme") };
    const answers = [await visit.entity("PUT", "Customer", body), await visit.entity("PUT", "Customer", body)];
    const made = answers.map((answered) => memberAt(answered.json, ["CustomerID", "value"]));
    expect(made).toEqual(["C002001", "C002002"]);
  });

  test("an existing customer is changed, contacts and address included", async () => {
    const { visit, site } = await signedIn();
    await visit.entity("PUT", "Customer", {
      CustomerID: value("C001001"),
      MainContact: { Email: value("new@customer.example"), Address: { City: value("Lund") } },
    });
    expect(site.tables.customers[0]!.MainContact).toMatchObject({
      Email: "new@customer.example",
      Address: { City: "Lund" },
    });
  });

  test("an empty object is a stock item named <NEW>", async () => {
    const { visit } = await signedIn();
    const { status, json } = await visit.entity("PUT", "StockItem", {});
    expect([status, json.InventoryID.value, json.Description]).toEqual([200, "<NEW>", {}]);
  });
});

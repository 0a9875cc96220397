import { describe, expect, test } from "vitest";
import { origin, signedIn, value, visitor, type Visitor } from "../../../test/support/acumatica-visitor.ts";
import type { AcumaticaSandbox, AcumaticaSandboxOptions, SalesOrderRow } from "./acumatica-sandbox.ts";

interface Begun {
  site: AcumaticaSandbox;
  visit: Visitor;
  order: SalesOrderRow;
  advance: (ms: number) => void;
}

/** One order of two lines, 5 and 3 pieces, in MAIN. */
async function begin(options: Partial<AcumaticaSandboxOptions> = {}): Promise<Begun> {
  const { site, visit, clock } = await signedIn(options);
  const [a = "", b = ""] = site.tables.stockItems.map((item) => item.InventoryID);
  const order = site.createOrder({
    customerId: "C001001",
    lines: [
      { inventoryId: a, quantity: 5, warehouseId: "MAIN" },
      { inventoryId: b, quantity: 3, warehouseId: "MAIN" },
    ],
  });
  return { site, visit, order, advance: (ms) => clock.advance(ms) };
}

async function ship({ visit, order }: Begun, quantities: Record<number, number>, more: object = {}): Promise<string> {
  const { json } = await visit.entity("PUT", "Shipment", {
    CustomerID: value("C001001"),
    WarehouseID: value("MAIN"),
    Hold: value(false),
    Details: Object.entries(quantities).map(([line, quantity]) => ({
      OrderType: value("SO"),
      OrderNbr: value(order.OrderNbr),
      OrderLineNbr: value(Number(line)),
      ShippedQty: value(quantity),
    })),
    ...more,
  });
  return String(json.ShipmentNbr.value);
}

const act = (visit: Visitor, action: string, entity: object, parameters: object = {}) =>
  visit.entity("POST", action, { entity, parameters });

/** Starts an action and polls it to its end; the status of the last poll, with its message. */
async function run(visit: Visitor, action: string, entity: object, parameters: object = {}) {
  const started = await act(visit, action, entity, parameters);
  if (started.status !== 202) return { status: started.status, message: started.json?.exceptionMessage };
  for (;;) {
    const polled = await visit.call("GET", started.headers.get("location")!);
    if (polled.status !== 202) return { status: polled.status, message: polled.json?.exceptionMessage };
  }
}

const confirm = (visit: Visitor, nbr: string) => run(visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(nbr) });

describe("long operations", () => {
  test("answer 202 with a path from the root, 202 while running, then 204; the effect comes with the end", async () => {
    const begun = await begin({ confirmPolls: 2 });
    const nbr = await ship(begun, { 1: 5, 2: 3 });
    const started = await act(begun.visit, "Shipment/ConfirmShipment", {
      ShipmentNbr: value(nbr),
      ShipmentType: value("Shipment"),
    });
    expect([started.status, started.text]).toEqual([202, ""]);
    const location = started.headers.get("location")!;
    expect(location).toMatch(/^\/entity\/default\/24\.200\.001\/Shipment\/ConfirmShipment\/status\/[0-9a-f-]{36}$/);
    const statuses = [];
    for (let poll = 0; poll < 3; poll++) {
      expect(begun.site.tables.shipments[0]!.Status).toBe("Open");
      statuses.push((await begun.visit.call("GET", location)).status);
    }
    expect(statuses).toEqual([202, 202, 204]);
    expect(begun.site.tables.shipments[0]!.Status).toBe("Confirmed");
    expect((await begun.visit.call("GET", location)).status).toBe(204);
  });

  test("carry the virtual directory in the path, once", async () => {
    const { site } = await signedIn();
    site.options.instancePath = "/AcumaticaERP/";
    const visit = visitor(site, "24.200.001", "/AcumaticaERP");
    await visit.signIn();
    const order = site.createOrder();
    const parameters = { WarehouseID: value(order.Details[0]!.WarehouseID) };
    const { headers } = await act(visit, "SalesOrder/SalesOrderCreateShipment", { id: order.id }, parameters);
    expect(headers.get("location")).toMatch(/^\/AcumaticaERP\/entity\/default\/24\.200\.001\/SalesOrder\//);
    expect((await visitor(site).signIn()).status).toBe(302);
  });

  test("may name the origin, too, or be over at once", async () => {
    const begun = await begin({ locationForm: "absolute" });
    const nbr = await ship(begun, { 1: 5 });
    const { headers } = await act(begun.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(nbr) });
    expect(headers.get("location")).toContain(`${origin}/entity/`);
    const atOnce = await begin({ actionsAtOnce: true });
    const other = await ship(atOnce, { 1: 5 });
    expect((await act(atOnce.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(other) })).status).toBe(204);
  });

  test("cannot be polled from another session", async () => {
    const begun = await begin();
    const nbr = await ship(begun, { 1: 5 });
    const { headers } = await act(begun.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(nbr) });
    const stranger = visitor(begun.site);
    await stranger.signIn();
    expect((await stranger.call("GET", headers.get("location")!)).status).toBe(404);
  });

  test("end by themselves when nobody polls, and are lost when the site restarts", async () => {
    const begun = await begin();
    const nbr = await ship(begun, { 1: 5 });
    await act(begun.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(nbr) });
    begun.advance(1000);
    begun.site.settle();
    expect(begun.site.tables.shipments[0]!.Status).toBe("Confirmed");
    const lost = await begin();
    const other = await ship(lost, { 1: 5 });
    await act(lost.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(other) });
    lost.site.restart();
    lost.advance(60_000);
    lost.site.settle();
    expect(lost.site.tables.shipments[0]!.Status).toBe("Open");
    expect((await lost.visit.entity("GET", "Shipment")).status).toBe(401);
  });

  test("keep other calls to their form in the session waiting by refusing them", async () => {
    const begun = await begin();
    const nbr = await ship(begun, { 1: 5 });
    await act(begun.visit, "Shipment/ConfirmShipment", { ShipmentNbr: value(nbr) });
    const busy = await begun.visit.entity("GET", `Shipment/${nbr}`);
    expect([busy.status, busy.json.exceptionMessage]).toEqual([
      500,
      "The previous operation has not been completed yet.",
    ]);
    expect((await begun.visit.entity("GET", `SalesOrder/SO/${begun.order.OrderNbr}`)).status).toBe(200);
  });

  test("an unknown action is 404, an unknown record 500, a body without entity 500", async () => {
    const { visit } = await begin();
    expect((await act(visit, "Shipment/MarkAsShipped", { ShipmentNbr: value("1") })).status).toBe(404);
    expect((await act(visit, "Shipment/ConfirmShipment", { ShipmentNbr: value("999999") })).status).toBe(500);
    expect((await visit.entity("POST", "Shipment/ConfirmShipment", {})).status).toBe(500);
  });
});

describe("ConfirmShipment", () => {
  test("completes an order whose lines have all left", async () => {
    const begun = await begin();
    const nbr = await ship(begun, { 1: 5, 2: 3 });
    begun.advance(5000);
    expect(await confirm(begun.visit, nbr)).toMatchObject({ status: 204 });
    const { order } = begun;
    expect(order).toMatchObject({ Status: "Completed", Shipments: [{ Status: "Confirmed" }] });
    expect(order.Details).toMatchObject([
      { OpenQty: 0, QtyOnShipments: 5, Completed: true },
      { OpenQty: 0, QtyOnShipments: 3, Completed: true },
    ]);
    expect(order.LastModified).toBe(order.CreatedDate + 5000);
  });

  test("leaves the remainder open on Back Order, and the next shipment takes it", async () => {
    const begun = await begin();
    await confirm(begun.visit, await ship(begun, { 1: 4 }));
    expect(begun.order.Status).toBe("Back Order");
    expect(begun.order.Details.map((line) => line.OpenQty)).toEqual([1, 3]);
    await confirm(begun.visit, await ship(begun, { 1: 1, 2: 3 }));
    expect(begun.order.Status).toBe("Completed");
    expect(begun.order.Shipments).toHaveLength(2);
  });

  test("Cancel Remainder completes lines that were never shipped", async () => {
    const begun = await begin();
    for (const line of begun.order.Details) line.ShippingRule = "Cancel Remainder";
    await confirm(begun.visit, await ship(begun, { 1: 4 }));
    expect(begun.order.Status).toBe("Completed");
    expect(begun.order.Details.map((line) => [line.OpenQty, line.QtyOnShipments])).toEqual([
      [0, 4],
      [0, 0],
    ]);
  });

  test("twice is an error at the status", async () => {
    const begun = await begin();
    const nbr = await ship(begun, { 1: 5 });
    await confirm(begun.visit, nbr);
    expect(await confirm(begun.visit, nbr)).toEqual({
      status: 500,
      message: expect.stringContaining("Confirmed status"),
    });
  });

  test.for([
    { why: "On Hold", options: {}, more: { Hold: value(true) } },
    {
      why: "out of balance where the total is validated",
      options: { validateShipmentTotal: true },
      more: { ControlQty: value(4) },
    },
  ])("a shipment $why is not confirmed", async ({ options, more }) => {
    const begun = await begin(options);
    const nbr = await ship(begun, { 1: 5 }, more);
    expect(await confirm(begun.visit, nbr)).toEqual({ status: 500, message: expect.any(String) });
    expect(begun.order.Status).toBe("Shipping");
  });

  test("the flags of the ship via are kept: a package, each box confirmed", async () => {
    const begun = await begin();
    const via = begun.site.tables.shipVias.find((each) => each.CarrierID === "UPSGROUND")!;
    via.packageRequired = via.confirmationForEachBox = true;
    const nbr = await ship(begun, { 1: 5 }, { ShipVia: value("UPSGROUND") });
    expect((await confirm(begun.visit, nbr)).message).toContain("at least one package");
    const box = { BoxID: value("SMALL") };
    await begun.visit.entity("PUT", "Shipment", { ShipmentNbr: value(nbr), Packages: [box] });
    expect((await confirm(begun.visit, nbr)).message).toContain("not confirmed");
    const packageRow = { LineNbr: value(1), Confirmed: value(true) };
    await begun.visit.entity("PUT", "Shipment", { ShipmentNbr: value(nbr), Packages: [packageRow] });
    expect((await confirm(begun.visit, nbr)).status).toBe(204);
  });

  test("a ship via of a carrier plug-in buys a second label, unless packages are processed elsewhere", async () => {
    const begun = await begin();
    const via = begun.site.tables.shipVias.find((each) => each.CarrierID === "UPSGROUND")!;
    via.integrated = true;
    await confirm(
      begun.visit,
      await ship(begun, { 1: 5 }, { ShipVia: value("UPSGROUND"), UnlimitedPackages: value(true) }),
    );
    expect(begun.site.tables.carrierLabels).toEqual([]);
    await confirm(begun.visit, await ship(begun, { 2: 3 }, { ShipVia: value("UPSGROUND") }));
    expect(begun.site.tables.carrierLabels).toHaveLength(1);
  });
});

describe("CorrectShipment", () => {
  test("opens a confirmed shipment again, the latest first, and never an invoiced one", async () => {
    const begun = await begin();
    const correct = (nbr: string) => run(begun.visit, "Shipment/CorrectShipment", { ShipmentNbr: value(nbr) });
    const first = await ship(begun, { 1: 4 });
    await confirm(begun.visit, first);
    const second = await ship(begun, { 1: 1, 2: 3 });
    await confirm(begun.visit, second);
    expect((await correct(first)).message).toContain(second);
    expect((await correct(second)).status).toBe(204);
    expect(begun.order).toMatchObject({ Status: "Shipping", Shipments: [{ Status: "Confirmed" }, { Status: "Open" }] });
    expect(begun.order.Details.map((line) => line.OpenQty)).toEqual([1, 3]);
    await confirm(begun.visit, second);
    begun.site.invoiceShipment(second);
    expect((await correct(second)).message).toContain("Invoiced");
  });
});

describe("SalesOrderCreateShipment", () => {
  const create = (begun: Begun, parameters: object) =>
    run(
      begun.visit,
      "SalesOrder/SalesOrderCreateShipment",
      { OrderType: value("SO"), OrderNbr: value(begun.order.OrderNbr) },
      parameters,
    );

  test("takes what is shippable by the date; the shipment is Open", async () => {
    const begun = await begin();
    begun.order.Details[1]!.ShipOn = "2026-03-09";
    const { status } = await create(begun, {
      ShipmentDate: value("2026-03-05T00:00:00+03:00"),
      WarehouseID: value("MAIN"),
    });
    expect(status).toBe(204);
    expect(begun.site.tables.shipments).toMatchObject([{ Status: "Open", ShipmentDate: "2026-03-05", ShippedQty: 5 }]);
    const read = await begun.visit.entity(
      "GET",
      `SalesOrder/SO/${begun.order.OrderNbr}?$expand=Shipments&$select=OrderNbr,Status`,
    );
    expect(read.json).toMatchObject({ Status: value("Shipping"), Shipments: [{ ShipmentNbr: value("000501") }] });
  });

  test("with nothing to ship is an error, or a silent 204 that made nothing", async () => {
    const begun = await begin();
    expect((await create(begun, { WarehouseID: value("EAST") })).status).toBe(500);
    begun.site.options.nothingToShip = "silent";
    expect((await create(begun, { WarehouseID: value("EAST") })).status).toBe(204);
    expect(begun.site.tables.shipments).toEqual([]);
  });

  test("is a button that a person may press", async () => {
    const { site, order } = await begin();
    site.createShipment(order.OrderType, order.OrderNbr);
    expect(site.tables.shipments).toMatchObject([{ Status: "Open", ShipmentNbr: "000501" }]);
    expect(() => site.createShipment(order.OrderType, order.OrderNbr)).toThrow("already has the 000501 open shipment");
    expect(() => site.createShipment("SO", "none")).toThrow("there is no order SO none");
  });

  test("needs its parameters", async () => {
    const { visit, order } = await begin();
    const body = { entity: { OrderType: value("SO"), OrderNbr: value(order.OrderNbr) } };
    expect((await visit.entity("POST", "SalesOrder/SalesOrderCreateShipment", body)).status).toBe(400);
  });
});

test("an order without shipments can be canceled and reopened, both at once", async () => {
  const { visit, order } = await begin();
  const entity = { OrderType: value("SO"), OrderNbr: value(order.OrderNbr) };
  expect((await act(visit, "SalesOrder/CancelSalesOrder", entity)).status).toBe(204);
  expect(order.Status).toBe("Canceled");
  expect((await act(visit, "SalesOrder/CancelSalesOrder", entity)).status).toBe(500);
  expect((await act(visit, "SalesOrder/ReopenSalesOrder", entity)).status).toBe(204);
  expect(order.Status).toBe("Open");
});

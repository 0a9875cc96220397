import { describe, expect, test } from "vitest";
import {
  column,
  memberAt,
  signedIn,
  value,
  type Answered,
  type Visitor,
} from "../../../test/support/acumatica-visitor.ts";
import type { AcumaticaSandbox, AcumaticaSandboxOptions, SalesOrderRow } from "./acumatica-sandbox.ts";

/** An order of two lines in MAIN (5 and 3 pieces) and one in EAST (2). */
function threeLines(site: AcumaticaSandbox): SalesOrderRow {
  const [a = "", b = "", c = ""] = site.tables.stockItems.map((item) => item.InventoryID);
  return site.createOrder({
    customerId: "C001001",
    lines: [
      { inventoryId: a, quantity: 5, warehouseId: "MAIN" },
      { inventoryId: b, quantity: 3, warehouseId: "MAIN" },
      { inventoryId: c, quantity: 2, warehouseId: "EAST" },
    ],
  });
}

const detail = (order: SalesOrderRow, line?: number, quantity?: number): object => ({
  OrderType: value("SO"),
  OrderNbr: value(order.OrderNbr),
  ...(line === undefined ? {} : { OrderLineNbr: value(line) }),
  ...(quantity === undefined ? {} : { ShippedQty: value(quantity) }),
});

const head = {
  CustomerID: value("C001001"),
  WarehouseID: value("MAIN"),
  ShipmentDate: value("2026-03-02"),
  Hold: value(false),
};
const parcel = { BoxID: value("SMALL"), Weight: value(1.25), TrackingNbr: value("1Z1"), CustomRefNbr1: value("SS1") };

async function begin(options: Partial<AcumaticaSandboxOptions> = {}) {
  const { site, visit, clock } = await signedIn(options);
  return { site, visit, clock, order: threeLines(site) };
}

const put = (visit: Visitor, body: object): Promise<Answered> =>
  visit.entity("PUT", "Shipment?$expand=Details,Packages,Orders", body);

describe("PUT Shipment, a new one", () => {
  test("takes lines, quantities and packages in one call; the order moves to Shipping and shows it", async () => {
    const { visit, order, clock } = await begin();
    clock.advance(1000);
    const { status, json } = await put(visit, { ...head, Details: [detail(order, 1, 4)], Packages: [parcel] });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ShipmentNbr: value("000501"),
      Status: value("Open"),
      ShippedQty: value(4),
      PackageCount: value(1),
    });
    expect(json.ShipmentDate).toEqual(value("2026-03-02T00:00:00+00:00"));
    expect(json.Details).toMatchObject([
      { OrderLineNbr: value(1), ShippedQty: value(4), OpenQty: value(1), OrderedQty: value(5) },
    ]);
    expect(json.Packages).toMatchObject([
      { BoxID: value("SMALL"), UOM: value("LB"), TrackingNbr: value("1Z1"), LineNbr: value(1) },
    ]);
    expect(json.Orders).toMatchObject([{ OrderNbr: value(order.OrderNbr) }]);
    expect(order).toMatchObject({
      Status: "Shipping",
      Shipments: [{ ShipmentNbr: "000501", Status: "Open", ShippedQty: 4 }],
    });
    expect(order.Details[0]).toMatchObject({ QtyOnShipments: 4, OpenQty: 5 });
    expect(order.LastModified - order.CreatedDate).toBe(1000);
  });

  test("is On Hold unless Hold false is sent, by a preference of the site", async () => {
    const { visit, order, site } = await begin();
    const { Hold: _hold, ...unsaid } = head;
    const held = await put(visit, { ...unsaid, Details: [detail(order, 1, 1)] });
    expect(held.json.Status).toEqual(value("On Hold"));
    site.options.holdShipmentsOnEntry = false;
    const open = await put(visit, { ...unsaid, WarehouseID: value("EAST"), Details: [detail(order, 3, 1)] });
    expect(open.json.Status).toEqual(value("Open"));
  });

  test("with an order and no line number takes every shippable line of the warehouse", async () => {
    const { visit, order } = await begin();
    const { json } = await put(visit, { ...head, Details: [detail(order)] });
    expect(column(json.Details, "OrderLineNbr", "ShippedQty")).toEqual([
      [1, 5],
      [2, 3],
    ]);
  });

  test("ignores the number sent, unless numbering is manual", async () => {
    const { visit, order, site } = await begin();
    const first = await put(visit, { ...head, ShipmentNbr: value("MINE"), Details: [detail(order, 1, 1)] });
    expect(first.json.ShipmentNbr).toEqual(value("000501"));
    site.options.shipmentNumbering = "manual";
    const own = { ...head, WarehouseID: value("EAST"), ShipmentNbr: value("MINE"), Details: [detail(order, 3, 1)] };
    expect((await put(visit, own)).json.ShipmentNbr).toEqual(value("MINE"));
    expect((await visit.entity("PUT", "Shipment", own, { "if-none-match": "*" })).status).toBe(412);
  });

  test("a second one of the same order and warehouse is refused while the first is open; another warehouse is not", async () => {
    const { visit, order, site } = await begin();
    await put(visit, { ...head, Details: [detail(order, 1, 1)] });
    const again = await put(visit, { ...head, Details: [detail(order, 2, 1)] });
    expect([again.status, again.json.exceptionMessage]).toEqual([500, expect.stringContaining("000501")]);
    expect((await put(visit, { ...head, WarehouseID: value("EAST"), Details: [detail(order, 3, 1)] })).status).toBe(
      200,
    );
    site.confirmShipment("000501");
    expect((await put(visit, { ...head, Details: [detail(order, 2, 1)] })).status).toBe(200);
  });

  test.for(["On Hold", "Credit Hold", "Canceled", "Completed", "Pending Approval"])(
    "an order that is %s cannot be shipped",
    async (status) => {
      const { visit, order, site } = await begin();
      site.editOrder("SO", order.OrderNbr, { status });
      const refused = await put(visit, { ...head, Details: [detail(order, 1, 1)] });
      expect([refused.status, refused.json.exceptionType]).toEqual([500, "PX.Data.PXException"]);
      expect(site.tables.shipments).toEqual([]);
    },
  );

  test.for([
    { why: "more than is open", change: { Details: [["line", 1, 6]] }, at: ["Details", 0, "ShippedQty"] },
    {
      why: "more than is open over two rows",
      change: {
        Details: [
          ["line", 1, 3],
          ["line", 1, 3],
        ],
      },
      at: ["Details", 1, "ShippedQty"],
    },
    { why: "a line of another warehouse", change: { Details: [["line", 3, 1]] }, at: ["Details", 0, "WarehouseID"] },
    { why: "a line that is not there", change: { Details: [["line", 9, 1]] }, at: ["Details", 0, "OrderLineNbr"] },
    { why: "another customer's order", change: { CustomerID: value("C001002") }, at: ["Details", 0, "OrderNbr"] },
    { why: "another location", change: { LocationID: value("DOCK") }, at: ["Details", 0, "OrderNbr"] },
    { why: "an unknown ship via", change: { ShipVia: value("PIGEON") }, at: ["ShipVia"] },
    { why: "an unknown box", change: { Packages: [{ BoxID: value("CRATE") }] }, at: ["Packages", 0, "BoxID"] },
    { why: "no box", change: { Packages: [{ Weight: value(1) }] }, at: ["Packages", 0, "BoxID"] },
    {
      why: "a weight that is no number",
      change: { Packages: [{ ...parcel, Weight: value("heavy") }] },
      at: ["Packages", 0, "Weight"],
    },
    { why: "no warehouse", change: { WarehouseID: undefined }, at: ["WarehouseID"] },
  ])("$why comes back as a 422 with the error in its place, and nothing is made", async ({ change, at }) => {
    const { visit, order, site } = await begin();
    const details =
      "Details" in change
        ? change.Details.map(([, line, quantity]) => detail(order, Number(line), Number(quantity)))
        : undefined;
    const body = { ...head, Details: [detail(order, 1, 1)], ...change, ...(details ? { Details: details } : {}) };
    const { status, json } = await put(visit, body);
    expect(status).toBe(422);
    expect(memberAt(json, [...at, "error"])).toEqual(expect.any(String));
    expect(json.error).toContain("'Shipment' record raised at least one error");
    expect([site.tables.shipments, order.Status, order.Details[0]!.QtyOnShipments]).toEqual([[], "Open", 0]);
  });

  test("allocations count as quantity, and sending both doubles it", async () => {
    const { visit, order } = await begin();
    const Allocations = [{ Qty: value(1) }, { Qty: value(1) }];
    const { json } = await put(visit, {
      ...head,
      Details: [
        { ...detail(order, 1), Allocations },
        { ...detail(order, 2, 1), Allocations },
      ],
    });
    expect(column(json.Details, "ShippedQty")).toEqual([[2], [3]]);
  });

  test("two orders of one customer share a shipment, or get one each when asked", async () => {
    const { visit, order, site } = await begin();
    const other = threeLines(site);
    const both = [detail(order), detail(other)];
    const split = await put(visit, { ...head, CreateNewShipmentForEveryOrder: value(true), Details: both });
    expect(split.json.Orders).toHaveLength(1);
    expect(site.tables.shipments).toHaveLength(2);
    for (const { ShipmentNbr } of [...site.tables.shipments]) site.deleteShipment(ShipmentNbr);
    const shared = await put(visit, { ...head, Details: both });
    expect(shared.json.Orders).toHaveLength(2);
  });

  test("automatic packing adds a package of its own, unless packages are processed elsewhere", async () => {
    const { visit, order } = await begin({ autoPackage: true });
    const auto = await put(visit, { ...head, Details: [detail(order, 1, 1)] });
    expect(auto.json.Packages).toMatchObject([{ TrackingNbr: {}, Type: value("Auto") }]);
    const east = {
      ...head,
      WarehouseID: value("EAST"),
      UnlimitedPackages: value(true),
      Details: [detail(order, 3, 1)],
    };
    expect((await put(visit, east)).json.Packages).toEqual([]);
  });

  test("text beyond its column is cut in silence, or refused where the site is set so", async () => {
    const { visit, order, site } = await begin();
    const long = { ...parcel, TrackingNbr: value("9".repeat(70)), CustomRefNbr1: value("m".repeat(31)) };
    const { json } = await put(visit, { ...head, Details: [detail(order, 1, 1)], Packages: [long] });
    expect([json.Packages[0].TrackingNbr.value.length, json.Packages[0].CustomRefNbr1.value.length]).toEqual([60, 30]);
    site.options.tooLongText = "refuse";
    const refused = await put(visit, {
      ...head,
      WarehouseID: value("EAST"),
      Details: [detail(order, 3, 1)],
      Packages: [long],
    });
    expect(refused.json.Packages[0].TrackingNbr.error).toContain("60");
  });
});

describe("PUT Shipment, an existing one", () => {
  async function made(options: Partial<AcumaticaSandboxOptions> = {}) {
    const begun = await begin(options);
    const { json } = await put(begun.visit, { ...head, Details: [detail(begun.order, 1, 4)], Packages: [parcel] });
    return { ...begun, nbr: json.ShipmentNbr, packageId: json.Packages[0].id, lineId: json.Details[0].id, id: json.id };
  }

  test("a package with its id is changed, one without is appended", async () => {
    const { visit, nbr, packageId } = await made();
    const changed = await put(visit, { ShipmentNbr: nbr, Packages: [{ id: packageId, TrackingNbr: value("1Z2") }] });
    expect(changed.json.Packages).toMatchObject([{ id: packageId, TrackingNbr: value("1Z2"), BoxID: value("SMALL") }]);
    const appended = await put(visit, { ShipmentNbr: nbr, Packages: [parcel] });
    expect(appended.json.Packages).toHaveLength(2);
    const byNumber = await put(visit, { ShipmentNbr: nbr, Packages: [{ LineNbr: value(2), Weight: value(3) }] });
    expect(byNumber.json).toMatchObject({ PackageCount: value(2), PackageWeight: value(4.25) });
    const deleted = await put(visit, { ShipmentNbr: nbr, Packages: [{ id: packageId, delete: true }] });
    expect(deleted.json.Packages).toHaveLength(1);
  });

  test("an unknown package id is an error", async () => {
    const { visit, nbr } = await made();
    const ghost = { id: "7483d952-ba9a-ee11-8359-0690322d016b", TrackingNbr: value("x") };
    expect((await put(visit, { ShipmentNbr: nbr, Packages: [ghost] })).status).toBe(500);
  });

  test("lines are changed and taken away by id; the order's quantities follow", async () => {
    const { visit, id, lineId, order } = await made();
    await put(visit, { id, Details: [{ id: lineId, ShippedQty: value(2) }, detail(order, 2, 3)] });
    expect(order.Details.map((line) => line.QtyOnShipments)).toEqual([2, 3, 0]);
    const tooMany = await put(visit, { id, Details: [{ id: lineId, ShippedQty: value(6) }] });
    expect(tooMany.json.Details[0].ShippedQty.error).toEqual(expect.any(String));
    await put(visit, { id, Details: [{ id: lineId, delete: true }] });
    expect(order.Details.map((line) => line.QtyOnShipments)).toEqual([0, 3, 0]);
  });

  test("the freight price needs its override", async () => {
    const { visit, nbr } = await made();
    const ignored = await put(visit, { ShipmentNbr: nbr, FreightCost: value(7.5), FreightPrice: value(9) });
    expect([ignored.json.FreightCost, ignored.json.FreightPrice]).toEqual([value(7.5), value(0)]);
    const taken = await put(visit, { ShipmentNbr: nbr, OverrideFreightPrice: value(true), FreightPrice: value(9) });
    expect(taken.json.FreightPrice).toEqual(value(9));
  });

  test("a confirmed one is locked; tracking numbers only where the site allows it", async () => {
    const { visit, nbr, site, packageId } = await made();
    site.confirmShipment(String(nbr.value));
    expect((await put(visit, { ShipmentNbr: nbr, FreightCost: value(1) })).status).toBe(500);
    const tracking = { ShipmentNbr: nbr, Packages: [{ id: packageId, TrackingNbr: value("1Z9") }] };
    expect((await put(visit, tracking)).status).toBe(500);
    site.options.trackingAfterConfirm = "allow";
    expect((await put(visit, tracking)).json.Packages).toMatchObject([{ TrackingNbr: value("1Z9") }]);
    expect((await put(visit, { ShipmentNbr: nbr, Packages: [parcel] })).status).toBe(500);
  });
});

describe("an unconfirmed shipment that is deleted", () => {
  test("frees its quantities and the order", async () => {
    const { visit, order, site } = await begin();
    await put(visit, { ...head, Details: [detail(order, 1, 4)] });
    expect((await visit.entity("DELETE", "Shipment/000501")).status).toBe(204);
    expect(order).toMatchObject({ Status: "Open", Shipments: [] });
    expect(order.Details[0]!.QtyOnShipments).toBe(0);
    expect((await visit.entity("GET", "Shipment/000501")).status).toBe(500);
    await put(visit, { ...head, Details: [detail(order, 1, 5)] });
    site.confirmShipment("000502");
    expect((await visit.entity("DELETE", "Shipment/000502")).status).toBe(500);
  });
});

import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import type { Difference } from "../../src/core/reconciliation.ts";
import type { Reconciliation } from "../../src/flows/reconcile.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld(options);
  return world;
}

type Answer = Reconciliation & { replayed: number | null };

/** A minute later, so that neither the limit of tries nor the minute's calls stand in the way. */
async function reconcile(here: World, body: object = {}, id = connectionId): Promise<{ status: number; body: Answer }> {
  here.clock.advance(61_000);
  const response = await here.app.web.request(`/api/v1/connections/${id}/reconcile`, {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

async function found(here: World, body: object = {}): Promise<Answer> {
  const answer = await reconcile(here, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

const short = (differences: readonly Difference[]): string[] =>
  differences
    .map(
      ({ kind, records, byReplay }) => `${records.map(({ key }) => key).join()} ${kind}${byReplay ? " (replay)" : ""}`,
    )
    .sort();

async function rowsOf(here: World): Promise<string[]> {
  const tables = ["records", "audit", "effects", "links", "exchanges", "shipment_plans", "mirror_orders", "cursors"];
  const rows: string[] = [];
  for (const table of [...tables, "items", "wakeups", "doorbells"]) {
    const found = await sql<{ row: string }>`select t::text as row from ${sql.table(table)} t`.execute(here.app.db);
    rows.push(...found.rows.map(({ row }) => `${table} ${row}`));
  }
  return rows.sort();
}

/** An order on both sides: its key, its verbs in the ERP and its row in ShipStation. */
function order(here: World, index: number) {
  const { acumatica, shipstation } = here.sandbox;
  const row = acumatica.tables.salesOrders[index]!;
  const live = [...shipstation.tables.orders.values()].find(({ orderNumber }) => orderNumber === row.OrderNbr)!;
  return {
    key: `${row.OrderType}/${row.OrderNbr}`,
    row,
    live,
    line: row.Details[0]!,
    edit: (change: Parameters<typeof acumatica.editOrder>[2]) =>
      acumatica.editOrder(row.OrderType, row.OrderNbr, change),
    label: () => `S${shipstation.buyLabels({ orderIds: [live.orderId] })[0]!.shipmentId}`,
    shipment: () => acumatica.tables.shipments.find((each) => each.Details[0]?.OrderNbr === row.OrderNbr)!,
  };
}

test("every kind of difference is found with its cure, and is gone when it is mended or replayed", async () => {
  const here = await started({ orders: 12 });
  const { acumatica, shipstation } = here.sandbox;
  const incomplete = { AddressLine1: "1 Dock Street", City: "Portland", State: "OR", PostalCode: "97201" };
  acumatica.createOrder({ shipTo: incomplete });
  await here.run("orders-out");
  const at = (index: number) => order(here, index);

  // Shipped and right, to be spoiled below: one voided, one reopened in the ERP, one whose package is emptied.
  const [right, voided, reopened, emptied] = [0, 1, 2, 3].map((index) => at(index).label());
  await here.run("shipments-back");
  expect(short((await found(here)).differences)).toEqual([`${at(12).key} missing-in-shipstation (replay)`]);

  shipstation.voidLabel(Number(voided!.slice(1)));
  acumatica.correctShipment(at(2).shipment().ShipmentNbr);
  const parcel = at(3).shipment().Packages[0]!;
  const tracking = parcel.TrackingNbr;
  parcel.TrackingNbr = undefined;
  here.sandbox.faults.set([
    { system: "acumatica", match: { path: "ConfirmShipment" }, kind: "status", status: 503, times: 1 },
  ]);
  const unconfirmed = at(4).label();
  await here.run("shipments-back");
  const unseen = at(5).label();

  here.clock.advance(60_000);
  shipstation.deleteOrder(at(6).live.orderId);
  await here.app.db.deleteFrom("links").where("key", "=", at(7).key).execute();
  shipstation.editOrder(at(8).live.orderId, { quantities: { [String(at(8).line.LineNbr)]: at(8).line.OrderQty + 3 } });
  at(9).edit({ lines: { quantity: { [at(9).line.LineNbr]: at(9).line.OrderQty + 1 } } });
  at(10).edit({ status: "Canceled" });
  shipstation.cancelOrder(at(11).live.orderId);
  acumatica.createOrder();

  const before = await rowsOf(here);
  const { differences, compared } = await found(here);
  expect(await rowsOf(here)).toEqual(before);
  expect(compared).toMatchObject({ orders: 14 });
  expect(short(differences)).toEqual(
    [
      `${voided} voided-after-shipping`,
      `${reopened} shipment-unconfirmed`,
      `${emptied} label-missing-in-erp`,
      `${unconfirmed} shipment-unconfirmed (replay)`,
      `${unseen} label-missing-in-erp`,
      `${at(6).key} link-gone`,
      `${at(7).key} not-linked (replay)`,
      `${at(8).key} quantities-differ`,
      `${at(9).key} quantities-differ (replay)`,
      `${at(10).key} cancelled-on-one-side (replay)`,
      `${at(11).key} cancelled-on-one-side`,
      `${at(12).key} missing-in-shipstation (replay)`,
      `${at(13).key} missing-in-shipstation`,
    ].sort(),
  );
  expect(differences.every(({ text, cure }) => text !== "" && cure !== "")).toBe(true);
  expect(short(differences).join()).not.toContain(right!);

  // What a person mends.
  const opened = at(1).shipment().ShipmentNbr;
  acumatica.correctShipment(opened);
  acumatica.deleteShipment(opened);
  acumatica.confirmShipment(at(2).shipment().ShipmentNbr);
  parcel.TrackingNbr = tracking;
  at(6).edit({ status: "Canceled" });
  shipstation.editOrder(at(8).live.orderId, { quantities: { [String(at(8).line.LineNbr)]: at(8).line.OrderQty } });
  at(11).edit({ status: "Canceled" });
  at(12).edit({ shipTo: { ...incomplete, Country: "US" } });
  // What a replay does, and what the next poll brings.
  expect((await found(here, { replay: true })).replayed).toBeGreaterThan(3);
  await here.settle(8);
  expect(short((await found(here)).differences)).toEqual([]);
});

test("two sides on which nothing is left to do have no difference, however they came there", async () => {
  const here = await started({ orders: 6 });
  const { acumatica, shipstation } = here.sandbox;
  const [first, second] = acumatica.tables.stockItems.filter((item) => item.ItemStatus === "Active");
  acumatica.createOrder({
    lines: [
      { inventoryId: first!.InventoryID, quantity: 2, warehouseId: "MAIN" },
      { inventoryId: second!.InventoryID, quantity: 3, warehouseId: "MAIN" },
    ],
  });
  acumatica.createOrder({ status: "On Hold" });
  await here.run("orders-out");
  const at = (index: number) => order(here, index);
  at(0).label();
  shipstation.buyLabels({ orderIds: [at(1).live.orderId], packages: 2 });
  shipstation.markAsShipped(at(2).live.orderId, { carrierCode: "fedex", trackingNumber: "794600000001" });
  const early = at(3).label();
  shipstation.voidLabel(Number(early.slice(1)));
  const [line] = at(6).live.items;
  shipstation.buyLabels({ orderIds: [at(6).live.orderId], items: [{ lineItemKey: line!.lineItemKey!, quantity: 2 }] });
  here.clock.advance(60_000);
  at(4).edit({ status: "Canceled" });
  at(5).edit({ status: "On Hold" });
  await here.settle();

  const { differences, compared, unchecked } = await found(here);
  expect(short(differences)).toEqual([]);
  expect(compared).toEqual({ orders: 8, labels: 6, shipments: 4 });
  expect(unchecked).toBe(0);

  // A person's decision settles a difference, too.
  const key = encodeURIComponent(at(4).key);
  shipstation.editOrder(at(4).live.orderId, { orderStatus: "awaiting_shipment" });
  shipstation.editOrder(at(5).live.orderId, { orderStatus: "awaiting_shipment" });
  expect(short((await found(here)).differences)).toEqual(
    [`${at(4).key} cancelled-on-one-side`, `${at(5).key} held-on-one-side`].sort(),
  );
  await here.app.web.request(`/api/v1/records/${connectionId}/order/${key}/skip`, {
    method: "POST",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ why: "agreed on the phone" }),
  });
  expect(await found(here)).toMatchObject({ skipped: 1, differences: [{ kind: "held-on-one-side" }] });

  // Older orders are not listed by ShipStation; those that the ERP waits for are looked up one by one.
  here.clock.advance(20 * 86_400_000);
  at(3).edit({ description: "call first" });
  const calls = here.sandbox.shipstation.counts.calls;
  expect(await found(here)).toMatchObject({ differences: [], compared: { orders: 1 }, unchecked: 0 });
  expect(here.sandbox.shipstation.counts.calls - calls).toBe(5);

  expect((await reconcile(here, {}, "nobody")).status).toBe(404);
  expect((await reconcile(here, { days: 0 })).status).toBe(422);
});

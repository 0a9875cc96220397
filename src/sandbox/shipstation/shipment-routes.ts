import type { Account } from "./account.ts";
import { notFound, ok, type Answer } from "./answers.ts";
import { numberMember, reading, writing, type ShipStationApp } from "./call.ts";
import { voidLabel } from "./labels.ts";
import { answerPage, inWindow, isBetween, sortRows, type Query } from "./lists.ts";
import { parseWall } from "./pacific.ts";
import { renderFulfillment, renderShipment } from "./render.ts";
import type { FulfillmentRow, ShipmentRow } from "./tables.ts";

/** The shipment and fulfillment calls of ShipStation V1 (facts: shipstation 3). */
export function addShipmentRoutes(app: ShipStationApp, account: Account): void {
  app.get(
    "/shipments",
    reading(account, ({ query }) => listShipments(account, query)),
  );
  app.post(
    "/shipments/voidlabel",
    writing(account, "request", ({ body }) => voidByApi(account, body)),
  );
  app.get(
    "/fulfillments",
    reading(account, ({ query }) => listFulfillments(account, query)),
  );
}

/** There is no `modifyDate` filter, no void filter but `voidDate`, and items only on request. */
function listShipments(account: Account, query: Query): Answer {
  const tests = shipmentTests(query);
  const visibleUntil = account.clock.now() - account.options.listLagMs;
  const rows: ShipmentRow[] = [];
  for (const label of account.tables.shipments.values()) {
    if (label.createdAt <= visibleUntil && isListed(account, label) && tests.every((test) => test(label))) {
      rows.push(label);
    }
  }
  const keys = { default: (label: ShipmentRow) => label.createdAt, shipdate: (label: ShipmentRow) => label.shipDate };
  const withItems = query.flag("includeShipmentItems");
  const poison = new Set(account.options.poisonShipmentIds);
  return answerPage(account, query, {
    name: "shipments",
    rows: sortRows(query, rows, keys, ({ shipmentId }) => shipmentId),
    render: (label) => renderShipment(label, withItems),
    isPoison: ({ shipmentId }) => poison.has(shipmentId),
    saysNoPages: true,
  });
}

/** Labels of a merged-away order vanish with it. */
function isListed(account: Account, label: ShipmentRow): boolean {
  if (account.options.mergedAway === "listed" || label.orderId === null) return true;
  return (account.tables.orders.get(label.orderId)?.mergedInto ?? null) === null;
}

function shipmentTests(query: Query): ((label: ShipmentRow) => boolean)[] {
  const tests: ((label: ShipmentRow) => boolean)[] = [];
  for (const name of ["orderNumber", "carrierCode", "serviceCode", "trackingNumber"] as const) {
    const wanted = query.text(name)?.toLowerCase();
    if (wanted !== undefined) tests.push((label) => label[name].toLowerCase() === wanted);
  }
  for (const name of ["orderId", "storeId", "batchId"] as const) {
    const wanted = query.number(name);
    if (wanted !== undefined) tests.push((label) => label[name] === wanted);
  }
  const recipient = query.text("recipientName")?.toLowerCase();
  if (recipient) tests.push((label) => (label.shipTo.name ?? "").toLowerCase().includes(recipient));
  const country = query.text("recipientCountryCode")?.toUpperCase();
  if (country) tests.push((label) => label.shipTo.country === country);
  const created = inWindow(query, "createDate", "inclusive");
  if (created) tests.push((label) => created(label.createdAt));
  const voided = inWindow(query, "voidDate", "inclusive");
  if (voided) tests.push((label) => voided(label.voidedAt));
  const shipped = shipDayTest(query);
  if (shipped) tests.push((label) => shipped(label.shipDate));
  return tests;
}

/** A ship date has no time: it is compared as its midnight. */
function shipDayTest(query: Query): ((day: string) => boolean) | undefined {
  const start = query.wall("shipDateStart");
  const end = query.wall("shipDateEnd");
  if (start === undefined && end === undefined) return undefined;
  return (day) => isBetween(parseWall(day, false) ?? 0, start, end, "inclusive");
}

function voidByApi(account: Account, body: unknown): Answer {
  const outcome = voidLabel(account, numberMember(body, "shipmentId") ?? 0);
  return outcome ? ok(outcome) : notFound("shipment");
}

/** No items, no orderKey, no store filter. */
function listFulfillments(account: Account, query: Query): Answer {
  const tests: ((row: FulfillmentRow) => boolean)[] = [];
  for (const name of ["fulfillmentId", "orderId"] as const) {
    const wanted = query.number(name);
    if (wanted !== undefined) tests.push((row) => row[name] === wanted);
  }
  for (const name of ["orderNumber", "trackingNumber"] as const) {
    const wanted = query.text(name)?.toLowerCase();
    if (wanted !== undefined) tests.push((row) => row[name].toLowerCase() === wanted);
  }
  const recipient = query.text("recipientName")?.toLowerCase();
  if (recipient) tests.push((row) => (row.shipTo.name ?? "").toLowerCase().includes(recipient));
  const created = inWindow(query, "createDate", "inclusive");
  if (created) tests.push((row) => created(row.createdAt));
  const shipped = shipDayTest(query);
  if (shipped) tests.push((row) => shipped(row.shipDate));
  const visibleUntil = account.clock.now() - account.options.listLagMs;
  const rows = [...account.tables.fulfillments.values()].filter(
    (row) => row.createdAt <= visibleUntil && tests.every((test) => test(row)),
  );
  const keys = { default: (row: FulfillmentRow) => row.createdAt, shipdate: (row: FulfillmentRow) => row.shipDate };
  return answerPage(account, query, {
    name: "fulfillments",
    rows: sortRows(query, rows, keys, ({ fulfillmentId }) => fulfillmentId),
    render: renderFulfillment,
    saysNoPages: true,
  });
}

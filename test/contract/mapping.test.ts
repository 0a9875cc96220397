import { expect, test } from "vitest";
import { salesOrder, stockItem } from "../../src/acumatica/entities.ts";
import { judgeLabel } from "../../src/core/shipments.ts";
import { planShipments } from "../../src/core/shipment-plan.ts";
import { erpOrderFrom } from "../../src/mapping/erp-from-acumatica.ts";
import { itemFromAcumatica } from "../../src/mapping/item-from-acumatica.ts";
import { labelFromFulfillment, labelFromShipment } from "../../src/mapping/label-from-shipstation.ts";
import { gateOrder } from "../../src/mapping/order-gate.ts";
import { orderFromAcumatica } from "../../src/mapping/order-from-acumatica.ts";
import { mergeIntoLive } from "../../src/mapping/order-to-shipstation.ts";
import { sameOrder } from "../../src/mapping/order-read-back.ts";
import { fulfillment, order, shipment } from "../../src/shipstation/v1/entities.ts";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";
import { anOrder, orderSettings } from "../support/sample-order.ts";
import { anErpOrder, shipmentSettings } from "../support/sample-shipment.ts";

/** The answer's body, whether the file is an envelope or the body itself; lists of one kind are unfolded. */
function recordsIn(folder: string, file: string, list: string): unknown[] {
  const content = readRecorded(`${folder}/${file}`) as Record<string, unknown>;
  const body = file.endsWith(".http.json") ? (content["response"] as Record<string, unknown>)["body"] : content;
  if (Array.isArray(body)) return body;
  const rows = (body as Record<string, unknown>)[list];
  return Array.isArray(rows) ? rows : [body];
}
const recorded = (folder: string, pattern: RegExp, list: string): { file: string; record: unknown }[] =>
  listRecorded(folder)
    .filter((file) => pattern.test(file))
    .flatMap((file) => recordsIn(folder, file, list).map((record) => ({ file, record })));

const acumatica = "payloads/acumatica";
const shipStation = "payloads/shipstation-v1";

describeRecorded("recorded Acumatica answers", acumatica, () => {
  const orders = recorded(acumatica, /^salesorders?-/, "");
  const items = recorded(acumatica, /^stockitems?-/, "");

  test.for(orders)("$file: an order maps, or all its problems are named", ({ record }) => {
    const source = salesOrder.parse(record);
    const result = orderFromAcumatica(source, orderSettings({ statuses: [source.Status ?? ""] }), new Map());
    if (result.ok) {
      // The recorded order whose quantity was lost for a misspelt field: it asks for nothing.
      expect(result.value).toMatchObject({ status: "cancelled", lines: [] });
      return;
    }
    // The other one was read without lines and addresses.
    expect(result.problems.map(({ field }) => field)).toEqual([
      "Details",
      "ShipToContact.Attention",
      "ShipToAddress.AddressLine1",
      "ShipToAddress.City",
      "ShipToAddress.Country",
    ]);
  });

  test.for(orders)("$file: an order on hold is left out by a rule, or held if it is linked", ({ record }) => {
    const source = salesOrder.parse(record);
    expect(gateOrder(source, orderSettings(), false)).toMatchObject({ pass: false, rule: "status-not-listed" });
    expect(gateOrder(source, orderSettings(), true)).toEqual({ pass: true });
    expect(orderFromAcumatica(source, orderSettings(), new Map())).toMatchObject({
      ok: true,
      value: { status: "held" },
    });
    expect(erpOrderFrom(source).orderNbr).toMatch(/^S20-/);
  });

  test.for(items)("$file: an item maps, and a weight of 0 is unknown", ({ record }) => {
    const source = stockItem.parse(record);
    const item = itemFromAcumatica(source, { itemWeightUnit: "LB" });
    expect(item.sku).toBe(source.InventoryID?.trim());
    expect(item.weightGrams).not.toBe(0);
  });

  test("there are recordings of both kinds", () => {
    expect(orders.length).toBeGreaterThanOrEqual(2);
    expect(items.length).toBeGreaterThanOrEqual(1);
  });
});

describeRecorded("recorded ShipStation answers", shipStation, () => {
  const shipments = recorded(shipStation, /^shipments?-(list-|with-items)/, "shipments");
  const fulfillments = recorded(shipStation, /^fulfillments-list/, "fulfillments");
  const orders = recorded(shipStation, /^orders?-(get|list-|amazon)/, "orders").filter(({ record }) => record !== null);

  test.for(shipments)("$file: a shipment maps to a label that can be judged and planned", ({ record }) => {
    const label = labelFromShipment(shipment.parse(record));
    expect(label).toMatchObject({
      id: expect.stringMatching(/^S\d+$/),
      shippedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect(label.tracking).toMatch(/\S/);
    expect(label.weightGrams ?? 1).toBeGreaterThan(0);
    expect(["use", "filtered"]).toContain(judgeLabel(label, true).kind);
    const { plans, problems } = planShipments(anErpOrder(), [label], shipmentSettings({ defaultShipVia: "LOCAL" }));
    // Its goods are not on our order: a live label is named, never planned.
    expect([plans.length, problems.length]).toEqual([0, label.voided || label.isReturn ? 0 : 1]);
  });

  test.for(fulfillments)("$file: a fulfilment maps to a label without items", ({ record }) => {
    const label = labelFromFulfillment(fulfillment.parse(record));
    expect(label).toMatchObject({ source: "fulfillment", shippedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
    expect(label).not.toHaveProperty("lines");
  });

  test.for(orders)("$file: an order merges without losing what people and rules wrote", ({ record }) => {
    const live = order.parse(record);
    const merged = mergeIntoLive(live, anOrder());
    expect(merged).toMatchObject({ orderId: live.orderId, orderKey: live.orderKey ?? "000123" });
    for (const member of ["weight", "carrierCode", "serviceCode", "packageCode", "tagIds", "insuranceOptions"]) {
      expect(merged[member]).toEqual(live[member]);
    }
    expect(merged).not.toHaveProperty("modifyDate");
    const shown = order.parse(JSON.parse(JSON.stringify(merged)));
    expect(sameOrder(anOrder(), shown, "update").filter(({ field }) => field.startsWith("items"))).toEqual([]);
  });

  test("there are recordings of each kind", () => {
    expect(shipments.length).toBeGreaterThanOrEqual(5);
    expect(fulfillments.length).toBeGreaterThanOrEqual(2);
    expect(orders.length).toBeGreaterThanOrEqual(5);
  });
});

import { describe, expect, test } from "vitest";
import { fulfillment, shipment } from "../shipstation/v1/entities.ts";
import { labelFromFulfillment, labelFromShipment } from "./label-from-shipstation.ts";

const raw = {
  shipmentId: 87654321,
  orderId: 500,
  orderKey: "000123",
  orderNumber: "000123",
  createDate: "2026-05-05T09:00:00.0000000",
  shipDate: "2026-05-05",
  shipmentCost: 7.1,
  insuranceCost: 0.2,
  trackingNumber: " 1Z999 ",
  isReturnLabel: false,
  carrierCode: "ups",
  serviceCode: "ups_ground",
  voided: false,
  voidDate: null,
  weight: { value: 16, units: "ounces", WeightUnits: 1 },
  shipmentItems: [{ orderItemId: 1202324501429, lineItemKey: "3", sku: " ABC ", name: "A", quantity: 2, unitPrice: 5 }],
};
const label = (changes: Record<string, unknown> = {}) => labelFromShipment(shipment.parse({ ...raw, ...changes }));

describe("labelFromShipment", () => {
  test("a label in full", () => {
    expect(label()).toEqual({
      id: "S87654321",
      source: "label",
      orderId: 500,
      orderKey: "000123",
      orderNumber: "000123",
      tracking: "1Z999",
      carrier: "ups",
      service: "ups_ground",
      shippedOn: "2026-05-05",
      createdAt: "2026-05-05T09:00:00.0000000",
      cost: 7.3,
      weightGrams: 453.59,
      voided: false,
      isReturn: false,
      lines: [{ orderItemId: 1202324501429, lineKey: "3", sku: "ABC", name: "A", quantity: 2 }],
    });
  });

  test.for([
    { name: "items that were not asked for are absent", change: { shipmentItems: null }, seen: { lines: undefined } },
    { name: "no items are none", change: { shipmentItems: [] }, seen: { lines: [] } },
    {
      name: "a weight of 0 is unknown",
      change: { weight: { value: 0, units: "ounces" } },
      seen: { weightGrams: undefined },
    },
    { name: "no weight is unknown", change: { weight: null }, seen: { weightGrams: undefined } },
    { name: "an empty tracking number is none", change: { trackingNumber: "" }, seen: { tracking: undefined } },
    {
      name: "a key of zeros names no order",
      change: { orderKey: "{00000000-0000-0000-0000-000000000000}" },
      seen: { orderKey: undefined },
    },
    {
      name: "a label without an order has none",
      change: { orderId: null, orderKey: null, orderNumber: "" },
      seen: { orderId: undefined, orderKey: undefined, orderNumber: undefined },
    },
    {
      name: "no cost at all is unknown",
      change: { shipmentCost: null, insuranceCost: null },
      seen: { cost: undefined },
    },
    { name: "insurance alone is a cost", change: { shipmentCost: null }, seen: { cost: 0.2 } },
    {
      name: "a voided label is voided",
      change: { voided: true, voidDate: "2026-05-06T00:00:00" },
      seen: { voided: true },
    },
    {
      name: "a date of voiding counts where the flag is missing",
      change: { voided: null, voidDate: "2026-05-06T00:00:00" },
      seen: { voided: true },
    },
    {
      name: "a voided label is voided, whether or not its shop was told",
      change: { voided: true, voidDate: null, marketplaceNotified: true },
      seen: { voided: true },
    },
    {
      name: "a label is live, whether or not its shop was told",
      change: { voided: false, marketplaceNotified: false },
      seen: { voided: false },
    },
    {
      name: "what nobody filled in is missing on real labels",
      change: {
        confirmation: null,
        packageCode: null,
        userId: null,
        customerEmail: null,
        batchNumber: null,
        dimensions: null,
        advancedOptions: null,
      },
      seen: { id: "S87654321", tracking: "1Z999", carrier: "ups", shippedOn: "2026-05-05" },
    },
    { name: "neither is not voided", change: { voided: null, voidDate: "" }, seen: { voided: false } },
    { name: "a return label is one", change: { isReturnLabel: true }, seen: { isReturn: true } },
    {
      name: "a date-time is its day",
      change: { shipDate: "2016-06-07T00:00:00.0000000" },
      seen: { shippedOn: "2016-06-07" },
    },
  ])("$name", ({ change, seen }) => {
    const result = label(change);
    for (const [member, value] of Object.entries(seen)) expect(result[member as keyof typeof result]).toEqual(value);
  });

  test("discounts are no goods, and an item without quantity is not one that ships nothing", () => {
    const { lines } = label({
      shipmentItems: [
        null,
        { sku: "D", quantity: 1, adjustment: true },
        { sku: "E", quantity: 1, unitPrice: -3 },
        { sku: "F", quantity: null },
      ],
    });
    expect(lines).toEqual([{ sku: "F", quantity: Number.NaN }]);
  });
});

describe("labelFromFulfillment", () => {
  test("an order marked as shipped has no items, no key and the carrier's display name", () => {
    const source = fulfillment.parse({
      fulfillmentId: 123,
      orderId: 500,
      orderNumber: "000123",
      trackingNumber: "9400",
      createDate: "2026-05-05T09:00:00.0000000",
      shipDate: "2026-05-05T00:00:00.0000000",
      carrierCode: "USPS",
      voided: false,
      voidDate: null,
    });
    expect(labelFromFulfillment(source)).toEqual({
      id: "F123",
      source: "fulfillment",
      orderId: 500,
      orderNumber: "000123",
      tracking: "9400",
      carrier: "USPS",
      shippedOn: "2026-05-05",
      createdAt: "2026-05-05T09:00:00.0000000",
      voided: false,
      isReturn: false,
    });
  });

  test("a fulfillment may lack tracking number and carrier, whatever its shop complained of", () => {
    const source = fulfillment.parse({
      fulfillmentId: 124,
      orderId: 501,
      trackingNumber: "",
      carrierCode: null,
      shipDate: "2026-05-05T00:00:00.0000000",
      notifyErrorMessage: "IntegrationError: UnprocessableEntity",
    });
    const label = labelFromFulfillment(source);
    expect(label).toMatchObject({ id: "F124", orderId: 501, shippedOn: "2026-05-05", voided: false });
    expect([label.tracking, label.carrier]).toEqual([undefined, undefined]);
  });
});

import { describe, expect, test } from "vitest";
import type { ShipmentInput } from "./entities.ts";
import { changedShipment, isAtLeast, newShipment } from "./writes.ts";

const v24 = { endpointName: "Default", endpointVersion: "24.200.001" };
const v22 = { endpointName: "Default", endpointVersion: "22.200.001" };
const own = { endpointName: "Ours", endpointVersion: "6" };

const input = (changes: Partial<ShipmentInput> = {}): ShipmentInput => ({
  CustomerID: "C1",
  WarehouseID: "MAIN",
  ShipmentDate: "2024-11-01",
  Description: "[SS 77]",
  Details: [{ OrderType: "SO", OrderNbr: "000004", OrderLineNbr: 3, ShippedQty: 2 }],
  Packages: [{ BoxID: "LARGE", Weight: 1.2, TrackingNbr: "1Z9", CustomRefNbr1: "SS77" }],
  ...changes,
});

describe("newShipment", () => {
  test("wraps every field, and is never on hold", () => {
    expect(newShipment(input(), v24)).toEqual({
      Type: { value: "Shipment" },
      Operation: { value: "Issue" },
      Hold: { value: false },
      UnlimitedPackages: { value: true },
      CustomerID: { value: "C1" },
      WarehouseID: { value: "MAIN" },
      ShipmentDate: { value: "2024-11-01" },
      Description: { value: "[SS 77]" },
      Details: [
        {
          OrderType: { value: "SO" },
          OrderNbr: { value: "000004" },
          OrderLineNbr: { value: 3 },
          ShippedQty: { value: 2 },
        },
      ],
      Packages: [
        {
          BoxID: { value: "LARGE" },
          Weight: { value: 1.2 },
          TrackingNbr: { value: "1Z9" },
          CustomRefNbr1: { value: "SS77" },
        },
      ],
    });
  });

  test.for([
    { endpoint: v24, sent: true },
    { endpoint: { endpointName: "Default", endpointVersion: "25.200.001" }, sent: true },
    { endpoint: v22, sent: false },
    { endpoint: own, sent: false },
  ])("UnlimitedPackages is sent to $endpoint: $sent", ({ endpoint, sent }) => {
    expect("UnlimitedPackages" in newShipment(input(), endpoint)).toBe(sent);
  });

  test("the mark in Description is sent wherever it is not known to be missing", () => {
    expect(newShipment(input(), own)).toHaveProperty("Description");
    expect(newShipment(input(), { endpointName: "Default", endpointVersion: "18.200.001" })).not.toHaveProperty(
      "Description",
    );
  });

  test("a member that is not in the contract cannot get in", () => {
    const stray = { ...input(), Quantity: 5, Details: [{ ...input().Details[0]!, Quantity: 5 }] };
    expect(JSON.stringify(newShipment(stray, v24))).not.toContain('"Quantity"');
  });

  test("a mark or tracking number that would be cut off is refused before anything is sent", () => {
    expect(() => newShipment(input({ Description: "x".repeat(257) }), v24)).toThrow(/Description.*256/);
    const long = [{ TrackingNbr: "1Z", CustomRefNbr1: "S".repeat(31) }];
    expect(() => newShipment(input({ Packages: long }), v24)).toThrow(/CustomRefNbr1.*30/);
    expect(() => newShipment(input({ FreightCost: Number.NaN }), v24)).toThrow(/FreightCost/);
  });
});

describe("changedShipment", () => {
  test("sends the number and what is given, with bare ids on rows", () => {
    const patch = { Hold: false, Packages: [{ id: "p1", TrackingNbr: "1Z9", CustomRefNbr1: "SS77" }] };
    expect(changedShipment("000068", patch, v24)).toEqual({
      ShipmentNbr: { value: "000068" },
      Hold: { value: false },
      Packages: [{ id: "p1", TrackingNbr: { value: "1Z9" }, CustomRefNbr1: { value: "SS77" } }],
    });
  });

  test("without packages in the patch none are mentioned", () => {
    expect(changedShipment("000068", { ShipVia: "UPS" }, v24)).not.toHaveProperty("Packages");
  });
});

test.for([
  { version: "24.200.001", floor: "24.200.001", is: true },
  { version: "25.200.001", floor: "24.200.001", is: true },
  { version: "23.200.001", floor: "24.200.001", is: false },
  { version: "24.100.009", floor: "24.200.001", is: false },
  { version: "6", floor: "24.200.001", is: false },
])("$version is at least $floor: $is", ({ version, floor, is }) => {
  expect(isAtLeast(version, floor)).toBe(is);
});

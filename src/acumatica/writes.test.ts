import { describe, expect, test } from "vitest";
import type { ShipmentInput } from "./entities.ts";
import { membersByTable } from "./description.ts";
import type { Has } from "./endpoint.ts";
import { changedShipment, newShipment } from "./writes.ts";

const hasOf = (endpointName: string, endpointVersion: string): Has => {
  const { members } = membersByTable({ endpointName, endpointVersion });
  return (path, member) => members[path]?.includes(member) === true;
};
const version = (major: number): Has => hasOf("Default", `${major}.200.001`);
const v24 = version(24);
const v22 = version(22);
const own = hasOf("Ours", "6");

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
    { endpoint: "24", has: v24, sent: true },
    { endpoint: "25", has: version(25), sent: true },
    { endpoint: "26, which is taken to have what 25 has", has: version(26), sent: true },
    { endpoint: "22", has: v22, sent: false },
    { endpoint: "one of the customer's own that tells nothing", has: own, sent: false },
  ])("UnlimitedPackages is sent to endpoint $endpoint: $sent", ({ has, sent }) => {
    expect("UnlimitedPackages" in newShipment(input(), has)).toBe(sent);
  });

  test.for([
    { endpoint: "20", has: version(20), name: "FreightAmount" },
    { endpoint: "22", has: v22, name: "FreightPrice" },
    { endpoint: "25", has: version(25), name: "FreightPrice" },
  ])("on endpoint $endpoint the freight price goes out as $name, with the flag that has it taken", ({ has, name }) => {
    const { Details, Packages, ...head } = newShipment(input({ FreightPrice: 11.5 }), has);
    expect([Details, Packages].every(Array.isArray)).toBe(true);
    expect(Object.entries(head).filter(([member]) => member.includes("Freight"))).toEqual([
      ["OverrideFreightPrice", { value: true }],
      [name, { value: 11.5 }],
    ]);
  });

  test("a freight price is not sent where it would be ignored: an endpoint without the flag or without the price", () => {
    const only =
      (lacking: string): Has =>
      (path, member) =>
        member !== lacking && v24(path, member);
    for (const lacking of ["OverrideFreightPrice", "FreightPrice"]) {
      const body = JSON.stringify(newShipment(input({ FreightPrice: 11.5 }), only(lacking)));
      expect(body).not.toMatch(/FreightPrice|FreightAmount/);
    }
  });

  test("the mark in Description is sent wherever it is not known to be missing", () => {
    expect(newShipment(input(), own)).toHaveProperty("Description");
    expect(newShipment(input(), version(18))).not.toHaveProperty("Description");
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

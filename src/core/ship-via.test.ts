import { describe, expect, test } from "vitest";
import { shipmentSettings } from "../../test/support/sample-shipment.ts";
import { chooseBox, chooseShipVia, serviceOfShipVia } from "./ship-via.ts";
import type { ShipViaRow } from "./shipments.ts";

const table = [
  { carrier: "ups", service: "*", shipVia: "UPS" },
  { carrier: "ups", service: "ups_next_day_air", shipVia: "UPSRED" },
  { carrier: "UPS ", service: " ", shipVia: "NEVER" },
  { carrier: "USPS", service: "*", shipVia: "POST" },
  { carrier: "fedex", service: "fedex_ground", shipVia: "FXGROUND" },
];

describe("chooseShipVia", () => {
  test.for([
    { name: "the row of the service wins", carrier: "ups", service: "ups_next_day_air", code: "UPSRED" },
    { name: "any other service takes the carrier's row", carrier: "ups", service: "ups_ground", code: "UPS" },
    { name: "padding and case make no difference", carrier: " UPS", service: "UPS_Next_Day_Air ", code: "UPSRED" },
    { name: "a display name has its own row", carrier: "USPS", service: undefined, code: "POST" },
    {
      name: "a carrier with service rows only is not guessed",
      carrier: "fedex",
      service: "fedex_2day",
      code: undefined,
    },
    { name: "an unknown carrier has no code", carrier: "dhl", service: "x", code: undefined },
    { name: "no carrier has no code", carrier: undefined, service: undefined, code: undefined },
  ])("$name", ({ carrier, service, code }) => {
    const label = { ...(carrier !== undefined && { carrier }), ...(service !== undefined && { service }) };
    const choice = chooseShipVia(label, shipmentSettings({ shipVia: table }));
    expect(choice).toMatchObject(code === undefined ? { kind: "unmapped" } : { kind: "mapped", shipVia: code });
    const fallback = chooseShipVia(label, shipmentSettings({ shipVia: table, defaultShipVia: "LOCAL" }));
    expect(fallback).toMatchObject({ shipVia: code ?? "LOCAL", kind: code === undefined ? "default" : "mapped" });
  });

  test("the raw name is told, and never used as a code", () => {
    const choice = chooseShipVia({ carrier: "dhl", service: "express" }, shipmentSettings({ defaultShipVia: "LOCAL" }));
    expect(choice).toMatchObject({ shipVia: "LOCAL", warning: { found: "dhl / express" } });
  });
});

describe("the package of a row", () => {
  const box = (given: string | undefined) => (given === undefined ? {} : { package: given });
  const code = (rows: ShipViaRow[], given: string | undefined): string => {
    const choice = chooseShipVia(
      { carrier: "usps", service: "priority", ...box(given) },
      shipmentSettings({ shipVia: rows }),
    );
    return choice.kind === "mapped" ? choice.shipVia : choice.kind;
  };
  const row = (shipVia: string, given?: string): ShipViaRow => ({
    carrier: "usps",
    service: "priority",
    shipVia,
    ...box(given),
  });

  test.for([
    { name: "its own row wins", rows: [row("PLAIN"), row("FLAT", "flat_rate")], given: "FLAT_RATE", wanted: "FLAT" },
    {
      name: "any other takes the row without one",
      rows: [row("PLAIN"), row("FLAT", "flat_rate")],
      given: "package",
      wanted: "PLAIN",
    },
    {
      name: "rows that all say the same need none",
      rows: [row("A", "flat_rate"), row("a", "pak")],
      given: "package",
      wanted: "A",
    },
    {
      name: "rows that disagree are not guessed",
      rows: [row("A", "flat_rate"), row("B", "pak")],
      given: "package",
      wanted: "unmapped",
    },
  ])("$name", ({ rows, given, wanted }) => {
    expect(code(rows, given)).toBe(wanted);
  });

  test("the box is the package's own, else the one for all", () => {
    const settings = shipmentSettings({ box: "MEDIUM", boxes: [{ package: "flat_rate", box: "FLAT" }] });
    expect(chooseBox({ package: "Flat_Rate" }, settings)).toBe("FLAT");
    expect(chooseBox({ package: "pak" }, settings)).toBe("MEDIUM");
    expect(chooseBox({}, settings)).toBe("MEDIUM");
  });
});

describe("serviceOfShipVia", () => {
  const rows: ShipViaRow[] = [
    { carrier: "ups", service: "ups_ground", shipVia: "GROUND" },
    { carrier: "ups_walleted", service: "ups_ground", shipVia: "Ground ", package: "pak", direction: "both" },
    { carrier: "fedex", service: "*", shipVia: "FEDEX", direction: "both" },
    { carrier: "fedex", service: "fedex_2day", shipVia: "FX2", direction: "order" },
  ];

  test("a row that fills orders gives carrier, service and package of its Ship Via", () => {
    expect(serviceOfShipVia(" GROUND", rows)).toEqual({
      carrier: "ups_walleted",
      service: "ups_ground",
      package: "pak",
    });
    expect(serviceOfShipVia("fx2", rows)).toEqual({ carrier: "fedex", service: "fedex_2day" });
  });

  test("rows for labels only, rows for every service and unknown codes give nothing", () => {
    expect(serviceOfShipVia("GROUND", rows.slice(0, 1))).toBeUndefined();
    expect(serviceOfShipVia("FEDEX", rows)).toBeUndefined();
    expect(serviceOfShipVia("LOCAL", rows)).toBeUndefined();
    expect(serviceOfShipVia(undefined, rows)).toBeUndefined();
  });

  test("a row for orders only says nothing of labels", () => {
    const choice = chooseShipVia(
      { carrier: "fedex", service: "fedex_2day" },
      shipmentSettings({ shipVia: rows.slice(3) }),
    );
    expect(choice.kind).toBe("unmapped");
  });
});

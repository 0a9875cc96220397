import { describe, expect, test } from "vitest";
import { shipmentSettings } from "../../test/support/sample-shipment.ts";
import { chooseShipVia } from "./ship-via.ts";

const table = [
  { carrier: "ups", shipVia: "UPS" },
  { carrier: "ups", service: "ups_next_day_air", shipVia: "UPSRED" },
  { carrier: "UPS ", service: " ", shipVia: "NEVER" },
  { carrier: "USPS", shipVia: "POST" },
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

import { describe, expect, test } from "vitest";
import type { ErpShipment } from "./shipments.ts";
import { confirmGate } from "./shipment-gate.ts";

const shipment = (status: string, hold?: boolean): ErpShipment => ({
  number: "001200",
  status,
  ...(hold !== undefined && { hold }),
  lines: [],
  packages: [],
});

describe("confirmGate", () => {
  test.for([
    ["Open", "confirm"],
    [" open ", "confirm"],
    ["Confirmed", "done"],
    ["Invoiced", "done"],
    ["Partially Invoiced", "done"],
    ["Completed", "done"],
    ["Receipted", "done"],
    ["On Hold", "person"],
    ["Cancelled", "person"],
    ["Canceled", "person"],
    ["Picked by robot", "person"],
    ["", "person"],
  ])("status %o is for %s", ([status, kind]) => {
    expect(confirmGate(shipment(status!)).kind).toBe(kind);
  });

  test("an open shipment with Hold set needs a person", () => {
    expect(confirmGate(shipment("Open", true))).toMatchObject({ kind: "person", code: "shipment.blocked" });
  });

  test("a confirmed shipment is done whatever Hold says", () => {
    expect(confirmGate(shipment("Confirmed", true)).kind).toBe("done");
  });
});

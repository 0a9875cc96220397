import { expect, test } from "vitest";
import { storedSettingsSchema } from "./settings.ts";
import { tablesOf, withTable } from "./value-tables.ts";

const stored = (changes: object = {}) =>
  storedSettingsSchema.parse({
    username: "connector",
    acumatica: { instanceUrl: "https://erp.example", tenant: "Brand", endpointVersion: "24.200.001" },
    shipstation: { origin: "https://ssapi.shipstation.com" },
    ...changes,
  });

test("a stored table of an older version, whose rows left the service out, means every service of the carrier", () => {
  const rows = [
    { carrier: "ups", shipVia: "UPS" },
    { carrier: "fedex", service: "fedex_ground", shipVia: "FX" },
  ];
  expect(stored({ shipments: { shipVia: rows } }).shipments.shipVia).toEqual([
    { carrier: "ups", service: "*", shipVia: "UPS" },
    { carrier: "fedex", service: "fedex_ground", shipVia: "FX" },
  ]);
});

test("replacing one table leaves the others and everything else as they are, and reads back as it was set", () => {
  const { username: _username, ...settings } = stored({
    orders: { storeId: 7, shipFrom: { MAIN: 3 } },
    shipments: { box: "MEDIUM", defaultShipVia: "LOCAL", freight: "cost" },
  });
  const table = { rows: [{ orderType: "WO", storeId: 9 }], default: null };
  const changed = withTable(settings, "store", table);
  expect(tablesOf(changed)).toEqual({ ...tablesOf(settings), store: table });
  expect(changed.orders).not.toHaveProperty("storeId");
  expect({ ...changed, orders: undefined }).toEqual({ ...settings, orders: undefined });
});

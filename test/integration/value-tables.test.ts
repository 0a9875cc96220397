import { afterEach, describe, expect, test } from "vitest";
import { demoCredentials } from "../../src/cli/demo-world.ts";
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

interface Tables {
  tables: Record<string, { rows: Record<string, string | number>[]; default: string | number | null }>;
  unmapped: { table: string; list: string; code: string; seen: number; lastSeenAt: string; example: string }[];
  choices: { carriers: { code: string; services: { code: string }[]; packages: { code: string }[] }[] } & Record<
    string,
    { code?: string; id?: number; name: string | null }[]
  >;
  error?: { code: string; problems: { field: string; found: string; cure: string }[] };
}

async function ask(here: World, path: string, table?: unknown): Promise<{ status: number; body: Tables }> {
  const response = await here.app.web.request(`/api/v1/connections/${connectionId}/tables${path}`, {
    method: table === undefined ? "GET" : "PUT",
    headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
    ...(table === undefined ? {} : { body: JSON.stringify(table) }),
  });
  return { status: response.status, body: (await response.json()) as Tables };
}

const fieldsOf = (answer: { body: Tables }): string[] => (answer.body.error?.problems ?? []).map(({ field }) => field);

/** A connection whose tables are empty. */
const bare = (file: Record<string, unknown>): Record<string, unknown> => {
  const settings = file["settings"] as { shipments: object };
  return { ...file, settings: { ...settings, shipments: { defaultShipVia: "LOCAL" } } };
};

describe("value tables", () => {
  test("the choices are the live lists of both systems", async () => {
    const here = await started();
    const { status, body } = await ask(here, "?choices=true");
    expect(status).toBe(200);
    const { carriers, ...lists } = body.choices;
    expect(lists["shipVias"]?.map(({ code }) => code)).toContain("UPSGROUND");
    expect(lists["boxes"]?.map(({ code }) => code)).toEqual(["LARGE", "MEDIUM", "SMALL"]);
    expect(lists["warehouses"]?.map(({ code }) => code)).toEqual(["EAST", "MAIN"]);
    expect(lists["shipFroms"]?.map(({ id }) => id)).toEqual([...here.sandbox.shipstation.tables.warehouses.keys()]);
    expect(lists["stores"]?.map(({ name }) => name)).toEqual(expect.arrayContaining(["Manual Orders", "Web Orders"]));
    const ups = carriers.find(({ code }) => code === "ups_walleted");
    expect(ups?.services.map(({ code }) => code)).toContain("ups_ground");
    expect(ups?.packages.map(({ code }) => code)).toContain("package");
  });

  test("a table with unknown codes, half pairs, twins or a carrier without a service is refused by field, with the codes there are", async () => {
    const here = await started();
    const wrong = await ask(here, "/ship-via", {
      rows: [
        { carrier: "ups", service: "ups_ground", shipVia: "UPSGROUND" },
        { carrier: "fedex", service: "fedex_teleport", shipVia: "FEDEXGRD" },
        { carrier: "fedex", service: "fedex_ground", package: "barrel", shipVia: "NOWHERE" },
      ],
      default: "GONE",
    });
    expect(wrong.status).toBe(422);
    expect(fieldsOf(wrong)).toEqual([
      "default",
      "rows[0].carrier",
      "rows[1].service",
      "rows[2].shipVia",
      "rows[2].package",
    ]);
    expect(wrong.body.error?.problems[1]?.cure).toContain("ups_walleted");
    expect(fieldsOf(await ask(here, "/ship-via", { rows: [{ carrier: "fedex", shipVia: "FEDEXGRD" }] }))).toEqual([
      "rows[0].service",
    ]);
    expect(fieldsOf(await ask(here, "/ship-via", { rows: [{ carrier: "fedex", service: "fedex_ground" }] }))).toEqual([
      "rows[0].shipVia",
    ]);
    const twins = [
      { warehouse: "MAIN", shipFromId: 601_001 },
      { warehouse: "main", shipFromId: 601_002 },
    ];
    expect(fieldsOf(await ask(here, "/ship-from", { rows: twins }))).toEqual(["rows[1]"]);
    expect(fieldsOf(await ask(here, "/ship-from", { rows: [{ warehouse: "MOON", shipFromId: 1 }] }))).toEqual([
      ...["rows[0].warehouse", "rows[0].shipFromId"],
    ]);
    expect(fieldsOf(await ask(here, "/box", { rows: [{ package: "barrel", box: "CRATE" }] }))).toEqual([
      ...["rows[0].package", "rows[0].box"],
    ]);
    const shops = [...here.sandbox.shipstation.tables.stores.values()].filter((store) => store.marketplaceId !== 0);
    const store = { rows: [{ orderType: "ZZ", storeId: shops[0]!.storeId }], default: 99 };
    expect(fieldsOf(await ask(here, "/store", store))).toEqual(["default", "rows[0].orderType", "rows[0].storeId"]);
    expect((await ask(here, "")).body.tables["ship-via"]?.rows).toHaveLength(7);
  });

  test("codes that orders and labels carried and no row has are collected, each record once, and go when a row is there", async () => {
    const here = await started({ orders: 5, connection: bare });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.run("shipments-back");
    here.clock.advance(120_000);
    await here.run("orders-out");
    await here.run("shipments-back");
    const { unmapped } = (await ask(here, "")).body;
    const labels = [...here.sandbox.shipstation.tables.shipments.values()];
    const [label] = labels;
    const code = `${label!.carrierCode}/${label!.serviceCode}/${label!.packageCode ?? ""}`;
    const mine = labels.filter((each) => each.serviceCode === label!.serviceCode).length;
    expect(unmapped.find((seen) => seen.code === code)).toMatchObject({
      table: "ship-via",
      list: "service",
      seen: mine,
    });
    expect(unmapped.filter(({ list }) => list === "warehouse").length).toBeGreaterThan(0);
    const rows = [{ carrier: label!.carrierCode, service: label!.serviceCode, shipVia: "UPSGROUND" }];
    const stored = await ask(here, "/ship-via", { rows, default: "LOCAL" });
    expect(stored.status, JSON.stringify(stored.body)).toBe(200);
    expect(stored.body.unmapped.map((seen) => seen.code)).not.toContain(code);
  });

  test("a carrier's display name stands in no list and is taken once an order marked as shipped had it", async () => {
    const here = await started({ orders: 1, connection: bare });
    await here.run("orders-out");
    const table = { rows: [{ carrier: "USPS", service: "*", shipVia: "USPSGRD" }], default: "LOCAL" };
    expect(fieldsOf(await ask(here, "/ship-via", table))).toEqual(["rows[0].carrier"]);
    const [order] = here.sandbox.shipstation.tables.orders.values();
    here.sandbox.shipstation.markAsShipped(order!.orderId, { trackingNumber: "T1", carrierCode: "stamps_com" });
    await here.run("shipments-back");
    const codes = (await ask(here, "")).body.unmapped.map(({ code }) => code);
    expect(codes).toContain("USPS//");
    expect((await ask(here, "/ship-via", table)).status).toBe(200);
  });

  test("a change is used by the next run, without a restart, and stands in the audit trail with before and after", async () => {
    const here = await started({ connection: bare });
    here.sandbox.acumatica.createOrder({ shipVia: "UPS2DAY" });
    await here.run("orders-out");
    const row = {
      ...{ carrier: "ups_walleted", service: "ups_2nd_day_air", package: "ups_letter" },
      ...{ shipVia: "UPS2DAY", direction: "both" },
    };
    expect((await ask(here, "/ship-via", { rows: [row], default: "LOCAL" })).status).toBe(200);
    const [store] = [...here.sandbox.shipstation.tables.stores.values()].filter(
      (each) => each.storeName === "Web Orders",
    );
    expect((await ask(here, "/store", { rows: [{ orderType: "SO", storeId: store!.storeId }] })).status).toBe(200);
    expect(
      (await ask(here, "/box", { rows: [{ package: "ups_letter", box: "SMALL" }], default: "LARGE" })).status,
    ).toBe(200);
    here.clock.advance(60_000);
    here.sandbox.acumatica.createOrder({ shipVia: "UPS2DAY" });
    await here.run("orders-out");
    const [before, after] = [...here.sandbox.shipstation.tables.orders.values()];
    expect(before?.sent).toMatchObject({ requestedShippingService: "UPS2DAY", carrierCode: null });
    expect(after?.sent).toMatchObject({
      ...{ requestedShippingService: "UPS2DAY", carrierCode: "ups_walleted" },
      ...{ serviceCode: "ups_2nd_day_air", packageCode: "ups_letter" },
    });
    expect(after?.storeId).toBe(store!.storeId);
    here.buyAllLabels();
    await here.settle();
    const [shipment] = here.sandbox.acumatica.tables.shipments.filter((each) => each.Packages[0]?.BoxID === "SMALL");
    expect(shipment?.ShipVia).toBe("UPS2DAY");
    const audit = await here.app.db
      .selectFrom("audit")
      .select(["actor", "detail"])
      .where("event", "=", "connection.table-changed")
      .orderBy("id")
      .execute();
    expect(audit).toHaveLength(3);
    expect(audit[0]?.detail).toEqual({
      table: "ship-via",
      before: { rows: [], default: "LOCAL" },
      after: { rows: [row], default: "LOCAL" },
    });
  });

  test("a list that may not be read is named, and the others are there", async () => {
    const { username: name, password } = demoCredentials;
    const here = await started({ sandbox: { acumatica: { users: [{ name, password, rights: ["CS207600"] }] } } });
    const { status, body } = await ask(here, "?choices=true");
    expect(status).toBe(200);
    expect(body.choices["errors"]).toMatchObject([{ list: "boxes", code: "acumatica.rights" }]);
    expect(body.choices["shipVias"]?.length).toBeGreaterThan(0);
  });
});

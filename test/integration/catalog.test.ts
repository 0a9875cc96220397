import { afterEach, describe, expect, test } from "vitest";
import type { Problem } from "../../src/lib/problem.ts";
import type { ProductRow } from "../../src/sandbox/shipstation/tables.ts";
import { createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld(options);
  return world;
}

const productWrites = (here: World): number =>
  here.sandbox.shipstation.journal.filter((entry) => entry.method === "PUT" && entry.path.startsWith("/products/"))
    .length;

const productOf = (here: World, sku: string): ProductRow =>
  here.sandbox.shipstation.tables.productsBySku.get(sku.toLowerCase())!;

async function recordOf(here: World, kind: "item" | "customer" | "order", key: string) {
  return here.app.db
    .selectFrom("records")
    .select(["state", "reason_code", "reason_text", "problems", "due_at"])
    .where("kind", "=", kind)
    .where("key", "=", key)
    .executeTakeFirst();
}

/** A stock item with a weight in pounds and customs data, changed before anything was read. */
function anItem(here: World) {
  const [item] = here.sandbox.acumatica.tables.stockItems;
  Object.assign(item!, { DimensionWeight: 2, WeightUOM: "LB", TariffCode: "8205.59", CountryOfOrigin: "DE" });
  Object.assign(item!, { Description: "Steel hammer", DefaultPrice: 19.5 });
  Object.assign(item!, { CrossReferences: [{ AlternateID: "274000000000", AlternateType: "GTIN", UOM: "EA" }] });
  return item!;
}

const orderOf = (here: World, sku: string, more: object = {}) =>
  here.sandbox.acumatica.createOrder({ lines: [{ inventoryId: sku, quantity: 1, warehouseId: "MAIN" }], ...more });

async function runs(here: World, count = 1): Promise<void> {
  for (let run = 0; run < count; run += 1) {
    await here.run("catalog-out");
    here.clock.advance(61_000);
  }
}

describe("items", () => {
  test("an item waits, saying why, until its first order makes the product; then it is aligned and read back", async () => {
    const here = await started();
    const item = anItem(here);
    await runs(here);
    expect(await recordOf(here, "item", item.InventoryID)).toMatchObject({
      state: "Waiting",
      reason_text: "ShipStation makes this product with the first order that has it.",
      due_at: null,
    });
    orderOf(here, item.InventoryID);
    await here.run("orders-out");
    expect(productOf(here, item.InventoryID).members["weightOz"] ?? null).toBeNull();
    await runs(here);
    expect(productOf(here, item.InventoryID).members).toMatchObject({
      ...{ name: "Steel hammer", weightOz: 32, customsTariffNo: "8205.59", customsCountryCode: "DE" },
      customsDescription: "Steel hammer",
    });
    const record = await recordOf(here, "item", item.InventoryID);
    expect(record).toMatchObject({ state: "Processed" });
    expect(record?.problems).toMatchObject([{ field: "UPC", found: "274000000000" }]);
    const effects = await here.app.db.selectFrom("effects").selectAll().where("kind", "=", "item").execute();
    expect(effects.map(({ state }) => state)).toEqual(["done"]);
  });

  test("an unchanged catalog costs no write, no row and no call that grows with it", async () => {
    const here = await started();
    const item = anItem(here);
    orderOf(here, item.InventoryID);
    await here.run("orders-out");
    await runs(here, 2);
    const writes = productWrites(here);
    const rows = async () =>
      here.app.db
        .selectFrom("audit")
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .executeTakeFirst();
    const before = await rows();
    const calls = here.sandbox.shipstation.counts.calls;
    await runs(here, 2);
    expect(productWrites(here)).toBe(writes);
    expect(await rows()).toEqual(before);
    expect(here.sandbox.shipstation.counts.calls - calls).toBeLessThanOrEqual(6);
  });

  test("what users set on a product survives: their defaults always, their weight unless the connection says otherwise", async () => {
    const here = await started();
    const item = anItem(here);
    orderOf(here, item.InventoryID);
    await here.run("orders-out");
    here.clock.advance(60_000);
    const product = productOf(here, item.InventoryID);
    Object.assign(product.members, { weightOz: 40, defaultCarrierCode: "fedex", defaultServiceCode: "fedex_ground" });
    Object.assign(product.members, { defaultPackageCode: "package", warehouseLocation: "A-3" });
    product.modifiedAt = here.clock.now();
    await runs(here);
    expect(product.members).toMatchObject({
      ...{ weightOz: 40, defaultCarrierCode: "fedex", defaultServiceCode: "fedex_ground" },
      ...{ defaultPackageCode: "package", warehouseLocation: "A-3", customsTariffNo: "8205.59" },
    });
    const problems = (await recordOf(here, "item", item.InventoryID))?.problems as Problem[];
    expect(problems.map(({ field }) => field)).toEqual(["weightOz", "UPC"]);
  });

  test("a change in the ERP follows onto what we wrote, and only that field is changed", async () => {
    const here = await started();
    const item = anItem(here);
    orderOf(here, item.InventoryID);
    await here.run("orders-out");
    await runs(here);
    const product = productOf(here, item.InventoryID);
    product.members["customsDescription"] = "Hand tool";
    product.modifiedAt = here.clock.now();
    here.clock.advance(60_000);
    here.sandbox.acumatica.editStockItem(item.InventoryID, { DimensionWeight: 1, WeightUOM: "KG" });
    await runs(here, 2);
    expect(product.members).toMatchObject({ weightOz: 35.27, customsDescription: "Hand tool" });
  });

  test("weights arrive in ounces from any unit; 0 and a unit nobody knows are never sent", async () => {
    const here = await started();
    const [kilos, plain, zero, stone] = here.sandbox.acumatica.tables.stockItems;
    Object.assign(kilos!, { DimensionWeight: 1, WeightUOM: "KG" });
    Object.assign(plain!, { DimensionWeight: 1, WeightUOM: undefined });
    Object.assign(zero!, { DimensionWeight: 0, WeightUOM: "LB" });
    Object.assign(stone!, { DimensionWeight: 1, WeightUOM: "STONE" });
    const items = [kilos!, plain!, zero!, stone!];
    for (const item of items) orderOf(here, item.InventoryID);
    await here.run("orders-out");
    await runs(here, 2);
    const weights = items.map((item) => productOf(here, item.InventoryID).members["weightOz"] ?? null);
    expect(weights).toEqual([35.27, 16, null, null]);
    const problems = (await recordOf(here, "item", stone!.InventoryID))?.problems as Problem[];
    expect(problems.map(({ field }) => field)).toContain("WeightUOM");
  });

  test("a lost answer to a product's write is looked up, and not sent again when the change is there", async () => {
    let lose = true;
    const here = await started({
      network: (fetch) => async (request) => {
        const answer = await fetch(request);
        if (lose && request.method === "PUT" && request.url.includes("/products/")) {
          lose = false;
          throw new TypeError("terminated");
        }
        return answer;
      },
    });
    const item = anItem(here);
    orderOf(here, item.InventoryID);
    await here.run("orders-out");
    await runs(here);
    await here.restart();
    for (let run = 0; run < 4; run += 1) {
      here.clock.advance(15 * 60_000);
      await here.run("catalog-out");
    }
    expect(productWrites(here)).toBe(1);
    expect(await recordOf(here, "item", item.InventoryID)).toMatchObject({ state: "Processed" });
    expect(productOf(here, item.InventoryID).members).toMatchObject({ weightOz: 32 });
  });

  test("an item that is no longer sold is left out, with the rule", async () => {
    const here = await started();
    const item = anItem(here);
    item.ItemStatus = "Inactive";
    await runs(here);
    expect(await recordOf(here, "item", item.InventoryID)).toMatchObject({
      state: "Filtered",
      reason_code: "item-retired",
    });
  });
});

describe("customers", () => {
  test("a customer waits for the first order and is then verified by read; nothing is ever written to one", async () => {
    const here = await started();
    const [customer, other] = here.sandbox.acumatica.tables.customers;
    await runs(here);
    expect(await recordOf(here, "customer", customer!.CustomerID)).toMatchObject({
      state: "Waiting",
      reason_text: "ShipStation makes this customer with the customer's first order.",
    });
    orderOf(here, anItem(here).InventoryID, { customerId: customer!.CustomerID });
    await here.run("orders-out");
    await runs(here);
    expect(await recordOf(here, "customer", customer!.CustomerID)).toMatchObject({
      state: "Processed",
      reason_text: "ShipStation has no call that writes customers; verified by read.",
    });
    expect(await recordOf(here, "customer", other!.CustomerID)).toMatchObject({ state: "Waiting" });
    const writes = here.sandbox.shipstation.journal.filter(
      (entry) => entry.path.startsWith("/customers") && entry.method !== "GET",
    );
    expect(writes).toEqual([]);
  });

  test("an address of the customer that differs there is told with what can be done", async () => {
    const here = await started();
    const [customer] = here.sandbox.acumatica.tables.customers;
    orderOf(here, anItem(here).InventoryID, { customerId: customer!.CustomerID });
    await here.run("orders-out");
    const [born] = here.sandbox.shipstation.tables.customers.values();
    born!.email = "old@example.com";
    await runs(here);
    expect((await recordOf(here, "customer", customer!.CustomerID))?.problems).toMatchObject([
      { field: "email", found: "old@example.com" },
    ]);
  });
});

describe("SKUs of order lines", () => {
  test("one that Acumatica shows as neither stock nor non-stock item is named before anything is sent", async () => {
    const here = await started();
    const order = orderOf(here, anItem(here).InventoryID);
    order.Details[0]!.InventoryID = "GHOST-1";
    await here.run("orders-out");
    expect(here.sandbox.shipstation.tables.orders.size).toBe(0);
    const record = await recordOf(here, "order", `SO/${order.OrderNbr}`);
    expect(record).toMatchObject({ state: "Aborted", reason_code: "order.unmappable" });
    expect(record?.problems).toMatchObject([{ field: "Details[0].InventoryID", found: "GHOST-1" }]);
  });

  test("a non-stock item that is shipped is known by its key and goes out", async () => {
    const here = await started();
    const [kit] = here.sandbox.acumatica.tables.nonStockItems;
    const order = orderOf(here, kit!.InventoryID);
    await here.run("orders-out");
    expect(await recordOf(here, "order", `SO/${order.OrderNbr}`)).toMatchObject({ state: "Processed" });
    expect([...here.sandbox.shipstation.tables.orders.values()][0]?.items[0]?.sku).toBe(kit!.InventoryID);
  });

  test("one that is new to ShipStation is told on the record, and the order goes out: the product is born with it", async () => {
    const here = await started();
    const item = anItem(here);
    const first = orderOf(here, item.InventoryID);
    await here.run("orders-out");
    const record = await recordOf(here, "order", `SO/${first.OrderNbr}`);
    expect(record).toMatchObject({ state: "Processed" });
    expect(record?.problems).toMatchObject([{ field: "items[1].sku", found: item.InventoryID }]);
    await runs(here);
    const second = orderOf(here, item.InventoryID);
    here.clock.advance(61_000);
    await here.run("orders-out");
    expect((await recordOf(here, "order", `SO/${second.OrderNbr}`))?.problems).toEqual([]);
  });
});

test("an order abroad carries customs lines of its items, UPC, and the image only if it is an address of the web", async () => {
  const here = await started();
  const item = anItem(here);
  item.ImageUrl = "https://cdn.example/hammer.jpg";
  item.UOMConversions = [{ FromUOM: "CASE", ToUOM: item.BaseUOM, MultiplyOrDivide: "Multiply", ConversionFactor: 12 }];
  const shipTo = { AddressLine1: "1 Rue X", City: "Lyon", PostalCode: "69001", Country: "FR", Attention: "Jo" };
  here.sandbox.acumatica.createOrder({
    shipTo,
    lines: [
      { inventoryId: item.InventoryID, quantity: 3, warehouseId: "MAIN", unitPrice: 20 },
      { inventoryId: item.InventoryID, quantity: 1, uom: "CASE", warehouseId: "MAIN", unitPrice: 200 },
    ],
  });
  await here.run("orders-out");
  const [order] = here.sandbox.shipstation.tables.orders.values();
  const customs = { harmonizedTariffCode: "8205.59", countryOfOrigin: "DE" };
  expect(order?.sent.internationalOptions?.customsItems).toMatchObject([
    { ...customs, quantity: 3, value: 20 },
    { ...customs, quantity: 1, value: 200 },
  ]);
  expect(order?.items[0]).toMatchObject({ upc: "274000000000", imageUrl: "https://cdn.example/hammer.jpg" });
  expect(order?.items[0]?.weight).toMatchObject({ value: 907.18, units: "grams" });
  expect(order?.items[1]?.upc).toBeNull();
  expect(order?.items[1]?.weight).toMatchObject({ value: 10_886.16 });
});

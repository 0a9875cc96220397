import { afterEach, describe, expect, test } from "vitest";
import { mirrorProductsBySku } from "../../src/ledger/mirror-products.ts";
import { readProducts } from "../../src/flows/product-polls.ts";
import { silentLog } from "../../src/lib/log.ts";
import { sandboxApiKey, sandboxApiSecret } from "../../src/sandbox/sandbox.ts";
import { manualStoreId } from "../../src/sandbox/shipstation/reference-data.ts";
import { insertOrder, type OrderRow } from "../../src/sandbox/shipstation/tables.ts";
import { createShipStationClient } from "../../src/shipstation/v1/client.ts";
import { anOrder } from "../support/shipstation-visitor.ts";
import { createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions): Promise<World> {
  world = await createWorld(options);
  return world;
}

const dayMs = 86_400_000;
const erpOrder = (here: World) => here.sandbox.acumatica.tables.salesOrders[0]!;
const shipStationOrders = (here: World): OrderRow[] => [...here.sandbox.shipstation.tables.orders.values()];
const orderWrites = (here: World): number =>
  here.sandbox.shipstation.journal.filter((entry) => /\/orders\/createorders?$/i.test(entry.path)).length;

/** Another program writes an order with the same key pair's account. Gives its row. */
async function otherProgram(here: World, change: Record<string, unknown>): Promise<OrderRow> {
  const authorization = `Basic ${Buffer.from(`${sandboxApiKey}:${sandboxApiSecret}`).toString("base64")}`;
  const response = await here.sandbox.shipstationFetch(
    new Request("http://127.0.0.1:4502/orders/createorder", {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(anOrder(erpOrder(here).OrderNbr, change)),
    }),
  );
  expect(response.status).toBe(200);
  return shipStationOrders(here).at(-1)!;
}

/** Orders of other channels, of one second each, without going through the API. */
function fill(here: World, like: OrderRow, count: number): void {
  for (let index = 1; index <= count; index++) {
    const at = like.createdAt + index * 1_000;
    const orderNumber = `WEB-${index}`;
    const copy = { ...like, orderId: like.orderId + 1_000 + index, orderNumber, orderKey: orderNumber };
    insertOrder(here.sandbox.shipstation.tables, { ...copy, createdAt: at, modifiedAt: at });
  }
}

describe("a key that is in ShipStation already and not ours is never overwritten", () => {
  test.for([
    ["in the store that we write to", "store", {}],
    ["in another store", "store", { advancedOptions: { storeId: manualStoreId + 1 } }],
    ["in another store", "account", { advancedOptions: { storeId: manualStoreId + 1 } }],
    ["on an order of another number", "account", { orderNumber: "TYPED-IN" }],
    ["on a held order", "account", { orderStatus: "on_hold" }],
  ] as const)("%s, keys looked up by %s", async ([, keyLookup, change]) => {
    const here = await started({ orders: 1, sandbox: { shipstation: { keyLookup } } });
    const { stores } = here.sandbox.shipstation.tables;
    const manual = stores.get(manualStoreId)!;
    stores.set(manualStoreId + 1, { ...manual, storeId: manualStoreId + 1, storeName: "Second manual store" });
    const other = await otherProgram(here, change);
    const before = structuredClone({ ...other, shipTo: undefined, modifiedAt: 0 });
    await here.run("orders-out");
    here.clock.advance(120_000);
    await here.run("orders-out");
    expect(await here.records("order")).toMatchObject([{ state: "Aborted", reason_code: "order.key-taken" }]);
    expect(structuredClone({ ...other, shipTo: undefined, modifiedAt: 0 })).toMatchObject({
      ...before,
      warehouseId: other.warehouseId,
    });
    expect(shipStationOrders(here)).toHaveLength(1);
    expect(orderWrites(here)).toBe(1);
  });

  test("however old that order is: the mirror holds the whole account before anything is sent", async () => {
    const here = await started({ orders: 1 });
    const other = await otherProgram(here, {});
    other.createdAt = other.modifiedAt = here.clock.now() - 900 * dayMs;
    other.shipTo.addressVerified = "Address validated successfully";
    await here.run("orders-out");
    expect(await here.records("order")).toMatchObject([{ state: "Aborted", reason_code: "order.key-taken" }]);
  });
});

describe("an order that is in ShipStation under the same number, but under another key", () => {
  test("is not sent again: a person decides whether it is the same", async () => {
    const here = await started({ orders: 1 });
    const typed = await otherProgram(here, { orderKey: null });
    await here.run("orders-out");
    expect(await here.records("order")).toMatchObject([
      {
        state: "Aborted",
        reason_code: "order.number-taken",
        problems: [{ field: "orderNumber", found: expect.stringContaining(String(typed.orderId)) as string }],
      },
    ]);
    expect(shipStationOrders(here)).toHaveLength(1);
    // It was the same order: the person cancels the one typed in, and replays.
    here.clock.advance(60_000);
    here.sandbox.shipstation.cancelOrder(typed.orderId);
    await here.app.web.request(`/api/v1/replay`, {
      method: "POST",
      headers: { authorization: `Bearer ${here.app.operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ connection: "demo", kind: "order", keys: [`SO/${erpOrder(here).OrderNbr}`] }),
    });
    await here.run("orders-out");
    await here.run("orders-out");
    expect(await here.records("order")).toMatchObject([{ state: "Processed" }]);
    expect(shipStationOrders(here).map(({ orderStatus }) => orderStatus)).toEqual(["cancelled", "awaiting_shipment"]);
  });

  test("is another order where the connection says so", async () => {
    const here = await started({
      orders: 1,
      connection: (file) => ({
        ...file,
        settings: { ...(file["settings"] as object), orders: { allowSameNumber: true } },
      }),
    });
    await otherProgram(here, { orderKey: null });
    await here.run("orders-out");
    expect(await here.records("order")).toMatchObject([{ state: "Processed" }]);
    expect(shipStationOrders(here)).toHaveLength(2);
  });

  test("may be our own under another order type: both go out", async () => {
    const here = await started({
      orders: 1,
      connection: (file) => ({
        ...file,
        settings: {
          ...(file["settings"] as object),
          orders: { orderTypes: ["SO", "RM"], orderKeyTemplate: "{OrderType}-{OrderNbr}" },
        },
      }),
    });
    await here.run("orders-out");
    const first = erpOrder(here);
    here.sandbox.acumatica.tables.salesOrders.push({
      ...structuredClone(first),
      OrderType: "RM",
      id: "7d6b2f0e-0000-4000-8000-000000000001",
      LastModified: here.clock.now(),
    });
    here.clock.advance(60_000);
    await here.run("orders-out");
    expect(shipStationOrders(here).map((order) => order.orderKey)).toEqual([
      `SO-${first.OrderNbr}`,
      `RM-${first.OrderNbr}`,
    ]);
  });
});

test.for(["creates-new", "not-found"] as const)(
  "the key of a deleted order of somebody else's overwrites nothing, where ShipStation %s",
  async (goneKey) => {
    const here = await started({ orders: 1, sandbox: { shipstation: { goneKey } } });
    const other = await otherProgram(here, {});
    here.sandbox.shipstation.deleteOrder(other.orderId);
    await here.settle(4);
    const [record] = await here.records("order");
    if (goneKey === "creates-new") expect(record?.state).toBe("Processed");
    else expect(record).toMatchObject({ state: "Aborted", reason_code: "shipstation.rejected" });
    expect(other.deletedAt).not.toBeNull();
    expect(shipStationOrders(here).filter((order) => order.deletedAt === null)).toHaveLength(
      goneKey === "creates-new" ? 1 : 0,
    );
  },
);

test.for([
  ["deleted", "creates-new", "vanish"],
  ["merged away", "creates-new", "vanish"],
  ["merged away", "creates-new", "listed"],
  ["deleted", "not-found", "vanish"],
] as const)(
  "an order of ours that was %s is never created a second time (%s, %s)",
  async ([fate, goneKey, mergedAway]) => {
    const here = await started({ orders: 2, sandbox: { shipstation: { goneKey, mergedAway } } });
    await here.run("orders-out");
    const [survivor, gone] = shipStationOrders(here);
    here.clock.advance(60_000);
    if (fate === "deleted") here.sandbox.shipstation.deleteOrder(gone!.orderId);
    else here.sandbox.shipstation.mergeOrders([survivor!.orderId, gone!.orderId]);
    here.clock.advance(60_000);
    const erp = here.sandbox.acumatica.tables.salesOrders.find((order) => order.OrderNbr === gone!.orderNumber)!;
    const line = erp.Details[0]!;
    here.sandbox.acumatica.editOrder("SO", erp.OrderNbr, {
      lines: { quantity: { [line.LineNbr]: line.OrderQty + 1 } },
    });
    await here.settle(4);
    expect(shipStationOrders(here)).toHaveLength(2);
    const record = (await here.records("order")).find(({ key }) => key === `SO/${erp.OrderNbr}`);
    expect(record).toMatchObject({ state: "Aborted" });
    expect(["order.link-gone", "order.locked"]).toContain(record?.reason_code);
  },
);

test("an account larger than a minute's calls is read in parts, none of it twice, before the first order is sent", async () => {
  const here = await started({ orders: 3, sandbox: { shipstation: { callsPerMinute: 8 } } });
  const like = await otherProgram(here, { orderNumber: "WEB-0", orderKey: "WEB-0" });
  like.shipTo.addressVerified = "Address validated successfully";
  like.createdAt = like.modifiedAt = here.clock.now() - 300 * dayMs;
  fill(here, like, 4_000);
  here.clock.advance(60_000);
  await here.run("orders-out");
  expect(orderWrites(here)).toBe(1);
  const wakeup = await here.app.db
    .selectFrom("wakeups")
    .selectAll()
    .where("flow", "=", "orders-out")
    .executeTakeFirst();
  expect(wakeup?.outcome).toContain("shipstation.budget-spent");
  for (let minute = 0; minute < 4; minute++) {
    here.clock.advance(61_000);
    await here.run("orders-out");
  }
  expect(here.sandbox.check()).toMatchObject({ pushed: 3, failed: 0 });
  const { count } = await here.app.db
    .selectFrom("mirror_orders")
    .select((select) => select.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  expect(count).toBe(4_004);
  // 4,001 orders are nine pages; each interruption may cost one more.
  const pages = here.sandbox.shipstation.journal.filter(
    (entry) => entry.method === "GET" && /\/orders$/.test(entry.path) && entry.status === 200,
  );
  expect(pages.length).toBeLessThanOrEqual(14);
  expect(await here.app.db.selectFrom("listing_rests").selectAll().execute()).toEqual([]);
});

test("the mirror of products is filled before the first order is sent, and follows what people change and orders bring", async () => {
  const here = await started({ orders: 2 });
  await otherProgram(here, { orderNumber: "WEB-0", orderKey: "WEB-0" });
  await here.run("orders-out");
  const [bolt] = await mirrorProductsBySku<{ name: string }>(here.app.db, "demo", ["BOLT-1"]);
  expect(bolt?.product.name).toBe("Item BOLT-1");

  const { products } = here.sandbox.shipstation.tables;
  here.clock.advance(600_000);
  const row = products.get(Number(bolt!.productId))!;
  row.members["name"] = "Bolt, renamed";
  row.modifiedAt = here.clock.now();
  here.clock.advance(60_000);
  const connection = (await here.app.store.get("demo"))!;
  const shipstation = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: sandboxApiKey, apiSecret: sandboxApiSecret }),
    budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    fetch: here.sandbox.shipstationFetch,
    clock: here.clock,
    log: silentLog,
  });
  const calls = here.sandbox.shipstation.counts.calls;
  const acumatica = { serverTimeMs: () => Promise.resolve(undefined) };
  const notices = new Set<string>();
  await readProducts({
    db: here.app.db,
    clock: here.clock,
    log: silentLog,
    connection,
    shipstation,
    acumatica,
    notices,
  });
  expect(here.sandbox.shipstation.counts.calls - calls).toBe(2);
  const skus = [...products.values()].map(({ sku }) => sku);
  const mirrored = await mirrorProductsBySku<{ name: string }>(here.app.db, "demo", skus);
  expect(mirrored).toHaveLength(products.size);
  expect(mirrored.find(({ sku }) => sku === "BOLT-1")?.product.name).toBe("Bolt, renamed");
});

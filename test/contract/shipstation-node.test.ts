import type { AddressInfo } from "node:net";
import published from "shipstation-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen, stopListening } from "../../src/cli/listen.ts";
import { createMovableClock } from "../../src/lib/clock.ts";
import { createSandbox, sandboxApiKey, sandboxApiSecret, type Sandbox } from "../../src/sandbox/sandbox.ts";

/*
 * A client that we did not write, against the sandbox on a real port: npm's shipstation-node 1.5.6. Where it differs from the
 * API as documented or recorded, a test below says so.
 */
/** Its types are of a CommonJS package, its code is modules: what is imported is the class itself. */
const ShipStation = published as unknown as typeof published.default;

const clock = createMovableClock();
let sandbox: Sandbox;
let origin: string;
let server: Awaited<ReturnType<typeof listen>>;
const hooks: { resource_url: string; resource_type: string }[] = [];

beforeAll(async () => {
  sandbox = createSandbox({
    clock,
    seed: 1,
    webhooks: true,
    shipstation: { callsPerMinute: 10_000 },
    fetch: async (request) => {
      hooks.push((await request.json()) as (typeof hooks)[number]);
      return new Response(null, { status: 200 });
    },
  });
  server = await listen({ fetch: sandbox.shipstationFetch, hostname: "127.0.0.1", port: 0 });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => stopListening(server));

/** Its own limiter holds forty calls, so each test has a client of its own; its address can only be changed from outside. */
function theirClient(secret = sandboxApiSecret) {
  const client = new ShipStation({ credentials: { v1: { apiKey: sandboxApiKey, apiSecret: secret } } });
  Object.assign(client.v1, { baseURL: origin });
  return client.v1;
}

const address = {
  name: "Ada Example",
  street1: "12 Main Street",
  city: "Austin",
  state: "TX",
  postalCode: "78701",
  country: "US",
};
const item = (lineItemKey: string, sku: string, quantity: number) => ({
  lineItemKey,
  sku,
  name: `Item ${sku}`,
  quantity,
  unitPrice: 2.5,
  adjustment: false,
});
const anOrder = (number: string) => ({
  orderNumber: number,
  orderKey: number,
  orderDate: "2026-07-01",
  orderStatus: "awaiting_shipment" as const,
  customerUsername: `customer of ${number}`,
  billTo: address,
  shipTo: address,
  items: [item("1", "BOLT-1", 2), item("2", "NUT-1", 1)],
});

const refusal = (status: number): unknown =>
  expect.objectContaining({ response: expect.objectContaining({ status }) as unknown });

describe("orders", () => {
  test("are made, made again as the same, read, listed, and made in bulk with one result each", async () => {
    const api = theirClient();
    const made = await api.orders.createOrUpdate(anOrder("N-1"));
    expect(made).toMatchObject({
      orderNumber: "N-1",
      orderKey: "N-1",
      orderStatus: "awaiting_shipment",
      orderTotal: 7.5,
    });
    const again = await api.orders.createOrUpdate({ ...anOrder("N-1"), internalNotes: "Second time" });
    expect(again.orderId).toBe(made.orderId);
    expect(await api.orders.get(made.orderId)).toMatchObject({ internalNotes: "Second time" });

    const bulk = await api.orders.createOrUpdateMultiple([anOrder("N-2"), { ...anOrder("N-3"), orderNumber: "" }]);
    expect(bulk.hasErrors).toBe(true);
    expect(bulk.results.map(({ success }) => success)).toEqual([true, false]);
    const listed = await api.orders.list({ orderNumber: "N-", pageSize: 500, sortBy: "CreateDate", sortDir: "ASC" });
    expect(listed.orders.map(({ orderNumber }) => orderNumber)).toEqual(["N-1", "N-2"]);
    expect(listed).toMatchObject({ total: 2, page: 1 });
  });

  test("are tagged, assigned, held, released and deleted", async () => {
    const api = theirClient();
    const { orderId } = await api.orders.createOrUpdate(anOrder("T-1"));
    const [tag] = await api.accounts.listTags();
    const [user] = await api.users.list({ showInactive: false });
    expect(await api.orders.addTag(orderId, tag!.tagId)).toMatchObject({ success: true });
    const tagged = await api.orders.listByTag({ orderStatus: "awaiting_shipment", tagId: tag!.tagId });
    expect(tagged.orders.map((order) => order.orderId)).toEqual([orderId]);
    expect(await api.orders.removeTag(orderId, tag!.tagId)).toMatchObject({ success: true });
    expect(await api.orders.assignUser([orderId], user!.userId)).toMatchObject({ success: true });
    expect(await api.orders.get(orderId)).toMatchObject({ userId: user!.userId, tagIds: null });
    expect(await api.orders.unassignUser([orderId])).toMatchObject({ success: true });
    await api.orders.hold(orderId, "2027-01-01");
    expect(await api.orders.get(orderId)).toMatchObject({ orderStatus: "on_hold", holdUntilDate: "2027-01-01" });
    await api.orders.restoreFromHold(orderId);
    expect(await api.orders.get(orderId)).toMatchObject({ orderStatus: "awaiting_shipment", holdUntilDate: null });
    expect(await api.orders.delete(orderId)).toMatchObject({ success: true });
    await expect(api.orders.get(orderId)).rejects.toEqual(refusal(404));
  });
});

test("labels are bought, listed with their items, voided; Mark as Shipped is a fulfillment", async () => {
  const api = theirClient();
  const { orderId } = await api.orders.createOrUpdate(anOrder("L-1"));
  const label = await api.orders.createLabel({
    orderId,
    carrierCode: "stamps_com",
    serviceCode: "usps_priority_mail",
    packageCode: "package",
    confirmation: "none",
    shipDate: "2026-07-02",
    weight: { value: 8, units: "ounces" },
    testLabel: true,
  } as Parameters<typeof api.orders.createLabel>[0]);
  const listed = await api.shipments.list({ orderNumber: "L-1", includeShipmentItems: true });
  expect(listed.shipments).toMatchObject([
    {
      shipmentId: label.shipmentId,
      orderId,
      trackingNumber: label.trackingNumber,
      carrierCode: "stamps_com",
      voided: false,
    },
  ]);
  expect(listed.shipments[0]?.shipmentItems?.map(({ lineItemKey }) => lineItemKey)).toEqual(["1", "2"]);
  expect(await api.shipments.voidLabel(label.shipmentId)).toMatchObject({ approved: true });
  expect(await api.orders.get(orderId)).toMatchObject({ orderStatus: "awaiting_shipment" });

  sandbox.shipstation.markAsShipped(orderId, { carrierCode: "fedex", trackingNumber: "7700" });
  const { fulfillments } = await api.fulfillments.list({ orderId });
  expect(fulfillments).toMatchObject([{ orderId, trackingNumber: "7700", carrierCode: "FedEx" }]);
});

test("products are born by orders, listed and replaced whole", async () => {
  const api = theirClient();
  await api.orders.createOrUpdate(anOrder("P-1"));
  const { products } = await api.products.list({ sku: "BOLT-1" });
  expect(products).toMatchObject([{ sku: "BOLT-1", active: true, modifyDate: null }]);
  const product = await api.products.get(products[0]!.productId);
  expect(await api.products.update({ ...product, weightOz: 3 })).toMatchObject({ success: true });
  expect(await api.products.get(product.productId)).toMatchObject({ weightOz: 3, name: "Item BOLT-1" });
});

test("stores, carriers and ship-from locations are read and changed", async () => {
  const api = theirClient();
  const [store] = await api.stores.list();
  expect(await api.stores.get(store!.storeId)).toMatchObject({ storeName: store!.storeName });
  expect((await api.stores.listMarketplaces()).map(({ name }) => name)).toContain("ShipStation");
  expect(
    await api.stores.update(store!.storeId, { ...store!, statusMappings: [], storeName: "By another client" }),
  ).toMatchObject({
    storeName: "By another client",
  });
  expect(await api.stores.deactivate(store!.storeId)).toMatchObject({ success: true });
  expect(await api.stores.reactivate(store!.storeId)).toMatchObject({ success: true });

  const carriers = await api.carriers.list();
  const { code } = carriers[0]!;
  expect((await api.carriers.listServices(code)).every(({ carrierCode }) => carrierCode === code)).toBe(true);
  expect((await api.carriers.listPackages(code)).length).toBeGreaterThan(0);

  const made = await api.warehouses.create({ warehouseName: "Dock 2", originAddress: address });
  expect(await api.warehouses.get(made.warehouseId)).toMatchObject({ warehouseName: "Dock 2" });
  await api.warehouses.delete(made.warehouseId);
  expect((await api.warehouses.list()).map(({ warehouseId }) => warehouseId)).not.toContain(made.warehouseId);
});

/** Its types promise a bare list; the API sends an envelope. */
const webhooksOf = async (api: ReturnType<typeof theirClient>) =>
  ((await api.webhooks.list()) as unknown as { webhooks: unknown[] }).webhooks;

test("webhooks are subscribed to, listed in PascalCase, ring with two keys, and are removed", async () => {
  const api = theirClient();
  const { id } = await api.webhooks.subscribe({
    target_url: "https://hooks.example.com/x",
    event: "SHIP_NOTIFY",
    friendly_name: "theirs",
  });
  expect(await webhooksOf(api)).toMatchObject([
    { WebHookID: id, HookType: "SHIP_NOTIFY", Name: "theirs", Active: true },
  ]);
  const { orderId } = await api.orders.createOrUpdate(anOrder("W-1"));
  sandbox.shipstation.buyLabels({ orderIds: [orderId] });
  await sandbox.drainHooks();
  expect(hooks.map((hook) => Object.keys(hook))).toEqual([["resource_url", "resource_type"]]);
  await api.webhooks.unsubscribe(id);
  expect(await webhooksOf(api)).toEqual([]);
});

test("wrong credentials are 401, whatever is asked for", async () => {
  await expect(theirClient("wrong").stores.list()).rejects.toEqual(refusal(401));
});

describe("where the client differs from the documented API", () => {
  test.for([
    [
      "orders.markShipped posts to /orders/markshipped instead of markasshipped",
      (api: ReturnType<typeof theirClient>) => api.orders.markShipped({ orderId: 1, carrierCode: "usps" }),
    ],
    [
      "stores.refresh posts to /stores/refresh instead of refreshstore",
      (api: ReturnType<typeof theirClient>) => api.stores.refresh({ storeId: 1 }),
    ],
  ] as const)("%s: 404 or 405", async ([, call]) => {
    const status: unknown = await call(theirClient()).then(
      () => 200,
      (error: unknown) => (error as { response: { status: number } }).response.status,
    );
    expect([404, 405]).toContain(status);
  });

  test("carriers.get asks the list of carriers, with a parameter that means nothing there", async () => {
    expect(await theirClient().carriers.get("fedex")).toEqual(await theirClient().carriers.list());
  });

  test("its webhook list is typed as a list, but is the envelope that the API sends", async () => {
    expect(Array.isArray(await theirClient().webhooks.list())).toBe(false);
  });

  test("nulls that its types rule out are there: texts of an order, a carrier's balance, a store's account", async () => {
    const made = await theirClient().orders.createOrUpdate(anOrder("X-1"));
    const nulls = [
      "customerEmail",
      "customerNotes",
      "giftMessage",
      "paymentMethod",
      "carrierCode",
      "shipDate",
    ] as const;
    expect(nulls.map((name) => made[name])).toEqual(nulls.map(() => null));
  });

  test("it offers no customers, although it has their types", () => {
    expect("customers" in theirClient()).toBe(false);
  });
});

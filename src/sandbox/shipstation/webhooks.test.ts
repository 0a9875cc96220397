import { describe, expect, test } from "vitest";
import { anOrder, smallAccount } from "../../../test/support/shipstation-visitor.ts";
import type { ShipStationSandboxOptions } from "./shipstation-sandbox.ts";
import { webStoreId } from "./reference-data.ts";

async function listening(events: string[], options: Partial<ShipStationSandboxOptions> = {}) {
  const received: { url: string; body: { resource_url: string; resource_type: string } }[] = [];
  const setup = smallAccount({
    fetch: async (request) => {
      received.push({
        url: request.url,
        body: (await request.json()) as { resource_url: string; resource_type: string },
      });
      return new Response(null, { status: 202 });
    },
    ...options,
  });
  for (const event of events) await setup.post("/webhooks/subscribe", { target_url: "https://us.example/h", event });
  const order = async (number: string, change: Record<string, unknown> = {}): Promise<number> =>
    (await setup.post("/orders/createorder", anOrder(number, change))).orderId;
  return { ...setup, received, order };
}

describe("subscriptions", () => {
  test("made with 201 and an id, listed in PascalCase, removed with 200 and nothing", async () => {
    const { call, get } = smallAccount();
    const body = { target_url: "https://us.example/h", event: "SHIP_NOTIFY", store_id: null, friendly_name: "ours" };
    const made = await call("POST", "/webhooks/subscribe", body);
    expect([made.status, made.json]).toEqual([201, { id: expect.any(Number) }]);
    await call("POST", "/webhooks/subscribe", body);
    const { webhooks } = await get("/webhooks");
    expect(webhooks).toHaveLength(2);
    expect(webhooks[0]).toMatchObject({
      WebHookID: made.json.id,
      HookType: "SHIP_NOTIFY",
      Url: body.target_url,
      Active: true,
    });
    const gone = await call("DELETE", `/webhooks/${made.json.id}`);
    expect([gone.status, gone.text, gone.headers.get("content-type")]).toEqual([200, "", null]);
    expect((await call("DELETE", `/webhooks/${made.json.id}`)).status).toBe(404);
  });

  test("an unknown event or no address is refused", async () => {
    const { call } = smallAccount();
    expect((await call("POST", "/webhooks/subscribe", { event: "SHIP_NOTIFY" })).status).toBe(400);
    expect((await call("POST", "/webhooks/subscribe", { target_url: "https://a.example", event: "VOID" })).status).toBe(
      400,
    );
  });
});

describe("deliveries", () => {
  test("one hook a batch: two keys, a list on a changing host, without items", async () => {
    const { account, received, order, get } = await listening(["SHIP_NOTIFY"]);
    const hosts = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const ids = [await order(`A${round}`), await order(`B${round}`)];
      account.buyLabels({ orderIds: ids });
      await account.drainHooks();
    }
    expect(received).toHaveLength(12);
    for (const { body } of received) {
      expect(Object.keys(body)).toEqual(["resource_url", "resource_type"]);
      const url = new URL(body.resource_url);
      hosts.add(url.hostname);
      expect(url.searchParams.get("includeShipmentItems")).toBe("False");
      expect((await get(`${url.pathname}${url.search}`)).total).toBe(2);
    }
    expect(hosts.size).toBeGreaterThan(1);
    for (const host of hosts) expect(host).toMatch(/^ssapi\d*\.shipstation\.com$/);
  });

  test("each event tells its own kind", async () => {
    const events = ["ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"];
    const { account, received, order, get } = await listening(events);
    const [first, second] = [await order("A"), await order("B")];
    account.buyLabels({ orderIds: [first] });
    account.markAsShipped(second);
    await account.drainHooks();
    const types = received.map(({ body }) => body.resource_type);
    expect(types).toEqual(["ORDER_NOTIFY", "ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"]);
    const batch = new URL(received[0]?.body.resource_url ?? "");
    expect((await get(`${batch.pathname}${batch.search}`)).orders).toMatchObject([{ orderNumber: "A" }]);
    expect(received[3]?.body.resource_url).toContain("includeShipmentItems=True");
  });

  test.for([true, false])("Mark as Shipped may be told or not: %s", async (markAsShippedFires) => {
    const { account, received, order } = await listening(["SHIP_NOTIFY", "FULFILLMENT_SHIPPED"], {
      markAsShippedFires,
    });
    account.markAsShipped(await order("A"));
    await account.drainHooks();
    expect(received.map(({ body }) => body.resource_type)).toEqual(markAsShippedFires ? ["FULFILLMENT_SHIPPED"] : []);
  });

  test("voids, edits, cancellations, splits, merges and return labels are silent", async () => {
    const { account, received, order } = await listening(["SHIP_NOTIFY", "FULFILLMENT_SHIPPED"]);
    const [first, second, third] = [await order("A"), await order("B"), await order("C")];
    const [label] = account.buyLabels({ orderIds: [first], isReturnLabel: true });
    account.voidLabel(label!.shipmentId);
    account.editOrder(first, { internalNotes: "x" });
    account.splitOrder(first, [{ "2": 1 }]);
    account.mergeOrders([second, third]);
    account.cancelOrder(second);
    await account.drainHooks();
    expect(received).toEqual([]);
  });

  test("a hook for one store is silent about others; an inactive one is silent", async () => {
    const { account, received, order, post } = await listening([]);
    await post("/webhooks/subscribe", {
      target_url: "https://us.example/h",
      event: "SHIP_NOTIFY",
      store_id: webStoreId,
    });
    const manual = await order("A");
    const web = await order("B", { advancedOptions: { storeId: webStoreId } });
    const last = await order("C", { advancedOptions: { storeId: webStoreId } });
    account.buyLabels({ orderIds: [manual] });
    account.buyLabels({ orderIds: [web] });
    for (const webhook of account.tables.webhooks.values()) webhook.active = false;
    account.buyLabels({ orderIds: [last] });
    await account.drainHooks();
    expect(received).toHaveLength(1);
  });

  test("the query may name the store instead of the batch: then it is the whole list", async () => {
    const { account, received, order } = await listening(["SHIP_NOTIFY"], { resourceUrlBy: "storeID" });
    account.buyLabels({ orderIds: [await order("A")] });
    await account.drainHooks();
    expect(received[0]?.body.resource_url).toMatch(/\?storeID=\d+&/);
  });

  test("a failing receiver is not asked again", async () => {
    let calls = 0;
    const { account, order } = await listening(["SHIP_NOTIFY"], {
      fetch: () => {
        calls++;
        return Promise.reject(new TypeError("fetch failed"));
      },
    });
    account.buyLabels({ orderIds: [await order("A")] });
    await account.drainHooks();
    expect([calls, account.hookDeliveries.map(({ outcome }) => outcome)]).toEqual([1, ["failed"]]);
  });

  test("hooks can be switched off, and can come later", async () => {
    const { account, received, order, clock } = await listening(["SHIP_NOTIFY"], { webhookDelayMs: 120_000 });
    account.buyLabels({ orderIds: [await order("A")] });
    expect(received).toHaveLength(0);
    clock.advance(120_000);
    await account.drainHooks();
    expect(received).toHaveLength(1);
    account.options.webhooks = false;
    account.buyLabels({ orderIds: [await order("B")] });
    await account.drainHooks();
    expect(received).toHaveLength(1);
  });
});

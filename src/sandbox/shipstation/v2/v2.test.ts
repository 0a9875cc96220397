import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { v2Account, type V2AccountOptions } from "../../../../test/support/shipstation-v2.ts";
import { sandboxV2Key } from "./options.ts";

type Row = Record<string, unknown>;
const rowsIn = (body: unknown, name: string): Row[] => (body as Record<string, Row[]>)[name] ?? [];

async function withLabel(options: V2AccountOptions = {}) {
  const account = v2Account(options);
  const orderId = await account.order("SO-1");
  account.clock.advance(5_000);
  const [label] = account.sandbox.buyLabels({ orderIds: [orderId] });
  return { ...account, orderId, label: label! };
}

describe("what every request passes first", () => {
  test("the key is a header whose name is read in any case; any other is 401 with an error of type security", async () => {
    const { get } = v2Account();
    expect((await get("/v2/carriers", { "API-Key": sandboxV2Key })).status).toBe(200);
    const refused = await get("/v2/carriers", { "api-key": "other" });
    expect(refused.status).toBe(401);
    expect(refused.body).toMatchObject({ errors: [{ error_type: "security", error_code: "unauthorized" }] });
    expect((await get("/v2/carriers", {})).status).toBe(401);
  });

  test("the request's id is in two headers and in the body of a refusal", async () => {
    const { get } = v2Account();
    const { headers, body } = await get("/v2/labels/se-1");
    const id = headers.get("request-id");
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(headers.get("x-shipengine-requestid")).toBe(id);
    expect(body).toMatchObject({ request_id: id });
  });

  test("200 calls a minute are counted under names of their own, apart from V1's; the 201st is 429 with Retry-After", async () => {
    const { get } = v2Account();
    const first = await get("/v2/carriers");
    expect(["limit", "remaining", "reset"].map((name) => first.headers.get(`ratelimit-${name}`))).toEqual([
      "200",
      "199",
      "60",
    ]);
    for (let call = 2; call <= 200; call += 1) await get("/v2/carriers");
    const over = await get("/v2/carriers");
    expect(over.status).toBe(429);
    expect(over.headers.get("retry-after")).toBe("60");
    expect(over.body).toMatchObject({ errors: [{ error_type: "system", error_code: "rate_limit_exceeded" }] });
  });
});

describe("ids and fields", () => {
  test("a malformed id is 400, an unknown one 404 that names field and value", async () => {
    const { get } = v2Account();
    for (const path of ["/v2/labels/184976210", "/v2/shipments/x"]) {
      const { status, body } = await get(path);
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ error_type: "system", error_code: "unspecified" }] });
    }
    const { status, body } = await get("/v2/shipments/external_shipment_id/none");
    expect(status).toBe(404);
    expect(body).toMatchObject({
      errors: [
        {
          error_type: "business_rules",
          error_code: "invalid_identifier",
          field_name: "external_shipment_id",
          field_value: "none",
        },
      ],
    });
  });

  test("an order of V1 is a shipment, its key the external_shipment_id, and its label a label of V1's shipment", async () => {
    const { get, orderId, label } = await withLabel();
    const order = await get("/v2/shipments/external_shipment_id/SO-1");
    expect(order.body).toMatchObject({
      shipment_id: `se-${orderId}`,
      shipment_number: "SO-1",
      shipment_status: "label_purchased",
    });
    const shown = await get(`/v2/labels/se-${label.shipmentId}`);
    expect(shown.body).toMatchObject({ label_id: `se-${label.shipmentId}`, shipment_id: `se-${orderId}` });
    // No number of an order anywhere in a label.
    expect(JSON.stringify(shown.body)).not.toContain('"SO-1"');
  });

  test.each([
    ["generated", /^SEAuto-[\w-]{22}$/],
    ["order-key", /^SO-1$/],
  ] as const)("a label's external_shipment_id is %s", async (labelExternalId, form) => {
    const { get, label } = await withLabel({ v2: { labelExternalId } });
    expect(((await get(`/v2/labels/se-${label.shipmentId}`)).body as Row)["external_shipment_id"]).toMatch(form);
  });

  test("the package's id is a number in a label and text in an order; geolocation is [], null or absent; no batch is an empty text", async () => {
    const { get, label } = await withLabel();
    const shown = (await get(`/v2/labels/se-${label.shipmentId}`)).body as Row;
    expect(typeof rowsIn(shown, "packages")[0]?.["package_id"]).toBe("number");
    expect(shown["ship_to"]).toMatchObject({ geolocation: [] });
    expect(shown["batch_id"]).toBe("");
    expect(shown["tracking_status"]).toBe("in_transit");
    const order = (await get("/v2/shipments/external_shipment_id/SO-1")).body as Row;
    expect(rowsIn(order, "packages")[0]?.["package_id"]).toBe("se-3");
    expect(order["ship_to"]).toMatchObject({ geolocation: null });
    expect(order["return_to"]).not.toHaveProperty("geolocation");
    expect(rowsIn(order, "items")[0]).toMatchObject({ unit_price: 5, fullfilment_sku: null });
    expect(order["amount_paid"]).toEqual({ currency: "usd", amount: 0 });
  });

  test("dates: one to three decimals or seven; midnight UTC on an order and Pacific on a label; modified before it was created", async () => {
    const { get, order, clock } = v2Account();
    clock.advance(60_000);
    await order("SO-2");
    const seen = (await get("/v2/shipments/external_shipment_id/SO-2")).body as Record<string, string>;
    expect(seen["created_at"]).toBe("2026-03-02T16:31:00.12Z");
    expect(seen["modified_at"]).toBe("2026-03-02T16:31:00.104Z");
    const { get: ask, label } = await withLabel({ v2: { fraction: "seven" } });
    const { created_at, ship_date } = (await ask(`/v2/labels/se-${label.shipmentId}`)).body as Record<string, string>;
    expect(created_at).toMatch(/^2026-03-02T16:30:05\.120\d{4}Z$/);
    expect(ship_date).toBe("2026-03-02T07:00:00Z");
  });

  test("a split order's parts share the number and only one has the key; a return label has an order of its own", async () => {
    const { get, order, sandbox } = v2Account();
    const orderId = await order("SO-3");
    sandbox.splitOrder(orderId, [{ 1: 1 }]);
    const rows = rowsIn((await get("/v2/shipments?shipment_number=SO-3")).body, "shipments");
    expect(rows.map((row) => row["external_shipment_id"]).sort()).toEqual(["SO-3", null]);
    sandbox.buyLabels({ orderIds: [orderId], isReturnLabel: true });
    const [label] = rowsIn((await get("/v2/labels")).body, "labels");
    expect(label).toMatchObject({ is_return_label: true });
    expect(label?.["shipment_id"]).not.toBe(`se-${orderId}`);
  });

  test("cancelling an order answers 204 without a body, and its status has two l", async () => {
    const { send, get, order } = v2Account();
    const orderId = await order("SO-4");
    const { status, headers } = await send("PUT", `/v2/shipments/se-${orderId}/cancel`);
    expect([status, headers.get("content-type")]).toEqual([204, null]);
    expect((await get(`/v2/shipments/se-${orderId}`)).body).toMatchObject({ shipment_status: "cancelled" });
    expect((await send("PUT", `/v2/shipments/se-${orderId}/cancel`)).body).toMatchObject({
      errors: [{ error_code: "invalid_status" }],
    });
  });
});

describe("lists", () => {
  test("have 25 rows a page, empty links where there is no page, and nothing past the end", async () => {
    const { get, sandbox, order } = v2Account();
    const orderId = await order("SO-1", {
      items: [{ lineItemKey: "1", sku: "A", name: "A", quantity: 30, unitPrice: 1 }],
    });
    sandbox.buyLabels({ orderIds: [orderId], packages: 30 });
    const first = (await get("/v2/labels")).body as Row;
    expect(rowsIn(first, "labels")).toHaveLength(25);
    expect(first).toMatchObject({
      total: 30,
      page: 1,
      pages: 2,
      links: { prev: {}, next: { href: expect.stringContaining("page=2") as string } },
    });
    const past = (await get("/v2/labels?page=9")).body as Row;
    expect(past).toMatchObject({ labels: [], total: 30, pages: 2, links: { next: {} } });
  });

  test.each([
    "page=0",
    "page_size=x",
    "label_status=gone",
    "sort_by=ship_date",
    "sort_dir=up",
    "created_at_start=yesterday",
    "shipment_id=5",
  ])("refuse %s with 400", async (query) => {
    const { get } = v2Account();
    expect((await get(`/v2/labels?${query}`)).status).toBe(400);
  });

  test("find labels by state, order, batch, tracking number and time of making, newest first", async () => {
    const { get, label, orderId, sandbox, clock, order } = await withLabel();
    const second = await order("SO-2");
    clock.advance(60_000);
    const since = new Date(clock.now()).toISOString();
    const [other] = sandbox.buyLabels({ orderIds: [second] });
    sandbox.voidLabel(label.shipmentId);
    const idsOf = async (query: string): Promise<unknown[]> =>
      rowsIn((await get(`/v2/labels?${query}`)).body, "labels").map((row) => row["label_id"]);
    const [mine, theirs] = [`se-${label.shipmentId}`, `se-${other!.shipmentId}`];
    expect(await idsOf("")).toEqual([theirs, mine]);
    expect(await idsOf("label_status=voided")).toEqual([mine]);
    expect(await idsOf("label_status=completed")).toEqual([theirs]);
    expect(await idsOf(`shipment_id=se-${orderId}`)).toEqual([mine]);
    expect(await idsOf(`batch_id=se-${other!.batchId}`)).toEqual([theirs]);
    expect(await idsOf(`tracking_number=${label.trackingNumber}`)).toEqual([mine]);
    expect(await idsOf(`created_at_start=${encodeURIComponent(since)}&sort_dir=asc`)).toEqual([theirs]);
  });
});

test("voiding answers 200 with approved true, then false", async () => {
  const { send, label } = await withLabel();
  const path = `/v2/labels/se-${label.shipmentId}/void`;
  expect(await send("PUT", path)).toMatchObject({ status: 200, body: { approved: true } });
  expect(await send("PUT", path)).toMatchObject({ status: 200, body: { approved: false } });
});

describe("a label's file", () => {
  test("is a PDF with the tracking number, for who has the key and the link that cannot be guessed", async () => {
    const { get, label } = await withLabel();
    const { label_download: links } = (await get(`/v2/labels/se-${label.shipmentId}`)).body as {
      label_download: Record<string, string>;
    };
    expect(links["href"]).toBe(links["pdf"]);
    const path = new URL(links["pdf"]!).pathname;
    const file = await get(path);
    expect(file.headers.get("content-type")).toBe("application/pdf");
    expect(file.body).toContain(label.trackingNumber);
    expect((await get(path, {})).status).toBe(401);
    expect((await get(path.replace(/14\/\w/, "14/_"))).status).toBe(404);
  });
});

describe("webhooks", () => {
  const received: Request[] = [];
  const receiver = (request: Request): Promise<Response> => {
    received.push(request);
    return Promise.resolve(new Response());
  };
  const url = "https://connector.example.com/hook";

  async function subscribed(events: string[], options: V2AccountOptions = {}) {
    received.length = 0;
    const account = v2Account({ receiver, ...options });
    for (const event of events) {
      const headers = [{ key: "x-secret", value: "shared" }];
      await account.send("POST", "/v2/environment/webhooks", { name: "n", event, url, headers });
    }
    return account;
  }

  test("are thin, in capitals, for labels outbound and return alike, with the subscription's own headers; a void has none", async () => {
    const { order, sandbox } = await subscribed(["label_created_v2", "fulfillment_shipped_v2", "shipment_created_v2"]);
    const orderId = await order("SO-1");
    const [label] = sandbox.buyLabels({ orderIds: [orderId] });
    sandbox.buyLabels({ orderIds: [orderId], isReturnLabel: true });
    sandbox.voidLabel(label!.shipmentId);
    sandbox.markAsShipped(orderId);
    await sandbox.drainHooks();
    const bodies = await Promise.all(received.map(async (request) => (await request.json()) as Row));
    expect(bodies.map((body) => body["resource_type"])).toEqual([
      "SHIPMENT_CREATED_V2",
      "LABEL_CREATED_V2",
      "LABEL_CREATED_V2",
      "FULFILLMENT_SHIPPED_V2",
    ]);
    expect(bodies[1]).toEqual({
      resource_url: `https://api.shipstation.com/v2/labels?batch_id=se-${label!.batchId}`,
      resource_type: "LABEL_CREATED_V2",
    });
    expect(received.every((request) => request.headers.get("x-secret") === "shared")).toBe(true);
  });

  test.each(["iso", "unix"] as const)(
    "are signed over time and raw body with a published key, the time as %s",
    async (hookTimestamp) => {
      const { order, sandbox, get } = await subscribed(["shipment_created_v2"], { v2: { hookTimestamp } });
      await order("SO-1");
      await sandbox.drainHooks();
      const [hook] = received;
      const header = (name: string): string => hook?.headers.get(`x-shipengine-${name}`) ?? "";
      const { keys } = (await get("/v1/webhook-jwks.json", {})).body as { keys: (JsonWebKey & { kid: string })[] };
      const key = keys.find(({ kid }) => kid === header("rsa-sha256-key-id"));
      const signed = Buffer.from(`${header("timestamp")}.${await hook!.text()}`);
      const publicKey = createPublicKey({ key: key!, format: "jwk" });
      expect(verify("sha256", signed, publicKey, Buffer.from(header("rsa-sha256-signature"), "base64"))).toBe(true);
      expect(header("timestamp")).toMatch(hookTimestamp === "iso" ? /^2026-03-02T16:30:00Z$/ : /^1772469000$/);
    },
  );

  test.each([true, false])("of V1 carry the signature headers or do not: %s", async (signedHooks) => {
    const { order, sandbox } = await subscribed([]);
    sandbox.options.signedHooks = signedHooks;
    sandbox.tables.webhooks.set(1, {
      webhookId: 1,
      event: "ORDER_NOTIFY",
      url,
      name: "n",
      storeId: null,
      active: true,
    });
    await order("SO-1");
    await sandbox.drainHooks();
    expect(received[0]?.headers.has("x-shipengine-rsa-sha256-signature")).toBe(signedHooks);
  });

  test("are refused without a name, for an unknown event, and a second time for the same address", async () => {
    const { send } = await subscribed(["label_created_v2"]);
    const create = (body: object) => send("POST", "/v2/environment/webhooks", body);
    expect((await create({ event: "label_created_v2", url })).body).toMatchObject({
      errors: [{ error_code: "field_value_required", field_name: "name" }],
    });
    expect((await create({ name: "n", event: "label_voided_v2", url })).status).toBe(400);
    expect(await create({ name: "n", event: "label_created_v2", url })).toMatchObject({
      status: 409,
      body: { errors: [{ error_code: "webhook_event_type_conflict" }] },
    });
    expect((await send("DELETE", "/v2/environment/webhooks/se-1")).status).toBe(404);
  });
});

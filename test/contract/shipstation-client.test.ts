import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMovableClock } from "../../src/lib/clock.ts";
import { ConnectorError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { readBody } from "../../src/shipstation/errors.ts";
import { fromPacific } from "../../src/shipstation/pacific-time.ts";
import { parseResourceUrl } from "../../src/shipstation/resource-url.ts";
import { createShipStationClient } from "../../src/shipstation/v1/client.ts";
import type { ShipStationClient } from "../../src/shipstation/v1/client.types.ts";
import { order, shipment, store } from "../../src/shipstation/v1/entities.ts";
import { withoutReadOnly } from "../../src/shipstation/v1/read-only.ts";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";

const folder = "payloads/shipstation-v1";
const spec = "specs/shipstation-v1.openapi.json";

const recording = z.object({
  request: z.object({ method: z.string(), path: z.string(), body: z.unknown() }).partial().optional(),
  response: z
    .object({
      status: z.number(),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
      bodyText: z.string().optional(),
    })
    .optional(),
});

/** A recorded answer as it came over the wire; a bare payload is the body of a good answer. */
function answerOf(name: string): { status: number; headers: Headers; text: string } {
  const raw = readRecorded(`${folder}/${name}`);
  const response = name.endsWith(".http.json")
    ? recording.parse(raw).response
    : { status: 200, headers: {}, body: raw };
  if (!response) throw new Error(`${name} has no response`);
  const text =
    "bodyText" in response && response.bodyText !== undefined ? response.bodyText : JSON.stringify(response.body);
  return { status: response.status, headers: new Headers(response.headers), text };
}

const bodyOf = (name: string): unknown => {
  const { text } = answerOf(name);
  return text === "" ? undefined : (JSON.parse(text) as unknown);
};

/** A client that gets one answer to everything; what it asks is written down. */
function clientOf(answer: () => { status: number; headers: Headers; text: string }) {
  const asked: { method: string; url: URL; body: string }[] = [];
  const client = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
    budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    fetch: async (request) => {
      asked.push({ method: request.method, url: new URL(request.url), body: await request.text() });
      const { status, headers, text } = answer();
      headers.delete("content-length");
      return new Response(text === "" ? null : text, { status, headers });
    },
    clock: createMovableClock(),
    log: silentLog,
  });
  return { client, asked };
}

const named = (...patterns: RegExp[]): string[] =>
  listRecorded(folder).filter((name) => !name.includes("-request-") && patterns.some((pattern) => pattern.test(name)));

/** The rows of a list, bare or in its envelope; undefined when it is no list. */
function rowsOf(body: unknown, member: string): unknown[] | undefined {
  const rows = Array.isArray(body) ? body : (body as Record<string, unknown>)[member];
  return Array.isArray(rows) ? (rows as unknown[]) : undefined;
}

const countOf = (name: string, member: string): number => rowsOf(bodyOf(name), member)?.length ?? 0;

describeRecorded("recorded answers of ShipStation V1", folder, () => {
  describe("every list parses whole, in one call", () => {
    const lists: [
      RegExp,
      string,
      (client: ShipStationClient) => Promise<{ rows: unknown[]; unreadable: unknown[] }>,
    ][] = [
      [/^orders-list/, "orders", (client) => client.listOrdersModified(0)],
      [/^shipments-list/, "shipments", (client) => client.listShipmentsCreated(0)],
      [/^shipments-list/, "shipments", (client) => client.listShipmentsVoided(0)],
      [/^fulfillments-list/, "fulfillments", (client) => client.listFulfillmentsCreated(0)],
      [/^customers-list/, "customers", (client) => client.listCustomers()],
      [/^customers-list/, "customers", (client) => client.listRecentCustomers(0)],
    ];
    const cases = lists.flatMap(([pattern, member, list]) =>
      named(pattern)
        .filter((name) => rowsOf(bodyOf(name), member) !== undefined)
        .map((name) => ({ name, member, list })),
    );

    test("there are some of each", () => {
      const members = new Set(cases.map(({ member }) => member));
      expect(members).toEqual(new Set(["orders", "shipments", "fulfillments", "customers"]));
    });

    test.for(cases)("$name as $member", async ({ name, member, list }) => {
      const { client, asked } = clientOf(() => answerOf(name));
      const listing = await list(client);
      expect(listing.unreadable).toEqual([]);
      // Neutralised recordings may repeat an id.
      const idName = `${member.slice(0, -1)}Id`;
      const ids = rowsOf(bodyOf(name), member)?.map((row) => (row as Record<string, unknown>)[idName]);
      expect(listing.rows.map((row) => (row as Record<string, unknown>)[idName]).sort()).toEqual(
        [...new Set(ids)].sort(),
      );
      expect(asked).toHaveLength(1);
    });
  });

  test("ShipStation's clock and budget are read from the headers", async () => {
    const { client } = clientOf(() => answerOf("orders-list-2021.http.json"));
    const { serverTimeMs, rows } = await client.listOrdersModified(0);
    const newest = Math.max(...rows.map((row) => fromPacific(row.modifyDate ?? "")));
    expect(serverTimeMs! - newest).toBeGreaterThan(0);
    expect(serverTimeMs! - newest).toBeLessThan(24 * 3_600_000);
    expect(client.lastSeenBudget()).toMatchObject({ limit: 40 });
  });

  test("a saved order is stamped by the Pacific clock: within seconds of the answer's Date header", async () => {
    const answer = answerOf("order-createorder-2021.http.json");
    const saved = await clientOf(() => answer).client.saveOrder({});
    const apart = Date.parse(answer.headers.get("date") ?? "") - fromPacific(saved.modifyDate ?? "");
    expect(Math.abs(apart)).toBeLessThan(5_000);
  });

  const singles = [
    ...named(/^order-get-/, /^order-createorder-/).map((name) => ({ name, schema: order })),
    ...named(/^shipment-with-items/).map((name) => ({ name, schema: shipment })),
    ...named(/^store-get-(?!statusmappings)/).map((name) => ({ name, schema: store })),
  ];
  test.for(singles)("$name parses alone, and keeps what it does not know", ({ name, schema }) => {
    const body = bodyOf(name) as Record<string, unknown>;
    const parsed = schema.parse(body) as Record<string, unknown>;
    for (const member of Object.keys(body)) expect(Object.keys(parsed)).toContain(member);
  });

  test("no row of any list loses a value on its way back to ShipStation", () => {
    for (const name of named(/^orders-/, /^order-get-/)) {
      const body = bodyOf(name);
      const rows = rowsOf(body, "orders") ?? [body];
      for (const raw of rows.filter((row) => typeof row === "object" && row !== null && "orderId" in row)) {
        const sent = withoutReadOnly(order.parse(raw));
        expect(stripNothing(sent)).toEqual(stripNothing(withoutReadOnly(raw as object)));
      }
    }
  });

  test("reference lists parse whole", async () => {
    for (const name of named(/^stores-list/)) {
      expect(await clientOf(() => answerOf(name)).client.listStores()).toHaveLength(countOf(name, "stores"));
    }
    for (const name of named(/^carriers-list/)) {
      const rows = await clientOf(() => answerOf(name)).client.listCarriers();
      expect(rows).toHaveLength(countOf(name, "carriers"));
    }
    for (const name of named(/^warehouses-list/)) {
      const rows = await clientOf(() => answerOf(name)).client.listWarehouses();
      expect(rows).toHaveLength(countOf(name, "warehouses"));
    }
    for (const name of named(/^webhooks-list/)) {
      const rows = await clientOf(() => answerOf(name)).client.listWebhooks();
      expect(rows).toHaveLength(countOf(name, "webhooks"));
    }
  });

  test("a bulk answer is matched to the keys that were sent", async () => {
    const { request } = recording.parse(readRecorded(`${folder}/orders-createorders-2021.http.json`));
    const { client } = clientOf(() => answerOf("orders-createorders-2021.http.json"));
    const sent = request?.body as Parameters<ShipStationClient["createOrders"]>[0];
    expect(await client.createOrders(sent)).toMatchObject([{ orderKey: sent[0]!.orderKey, success: true }]);
  });

  test("a webhook is subscribed to with 201, and deleted with an empty body", async () => {
    await clientOf(() => answerOf("webhook-subscribe-2021.http.json")).client.subscribeWebhook(
      "https://x",
      "SHIP_NOTIFY",
      "n",
    );
    await clientOf(() => answerOf("webhook-unsubscribe-2021.http.json")).client.deleteWebhook(1);
  });

  test.for(named(/^webhook-(order|ship)-notify/))("%s rings for its stream", (name) => {
    const raw = readRecorded(`${folder}/${name}`) as Record<string, unknown>;
    const body = z.object({ resource_url: z.string(), resource_type: z.string() });
    const hook = body.parse(name.endsWith(".http.json") ? recording.parse(raw).request?.body : raw);
    const stream = hook.resource_type.includes("SHIP") ? "shipments" : "orders";
    expect(parseResourceUrl(hook.resource_url)).toEqual({ stream });
  });
});

describeRecorded("recorded errors of ShipStation V1", folder, () => {
  const expected: Record<string, { code: string; fields?: string[]; says?: string; retryAfterMs?: number }> = {
    "error-400-array-instead-of-object.http.json": { code: "shipstation.rejected", fields: ["order"] },
    "error-400-required-fields.http.json": {
      code: "shipstation.rejected",
      fields: ["orderNumber", "orderDate", "orderStatus", "billTo", "shipTo"],
    },
    "error-415-unsupported-media-type.http.json": { code: "internal.defect", says: "text/plain" },
    "error-429-rate-limited.http.json": { code: "shipstation.rate-limited", retryAfterMs: 20_000 },
    "error-500-orders-required.http.json": { code: "shipstation.server-error", says: "orders are required" },
  };

  test("every recorded error is expected by name", () => {
    expect(named(/^error-/)).toEqual(Object.keys(expected).sort());
  });

  test.for(named(/^error-/))("%s", (name) => {
    const { code, fields, says, retryAfterMs } = expected[name]!;
    let error: unknown;
    try {
      readBody(answerOf(name), true);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConnectorError);
    expect(error).toMatchObject({ code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    const { message, problems } = error as ConnectorError;
    if (fields) expect(problems.map((problem) => problem.field)).toEqual(fields);
    if (says) expect(message).toContain(says);
    expect(message + JSON.stringify(problems)).not.toMatch(/ at System\.|StackTrace/);
  });
});

describeRecorded("ShipStation's published specification", spec, () => {
  /** Path keys carry their query: `/orders?orderNumber={orderNumber}&...`. */
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(readRecorded(spec));
  const known = (method: string, path: string, names: string[]): boolean =>
    Object.entries(paths).some(([key, methods]) => {
      const [keyPath = "", query = ""] = key.split("?");
      const pattern = new RegExp(`^${keyPath.replaceAll(/\{\w+\}/g, "\\w+")}$`);
      const allowed = query.split("&").map((pair) => pair.split("=")[0]);
      return pattern.test(path) && method.toLowerCase() in methods && names.every((name) => allowed.includes(name));
    });

  test("knows every call this client makes, and each of its query parameters", async () => {
    const { client, asked } = clientOf(() => ({ status: 200, headers: new Headers(), text: "{}" }));
    const calls: (() => Promise<unknown>)[] = [
      () => client.listOrdersModified(0),
      () => client.listShipmentsCreated(0),
      () => client.listShipmentsVoided(0),
      () => client.listFulfillmentsCreated(0),
      () => client.findOrdersByNumber("SO1"),
      () => client.getOrder(1),
      () => client.createOrders([{ orderKey: "a" } as never]),
      () => client.saveOrder({ orderKey: "a" }),
      () => client.listProducts(),
      () => client.listRecentProducts(0),
      () => client.findProductsBySku("ROPE"),
      () => client.getProduct(1),
      () => client.saveProduct({ productId: 1 } as never, {}),
      () => client.listStores(),
      () => client.listCarriers(),
      () => client.listWarehouses(),
      () => client.listWebhooks(),
      () => client.subscribeWebhook("https://x", "SHIP_NOTIFY", "n"),
      () => client.deleteWebhook(1),
    ];
    // The answer has the wrong shape for most; only what was asked counts here.
    for (const call of calls) await call().catch(() => undefined);
    expect(asked).toHaveLength(calls.length);
    // Nothing here spends money.
    expect(asked.filter(({ url }) => /label|funds/i.test(url.pathname))).toEqual([]);
    for (const { method, url } of asked) {
      expect([method, url.pathname, known(method, url.pathname, [...url.searchParams.keys()])]).toEqual([
        method,
        url.pathname,
        true,
      ]);
    }
  });
});

/** null, undefined and absent are the same to ShipStation; numbers written as text are not in the recordings. */
function stripNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripNothing);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([name, member]) => [name, stripNothing(member)]),
  );
}

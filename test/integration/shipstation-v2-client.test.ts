import { describe, expect, test } from "vitest";
import { ConnectorError } from "../../src/lib/errors.ts";
import type { ErrorCode } from "../../src/lib/error-table.ts";
import { sandboxV2Key } from "../../src/sandbox/shipstation/v2/options.ts";
import { v2Account as openAccount, v2Origin, type V2AccountOptions } from "../support/shipstation-v2.ts";
import { watchSpecs } from "../support/spec-watch.ts";

const specs = watchSpecs();
const v2Account = (options: V2AccountOptions = {}) => openAccount({ ...options, specs });

async function codeOf(work: Promise<unknown>): Promise<ErrorCode> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown.code;
    throw thrown;
  }
  throw new Error("nothing was refused");
}

const pathsOf = (requests: readonly Request[]): string[] => requests.map(({ url }) => url.slice(v2Origin.length));

describe("an order is found by its exact key", () => {
  test("which V1 calls orderKey and V2 external_shipment_id; its id is V1's orderId", async () => {
    const { client, order, asked } = v2Account();
    const orderId = await order("SO-000123");
    expect(await client.findOrderByKey("SO-000123")).toMatchObject({
      orderId,
      orderKey: "SO-000123",
      status: "pending",
    });
    expect(asked[0]?.headers.get("api-key")).toBe(sandboxV2Key);
    expect(asked[0]?.headers.has("authorization")).toBe(false);
  });

  test("whatever characters it has", async () => {
    const { client, order, asked } = v2Account();
    const key = "SO/0001 #2 %2F ä&?";
    const orderId = await order(key);
    expect(await client.findOrderByKey(key)).toMatchObject({ orderId });
    expect(pathsOf(asked)).toEqual([`/v2/shipments/external_shipment_id/${encodeURIComponent(key)}`]);
  });

  test("and an unknown key finds none; nothing that starts with it is taken", async () => {
    const { client, order } = v2Account();
    await order("SO-0001230");
    expect(await client.findOrderByKey("SO-000123")).toBeUndefined();
  });

  test("but a key that V2 would cut, or that would change the address, is never asked for", async () => {
    const { client, order, asked } = v2Account();
    await order("K".repeat(50));
    for (const key of ["K".repeat(51), "", "  ", ".", ".."]) expect(await client.findOrderByKey(key)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await client.findOrderByKey("K".repeat(50))).toMatchObject({ orderKey: "K".repeat(50) });
  });

  test("and an answer about another order is not believed", async () => {
    const { client } = v2Account({
      network: () => () => Promise.resolve(Response.json({ shipment_id: "se-7", external_shipment_id: "SO-9" })),
    });
    expect(await client.findOrderByKey("SO-1")).toBeUndefined();
  });
});

describe("labels", () => {
  test("have V1's shipmentId, and name their order by V1's orderId", async () => {
    const { client, order, sandbox } = v2Account();
    const orderId = await order("SO-1");
    const [label] = sandbox.buyLabels({ orderIds: [orderId], carrierCode: "fedex", serviceCode: "fedex_ground" });
    const labelId = label!.shipmentId;
    const seen = await client.getLabel(labelId);
    expect(seen).toMatchObject({
      labelId,
      orderId,
      trackingNumber: label!.trackingNumber,
      voided: false,
      isReturn: false,
    });
    expect(seen?.trackingUrl).toBe(
      `https://www.fedex.com/fedextrack/?action=track&trackingnumber=${label!.trackingNumber}`,
    );
    expect((await client.labelsOfOrder(orderId)).map((each) => each.labelId)).toEqual([labelId]);
  });

  test.each(["error", "empty"] as const)(
    "that V2 does not know are undefined, with an answer that is %s",
    async (unknownLabel) => {
      const { client } = v2Account({ v2: { unknownLabel } });
      expect(await client.getLabel(5)).toBeUndefined();
    },
  );

  test.each(["trimmed", "seven"] as const)(
    "voided since are found with instants of %s decimals, by pages from the latest change on, and no further",
    async (fraction) => {
      const { client, order, sandbox, clock, asked } = v2Account({ v2: { fraction } });
      const orderId = await order("SO-1", {
        items: [{ lineItemKey: "1", sku: "A", name: "A", quantity: 260, unitPrice: 1 }],
      });
      const labels = sandbox.buyLabels({ orderIds: [orderId], packages: 260 });
      for (const label of labels.slice(0, 230)) {
        clock.advance(1_000);
        sandbox.voidLabel(label.shipmentId);
      }
      clock.advance(60_000);
      const since = clock.now();
      clock.advance(1_500);
      for (const label of labels.slice(230, 233)) sandbox.voidLabel(label.shipmentId);
      const { rows } = await client.listLabelsVoided(since);
      expect(rows.map((each) => each.labelId).sort()).toEqual(
        labels
          .slice(230, 233)
          .map((each) => each.shipmentId)
          .sort(),
      );
      expect(asked).toHaveLength(2);
      expect(pathsOf(asked)[0]).toBe(
        "/v2/labels?label_status=voided&sort_by=modified_at&sort_dir=desc&page=1&page_size=100",
      );
    },
  );

  test("made since are all found, return labels among them, over several pages", async () => {
    const { client, order, sandbox, clock } = v2Account();
    const orderId = await order("SO-1", {
      items: [{ lineItemKey: "1", sku: "A", name: "A", quantity: 150, unitPrice: 1 }],
    });
    sandbox.buyLabels({ orderIds: [orderId], items: [{ lineItemKey: "1", quantity: 1 }] });
    clock.advance(60_000);
    const since = clock.now();
    sandbox.buyLabels({ orderIds: [orderId], packages: 149 });
    sandbox.buyLabels({ orderIds: [orderId], isReturnLabel: true });
    const { rows } = await client.listLabelsCreated(since);
    expect(rows).toHaveLength(150);
    expect(rows.filter((each) => each.isReturn)).toHaveLength(1);
  });

  test("whose ids come as numbers are read all the same; one that cannot be read is left out and told", async () => {
    const row = { label_id: 7, shipment_id: 8, tracking_url: null, label_download: [], voided: null, created_at: {} };
    const { client } = v2Account({
      network: () => () =>
        Promise.resolve(
          Response.json({ labels: [row, { label_id: "se-1-2" }, null], total: 3, page: 1, pages: 0, links: {} }),
        ),
    });
    const { rows, unreadable } = await client.listLabelsCreated(0);
    expect(rows).toMatchObject([{ labelId: 7, orderId: 8, voided: false }]);
    expect(unreadable).toEqual([
      { raw: { label_id: "se-1-2" }, reason: "label_id: Expected an id such as se-184976210" },
    ]);
  });
});

describe("a label's PDF", () => {
  async function labelled(options: Parameters<typeof v2Account>[0] = {}) {
    const account = v2Account(options);
    const orderId = await account.order("SO-1");
    const [label] = account.sandbox.buyLabels({ orderIds: [orderId] });
    return { ...account, labelId: label!.shipmentId };
  }

  test.each(["asked", "published"] as const)(
    "is fetched with the key from the connection's own origin, with links to the host %s",
    async (downloadHost) => {
      const { client, labelId, asked } = await labelled({ v2: { downloadHost } });
      const bytes = await client.labelPdf(labelId);
      expect(Buffer.from(bytes).toString("latin1")).toMatch(/^%PDF-1\.4\n[^]*%%EOF\n$/);
      expect(asked.map(({ url }) => new URL(url).origin)).toEqual([v2Origin, v2Origin]);
    },
  );

  test.each([
    "https://evil.example/v2/downloads/14/abc/label-1.pdf?x=1",
    "https://evil.example/steal",
    "https://api.shipstation.com@evil.example/v2/downloads/1/a/b.pdf",
    "https://api.shipstation.com/v2/downloads/../labels/x/y.pdf",
    "file:///v2/downloads/1/a/b.pdf",
    "https://api.shipstation.com/v2/downloads/1/a/b.pdf\n",
  ])("is not fetched from %j: the key goes nowhere", async (href) => {
    const { client, asked } = await labelled({
      network: () => () => Promise.resolve(Response.json({ label_id: "se-1", label_download: { href } })),
    });
    expect(await codeOf(client.labelPdf(1))).toBe("shipstation.not-found");
    expect(asked).toHaveLength(1);
  });

  test("is not taken from anything that is no PDF, that redirects, or that is too large", async () => {
    for (const [answer, code] of [
      [
        () => new Response("<html>hello</html>", { headers: { "content-type": "application/pdf" } }),
        "shipstation.unreadable",
      ],
      [() => new Response(null, { status: 302, headers: { location: "https://evil.example" } }), "network.redirected"],
      [() => new Response(new Uint8Array(21 * 1024 * 1024)), "network.too-large"],
      [() => new Response(null, { status: 204 }), "shipstation.unreadable"],
    ] as const) {
      const { client, labelId } = await labelled({
        network: (fetch) => (request) =>
          request.url.includes("/downloads/") ? Promise.resolve(answer()) : fetch(request),
      });
      expect(await codeOf(client.labelPdf(labelId))).toBe(code);
    }
  });
});

describe("the budget of V2", () => {
  test("is counted by its own headers", async () => {
    const { client, observed } = v2Account();
    await client.listCarriers();
    await client.listCarriers();
    expect(observed.map(({ limit, remaining }) => [limit, remaining])).toEqual([
      [200, 199],
      [200, 198],
    ]);
  });

  test.each([
    { throttleStatus: 429, retryAfter: true },
    { throttleStatus: 429, retryAfter: false },
    { throttleStatus: 400, retryAfter: true },
  ] as const)("when spent pauses every call until the window ends: %o", async (v2) => {
    const { client, observed } = v2Account({ v2: { ...v2, callsPerMinute: 2 } });
    await client.listCarriers();
    await client.listCarriers();
    const refused = await client.listCarriers().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "shipstation.rate-limited", retryAfterMs: 60_000 });
    expect(observed.at(-1)).toEqual({ limit: 2, remaining: 0, resetSeconds: 60 });
  });
});

test.each([
  ["an expired key", { keys: [{ key: sandboxV2Key, expiresAt: 0 }] }, "shipstation.credentials"],
  ["a plan without V2", { planCode: "subscription_inactive" }, "shipstation.plan"],
] as const)("%s is told once, and not asked about again for a quarter of an hour", async (_, v2, code) => {
  const { client, asked, clock, sandbox } = v2Account({ v2: v2 as never });
  expect(await codeOf(client.listCarriers())).toBe(code);
  expect(await codeOf(client.findOrderByKey("SO-1"))).toBe(code);
  expect(asked).toHaveLength(1);
  clock.advance(15 * 60_000);
  Object.assign(sandbox.v2.options, { keys: [{ key: sandboxV2Key }], planCode: null });
  expect(await client.listCarriers()).not.toEqual([]);
});

test("carriers are a good answer although it names a request and an empty list of errors", async () => {
  const { client } = v2Account();
  expect(await client.listCarriers()).toContainEqual({ code: "stamps_com", name: "USPS", isOutsidePlan: false });
});

test("webhooks are listed, made, refused when there is one already, and deleted once and again", async () => {
  const { client } = v2Account();
  const url = "https://connector.example.com/hooks/shipstation/x";
  expect(await client.createWebhook(url, "label_created_v2", "ml-connector")).toBe("created");
  expect(await client.createWebhook(url, "label_created_v2", "ml-connector")).toBe("taken");
  const [hook] = await client.listWebhooks();
  expect(hook).toMatchObject({ event: "label_created_v2", url, name: "ml-connector" });
  await client.deleteWebhook(hook!.id);
  await client.deleteWebhook(hook!.id);
  expect(await client.listWebhooks()).toEqual([]);
});

import { expect, test } from "vitest";
import { describeRecorded, listRecorded, readRecorded } from "../support/recorded.ts";
import { anOrder, callerOf, smallAccount } from "../support/shipstation-visitor.ts";
import { signedIn, value, type Visitor } from "../support/acumatica-visitor.ts";
import { answerMisfits, requestMisfits, type Misfit } from "../support/spec-check.ts";
import { differences, errorShapes, knownElsewhere, type Difference } from "../support/spec-differences.ts";
import { createSpecWatch, differenceOf, type SpecWatch } from "../support/spec-watch.ts";
import { v2Account } from "../support/shipstation-v2.ts";
import { createWorld, type World } from "../support/world.ts";

/** A whole journey: bulk push, update, cancel, shipment with two packages, confirmation, webhooks. */
async function travel(world: World): Promise<void> {
  await world.run("subscription");
  await world.run("orders-out");
  const [edited, cancelled] = world.sandbox.acumatica.tables.salesOrders;
  const line = edited!.Details[0]!;
  world.clock.advance(60_000);
  world.sandbox.acumatica.editOrder("SO", edited!.OrderNbr, {
    lines: { quantity: { [line.LineNbr]: line.OrderQty + 1 } },
  });
  world.sandbox.acumatica.editOrder("SO", cancelled!.OrderNbr, { status: "Canceled" });
  await world.run("orders-out");
  const waiting = [...world.sandbox.shipstation.tables.orders.values()].filter(
    (order) => order.orderStatus === "awaiting_shipment",
  );
  for (const order of waiting) world.sandbox.shipstation.buyLabels({ orderIds: [order.orderId], packages: 2 });
  await world.settle();
  expect(world.sandbox.check()).toMatchObject({ shipped: 5, failed: 0 });
}

interface Recording {
  request?: { method: string; path?: string; url?: string };
  response?: { status: number; headers?: Record<string, unknown>; body?: unknown; bodyText?: string };
}

/** Recorded answers to calls whose address is known, held against the specification. ShipEngine's `/v1` is ShipStation's `/v2`. */
function recordedMisfits(): { file: string; misfit: Misfit }[] {
  return ["acumatica", "shipstation-v1", "shipstation-v2"].flatMap((api) =>
    listRecorded(`payloads/${api}`)
      .filter((file) => file.endsWith(".http.json"))
      .flatMap((file) => {
        const { request, response } = readRecorded(`payloads/${api}/${file}`) as Recording;
        const path = (request?.path ?? request?.url ?? "").replace(/^https?:\/\/[^/]+/, "").replace(/^\/v1\//, "/v2/");
        if (!request || !response || path === "" || path === "/") return [];
        const url = new URL(`https://host${path.replaceAll(/%7B%7B\w+%7D%7D|\{\{\w+\}\}/g, "1")}`);
        const headers = new Headers();
        for (const [name, text] of Object.entries(response.headers ?? {}))
          if (/^content-type$/i.test(name)) headers.set(name, String(text));
        const body = response.body ?? undefined;
        const text = response.bodyText ?? (body === undefined ? "" : JSON.stringify(body));
        return answerMisfits({ method: request.method, url }, { status: response.status, headers, text }).map(
          (misfit) => ({ file, misfit }),
        );
      }),
  );
}

/** Recordings of calls that the specifications leave out and this product never makes, and of which a part was not kept. */
const otherCalls =
  /^(bill-|action-202-location-absolute|error-415|error-500-tenant-name|se-tracking-start|se-warehouse-create)/;

describeRecorded("exchanges and the vendors' specifications", "specs/acumatica-fields.json", () => {
  const basic = { authorization: "Basic x", "content-type": "application/json" };
  const session = { cookie: "a=b", "content-type": "application/json" };
  const asked = (method: string, url: string, body: unknown, headers: Record<string, string>): string[] =>
    requestMisfits({
      method,
      url: new URL(url),
      headers: new Headers(headers),
      body: body === undefined ? "" : JSON.stringify(body),
    }).map(({ text }) => text);

  test("a member, a kind, a parameter, a name in a query and a missing credential are each found", () => {
    const erp = "https://erp.example/entity/Default";
    expect([
      ...asked(
        "PUT",
        `${erp}/24.200.001/Shipment`,
        { Foo: { value: 1 }, Packages: [{ Weight: { value: "2" } }] },
        session,
      ),
      ...asked("PUT", `${erp}/20.200.001/Shipment`, { FreightPrice: { value: 1 } }, session),
      ...asked("GET", `${erp}/24.200.001/SalesOrder?$select=OrderNbr,Foo&$top=x&$orderby=a`, undefined, session),
      ...asked("GET", `${erp}/24.200.001/SalesOrder?$filter=OrderNbr eq 'Foo' and Bar eq 1`, undefined, session),
      ...asked("GET", `${erp}/24.200.001/SalesOrder/SO/1?$expand=Details,Details/Foo`, undefined, {}),
      ...asked("GET", "https://ss.example/orders?modifyDateStart=yesterday&foo=1", undefined, {}),
      ...asked("POST", "https://ss.example/orders/createorder", { orderNumber: 5, foo: 1 }, basic),
      ...asked("GET", "https://ss.example/v2/shipments?pickup_id=1&page=x", undefined, {}),
      ...asked("GET", "https://ss.example/nowhere", undefined, basic),
    ]).toEqual([
      "PUT /Shipment: body.Foo is not in the specification (object)",
      "PUT /Shipment: body.Packages[].Weight.value is string, not number",
      "PUT /Shipment: body.FreightPrice is not in the specification (object)",
      'GET /SalesOrder: query $top is "x", not integer',
      "GET /SalesOrder: query $orderby is not in the specification",
      "GET /SalesOrder: query names Foo, which SalesOrder does not have",
      "GET /SalesOrder: query names Bar, which SalesOrder does not have",
      "GET /SalesOrder/{ids}: query names Details/Foo, which SalesOrder does not have",
      "GET /SalesOrder/{ids}: is sent without a session",
      'GET /orders: query modifyDateStart is "yesterday", not string as "2015-01-01 00:00:00"',
      "GET /orders: query foo is not in the specification",
      "GET /orders: is sent without Basic credentials",
      "POST /orders/createorder: body.foo is not in the specification (number)",
      "POST /orders/createorder: body.orderNumber is number, not string",
      'GET /v2/shipments: query page is "x", not integer as 2',
      "GET /v2/shipments: is sent without an API-Key",
      "GET /nowhere: is not in the specification",
    ]);
  });

  test("a wrong answer fails the test in which it happens", async () => {
    const watch = createSpecWatch();
    const fetch = watch.answers(() =>
      Promise.resolve(Response.json({ orders: [{ orderId: "1", foo: 1 }], total: 1, page: 1, pages: 1 })),
    );
    await fetch(new Request("https://ss.example/orders"));
    expect(() => watch.finish()).toThrow(
      /orders\[\]\.foo is not in the specification(.|\n)*orderId is string, not number/,
    );
  });

  test("a journey is made of valid exchanges, all of them looked at", async () => {
    const world = await createWorld({ orders: 6, webhooks: true });
    try {
      await travel(world);
      expect(world.specs.misfits()).toEqual([]);
      expect(world.specs.seen.requests).toBeGreaterThan(40);
      expect(world.specs.seen.answers).toBe(world.specs.seen.requests);
    } finally {
      await world.close();
    }
  });

  test("recorded answers differ from the specifications only in what is listed", () => {
    const unlisted = recordedMisfits().filter(({ file, misfit }) => !differenceOf(misfit) && !otherCalls.test(file));
    expect(unlisted.map(({ file, misfit }) => `${file}: ${misfit.text}`)).toEqual([]);
  });

  test("every listed difference really occurs, in a journey, at a sandbox or in a recording", async () => {
    const met = new Set<Difference>();
    for (const { misfit } of recordedMisfits()) {
      const known = differenceOf(misfit);
      if (known) met.add(known);
    }
    const world = await createWorld({ orders: 6, webhooks: true });
    try {
      await travel(world);
    } finally {
      await world.close();
    }
    for (const each of [...world.specs.met, ...(await rarerExchanges())]) met.add(each);
    expect(differences.filter((each) => !met.has(each)).map(({ what }) => String(what))).toEqual([]);
  });

  test("every listed difference, shape and call outside the specifications names its fact", () => {
    for (const { fact } of [...differences, ...errorShapes, ...knownElsewhere])
      expect(fact).toMatch(/^([ASP]\d+(\.\d+)?\.T?\d+|the file's known defects)$/);
  });
});

/** Exchanges that no ordinary journey has. */
async function rarerExchanges(): Promise<Set<Difference>> {
  const watch = createSpecWatch();
  const { account } = smallAccount();
  const { call, post, get, list } = callerOf((request) => watch.requests(watch.answers(account.fetch))(request));
  const { orderId, items } = await post("/orders/createorder", anOrder("SO1"));
  await post("/orders/createorder", { ...anOrder("SO1"), orderId });
  await post("/orders/createorders", [
    anOrder("SO2"),
    { ...anOrder("SO3"), shipTo: { ...addressOf(anOrder("SO3")), country: "USA" } },
  ]);
  account.options.saveStatus = 201;
  await post("/orders/createorder", anOrder("SO4"));
  await get("/users");
  const [store] = await list("/stores");
  await post("/stores/deactivate", { storeId: store?.storeId ?? 0 });
  await get(`/products/${items[0]?.productId ?? 0}`);
  await call("POST", "/orders/holduntil", { orderId, holdUntilDate: "2026-12-01" });
  await get(`/orders/${orderId}`);
  await call("DELETE", `/orders/${orderId}`);
  const v2 = v2Account({ specs: watch });
  const [label] = v2.sandbox.buyLabels({ orderIds: [await v2.order("SO1")] });
  await v2.client.labelPdf(label!.shipmentId);
  await v2.client.getLabel(1);
  await v2.client.createWebhook("https://connector.example.com/hook", "label_created_v2", "test");
  for (const { id } of await v2.client.listWebhooks()) await v2.client.deleteWebhook(id);
  const { site, visit } = await signedIn({ linksInEntities: true });
  const erp = visitorOf(watch, visit);
  await erp("GET", `Customer/${site.tables.customers[0]!.CustomerID}`);
  await erp("GET", "StockItem/$adHocSchema");
  const { OrderNbr } = site.createOrder();
  const custom = { Document: { AttributeMARK: { type: "CustomStringField", value: "x" } } };
  await visit.entity("PUT", "SalesOrder", { OrderType: value("SO"), OrderNbr: value(OrderNbr), custom });
  await erp("GET", `SalesOrder/SO/${OrderNbr}?$custom=Document.AttributeMARK`);
  return watch.met;
}

/** Lets the watch see what a signed-in visitor was answered. */
const visitorOf =
  (watch: SpecWatch, visit: Visitor) =>
  async (method: string, path: string): Promise<Response> => {
    const answer = await visit.entity(method, path);
    const given = () => Promise.resolve(new Response(answer.text, answer));
    return watch.answers(given)(new Request(`https://erp.example/entity/Default/24.200.001/${path}`));
  };

const addressOf = (order: Record<string, unknown>): object => order["shipTo"] as object;

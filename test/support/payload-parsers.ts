import { createAcumaticaClient } from "../../src/acumatica/client.ts";
import { judgeLabel } from "../../src/core/shipments.ts";
import { planShipments } from "../../src/core/shipment-plan.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { erpOrderFrom, erpShipmentFrom } from "../../src/mapping/erp-from-acumatica.ts";
import { itemFromAcumatica } from "../../src/mapping/item-from-acumatica.ts";
import { labelFromFulfillment, labelFromShipment } from "../../src/mapping/label-from-shipstation.ts";
import { gateOrder } from "../../src/mapping/order-gate.ts";
import { orderFromAcumatica } from "../../src/mapping/order-from-acumatica.ts";
import { sameOrder } from "../../src/mapping/order-read-back.ts";
import { mergeIntoLive } from "../../src/mapping/order-to-shipstation.ts";
import { parseResourceUrl } from "../../src/shipstation/resource-url.ts";
import { createShipStationClient } from "../../src/shipstation/v1/client.ts";
import { createShipStationV2Client } from "../../src/shipstation/v2/client.ts";
import { isV2Hook, streamOfV2Kind } from "../../src/shipstation/v2/hook-kinds.ts";
import { parseHookBody } from "../../src/web/hook-body.ts";
import { createStillClock } from "./still-clock.ts";
import { anOrder, orderSettings } from "./sample-order.ts";
import { anErpOrder, shipmentSettings } from "./sample-shipment.ts";

/** An answer, or a hook's request, as it comes over the wire. */
export interface Wire {
  status: number;
  headers: Headers;
  text: string;
}

/** What is done with it once it was read, as pure code: nothing here may throw at all. */
export type Mapped = () => unknown;
/** Reads an answer through the real client and gives what the mapping is to be tried with. */
export type Parser = (wire: Wire) => Promise<{ read: unknown; map: Mapped }>;

/** A client that asks this often was led in circles. */
export const mostCalls = 500;
/** Calls of the client that was made last. */
export const asked = { calls: 0 };

const responseOf = ({ status, headers, text }: Wire): Response =>
  new Response([101, 204, 205, 304].includes(status) ? null : text, { status, headers });

/** Every call is answered alike; whoever asks without end is stopped. */
function always(wire: Wire, first?: (request: Request) => Response | undefined): Fetch {
  asked.calls = 0;
  return (request) => {
    asked.calls += 1;
    if (asked.calls > mostCalls) throw new Error(`asked more than ${mostCalls} times`);
    return Promise.resolve(first?.(request) ?? responseOf(wire));
  };
}

const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) };
const budget = { take: () => Promise.resolve(), observe: () => Promise.resolve() };
const address = {
  instanceUrl: "https://erp.example/Site",
  tenant: "Main",
  endpointName: "Default",
  endpointVersion: "24.200.001",
};

function erpClient(fetch: Fetch) {
  const clock = createStillClock();
  const credentials = () => Promise.resolve({ username: "api", password: "s3cret!" });
  return createAcumaticaClient({ address, credentials, fetch, clock, random, log: silentLog });
}
type Erp = ReturnType<typeof erpClient>;

/** Signing in goes well, the call gets the answer. */
const erp =
  <T>(ask: (client: Erp) => Promise<T>, map: (read: T) => unknown = () => undefined): Parser =>
  async (wire) => {
    const signedIn = ({ url }: Request): Response | undefined => {
      if (url.endsWith("/auth/logout")) return new Response(null, { status: 204 });
      if (!url.endsWith("/auth/login")) return undefined;
      return new Response(null, { status: 204, headers: { "set-cookie": "ASP.NET_SessionId=s1; path=/" } });
    };
    const read = await ask(erpClient(always(wire, signedIn)));
    return { read, map: () => map(read) };
  };

const v1 =
  <T>(
    ask: (client: ReturnType<typeof createShipStationClient>) => Promise<T>,
    map: (read: T) => unknown = () => undefined,
  ): Parser =>
  async (wire) => {
    const credentials = () => Promise.resolve({ apiKey: "k", apiSecret: "s" });
    const clock = createStillClock();
    const client = createShipStationClient({ credentials, budget, fetch: always(wire), clock, log: silentLog });
    const read = await ask(client);
    return { read, map: () => map(read) };
  };

const v2 =
  (ask: (client: ReturnType<typeof createShipStationV2Client>) => Promise<unknown>): Parser =>
  async (wire) => {
    const credentials = () => Promise.resolve({ apiKey: "k" });
    const clock = createStillClock();
    const client = createShipStationV2Client({ credentials, budget, fetch: always(wire), clock, log: silentLog });
    return { read: await ask(client), map: () => undefined };
  };

type SalesOrder = Parameters<typeof orderFromAcumatica>[0];
const mapOrder = (source: SalesOrder | undefined): unknown =>
  source && [
    orderFromAcumatica(source, orderSettings({ statuses: [source.Status ?? ""] }), new Map()),
    gateOrder(source, orderSettings(), true),
    erpOrderFrom(source),
  ];
const mapShipment = (source: Parameters<typeof erpShipmentFrom>[0] | undefined): unknown =>
  source && erpShipmentFrom(source);
type Label = ReturnType<typeof labelFromShipment>;
const mapLabel = (label: Label): unknown => [
  judgeLabel(label, true),
  planShipments(anErpOrder(), [label], shipmentSettings({ defaultShipVia: "LOCAL" })),
];
type LiveOrder = Parameters<typeof mergeIntoLive>[0];
const mapLive = (live: LiveOrder | undefined): unknown =>
  live && [mergeIntoLive(live, anOrder()), sameOrder(anOrder(), live, "update"), sameOrder(anOrder(), live)];

/** Wide enough for every recording. */
const window = { fromMs: Date.UTC(2010, 0, 1), toMs: Date.UTC(2040, 0, 1) };

/** Of the order in a recorded bulk answer. */
const recordedKey = "0f6bec18-3e89-4881-83aa-f392d84f4c74";

/** Everything of ours that meets an answer, by name. */
export const parsers = {
  "erp sign-in": async (wire) => {
    const client = erpClient(always(wire));
    await client.signIn();
    return { read: "signed in", map: () => undefined };
  },
  "erp sign-out": async (wire) => {
    const signIn = ({ url }: Request): Response | undefined =>
      url.endsWith("/auth/login")
        ? new Response(null, { status: 204, headers: { "set-cookie": "ASP.NET_SessionId=s1; path=/" } })
        : undefined;
    const client = erpClient(always(wire, signIn));
    await client.signIn();
    await client.close();
    return { read: "signed out", map: () => undefined };
  },
  "erp endpoints": erp((client) => client.listEndpoints()),
  "erp swagger": erp((client) => client.describeEndpoint()),
  "erp order": erp((client) => client.getSalesOrder("SO", "000123"), mapOrder),
  "erp orders": erp(
    (client) => client.listSalesOrders(window),
    (rows) => rows.map(mapOrder),
  ),
  "erp items": erp(
    (client) => client.listStockItems(window),
    (rows) => rows.map((row) => itemFromAcumatica(row, { itemWeightUnit: "LB" })),
  ),
  "erp customers": erp((client) => client.listCustomers(window)),
  "erp shipment": erp((client) => client.getShipment("000068"), mapShipment),
  "erp shipment saved": erp((client) => client.updateShipment("000068", { Hold: false }), mapShipment),
  "erp action": erp((client) => client.confirmShipment("000068")),
  "v1 orders": v1(
    (client) => client.listOrdersModified(0),
    ({ rows }) => rows.map(mapLive),
  ),
  "v1 order": v1((client) => client.getOrder(1), mapLive),
  "v1 order saved": v1((client) => client.saveOrder({ orderKey: "A" }), mapLive),
  "v1 orders saved": v1((client) => client.createOrders([{ orderKey: recordedKey } as never])),
  "v1 labels": v1(
    (client) => client.listShipmentsCreated(0),
    ({ rows }) => rows.map((row) => mapLabel(labelFromShipment(row))),
  ),
  "v1 fulfillments": v1(
    (client) => client.listFulfillmentsCreated(0),
    ({ rows }) => rows.map((row) => mapLabel(labelFromFulfillment(row))),
  ),
  "v1 products": v1((client) => client.listProducts()),
  "v1 product": v1((client) => client.getProduct(1)),
  "v1 stores": v1((client) => client.listStores()),
  "v1 carriers": v1((client) => client.listCarriers()),
  "v1 warehouses": v1((client) => client.listWarehouses()),
  "v1 webhooks": v1((client) => client.listWebhooks()),
  "v1 webhook made": v1((client) => client.subscribeWebhook("https://x.example", "SHIP_NOTIFY", "n")),
  "v1 webhook deleted": v1((client) => client.deleteWebhook(1)),
  "v2 order": v2((client) => client.findOrderByKey("20240522120215")),
  "v2 labels": v2((client) => client.listLabelsCreated(0)),
  "v2 voided labels": v2((client) => client.listLabelsVoided(0)),
  "v2 label": v2((client) => client.getLabel(1)),
  "v2 label's PDF": v2((client) => client.labelPdf(1)),
  "v2 carriers": v2((client) => client.listCarriers()),
  "v2 webhooks": v2((client) => client.listWebhooks()),
  "v2 webhook made": v2((client) => client.createWebhook("https://x.example", "label_created_v2", "n")),
  "v2 webhook deleted": v2((client) => client.deleteWebhook("se-1")),
  hook: ({ text }) => {
    const body = parseHookBody(text);
    const hint =
      body && (isV2Hook(body) ? streamOfV2Kind(body["resource_type"]) : parseResourceUrl(body["resource_url"]));
    return Promise.resolve({ read: { body, hint }, map: () => undefined });
  },
  push: ({ text }) => Promise.resolve({ read: parseHookBody(text, 2_000), map: () => undefined }),
} satisfies Record<string, Parser>;
export type ParserName = keyof typeof parsers;

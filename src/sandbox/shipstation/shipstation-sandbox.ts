import { Hono } from "hono";
import type { Clock } from "../../lib/clock.ts";
import type { Fetch } from "../../lib/http.ts";
import type { Random } from "../../lib/random.ts";
import { createIds, type Account } from "./account.ts";
import { settleValidations } from "./address.ts";
import { gateway, type Answer } from "./answers.ts";
import { respond, type RouteVariables } from "./call.ts";
import { addCatalogRoutes } from "./catalog-routes.ts";
import { createGate } from "./gate.ts";
import { buyLabels, voidLabel, type LabelRequest } from "./labels.ts";
import { defaultOptions, type ApiKeyPair, type ShipStationOptions } from "./options.ts";
import { addOrderRoutes } from "./order-routes.ts";
import {
  cancelOrder,
  deleteOrder,
  editOrder,
  markAsShipped,
  mergeOrders,
  splitOrder,
  type MarkAsShipped,
  type OrderEdit,
} from "./people.ts";
import { fillAccount } from "./reference-data.ts";
import { addReferenceRoutes } from "./reference-routes.ts";
import { addShipmentRoutes } from "./shipment-routes.ts";
import {
  createTables,
  type FulfillmentRow,
  type OrderRow,
  type ShipmentRow,
  type ShipStationTables,
} from "./tables.ts";
import { createCourier, type HookDelivery } from "./hook-delivery.ts";
import { isV2Path, createV2, type V2Api } from "./v2/api.ts";
import type { V2Options } from "./v2/options.ts";
import { addWebhookRoutes, createHooks } from "./webhooks.ts";

/** Credentials of the sandbox account. They open nothing outside a sandbox. */
export const sandboxApiKey = "sandbox-shipstation-key-not-a-secret";
export const sandboxApiSecret = "sandbox-shipstation-secret-not-a-secret";

/** One request, as it was answered. Bodies are kept for writes only. */
export interface JournalEntry {
  at: number;
  method: string;
  /** With the query. */
  path: string;
  status: number;
  body: string | undefined;
}

export interface ShipStationSandboxOptions extends Partial<ShipStationOptions> {
  clock: Clock;
  random: Random;
  /** Delivers webhooks. */
  fetch?: Fetch | undefined;
  /** A fault's wishes; see the fault file. */
  refuseOrder?: (orderNumber: string, index: number) => string | undefined;
  isHookDropped?: (resourceType: string, resourceUrl: string) => boolean;
  v2?: Partial<V2Options> | undefined;
  /** Of a second account: how far its ids are above those of the first. */
  idsFrom?: number;
}

/** What people do on the screens. Each throws a plain sentence when the screen would refuse. */
export interface ShipStationPeople {
  buyLabels: (request: LabelRequest) => ShipmentRow[];
  /** undefined: no such label. */
  voidLabel: (shipmentId: number) => { approved: boolean; message: string } | undefined;
  markAsShipped: (orderId: number, how?: MarkAsShipped) => FulfillmentRow;
  editOrder: (orderId: number, edit: OrderEdit) => OrderRow;
  cancelOrder: (orderId: number) => OrderRow;
  deleteOrder: (orderId: number) => OrderRow;
  splitOrder: (orderId: number, parts: Record<string, number>[]) => OrderRow[];
  mergeOrders: (orderIds: readonly number[]) => OrderRow;
}

export interface ShipStationSandbox extends ShipStationPeople {
  fetch: Fetch;
  tables: ShipStationTables;
  /** May be changed at any time. */
  options: ShipStationOptions;
  /** The same account through API V2, on the same origin. */
  v2: V2Api;
  journal: JournalEntry[];
  /** `calls`: requests that arrived; `writes`: those of them that were not GET and were let through; `rateLimited`: 429s. */
  counts: { calls: number; writes: number; rateLimited: number };
  hookDeliveries: HookDelivery[];
  drainHooks: () => Promise<void>;
  /** Carries out address validations that are due, as every request does first. */
  settle: () => void;
}

/** A ShipStation account, simulated: API V1 and V2 on `fetch`, people as functions, everything in memory. */
export function createShipStationSandbox(setup: ShipStationSandboxOptions): ShipStationSandbox {
  const { clock, random, fetch, refuseOrder, isHookDropped, v2: v2Chosen, idsFrom, ...chosen } = setup;
  const keys: ApiKeyPair[] = [{ key: sandboxApiKey, secret: sandboxApiSecret }];
  const options: ShipStationOptions = { ...defaultOptions(keys), ...chosen };
  const courier = createCourier(() => account, { fetch, isDropped: isHookDropped ?? (() => false) });
  const account: Account = {
    clock,
    random,
    options,
    tables: createTables(),
    nextId: createIds(idsFrom),
    labelsByOrder: new Map(),
    validations: [],
    refuseOrder: refuseOrder ?? (() => undefined),
    notify: (happening) => {
      notifyV1(happening);
      v2.notify(happening);
    },
  };
  const v2 = createV2(account, courier, v2Chosen ?? {});
  const notifyV1 = createHooks(() => account, courier, v2.sign);
  fillAccount(account.tables, clock.now());
  const counts = { calls: 0, writes: 0, rateLimited: 0 };
  const journal: JournalEntry[] = [];
  const v1 = createFront(account, { counts, journal });
  return {
    fetch: (request) => (isV2Path(request.url) ? v2.fetch(request) : v1(request)),
    v2,
    tables: account.tables,
    options,
    journal,
    counts,
    hookDeliveries: courier.deliveries,
    drainHooks: courier.drain,
    settle: () => settleValidations(account),
    buyLabels: (request) => buyLabels(account, request),
    voidLabel: (shipmentId) => voidLabel(account, shipmentId),
    markAsShipped: (orderId, how) => markAsShipped(account, orderId, how),
    editOrder: (orderId, edit) => editOrder(account, orderId, edit),
    cancelOrder: (orderId) => cancelOrder(account, orderId),
    deleteOrder: (orderId) => deleteOrder(account, orderId),
    splitOrder: (orderId, parts) => splitOrder(account, orderId, parts),
    mergeOrders: (orderIds) => mergeOrders(account, orderIds),
  };
}

/** Paths in any case, with doubled slashes, are the same path (facts: shipstation 1.1, payloads 2.8). */
function normalPath(url: string): string {
  const path = new URL(url).pathname.toLowerCase().replace(/\/{2,}/g, "/");
  return path.length > 1 ? path.replace(/\/$/, "") : path;
}

interface Records {
  counts: ShipStationSandbox["counts"];
  journal: JournalEntry[];
}

function createFront(account: Account, { counts, journal }: Records): Fetch {
  const app = createApp(account);
  const gate = createGate(account);
  return async (request) => {
    const bodyText = request.method === "GET" || request.method === "HEAD" ? "" : await request.text();
    // Routes never wait, so each request is carried out whole or not at all.
    counts.calls++;
    settleValidations(account);
    const admission = gate(request.headers.get("authorization"));
    if (admission.refusal?.status === 429) counts.rateLimited++;
    else if (!admission.refusal && request.method !== "GET") counts.writes++;
    const response = admission.refusal
      ? respond(admission.refusal)
      : await app.fetch(new Request(request.url, { method: request.method, headers: request.headers }), { bodyText });
    for (const [name, value] of Object.entries(admission.headers)) response.headers.set(name, value);
    addCommonHeaders(response, account.clock.now() + account.options.clockSkewMs);
    const { pathname, search } = new URL(request.url);
    const body = request.method === "GET" ? undefined : bodyText;
    journal.push({
      at: account.clock.now(),
      method: request.method,
      path: pathname + search,
      status: response.status,
      body,
    });
    if (journal.length > account.options.journalLimit) journal.splice(0, journal.length - account.options.journalLimit);
    return response;
  };
}

/** `Date` is GMT while every date in a body is Pacific: how a client can learn the zone. */
function addCommonHeaders(response: Response, now: number): void {
  response.headers.set("cache-control", "no-cache");
  response.headers.set("date", new Date(now).toUTCString());
  response.headers.set("expires", "-1");
  response.headers.set("pragma", "no-cache");
  response.headers.set("server", "Microsoft-IIS/10.0");
  response.headers.set("x-aspnet-version", "4.0.30319");
  response.headers.set("x-powered-by", "ASP.NET");
}

function createApp(account: Account): Hono<RouteVariables> {
  const app = new Hono<RouteVariables>({ getPath: (request) => normalPath(request.url) });
  app.use(async (context, next) => {
    context.set("bodyText", (context.env as { bodyText: string }).bodyText);
    await next();
  });
  addOrderRoutes(app, account);
  addShipmentRoutes(app, account);
  addCatalogRoutes(app, account);
  addReferenceRoutes(app, account);
  addWebhookRoutes(app, account);
  const patterns = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ path }) => new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`));
  app.notFound((context) => respond(noSuchRoute(context.req.raw, patterns)));
  return app;
}

function noSuchRoute(request: Request, patterns: readonly RegExp[]): Answer {
  const path = normalPath(request.url);
  if (patterns.some((pattern) => pattern.test(path))) {
    return {
      status: 405,
      body: { Message: `The requested resource does not support http method '${request.method}'.` },
    };
  }
  return gateway(404, `No HTTP resource was found that matches the request URI '${request.url}'.`);
}

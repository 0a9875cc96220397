import type { z } from "zod";
import { ConnectorError } from "../../lib/errors.ts";
import type { WriteAhead } from "../../lib/http.ts";
import { bulkResultsFor } from "./bulk-results.ts";
import type { CallPriority, ShipStationClient } from "./client.types.ts";
import { memberOf, firstIssue } from "./collect.ts";
import { recentCustomers } from "./customers.ts";
import {
  carrier,
  customer,
  order,
  packageType,
  product,
  service,
  shipment,
  store,
  warehouse,
  webhook,
  type SsOrder,
  type SsShipment,
} from "./entities.ts";
import { listSince, placesIn } from "./lists.ts";
import { isEnd, pageSize } from "./pages.ts";
import { productBody, productsOfSku, recentProducts } from "./products.ts";
import { withoutNulls, withoutReadOnly } from "./read-only.ts";
import { createSender, type SendPorts } from "./send.ts";
import {
  allCustomers,
  allProducts,
  fulfillmentsCreated,
  ordersModified,
  shipmentsCreated,
  shipmentsVoided,
} from "./streams.ts";

export const shipStationOrigin = "https://ssapi.shipstation.com";

/** ShipStation's own bound of one bulk call (facts: shipstation 2.4). */
export const maxOrdersPerCall = 100;

/** Pages of one search by order number; a number that so many others start with is no number. */
const maxSearchPages = 20;

export type ShipStationClientOptions = Omit<SendPorts, "origin"> & {
  /** `https://ssapi.shipstation.com` unless given. */
  origin?: string;
};

/**
 * One ShipStation account through API V1. Every call takes one of the budget and is made once: retries belong to the caller.
 * Nothing here can buy or void a label.
 */
export function createShipStationClient(options: ShipStationClientOptions): ShipStationClient {
  const sender = createSender({ ...options, origin: options.origin ?? shipStationOrigin });
  const lists = { sender, clock: options.clock, log: options.log };

  const get = async (path: string, priority: CallPriority, query?: Record<string, string | number>): Promise<unknown> =>
    (await sender.send({ method: "GET", path, priority, ...(query ? { query } : {}) })).body;
  const post = async (path: string, body: unknown, priority: CallPriority, ahead?: WriteAhead): Promise<unknown> =>
    (await sender.send({ method: "POST", path, body, priority, ahead })).body;

  /** A short list that comes whole; a row that does not parse is left out and said. */
  async function getRows<T>(
    path: string,
    schema: z.ZodType<T>,
    priority: CallPriority,
    query?: Record<string, string>,
  ): Promise<T[]> {
    const body = await get(path, priority, query);
    const rows = Array.isArray(body) ? (body as unknown[]) : memberOf(body, path.slice(1));
    if (!Array.isArray(rows)) throw unreadable(`ShipStation's answer to ${path} is not a list.`);
    return rows.flatMap((raw: unknown) => {
      if (raw === null) return [];
      const parsed = schema.safeParse(raw);
      if (parsed.success) return [parsed.data];
      options.log.warn({ path, reason: firstIssue(parsed.error) }, "A row of ShipStation's answer could not be read.");
      return [];
    });
  }

  return {
    listOrdersModified: (from, priority = "background") => listSince(lists, ordersModified, from, priority),
    listShipmentsCreated: (from, priority = "background") => listSince(lists, shipmentsCreated, from, priority),
    listShipmentsVoided: (from, priority = "background") => listSince(lists, shipmentsVoided, from, priority),
    listFulfillmentsCreated: (from, priority = "background") => listSince(lists, fulfillmentsCreated, from, priority),

    listShipmentsOfOrder: async (orderId, priority = "background") => {
      const found = new Map<number, SsShipment>();
      for (let page = 1, seen = 0; page <= maxSearchPages; page++) {
        const query = { orderId: idOf(orderId), includeShipmentItems: "true", page, pageSize };
        const { places, total } = placesIn(await get("/shipments", priority, query), "shipments");
        for (const place of places) {
          if (place.kind !== "raw" || place.raw === null) continue;
          const row = parseAs(shipment, place.raw, false);
          if (row.orderId === orderId) found.set(row.shipmentId, row);
        }
        seen += places.length;
        if (isEnd(places.length, seen, total)) return [...found.values()];
      }
      throw unreadable(`Order ${orderId} has more than ${maxSearchPages * pageSize} labels.`);
    },

    findOrdersByNumber: async (orderNumber, priority = "background") => {
      // An empty search would list the whole account.
      if (orderNumber.trim() === "") throw defect("A search needs an order number.");
      const found = new Map<number, SsOrder>();
      for (let page = 1, seen = 0; page <= maxSearchPages; page++) {
        const { places, total } = placesIn(await get("/orders", priority, { orderNumber, page, pageSize }), "orders");
        for (const place of places) {
          // "Starts with" finds SO0010 for SO001; a row of another number need not even be readable.
          const raw = place.kind === "raw" ? place.raw : undefined;
          if (String(memberOf(raw, "orderNumber")) !== orderNumber) continue;
          const live = parseAs(order, raw, false);
          found.set(live.orderId, live);
        }
        seen += places.length;
        if (isEnd(places.length, seen, total)) return [...found.values()];
      }
      throw unreadable(`More than ${maxSearchPages * pageSize} orders have a number that starts with ${orderNumber}.`);
    },
    getOrder: async (orderId, priority = "background") =>
      unlessGone(async () => parseAs(order, await get(`/orders/${idOf(orderId)}`, priority), false)),
    createOrders: async (orders, priority = "background", ahead) => {
      if (orders.length > maxOrdersPerCall)
        throw defect(`${orders.length} orders in one call; the most is ${maxOrdersPerCall}.`);
      if (new Set(orders.map((sent) => sent.orderKey)).size < orders.length)
        throw defect("Two orders share an orderKey.");
      if (orders.length === 0) return [];
      const body = await post("/orders/createorders", orders.map(withoutReadOnly), priority, ahead);
      return bulkResultsFor(orders, body);
    },
    saveOrder: async (body, priority = "background", ahead) =>
      parseAs(order, await post("/orders/createorder", withoutNulls(withoutReadOnly(body)), priority, ahead), true),

    listProducts: (rest, priority = "background") => listSince(lists, allProducts, rest ?? 0, priority),
    listRecentProducts: (sinceMs, priority = "background") =>
      recentProducts((query) => sender.send({ method: "GET", path: "/products", query, priority }), sinceMs),
    findProductsBySku: async (sku, priority = "background") => {
      if (sku.trim() === "") throw defect("A search needs a SKU.");
      const found = await get("/products", priority, { sku, showInactive: "true", page: 1, pageSize });
      return productsOfSku(placesIn(found, "products").places, sku);
    },
    getProduct: async (productId, priority = "background") =>
      unlessGone(async () => parseAs(product, await get(`/products/${idOf(productId)}`, priority), false)),
    saveProduct: async (live, changes, priority = "background", ahead) => {
      const body = productBody(live, changes);
      await sender.send({ method: "PUT", path: `/products/${idOf(live.productId)}`, body, priority, ahead });
    },

    listStores: (priority = "background") => getRows("/stores", store, priority),
    listCustomers: (rest, priority = "background") => listSince(lists, allCustomers, rest ?? 0, priority),
    getCustomer: async (customerId, priority = "background") =>
      unlessGone(async () => parseAs(customer, await get(`/customers/${idOf(customerId)}`, priority), false)),
    listRecentCustomers: (sinceMs, priority = "background") =>
      recentCustomers((query) => sender.send({ method: "GET", path: "/customers", query, priority }), sinceMs),

    listServices: (carrierCode, priority = "background") =>
      getRows("/carriers/listservices", service, priority, { carrierCode }),
    listPackages: (carrierCode, priority = "background") =>
      getRows("/carriers/listpackages", packageType, priority, { carrierCode }),
    listCarriers: (priority = "background") => getRows("/carriers", carrier, priority),
    listWarehouses: (priority = "background") => getRows("/warehouses", warehouse, priority),

    listWebhooks: (priority = "background") => getRows("/webhooks", webhook, priority),
    subscribeWebhook: async (targetUrl, event, name, priority = "background") => {
      // The answer has two documented shapes and is not needed: the list tells whether the subscription is there.
      await post(
        "/webhooks/subscribe",
        { target_url: targetUrl, event, store_id: null, friendly_name: name },
        priority,
      );
    },
    deleteWebhook: async (id, priority = "background") => {
      await unlessGone(() => sender.send({ method: "DELETE", path: `/webhooks/${idOf(id)}`, priority }));
    },

    serverTimeMs: async (priority = "background") =>
      (await sender.send({ method: "GET", path: "/stores", priority })).serverTimeMs,
    lastSeenBudget: () => sender.lastSeenBudget(),
  };
}

/** undefined where ShipStation says that there is no such record. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    // "Not found" is the ordinary answer for a record that is gone.
    if (thrown instanceof ConnectorError && thrown.code === "shipstation.not-found") return undefined;
    throw thrown;
  }
}

function parseAs<T>(schema: z.ZodType<T>, body: unknown, isWrite: boolean): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unreadable(`ShipStation's answer has an unknown shape: ${firstIssue(parsed.error)}.`, isWrite);
}

function unreadable(message: string, mayHaveApplied = false): ConnectorError {
  return new ConnectorError("shipstation.unreadable", { message, mayHaveApplied });
}

/** Ids go into paths: nothing but a whole number may. */
function idOf(id: number): string {
  if (!Number.isSafeInteger(id) || id <= 0) throw defect(`${id} is not an id.`);
  return String(id);
}

function defect(message: string): ConnectorError {
  return new ConnectorError("internal.defect", { message });
}

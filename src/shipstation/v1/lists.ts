import type { z } from "zod";
import { ConnectorError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { lowerBound, secondBefore, toPacific, toWallClock } from "../pacific-time.ts";
import type { CallPriority, Listing } from "./client.types.ts";
import { createCollector, memberOf } from "./collect.ts";
import {
  customer,
  fulfillment,
  order,
  product,
  shipment,
  type SsCustomer,
  type SsFulfillment,
  type SsOrder,
  type SsProduct,
  type SsShipment,
} from "./entities.ts";
import { createDividingReader, isEnd, type Page, type Place, type ReadPage } from "./pages.ts";
import type { Sender } from "./send.ts";
import { createSlipWatch } from "./slips.ts";

/** Calls of one listing, those for hunting unreadable records included; 100,000 rows at best. */
export const maxPagesPerListing = 200;

/** A list of ShipStation that can be read completely from an instant on. */
interface Stream<T> {
  path: "/orders" | "/shipments" | "/fulfillments" | "/products" | "/customers";
  rowsName: "orders" | "shipments" | "fulfillments" | "products" | "customers";
  idName: "orderId" | "shipmentId" | "fulfillmentId" | "productId" | "customerId";
  schema: z.ZodType<T>;
  query: Record<string, string>;
  /** The filter that says from when on; undefined where there is none and all is read. */
  sinceName: "modifyDateStart" | "createDateStart" | "voidDateStart" | undefined;
  /** The date the list is sorted by, and the filter that moves the window along it; undefined: only pages are turned. */
  dateName: "modifyDate" | "createDate";
  moveName: "modifyDateStart" | "createDateStart" | undefined;
}

const byCreation = { sortBy: "CreateDate", sortDir: "ASC" };
const withItems = { includeShipmentItems: "true" };
const createdMoves = { dateName: "createDate", moveName: "createDateStart" } as const;
const shipments = { path: "/shipments", rowsName: "shipments", idName: "shipmentId", schema: shipment } as const;

export const ordersModified: Stream<SsOrder> = {
  path: "/orders",
  rowsName: "orders",
  idName: "orderId",
  schema: order,
  query: { sortBy: "ModifyDate", sortDir: "ASC" },
  sinceName: "modifyDateStart",
  dateName: "modifyDate",
  moveName: "modifyDateStart",
};
export const shipmentsCreated: Stream<SsShipment> = {
  ...shipments,
  ...createdMoves,
  query: { ...byCreation, ...withItems },
  sinceName: "createDateStart",
};
/** There is no sorting by void date: all voids since then, and the window moves along their creation, which never changes. */
export const shipmentsVoided: Stream<SsShipment> = {
  ...shipments,
  ...createdMoves,
  query: { ...byCreation, ...withItems },
  sinceName: "voidDateStart",
};
export const fulfillmentsCreated: Stream<SsFulfillment> = {
  path: "/fulfillments",
  rowsName: "fulfillments",
  idName: "fulfillmentId",
  schema: fulfillment,
  ...createdMoves,
  query: byCreation,
  sinceName: "createDateStart",
};

/** What `startDate` means is not documented, so pages are turned: creation dates never change, and no row overtakes another. */
export const allProducts: Stream<SsProduct> = {
  path: "/products",
  rowsName: "products",
  idName: "productId",
  schema: product,
  query: { ...byCreation, showInactive: "true" },
  sinceName: undefined,
  dateName: "createDate",
  moveName: undefined,
};

export const allCustomers: Stream<SsCustomer> = {
  path: "/customers",
  rowsName: "customers",
  idName: "customerId",
  schema: customer,
  query: byCreation,
  sinceName: undefined,
  dateName: "createDate",
  moveName: undefined,
};

/**
 * Everything in the stream since an instant, or it throws (failures: 3.5). Rows move while we read, so page numbers are not
 * trusted: each request starts from the last date seen, a second wider because filters may be exclusive, and is page 1 again;
 * only while one second fills a page are its pages turned. The end is a page with fewer rows than asked for, unless `total`
 * says that the server gives smaller pages; `pages` is never believed. A listing that fits one page costs one call.
 */
export async function listSince<T>(
  ports: { sender: Sender; log: Log },
  stream: Stream<T>,
  sinceMs: number,
  priority: CallPriority,
): Promise<Listing<T>> {
  const since = secondBefore(toPacific(lowerBound(sinceMs)));
  const collector = createCollector(stream);
  const watch = createSlipWatch();
  const readDivided = createDividingReader();
  let calls = 0;
  let serverTimeMs: number | undefined;

  const reader =
    (start: string | undefined): ReadPage =>
    async (page, size) => {
      calls += 1;
      if (calls > maxPagesPerListing) throw endless(stream.path);
      const window = {
        ...(stream.sinceName && { [stream.sinceName]: since }),
        ...(stream.moveName && start !== undefined && { [stream.moveName]: start }),
      };
      const query = { ...stream.query, ...window, page, pageSize: size };
      const sent = await ports.sender.send({ method: "GET", path: stream.path, query, priority });
      return { ...placesIn(sent.body, stream.rowsName), serverTimeMs: sent.serverTimeMs };
    };

  let at: Position = windowFrom(stream.sinceName && stream.sinceName === stream.moveName ? since : undefined);
  for (;;) {
    const page = await readDivided(reader(at.start), at.page);
    serverTimeMs ??= page.serverTimeMs;
    watch.moved(collector.take(page.places));
    if (page.total !== undefined && page.total < at.total) watch.shrank();
    const next = after(at, page, stream);
    if (next === undefined) {
      const again = watch.rereadFrom();
      if (!again) break;
      ports.log.info(
        { path: stream.path, from: again.from },
        "Rows moved while pages were turned; reading them again.",
      );
      at = windowFrom(again.from);
      continue;
    }
    if (next.page > 1 || at.page > 1 || page.wasDivided)
      watch.turned(at.start, lastDateOf(page.places, stream.dateName));
    at = next;
  }
  return { rows: collector.rows(), serverTimeMs, unreadable: collector.unreadable() };
}

/** Where the next request reads. */
interface Position {
  /** Start of the moving window, as wall clock; undefined before it moved at all, where the stream has another filter. */
  start: string | undefined;
  page: number;
  /** Rows of this window that were on its earlier pages. */
  seen: number;
  /** What the window held when its last page was read. */
  total: number;
}

function windowFrom(start: string | undefined): Position {
  return { start, page: 1, seen: 0, total: 0 };
}

/** Where to read after this page: undefined at the end, a later window if the dates allow, else the next page. */
function after(at: Position, page: Page, stream: Pick<Stream<unknown>, "dateName" | "moveName">): Position | undefined {
  const seen = at.seen + page.places.length;
  if (isEnd(page.places.length, seen, page.total)) return undefined;
  const last = stream.moveName && lastDateOf(page.places, stream.dateName);
  const start = last === undefined ? undefined : secondBefore(last);
  if (start !== undefined && start > (at.start ?? "")) return windowFrom(start);
  return { start: at.start, page: at.page + 1, seen, total: page.total ?? 0 };
}

/** The rows of an answer. Only a well-formed answer is believed, an empty one above all. */
export function placesIn(body: unknown, rowsName: string): { places: Place[]; total: number | undefined } {
  const rows = memberOf(body, rowsName);
  const total = memberOf(body, "total");
  const isEmpty = rows === null && total === 0;
  if (!Array.isArray(rows) && !isEmpty) {
    throw new ConnectorError("shipstation.unreadable", { message: `ShipStation's answer has no list of ${rowsName}.` });
  }
  return {
    places: (Array.isArray(rows) ? rows : []).map((raw: unknown) => ({ kind: "raw", raw })),
    total: typeof total === "number" ? total : undefined,
  };
}

/** The date of the last row, unless the page is not in ascending order: then the window must not be moved by it. */
function lastDateOf(places: readonly Place[], dateName: string): string | undefined {
  let last: string | undefined;
  for (const place of places) {
    const wall = place.kind === "raw" ? toWallClock(memberOf(place.raw, dateName)) : undefined;
    if (wall === undefined) continue;
    if (last !== undefined && wall < last) return undefined;
    last = wall;
  }
  return last;
}

function endless(path: string): ConnectorError {
  return new ConnectorError("internal.defect", {
    message: `The listing of ${path} did not end within ${maxPagesPerListing} calls.`,
  });
}

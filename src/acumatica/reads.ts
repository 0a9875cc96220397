import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { HttpAnswer } from "../lib/http.ts";
import type { EndpointOffer } from "./client.types.ts";
import { customer, salesOrder, shipment, stockItem } from "./entities.ts";
import type { Customer, NonStockItem, SalesOrder, Shipment, StockItem, UnreadableMember } from "./entities.ts";
import { unreadable } from "./errors.ts";
import { equals, keyPath } from "./odata.ts";
import type { Call, Site } from "./requests.ts";
import type { Send } from "./send.ts";

/** How one entity is read: its keys, what is expanded, and the field that tells when it was modified. */
export interface Reading<Row> {
  entity: string;
  keys: readonly string[];
  schema: z.ZodType<Row>;
  keysOf: (row: Row) => (string | undefined)[];
  /** Also asked for in lists. */
  expand: readonly string[];
  /** Asked for only when a single record is read. */
  expandAlone: readonly string[];
  modifiedField: "LastModified" | "LastModifiedDateTime";
  modifiedOf: (row: Row) => string | undefined;
  /** A list row that lacks what was asked for, which is never read as "there is none" (facts: acumatica 2.1). */
  isIncomplete?: (row: Row) => boolean;
}

/** What every row we read has. */
export type AnyRow = SalesOrder | Shipment | StockItem | NonStockItem | Customer;

export const salesOrders: Reading<SalesOrder> = {
  entity: "SalesOrder",
  keys: ["OrderType", "OrderNbr"],
  schema: salesOrder,
  keysOf: (row) => [row.OrderType, row.OrderNbr],
  // Everything an order is made of, so that it is the same order however it was read.
  expand: ["Details", "ShipToAddress", "ShipToContact", "BillToAddress", "BillToContact", "ShippingSettings"],
  expandAlone: ["Shipments"],
  modifiedField: "LastModified",
  modifiedOf: (row) => row.LastModified,
  // Some sites leave the lines of a list empty although they were asked for (facts: payloads 6).
  isIncomplete: (row) =>
    row.unreadable === undefined && (!row.Details || (row.Details.length === 0 && (row.OrderedQty ?? 0) > 0)),
};

export const shipments: Reading<Shipment> = {
  entity: "Shipment",
  keys: ["ShipmentNbr"],
  schema: shipment,
  keysOf: (row) => [row.ShipmentNbr],
  expand: ["Details", "Packages"],
  expandAlone: [],
  modifiedField: "LastModifiedDateTime",
  modifiedOf: (row) => row.LastModifiedDateTime,
  isIncomplete: (row) =>
    row.unreadable === undefined &&
    (!row.Packages || !row.Details || (row.Details.length === 0 && (row.ShippedQty ?? 0) > 0)),
};

export const stockItems: Reading<StockItem> = {
  entity: "StockItem",
  keys: ["InventoryID"],
  schema: stockItem,
  keysOf: (row) => [row.InventoryID],
  expand: ["UOMConversions", "CrossReferences"],
  expandAlone: [],
  modifiedField: "LastModified",
  modifiedOf: (row) => row.LastModified,
};

export const customers: Reading<Customer> = {
  entity: "Customer",
  keys: ["CustomerID"],
  schema: customer,
  keysOf: (row) => [row.CustomerID],
  expand: ["MainContact", "MainContact/Address"],
  expandAlone: [],
  modifiedField: "LastModifiedDateTime",
  modifiedOf: (row) => row.LastModifiedDateTime,
};

/** The call for an entity of this endpoint. */
export const entityCall = (site: Site, entity: string, url: URL): Call => ({
  method: "GET",
  url,
  subject: `${entity} in ${site.endpoint}`,
  place: "entity",
});

/** The body, checked against its shape; anything else is a fault, never "nothing found". */
export function parseAnswer<T>(answer: HttpAnswer, schema: z.ZodType<T>, call: Call): T {
  const asked = { ...call, isWrite: call.method !== "GET", declinedWaitMs: 0 };
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    throw unreadable(
      asked,
      answer.status,
      answer.text === "" ? "the answer was empty" : "the answer was not JSON, or cut off",
    );
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(
    asked,
    answer.status,
    `${issue?.path.join(".") || "the answer"}: ${issue?.message ?? "unknown shape"}`,
  );
}

/** Rows of a list. A row with a member of an unknown shape keeps its place: see `readRow`. */
export async function readRows<Row>(
  send: Send,
  call: Call,
  schema: z.ZodType<Row>,
  answeredAt?: (serverTimeMs: number) => void,
): Promise<Row[]> {
  const answer = answered(await send(call), call);
  const time = timeOf(answer);
  if (time !== undefined) answeredAt?.(time);
  const rows = parseAnswer(answer, z.array(z.looseObject({})), call);
  return rows.map((raw) => readRow(raw, schema));
}

/**
 * One bad member must not hold up a page of others (I12): members that cannot be read are left out of the row and named in
 * `unreadable`. Every member of our shapes is optional, so this ends with a row.
 */
function readRow<Row>(raw: Record<string, unknown>, schema: z.ZodType<Row>): Row {
  const rest = { ...raw };
  const unreadable: UnreadableMember[] = [];
  for (;;) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return unreadable.length === 0 ? parsed.data : { ...parsed.data, unreadable };
    const [issue] = parsed.error.issues;
    const member = String(issue?.path[0] ?? "");
    if (!Object.hasOwn(rest, member)) throw parsed.error;
    unreadable.push({ field: issue?.path.join(".") ?? member, reason: issue?.message ?? "unknown shape" });
    Reflect.deleteProperty(rest, member);
  }
}

/** The server's own clock when it answered, in whole seconds; undefined where it does not tell. */
export function timeOf({ headers }: HttpAnswer): number | undefined {
  const time = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(time) ? undefined : time;
}

export function answered(answer: HttpAnswer | undefined, call: Call): HttpAnswer {
  if (answer) return answer;
  throw new ConnectorError("internal.defect", { message: `No answer to ${call.subject}.` });
}

/**
 * One record with everything expanded, or undefined when Acumatica has none. Keys that cannot travel in a path are
 * looked up by filter first and read by id then (facts: acumatica 2.2).
 */
export async function readOne<Row extends AnyRow>(
  send: Send,
  site: Site,
  reading: Reading<Row>,
  keys: readonly string[],
  id?: string,
): Promise<Row | undefined> {
  const { entity, schema } = reading;
  const path = keyPath(keys) ?? id ?? (await findId(send, site, reading, keys));
  if (path === undefined) return undefined;
  const url = site.entity(entity, path, { expand: [...reading.expand, ...reading.expandAlone] });
  const call: Call = { ...entityCall(site, entity, url), mayBeMissing: true };
  const answer = await send(call);
  if (!answer) return undefined;
  const row = parseAnswer(answer, schema, call);
  if (reading.keysOf(row).some((key) => !key)) {
    const asked = { ...call, isWrite: false, declinedWaitMs: 0 };
    throw unreadable(asked, answer.status, "the record came without its key");
  }
  return row;
}

async function findId<Row extends AnyRow>(
  send: Send,
  site: Site,
  reading: Reading<Row>,
  keys: readonly string[],
): Promise<string | undefined> {
  const values = Object.fromEntries(reading.keys.map((name, index) => [name, keys[index] ?? ""]));
  const url = site.entity(reading.entity, undefined, { filter: equals(values), select: reading.keys, top: 1 });
  const [row] = await readRows(send, entityCall(site, reading.entity, url), reading.schema);
  return row?.id;
}

/** What is read to learn whether the user may: one row of each entity the connector needs. */
const neededEntities: Readonly<Record<string, readonly string[]>> = {
  SalesOrder: ["OrderType", "OrderNbr"],
  Shipment: ["ShipmentNbr"],
  StockItem: ["InventoryID"],
  Customer: ["CustomerID"],
  ShipVia: ["CarrierID"],
  ShippingBox: ["BoxID"],
};

/** One row's keys of each entity; the error of each read is kept with it. */
export async function readRights(
  send: Send,
  site: Site,
): Promise<{ entity: string; error: ConnectorError | undefined }[]> {
  const rights: { entity: string; error: ConnectorError | undefined }[] = [];
  for (const [entity, select] of Object.entries(neededEntities)) {
    const call = entityCall(site, entity, site.entity(entity, undefined, { select, top: 1 }));
    rights.push({ entity, error: await errorOf(() => readRows(send, call, z.looseObject({}))) });
  }
  return rights;
}

async function errorOf(read: () => Promise<unknown>): Promise<ConnectorError | undefined> {
  try {
    await read();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    // A list that cannot be optimised is still one that may be read, record by record.
    return thrown.code === "acumatica.list-unsupported" ? undefined : thrown;
  }
}

const offer = z.object({ name: z.string(), version: z.string() });
const endpointList = z.union([
  z.array(offer).transform((endpoints) => ({ build: undefined, endpoints })),
  z
    .object({
      version: z.object({ acumaticaBuildVersion: z.string().optional() }).nullish(),
      endpoints: z.array(offer),
    })
    .transform(({ version, endpoints }) => ({ build: version?.acumaticaBuildVersion, endpoints })),
]);

/** What the site's clock says, by the one call that needs no sign-in. */
export async function readServerTime(send: Send, site: Site): Promise<number | undefined> {
  const call: Call = { method: "GET", url: site.endpoints, subject: "the list of endpoints", place: "site" };
  return timeOf(answered(await send(call), call));
}

/** Newer builds wrap the rows and name the build, older ones answer with the bare rows (facts: acumatica 1.1). */
export async function readEndpoints(
  send: Send,
  site: Site,
): Promise<{ build: string | undefined; endpoints: EndpointOffer[] }> {
  const call: Call = { method: "GET", url: site.endpoints, subject: "the list of endpoints", place: "site" };
  return parseAnswer(answered(await send(call), call), endpointList, call);
}

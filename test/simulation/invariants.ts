import { sql } from "kysely";
import type { Db } from "../../src/ledger/schema.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Call } from "./network.ts";

/** A promise of failures 3.2 that was broken. */
export interface Violation {
  id: string;
  text: string;
}

export const done = new Set(["Confirmed", "Invoiced", "Partially Invoiced", "Completed", "Receipted"]);
/** A void is looked for again before each confirmation, and sent after it; what happens in these seconds a person settles. */
const voidSeenWithinMs = 20_000;

/** One connection and both its systems; what the database says is asked outside of the simulation. */
export interface Checked {
  db: Db;
  connectionId: string;
  sandbox: Sandbox;
  /** Writes to these given up by their sender and still to be carried out. */
  late: () => Iterable<Call>;
  fail: (id: string, text: string) => void;
  /** Orders whose transaction committed after others had read past it: the overlap finds them, no cursor can. */
  isLate: (orderNbr: string) => boolean;
  /** When each write was stored as about to be sent, in the world's time. */
  dispatches: Map<string, number>;
  /** How long ShipStation hides what is new. */
  listLagMs: number;
}

/** What was stored is sent within five seconds, or not at all (failures 3.4); a request needs a moment to leave. */
const sentWithinMs = 6_000;

interface Dispatched {
  effect_key: string;
  kind: string;
  key: string;
  attempt: number;
}
const nameOfDispatch = ({ effect_key, kind, key, attempt }: Dispatched): string =>
  `${kind} ${key} ${effect_key} ${attempt}`;

/** When a write was stored as about to be sent: by whoever had the record then (I9). */
export async function checkDispatched(at: Checked, now: number): Promise<void> {
  for (const row of await dispatchedNow(at)) {
    const name = nameOfDispatch(row);
    if (at.dispatches.has(name)) continue;
    at.dispatches.set(name, now);
    if (!row.fits) at.fail("I9", `${name} is stored by a worker that lost the record`);
  }
}

const dispatchedNow = async (at: Checked): Promise<(Dispatched & { fits: boolean })[]> =>
  (
    await sql<Dispatched & { fits: boolean }>`
    select e.effect_key, e.kind, e.key, e.attempt, e.fence = r.fence as fits
      from effects e join records r on r.connection_id = e.connection_id and r.kind = e.kind and r.key = e.key
     where e.connection_id = ${at.connectionId} and e.state = 'dispatched'`.execute(at.db)
  ).rows;

/** The database is an older one now: what it takes for dispatched was sent long ago, if ever. */
export async function forgetDispatches(at: Checked): Promise<void> {
  at.dispatches.clear();
  for (const row of await dispatchedNow(at)) at.dispatches.set(nameOfDispatch(row), -Infinity);
}

const isFresh = (at: Checked, row: Dispatched, now: number): boolean =>
  now - (at.dispatches.get(nameOfDispatch(row)) ?? -Infinity) <= sentWithinMs;

/** Before the first byte of a write: I1, I4, I8, I9. */
export async function checkSending(at: Checked, call: Call, now: number): Promise<void> {
  if (!call.isWrite) return;
  if (/\/v2\/labels|createlabel/.test(call.path)) at.fail("I14", `a label was asked for: ${call.path}`);
  if (call.system === "shipstation" && call.path.startsWith("/orders/createorder"))
    await checkOrderWrite(at, call, now);
  if (call.system === "acumatica" && call.path.includes("/shipment")) await checkShipmentWrite(at, call, now);
}

interface SentOrder {
  orderKey?: string;
  orderId?: number;
}

async function checkOrderWrite(at: Checked, call: Call, now: number): Promise<void> {
  const body = JSON.parse(call.body) as SentOrder | SentOrder[];
  for (const order of Array.isArray(body) ? body : [body]) {
    const rows = await sql<{
      link: string | null;
      effect_key: string | null;
      kind: string;
      key: string;
      attempt: number;
    }>`
      select l.remote_id as link, e.effect_key, r.kind, r.key, e.attempt
        from records r
        left join links l on l.connection_id = r.connection_id and l.kind = 'order' and l.key = r.key
        left join effects e on e.connection_id = r.connection_id and e.kind = 'order' and e.key = r.key and e.state = 'dispatched'
       where r.connection_id = ${at.connectionId} and r.kind = 'order' and r.remote_key = ${order.orderKey ?? ""}`.execute(
      at.db,
    );
    const [row] = rows.rows;
    if (row?.link != null && order.orderId === undefined) {
      at.fail("I1", `order ${order.orderKey} is linked to ${row.link} and is created again`);
    }
    if (!row || row.effect_key === null) at.fail("I8", `order ${order.orderKey} is sent without a dispatched effect`);
    else if (!isFresh(at, { ...row, effect_key: row.effect_key }, now))
      at.fail("I9", `order ${order.orderKey} is sent long after it was stored`);
  }
}

interface SentShipment {
  ShipmentNbr?: { value: string };
  Description?: { value: string };
  Details?: { OrderNbr?: { value: string } }[];
  entity?: { ShipmentNbr?: { value: string } };
}

async function checkShipmentWrite(at: Checked, call: Call, now: number): Promise<void> {
  const body = JSON.parse(call.body) as SentShipment;
  const open = await sql<Dispatched & { order_key: string; state: string }>`
    select e.effect_key, e.kind, e.key, e.attempt, r.parent_key as order_key, e.state
      from effects e join records r on r.connection_id = e.connection_id and r.kind = e.kind and r.key = e.key
     where e.connection_id = ${at.connectionId} and e.kind = 'label' and e.state in ('dispatched', 'in_doubt')`.execute(
    at.db,
  );
  const number = (body.entity ?? body).ShipmentNbr?.value.trim();
  const isConfirm = call.path.endsWith("/confirmshipment");
  const orders = number === undefined ? ordersOf(body) : ordersOfShipment(at, number);
  // Of a shipment that a person has deleted a moment ago the ERP tells no order.
  const isOfDeleted = (key: string): boolean =>
    orders.length === 0 && number !== undefined && key.includes(`:${number}`);
  const mine = open.rows.filter(
    ({ order_key, effect_key }) => orders.includes(order_key.split("/")[1] ?? "") || isOfDeleted(effect_key),
  );
  const what = isConfirm ? "confirm" : number === undefined ? "create" : "package";
  const dispatched = mine.filter(({ state }) => state === "dispatched");
  if (dispatched.length === 0) at.fail("I8", `a ${what} of ${orders.join()} is sent without a dispatched effect`);
  else if (!dispatched.some((row) => isFresh(at, row, now)))
    at.fail("I9", `a ${what} of ${orders.join()} is sent long after it was stored`);
  if (!isConfirm) return;
  checkVoided(at, number);
  const doubtful = mine.filter(({ effect_key }) => !effect_key.startsWith("acu-confirm:"));
  const warehouse = at.sandbox.acumatica.tables.shipments.find((row) => row.ShipmentNbr === number)?.WarehouseID.trim();
  if (doubtful.some(({ effect_key }) => isOfWarehouse(effect_key, warehouse))) {
    at.fail("I4", `shipment ${number} is confirmed while ${doubtful.map((one) => one.effect_key).join()} is open`);
  }
  for (const late of at.late()) {
    if (late.system !== "acumatica" || !late.isWrite || late.path.endsWith("/confirmshipment")) continue;
    const sent = JSON.parse(late.body) as SentShipment;
    if (sent.ShipmentNbr === undefined && sent.Details && ordersOf(sent).some((order) => orders.includes(order))) {
      if (late.body.includes(`"${warehouse}"`))
        at.fail("I4", `shipment ${number} is confirmed while a create may still come`);
    }
  }
}

/** A label voided some time ago is not shipped any more: I2. */
function checkVoided(at: Checked, number: string | undefined): void {
  const { acumatica, shipstation, clock } = at.sandbox;
  const shipment = acumatica.tables.shipments.find((row) => row.ShipmentNbr === number);
  const trackings = new Set(shipment?.Packages.map(({ TrackingNbr }) => TrackingNbr?.trim()));
  for (const { shipmentId, trackingNumber, voidedAt } of shipstation.tables.shipments.values()) {
    if (voidedAt === null || !trackings.has(trackingNumber) || clock.now() - voidedAt < voidSeenWithinMs) continue;
    at.fail("I2", `shipment ${number} is confirmed with label ${shipmentId}, voided ${clock.now() - voidedAt} ms ago`);
  }
}

/** Effect keys of creates name the plan, and the plan's name the warehouse; others concern every warehouse. */
const isOfWarehouse = (effectKey: string, warehouse: string | undefined): boolean =>
  !effectKey.startsWith("acu-create:") || warehouse === undefined || effectKey.includes(`@${warehouse}:`);

const ordersOf = (body: SentShipment): string[] => [
  ...new Set((body.Details ?? []).flatMap(({ OrderNbr }) => OrderNbr?.value.trim() ?? [])),
];

const ordersOfShipment = (at: Checked, number: string): string[] => {
  const shipment = at.sandbox.acumatica.tables.shipments.find((row) => row.ShipmentNbr === number);
  return [...new Set((shipment?.Details ?? []).map(({ OrderNbr }) => OrderNbr.trim()))];
};

/** After a write was carried out, whatever its sender knows of it: I1, I2, I3, I14, I15, from both systems' own tables. */
export function checkTablesNow(at: Checked): void {
  const { acumatica, shipstation } = at.sandbox;
  const live = new Map<string, number>();
  for (const order of shipstation.tables.orders.values()) {
    if (order.deletedAt !== null || order.parentId !== null || order.orderKey === "") continue;
    live.set(order.orderKey, (live.get(order.orderKey) ?? 0) + 1);
  }
  for (const [key, count] of live) if (count > 1) at.fail("I1", `order ${key} is in ShipStation ${count} times`);

  const trackings = new Map<string, string[]>();
  const sets = new Map<string, string[]>();
  for (const shipment of acumatica.tables.shipments) {
    const marked = /\[SS ([^\]]+)\]/.exec(shipment.Description ?? "")?.[1];
    if (marked !== undefined) push(sets, `${marked} of ${shipment.WarehouseID.trim()}`, shipment.ShipmentNbr);
    for (const { TrackingNbr } of shipment.Packages) {
      if (TrackingNbr) push(trackings, TrackingNbr.trim(), shipment.ShipmentNbr);
    }
  }
  for (const [tracking, numbers] of trackings) {
    if (numbers.length > 1) at.fail("I2", `tracking ${tracking} is in the packages of ${numbers.join(" and ")}`);
  }
  for (const [labels, numbers] of sets) {
    if (numbers.length > 1) at.fail("I3", `labels ${labels} are shipped by ${numbers.join(" and ")}`);
  }
  if (acumatica.tables.carrierLabels.length > 0) at.fail("I14", "the ERP bought a label");
  for (const { OrderNbr, Details } of acumatica.tables.salesOrders) {
    for (const line of Details) {
      if (line.closedQty > line.OrderQty + 1e-9) {
        at.fail("I15", `line ${line.LineNbr} of ${OrderNbr}: ${line.closedQty} of ${line.OrderQty} are shipped`);
      }
    }
  }
}

const push = (into: Map<string, string[]>, key: string, value: string): void => {
  into.set(key, [...(into.get(key) ?? []), value]);
};

/** A cursor never passes what is not stored: I7. */
export async function checkCursors(at: Checked): Promise<void> {
  const { rows: all } = await sql<{ stream: string; key: string; position: Date | null }>`
    select stream, '' as key, position from cursors
     where connection_id = ${at.connectionId} and stream in ('acumatica.orders', 'shipstation.shipments')
    union all
    select kind, key, null from records where connection_id = ${at.connectionId} and kind in ('order', 'label')`.execute(
    at.db,
  );
  const rows = all.flatMap(({ stream, position }) => (position ? [{ stream, position }] : []));
  const known = new Set(all.map(({ stream, key }) => `${stream} ${key}`));
  for (const { stream, position } of rows) {
    const passed = position.getTime();
    if (stream === "acumatica.orders") {
      for (const { OrderType, OrderNbr, LastModified } of at.sandbox.acumatica.tables.salesOrders) {
        if (LastModified >= passed || known.has(`order ${OrderType}/${OrderNbr}`)) continue;
        if (!at.isLate(OrderNbr)) at.fail("I7", `the cursor has passed order ${OrderNbr}, which is not stored`);
      }
    } else {
      for (const label of at.sandbox.shipstation.tables.shipments.values()) {
        if (label.createdAt >= passed - at.listLagMs || known.has(`label S${label.shipmentId}`)) continue;
        if (hasVanished(at, label.orderId)) continue;
        at.fail("I7", `the cursor has passed label ${label.shipmentId}, which is not stored`);
      }
    }
  }
}

/** A confirmed shipment that bears our mark holds what its labels hold: I3, I15. */
export function checkConfirmed(at: Checked): void {
  const { acumatica, shipstation } = at.sandbox;
  for (const shipment of acumatica.tables.shipments) {
    const marked = /\[SS ([^\]]+)\]/.exec(shipment.Description ?? "")?.[1];
    if (marked === undefined || !done.has(shipment.Status)) continue;
    const ids = marked.split(" ").filter((id) => id.startsWith("S"));
    const labels = ids.flatMap((id) => shipstation.tables.shipments.get(Number(id.slice(1))) ?? []);
    if (labels.length !== ids.length || labels.length === 0) continue;
    const reported = labels.flatMap(({ items }) => items).reduce((sum, { quantity }) => sum + quantity, 0);
    const shipped = shipment.Details.reduce((sum, { ShippedQty }) => sum + ShippedQty, 0);
    if (shipped > reported + 1e-9) {
      at.fail("I15", `shipment ${shipment.ShipmentNbr} ships ${shipped} pieces, its labels hold ${reported}`);
    }
  }
}

/** With an order that was combined into another its labels vanish from the API (facts: shipstation 2.9): nobody can read them any more. */
export const hasVanished = (at: Checked, orderId: number | null): boolean =>
  orderId !== null && at.sandbox.shipstation.tables.orders.get(orderId)?.mergedInto != null;

import { sql } from "kysely";
import { verifyAudit } from "../../src/ledger/audit-verify.ts";
import type { Db } from "../../src/ledger/schema.ts";
import { done, hasVanished, type Checked } from "./invariants.ts";

/** Orders and labels on their way. A label behind an earlier shipment that was left to a person is in that person's hands, too. */
export async function openRecords(db: Db, connectionId?: string) {
  const { rows } = await sql<{
    kind: string;
    key: string;
    state: string;
    reason_code: string | null;
    due_at: Date | null;
  }>`
    select kind, key, state, reason_code, due_at from records r
     where kind in ('order', 'label') and state in ('Prepared', 'Failed', 'Waiting')
       and connection_id = coalesce(${connectionId ?? null}, connection_id)
       and not (reason_code is not distinct from 'earlier-shipment' and exists (
         select from records e where e.connection_id = r.connection_id and e.kind = 'label' and e.parent_key = r.parent_key
                                 and e.state = 'Aborted'))
     order by kind, key`.execute(db);
  return rows;
}

/** At the end, with everything settled: I5, I11, I12, and that all of it is where it belongs. */
export async function checkEnd(
  at: Checked,
  isTouched: (orderNumber: string) => boolean,
  mayAbort: boolean,
): Promise<void> {
  const records = await at.db
    .selectFrom("records")
    .select(["kind", "key", "state", "reason_code", "reason_text", "parent_key", "problems", "due_at"])
    .where("kind", "in", ["order", "label"])
    .where("connection_id", "=", at.connectionId)
    .execute();
  for (const { kind, key, state, reason_code, due_at } of await openRecords(at.db, at.connectionId)) {
    at.fail("I12", `${kind} ${key} is still ${state} (${reason_code}), due ${due_at?.toISOString()}`);
  }
  for (const { kind, key, state, reason_code } of records) {
    if (state === "Aborted" && reason_code === null) at.fail("I12", `${kind} ${key} is Aborted without a reason`);
  }
  await checkAudit(at);
  await checkLinks(at);
  checkFulfillments(at, records);
  checkOrders(at, records, isTouched, mayAbort);
  checkLabels(at, records, isTouched, mayAbort);
  for (const { findings } of await verifyAudit(at.db, {})) {
    for (const { text } of findings) at.fail("I11", text);
  }
  const open = await at.db
    .selectFrom("effects")
    .leftJoin("records", (join) =>
      join
        .onRef("records.connection_id", "=", "effects.connection_id")
        .onRef("records.kind", "=", "effects.kind")
        .onRef("records.key", "=", "effects.key"),
    )
    .select(["effects.effect_key", "effects.state", "records.state as record_state"])
    .where("effects.state", "in", ["dispatched", "in_doubt"])
    .where("effects.connection_id", "=", at.connectionId)
    .execute();
  for (const { effect_key, state, record_state } of open) {
    // A person has it in hand, and only what is theirs.
    if (record_state !== "Aborted") at.fail("I12", `effect ${effect_key} is ${state} for good`);
  }
}

/** What an order's record is linked to has its key: I1. */
async function checkLinks(at: Checked): Promise<void> {
  const { rows } = await sql<{ key: string; remote_id: string; remote_key: string | null }>`
    select l.key, l.remote_id, r.remote_key
      from links l join records r on r.connection_id = l.connection_id and r.kind = l.kind and r.key = l.key
     where l.connection_id = ${at.connectionId} and l.kind = 'order' and l.system = 'shipstation'`.execute(at.db);
  for (const { key, remote_id, remote_key } of rows) {
    const order = at.sandbox.shipstation.tables.orders.get(Number(remote_id));
    if (order?.deletedAt !== null || order.orderKey === "" || order.orderKey === remote_key) continue;
    at.fail("I1", `order ${key} is linked to ${remote_id}, which has the key ${order.orderKey}`);
  }
}

/** Whatever state a record is in, the last word of its audit trail says so: I11. */
async function checkAudit(at: Checked): Promise<void> {
  const { rows } = await sql<{ kind: string; key: string; state: string; told: string | null }>`
    select r.kind, r.key, r.state,
           (select a.detail->>'state' from audit a
             where a.connection_id = r.connection_id and a.kind = r.kind and a.key = r.key and a.detail ? 'state'
             order by a.seq desc limit 1) as told
      from records r where r.connection_id = ${at.connectionId} and r.kind in ('order', 'label')`.execute(at.db);
  for (const { kind, key, state, told } of rows) {
    if (state !== told) at.fail("I11", `${kind} ${key} is ${state}, and the last its audit trail tells is ${told}`);
  }
}

/** An order marked as shipped is known as well: I5. */
function checkFulfillments(at: Checked, records: Row[]): void {
  for (const { fulfillmentId } of at.sandbox.shipstation.tables.fulfillments.values()) {
    const isKnown = records.some(({ kind, key }) => kind === "label" && key === `F${fulfillmentId}`);
    if (!isKnown) at.fail("I5", `fulfillment ${fulfillmentId} is not known`);
  }
}

type Row = { kind: string; key: string; state: string; reason_code: string | null; reason_text: string | null };

function checkOrders(at: Checked, records: Row[], isTouched: (nbr: string) => boolean, mayAbort: boolean): void {
  const orders = [...at.sandbox.shipstation.tables.orders.values()];
  for (const erp of at.sandbox.acumatica.tables.salesOrders) {
    if (["Canceled", "On Hold"].includes(erp.Status) || isTouched(erp.OrderNbr)) continue;
    const record = records.find(({ kind, key }) => kind === "order" && key === `${erp.OrderType}/${erp.OrderNbr}`);
    if (!record) at.fail("I7", `order ${erp.OrderNbr} is not known`);
    else if (record.state === "Aborted" && !mayAbort) {
      at.fail(
        "I12",
        `order ${erp.OrderNbr} is left to a person for no reason of theirs: ${record.reason_code} ${record.reason_text}`,
      );
    } else if (record.state === "Processed" && !orders.some(({ orderKey }) => orderKey === erp.OrderNbr)) {
      at.fail("I1", `order ${erp.OrderNbr} is said to be Processed and is not in ShipStation`);
    }
  }
}

function checkLabels(at: Checked, records: Row[], isTouched: (nbr: string) => boolean, mayAbort: boolean): void {
  const { acumatica, shipstation } = at.sandbox;
  for (const label of shipstation.tables.shipments.values()) {
    if (label.voidedAt !== null || label.isReturnLabel) continue;
    const record = records.find(({ kind, key }) => kind === "label" && key === `S${label.shipmentId}`);
    if (!record && hasVanished(at, label.orderId)) continue;
    if (!record) {
      at.fail("I5", `label ${label.shipmentId} of ${label.orderNumber} is not known`);
      continue;
    }
    const holders = acumatica.tables.shipments.filter(({ Packages }) =>
      Packages.some(({ TrackingNbr }) => TrackingNbr?.trim() === label.trackingNumber),
    );
    const isShipped = holders.length === 1 && done.has(holders[0]!.Status);
    if (record.state === "Processed" && !isShipped) {
      at.fail(
        "I5",
        `label ${label.shipmentId} is said to be Processed and its tracking number is in ${holders.map((one) => `${one.ShipmentNbr} (${one.Status})`).join() || "no shipment"}`,
      );
    }
    if (isTouched(label.orderNumber) || mayAbort) continue;
    if (record.state !== "Processed") {
      at.fail(
        "I12",
        `label ${label.shipmentId} of ${label.orderNumber} is ${record.state}: ${record.reason_code} ${record.reason_text}`,
      );
    }
  }
}

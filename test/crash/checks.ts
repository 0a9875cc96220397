import { verifyAudit } from "../../src/ledger/audit-verify.ts";
import type { Db } from "../../src/ledger/schema.ts";
import type { Verdict } from "../../src/sandbox/check.ts";
import type { SandboxProcess } from "../support/service.ts";
import type { ErpOrder, LabelView, ShipStationOrder } from "./people.ts";

interface Tables {
  known: ShipStationOrder[];
  orders: ErpOrder[];
  labels: LabelView[];
}

async function tablesOf(sandbox: SandboxProcess): Promise<Tables> {
  const [{ orders: known }, { orders }, { labels }] = await Promise.all([
    sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders"),
    sandbox.get<{ orders: ErpOrder[] }>("/orders"),
    sandbox.get<{ labels: LabelView[] }>("/shipstation/labels"),
  ]);
  return { known, orders, labels };
}

const repeated = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];

/**
 * What must hold at every moment, seen in the two systems' own tables: nothing is there twice. Orders that were deleted count, too:
 * none was made and taken back.
 */
export async function whatIsTwice(sandbox: SandboxProcess): Promise<string[]> {
  const { known, orders } = await tablesOf(sandbox);
  const packed = orders.flatMap(({ shipments }) => shipments.flatMap(({ packages }) => packages));
  const tracking = packed.flatMap((entry) => (entry.tracking === null ? [] : [entry.tracking]));
  const overshipped = orders.flatMap(({ number, lines, shipments }) =>
    lines.flatMap(({ line, quantity }) => {
      const rows = shipments.flatMap((shipment) => shipment.lines.filter((row) => row.order === number));
      const shipped = rows.filter((row) => row.line === line).reduce((sum, row) => sum + row.quantity, 0);
      return shipped > quantity ? [`order ${number} line ${line}: ${shipped} of ${quantity} are in shipments`] : [];
    }),
  );
  const tooMany = orders.flatMap(({ number, lines, shipments }) => {
    const warehouses = new Set(lines.map((line) => line.warehouse)).size;
    return shipments.length > warehouses ? [`order ${number} has ${shipments.length} shipments`] : [];
  });
  return [
    ...repeated(known.map((order) => order.orderKey)).map((key) => `order ${key} is in ShipStation twice`),
    ...repeated(tracking).map((number) => `tracking ${number} is in the ERP twice`),
    ...overshipped,
    ...tooMany,
  ];
}

/** What must hold once all is done: nothing is missing either, and each system says the same as the other. */
export async function whatIsMissing(sandbox: SandboxProcess): Promise<string[]> {
  const { known, orders, labels } = await tablesOf(sandbox);
  const verdict = await sandbox.get<Verdict>("/check");
  const unfinished = orders.flatMap(({ number, lines, shipments }) => [
    ...lines.filter(({ open }) => open !== 0).map(({ line }) => `order ${number} line ${line} is not all shipped`),
    ...shipments
      .filter(({ status }) => status !== "Confirmed")
      .map((shipment) => `shipment ${shipment.number} of order ${number} is ${shipment.status}`),
  ]);
  const packed = new Set(
    orders.flatMap(({ shipments }) => shipments.flatMap(({ packages }) => packages.map((entry) => entry.tracking))),
  );
  const lost = labels.filter(({ voided, trackingNumber }) => !voided && !packed.has(trackingNumber));
  const wrong = labels.filter(({ voided, trackingNumber }) => voided && packed.has(trackingNumber));
  const there = new Set(known.map(({ orderKey }) => orderKey));
  const isAllShipped = verdict.shipped === verdict.orders && verdict.orders === orders.length;
  return [
    ...verdict.problems,
    ...(isAllShipped ? [] : [`${verdict.shipped} of ${orders.length} orders are shipped`]),
    ...orders.filter(({ number }) => !there.has(number)).map(({ number }) => `order ${number} is not in ShipStation`),
    ...unfinished,
    ...lost.map(({ trackingNumber }) => `tracking ${trackingNumber} is not in the ERP`),
    ...wrong.map(({ trackingNumber }) => `tracking ${trackingNumber} was voided and is in the ERP`),
  ];
}

/** What the ledger has not brought to an end, or not truly told. */
export async function whatIsLeft(db: Db): Promise<string[]> {
  const effects = await db
    .selectFrom("effects")
    .select(["effect_key", "state", "quarantine_until"])
    .where("state", "in", ["planned", "dispatched", "in_doubt", "parked"])
    .execute();
  const records = await db
    .selectFrom("records")
    .select(["kind", "key", "state", "reason_code", "due_at"])
    .where("kind", "in", ["order", "label"])
    .where("state", "not in", ["Processed", "Filtered"])
    .execute();
  const plans = await db.selectFrom("shipment_plans").select("plan_id").where("state", "=", "frozen").execute();
  const chains = await verifyAudit(db, {});
  return [
    ...effects.map(
      (row) => `effect ${row.effect_key} is ${row.state} until ${row.quarantine_until?.toISOString() ?? ""}`,
    ),
    ...records.map(
      (row) =>
        `${row.kind} ${row.key} is ${row.state} (${row.reason_code ?? ""}), due ${row.due_at?.toISOString() ?? "never"}`,
    ),
    ...plans.map((row) => `plan ${row.plan_id} is not confirmed`),
    ...chains.flatMap(({ findings }) => findings.map(({ text }) => `audit: ${text}`)),
  ];
}

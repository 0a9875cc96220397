import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { sameDecimal, sumOf } from "./decimals.ts";
import { allLabelIds, isPackageMark, markedLabels, packageMark, signerOf } from "./shipment-mark.ts";
import type { ErpShipment, ShipmentPlan } from "./shipments.ts";
import { isDone, statusOf } from "./shipment-gate.ts";

export type ShipmentMatch =
  | { kind: "adopt"; number: string; by: "mark" | "tracking" | "same-lines" }
  | { kind: "create" }
  | { kind: "person"; code: ErrorCode; problems: Problem[] };

/** Tracking numbers compare without blanks and case: people type them so. */
export const sameTracking = (left: string | undefined, right: string | undefined): boolean =>
  trackingKey(left) !== "" && trackingKey(left) === trackingKey(right);
const trackingKey = (text: string | undefined): string => (text ?? "").replaceAll(/\s/g, "").toUpperCase();

/**
 * Look for the plan's shipment among the order's before one is made (step 1 of the write path): by our mark, by a tracking number of
 * ours, else a plain open shipment with exactly these lines. Several of a kind are left to a person, and so is an open shipment with
 * other lines: Acumatica takes one open shipment per order and warehouse, so a create would be refused.
 *
 * `candidates`: shipments of any status, with lines and packages. Those of other warehouses and orders are passed over: a parcel with
 * goods of two warehouses, or of two combined orders, marks the shipments of both.
 */
export function matchShipment(plan: ShipmentPlan, candidates: ErpShipment[]): ShipmentMatch {
  const own = candidates.filter((candidate) => isOfWarehouse(plan, candidate));
  const ofOrder = own.filter(({ lines }) => lines.some((line) => isOfOrder(plan, line)));
  const foreign = ofOrder.filter(
    (candidate) => statusOf(candidate.status) !== "cancelled" && isForeign(plan, candidate),
  );
  if (foreign.length > 0) return madeByOthers(foreign);
  // A marked shipment whose lines somebody deleted is still ours; a second one must not be made beside it.
  const marked = own.filter(
    (candidate) => bearsMark(plan, candidate) && (candidate.lines.length === 0 || ofOrder.includes(candidate)),
  );
  if (marked.length > 0) return onlyOne(marked, "mark", "bear the mark of these labels");
  const tracked = ofOrder.filter((candidate) => bearsTracking(plan, candidate));
  if (tracked.length > 0) return onlyOne(tracked, "tracking", "bear a tracking number of these labels");
  const open = ofOrder.filter(({ status }) => !isDone(status) && statusOf(status) !== "cancelled");
  const alike = open.filter((candidate) => isPlain(candidate) && hasSameLines(plan, candidate));
  if (open.length > alike.length) return ambiguous(open, "are open for this order and warehouse");
  return alike.length > 0 ? onlyOne(alike, "same-lines", "are open with exactly these lines") : { kind: "create" };
}

/** Those of an order's shipments that hold parcels of the plan, by mark or tracking number. */
export const shipmentsOfPlan = (plan: ShipmentPlan, candidates: readonly ErpShipment[]): ErpShipment[] =>
  candidates.filter(
    (candidate) =>
      isOfWarehouse(plan, candidate) &&
      statusOf(candidate.status) !== "cancelled" &&
      (bearsMark(plan, candidate) ||
        (candidate.lines.some((line) => isOfOrder(plan, line)) && bearsTracking(plan, candidate))),
  );

function onlyOne(found: readonly ErpShipment[], by: "mark" | "tracking" | "same-lines", what: string): ShipmentMatch {
  const [only, ...others] = found;
  return only && others.length === 0 ? { kind: "adopt", number: only.number, by } : ambiguous(found, what);
}

function ambiguous(found: readonly ErpShipment[], what: string): ShipmentMatch {
  return {
    kind: "person",
    code: "shipment.ambiguous",
    problems: [
      {
        field: "ShipmentNbr",
        found: `${found.map(({ number, status }) => `${number} (${status})`).join(", ")} ${what}`,
        cure: "Confirm, correct or delete the shipment that is not meant on the Shipments form (SO302000), then replay.",
      },
    ],
  };
}

/** Another connector ships this order: which of the two is to go on a person must say (failures 3.4 (d)). */
function madeByOthers(foreign: readonly ErpShipment[]): ShipmentMatch {
  return {
    kind: "person",
    code: "shipment.foreign-mark",
    problems: foreign.map(({ number, status, description }) => ({
      field: "Description",
      found: `${number} (${status}): ${description?.trim() ?? ""}`,
      cure:
        "Let one connector alone ship this order. If the other one is gone for good, remove its `[by ...]` from the description on the " +
        "Shipments form (SO302000), then replay; if it is to go on, skip this record.",
    })),
  };
}

function isForeign({ instance }: ShipmentPlan, { description }: ErpShipment): boolean {
  const signer = signerOf(description);
  return instance !== undefined && signer !== undefined && signer !== instance;
}

const sameText = (left: string, right: string): boolean => left.trim().toUpperCase() === right.trim().toUpperCase();

const isOfWarehouse = (plan: ShipmentPlan, { warehouse }: ErpShipment): boolean =>
  warehouse === undefined || sameText(warehouse, plan.warehouse);

const isOfOrder = (plan: ShipmentPlan, line: ErpShipment["lines"][number]): boolean =>
  sameText(line.orderType, plan.orderType) && sameText(line.orderNbr, plan.orderNbr);

function bearsMark(plan: ShipmentPlan, candidate: ErpShipment): boolean {
  const ids = allLabelIds(plan);
  const marks = new Set(ids.map(packageMark));
  if (candidate.packages.some(({ mark }) => marks.has(mark?.trim() ?? ""))) return true;
  return markedLabels(candidate.description).some((id) => ids.includes(id));
}

/** A package that bears the mark of another label of ours is that label's, even under the same (master) tracking number. */
const bearsTracking = (plan: ShipmentPlan, { packages }: ErpShipment): boolean =>
  packages.some(
    ({ mark, tracking }) =>
      !isPackageMark(mark) && plan.packages.some((planned) => sameTracking(planned.tracking, tracking)),
  );

/** Open, not on hold, and nobody has written a tracking number or mark on it: it was made to be packed, by hand or by a process. */
const isPlain = ({ status, hold, description, packages }: ErpShipment): boolean =>
  statusOf(status) === "open" &&
  hold !== true &&
  markedLabels(description).length === 0 &&
  packages.every(({ mark, tracking }) => trackingKey(tracking) === "" && (mark?.trim() ?? "") === "");

/** Whether a shipment holds the plan's lines and quantities, all of them and no others. */
export function hasSameLines(plan: ShipmentPlan, { lines }: ErpShipment): boolean {
  if (!lines.every((line) => isOfOrder(plan, line))) return false;
  const shipped = quantitiesByLine(lines);
  const shippedLines = [...shipped].filter(([, quantity]) => !sameDecimal(quantity, 0));
  return (
    shippedLines.length === plan.lines.length &&
    plan.lines.every(({ lineNbr, quantity }) => sameDecimal(shipped.get(lineNbr) ?? 0, quantity))
  );
}

/** Several shipment rows may ship one order line (one a location or lot). */
export function quantitiesByLine(lines: ErpShipment["lines"]): Map<number, number> {
  const quantities = new Map<number, number>();
  for (const { orderLine, quantity } of lines) {
    quantities.set(orderLine, sumOf([quantities.get(orderLine) ?? 0, quantity]));
  }
  return quantities;
}

import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { sameDecimal } from "./decimals.ts";
import { isPackageMark } from "./shipment-mark.ts";
import { quantitiesByLine, sameTracking } from "./shipment-match.ts";
import type { ErpPackage, ErpShipment, PlannedPackage, ShipmentPlan } from "./shipments.ts";

/** What one parcel needs: nothing, its values written on an existing package row, or a row of its own. */
export type PackageStep =
  | { kind: "none" }
  | { kind: "fill"; id: string; labelId: string }
  | { kind: "append"; labelId: string }
  | { kind: "person"; code: ErrorCode; problems: Problem[] };

const trimmed = (text: string | undefined): string => text?.trim() ?? "";
const isEmpty = ({ mark, tracking }: ErpPackage): boolean => trimmed(mark) === "" && trimmed(tracking) === "";

/**
 * Decide what each planned package needs (step 2 of the write path), in the plan's order. A row with our mark is ours and a row with our
 * tracking number becomes ours; a tracking number we did not write is never overwritten. Rows that Acumatica made itself and
 * nobody filled are used where there are exactly as many as parcels without a row; otherwise a row is appended, which is not
 * repeatable: read again before every try.
 */
export function packageSteps(plan: ShipmentPlan, actual: ErpShipment): PackageStep[] {
  const free = actual.packages.filter(isEmpty);
  const steps = plan.packages.map((planned) => stepFor(planned, plan, actual));
  const rowless = steps.filter((step) => step.kind === "append").length;
  if (free.length !== rowless) return steps;
  return steps.map((step) => {
    if (step.kind !== "append") return step;
    const id = free.shift()?.id;
    return id === undefined ? step : { kind: "fill", id, labelId: step.labelId };
  });
}

function stepFor(planned: PlannedPackage, plan: ShipmentPlan, actual: ErpShipment): PackageStep {
  const { labelId, mark, tracking } = planned;
  const marked = actual.packages.filter((row) => trimmed(row.mark) === mark);
  // Another label's mark makes the row that label's, even under one master tracking number.
  const tracked = actual.packages.filter((row) => sameTracking(row.tracking, tracking) && !isPackageMark(row.mark));
  const [row, ...others] = marked.length > 0 ? marked : tracked;
  if (!row) return { kind: "append", labelId };
  if (others.length > 0)
    return person("Packages", `several packages for label ${labelId}`, "Delete all of them but one");
  if (marked.length > 0) {
    if (sameTracking(row.tracking, tracking)) return { kind: "none" };
    const isOurs = plan.packages.some((other) => sameTracking(other.tracking, row.tracking));
    if (trimmed(row.tracking) !== "" && !isOurs) {
      return person(
        "Packages.TrackingNbr",
        `${trimmed(row.tracking)} instead of ${tracking}`,
        "Somebody changed the tracking number: decide which one is right and enter it",
      );
    }
  } else if (trimmed(row.mark) !== "") {
    return person(
      "Packages.CustomRefNbr1",
      trimmed(row.mark),
      `The package of ${tracking} carries another reference: clear it`,
    );
  }
  return row.id === undefined
    ? person("Packages.id", "nothing", `The package of ${tracking} cannot be addressed: confirm the shipment by hand`)
    : { kind: "fill", id: row.id, labelId };
}

const person = (field: string, found: string, what: string): PackageStep => ({
  kind: "person",
  code: "shipment.read-back-differs",
  problems: [{ field, found, cure: `${what} on the Packages tab of the Shipments form (SO302000), then replay.` }],
});

/** What of a shipment's head is not as planned and can be written: of one that somebody else made, or that a rule of the site changed. */
export interface HeadStep {
  shipVia?: string;
  shippedOn?: string;
  freightCost?: number;
  freightPrice?: number;
  unlimitedPackages?: boolean;
}

/** Undefined where the head is right. A member that the endpoint does not tell is taken to be right: nobody could compare it. */
export function headStep(plan: ShipmentPlan, actual: ErpShipment): HeadStep | undefined {
  const step: HeadStep = {
    ...(plan.shipVia !== undefined && !sameCode(actual.shipVia, plan.shipVia) && { shipVia: plan.shipVia }),
    ...(actual.shippedOn !== undefined && actual.shippedOn !== plan.shippedOn && { shippedOn: plan.shippedOn }),
    ...(differsInCost(plan, actual) && {
      freightCost: plan.freightCost,
      ...(plan.freightPrice !== undefined && { freightPrice: plan.freightPrice }),
    }),
    // Otherwise Acumatica may buy a label of its own on confirmation (facts: acumatica 4.3).
    ...(actual.unlimitedPackages === false && { unlimitedPackages: true }),
  };
  return Object.keys(step).length === 0 ? undefined : step;
}

const sameCode = (left: string | undefined, right: string): boolean =>
  trimmed(left).toUpperCase() === trimmed(right).toUpperCase();

const differsInCost = (plan: ShipmentPlan, actual: ErpShipment): plan is ShipmentPlan & { freightCost: number } =>
  plan.freightCost !== undefined &&
  actual.freightCost !== undefined &&
  !sameDecimal(actual.freightCost, plan.freightCost, 0.005);

/** Acumatica may keep weights to two places only. */
const weightTolerance = 0.0051;

/**
 * Compare the shipment that was read back with the plan; [] means equal, and only then may it be confirmed (I3). Lines, quantities,
 * packages, tracking numbers, marks and weights count. Rows that Acumatica's own packing added and nobody filled do not.
 */
export function compareShipment(plan: ShipmentPlan, actual: ErpShipment): Problem[] {
  const problems: Problem[] = [];
  const differs = (field: string, found: string): void => {
    problems.push({
      field,
      found,
      cure: `Correct shipment ${actual.number} on the Shipments form (SO302000), then replay.`,
    });
  };
  compareLines(plan, actual, differs);
  compareHead(plan, actual, differs);
  const rest = [...actual.packages];
  for (const planned of plan.packages) {
    const index = rest.findIndex((row) => trimmed(row.mark) === planned.mark);
    const [row] = index === -1 ? [] : rest.splice(index, 1);
    if (!row) {
      differs("Packages", `no package marked ${planned.mark} for ${planned.tracking}`);
      continue;
    }
    if (!sameTracking(row.tracking, planned.tracking)) {
      differs("Packages.TrackingNbr", `${trimmed(row.tracking) || "nothing"} instead of ${planned.tracking}`);
    }
    if (planned.weight !== undefined && !sameDecimal(row.weight ?? 0, planned.weight, weightTolerance)) {
      differs("Packages.Weight", `${row.weight ?? "nothing"} instead of ${planned.weight} for ${planned.tracking}`);
    }
  }
  for (const row of rest) {
    if (!isEmpty(row))
      differs("Packages", `a package ${trimmed(row.mark)} ${trimmed(row.tracking)} that no label accounts for`);
  }
  return problems;
}

/** Tracking numbers of the plan that a shipment does not hold, whoever packed it. */
export function missingTracking(plan: ShipmentPlan, actual: ErpShipment): Problem[] {
  return plan.packages
    .filter(({ tracking }) => !actual.packages.some((row) => sameTracking(row.tracking, tracking)))
    .map(({ tracking }) => ({
      field: "Packages.TrackingNbr",
      found: `no package with ${tracking} on the confirmed shipment ${actual.number}`,
      cure: "Use Correct Shipment (SO302000) while it is not invoiced, enter the tracking number and confirm again; then replay.",
    }));
}

/** Carrier and date reach the customer's invoice and the order's history: what was written and not taken over is told. */
function compareHead(plan: ShipmentPlan, actual: ErpShipment, differs: (field: string, found: string) => void): void {
  const step = headStep(plan, actual);
  if (step?.shipVia !== undefined)
    differs("ShipVia", `${trimmed(actual.shipVia) || "nothing"} instead of ${step.shipVia}`);
  if (step?.shippedOn !== undefined)
    differs("ShipmentDate", `${actual.shippedOn ?? "nothing"} instead of ${step.shippedOn}`);
  if (step?.freightCost !== undefined)
    differs("FreightCost", `${actual.freightCost ?? "nothing"} instead of ${step.freightCost}`);
}

function compareLines(plan: ShipmentPlan, actual: ErpShipment, differs: (field: string, found: string) => void): void {
  const same = (left: string, right: string): boolean => trimmed(left).toUpperCase() === trimmed(right).toUpperCase();
  if (actual.warehouse !== undefined && !same(actual.warehouse, plan.warehouse)) {
    differs("WarehouseID", `${trimmed(actual.warehouse)} instead of ${plan.warehouse}`);
  }
  const ours = actual.lines.filter(
    (line) => same(line.orderType, plan.orderType) && same(line.orderNbr, plan.orderNbr),
  );
  for (const line of actual.lines) {
    if (!ours.includes(line))
      differs("Details.OrderNbr", `a line of order ${trimmed(line.orderType)} ${trimmed(line.orderNbr)}`);
  }
  const shipped = quantitiesByLine(ours);
  for (const { lineNbr, quantity } of plan.lines) {
    const found = shipped.get(lineNbr) ?? 0;
    if (!sameDecimal(found, quantity))
      differs("Details.ShippedQty", `${found} instead of ${quantity} of order line ${lineNbr}`);
    shipped.delete(lineNbr);
  }
  for (const [lineNbr, quantity] of shipped) {
    if (!sameDecimal(quantity, 0))
      differs("Details.ShippedQty", `${quantity} of order line ${lineNbr}, which no label ships`);
  }
}

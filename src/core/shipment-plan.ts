import { roundTo, sumOf } from "./decimals.ts";
import type { Problem } from "../lib/problem.ts";
import { readyLabels } from "./label-readiness.ts";
import type { ReadyLabel } from "./label-readiness.ts";
import { chooseBox } from "./ship-via.ts";
import { describeShipment, packageMark } from "./shipment-mark.ts";
import type { ErpOrder, Label, LabelProblem, PlannedPackage, ShipmentPlan, ShipmentSettings } from "./shipments.ts";
import { weightIn } from "./weights.ts";

/**
 * Plan the ERP shipments of one order's labels: one shipment a warehouse, because Acumatica ships from one at a time (facts: acumatica
 * 3.3), one package a label. Give it every label of the order that no earlier plan holds, and the order as it stands after the earlier
 * shipments were confirmed.
 *
 * Never plans more than a line has open (I15). A label with a problem is left out whole and the others go on. The answer does not
 * depend on the order in which the labels come.
 */
export function planShipments(
  order: ErpOrder,
  labels: Label[],
  settings: ShipmentSettings,
): { plans: ShipmentPlan[]; problems: LabelProblem[]; warnings: Problem[] } {
  const { ready, problems } = readyLabels(order, labels, settings);
  const warnings: Problem[] = ready.flatMap(({ warning }) => (warning ? [warning] : []));
  const parcels = housed(ready, warnings);
  const warehouses = new Set(parcels.flatMap(({ home, quantities }) => [home, ...quantities.keys()]));
  const plans = [...warehouses]
    .toSorted()
    .map((warehouse) => planWarehouse(order, warehouse, parcels, settings, warnings));
  return { plans, problems, warnings: distinct(warnings) };
}

/** A label, the warehouse whose shipment holds its package, and its pieces by warehouse. */
interface Parcel {
  ready: ReadyLabel;
  home: string;
  /** Pieces by warehouse, each in a row of line number and quantity. */
  quantities: Map<string, { lineNbr: number; quantity: number }[]>;
}

/**
 * Choose each parcel's home. A tracking number must be in exactly one package (I2), so a parcel with goods of two warehouses is booked
 * where most of its pieces are. A parcel without pieces of its own (a second box of the same order) goes with the first one.
 */
function housed(ready: readonly ReadyLabel[], warnings: Problem[]): Parcel[] {
  const parcels = ready.map((label): Parcel => {
    const quantities: Parcel["quantities"] = new Map();
    for (const { line, quantity } of label.pieces) {
      const warehouse = line.warehouse.trim();
      quantities.set(warehouse, [...(quantities.get(warehouse) ?? []), { lineNbr: line.lineNbr, quantity }]);
    }
    return { ready: label, home: mostPieces(quantities), quantities };
  });
  const first = parcels.find(({ quantities }) => quantities.size > 0);
  for (const parcel of parcels) {
    const { label } = parcel.ready;
    if (parcel.quantities.size === 0 && first) parcel.home = first.home;
    if (parcel.quantities.size > 1) {
      warnings.push({
        field: "WarehouseID",
        found: `label ${label.id} holds goods of ${[...parcel.quantities.keys()].toSorted().join(" and ")}`,
        cure: `Its tracking number is booked on the shipment of ${parcel.home} only; the other shipment names it in its description.`,
      });
    }
  }
  return parcels;
}

function mostPieces(quantities: Parcel["quantities"]): string {
  const counted = [...quantities].map(([warehouse, rows]) => ({
    warehouse,
    pieces: sumOf(rows.map((row) => row.quantity)),
  }));
  counted.sort((left, right) => right.pieces - left.pieces || (left.warehouse < right.warehouse ? -1 : 1));
  return counted[0]?.warehouse ?? "";
}

function planWarehouse(
  order: ErpOrder,
  warehouse: string,
  parcels: readonly Parcel[],
  settings: ShipmentSettings,
  warnings: Problem[],
): ShipmentPlan {
  const here = parcels.filter(({ home }) => home === warehouse);
  const shared = parcels.filter(({ home, quantities }) => home !== warehouse && quantities.has(warehouse));
  const involved = [...here, ...shared];
  const labelIds = idsOf(here);
  const sharedLabelIds = idsOf(shared);
  const recordKey = `${order.orderType}/${order.orderNbr}`;
  const shipVia = shipViaOf(here.length > 0 ? here : shared, warehouse, warnings);
  const freightCost = freightOf(here, settings);
  const freightPrice = freightCost === undefined ? undefined : markedUp(freightCost, settings);
  return {
    id: `${recordKey}@${warehouse}:${[...labelIds, ...sharedLabelIds].toSorted().join("+")}`,
    recordKey,
    orderType: order.orderType,
    orderNbr: order.orderNbr,
    customerId: order.customerId,
    ...(order.locationId !== undefined && { locationId: order.locationId }),
    warehouse,
    labelIds,
    ...(sharedLabelIds.length > 0 && { sharedLabelIds }),
    lines: linesOf(warehouse, involved),
    packages: here
      .map(({ ready }) => packageOf(ready, settings))
      .toSorted((left, right) => (left.labelId < right.labelId ? -1 : 1)),
    ...(shipVia !== undefined && { shipVia }),
    // The shipment is complete when its last parcel left.
    shippedOn:
      involved
        .map(({ ready }) => ready.shippedOn)
        .toSorted()
        .at(-1) ?? "",
    ...(freightCost !== undefined && { freightCost }),
    ...(freightPrice !== undefined && { freightPrice }),
    description: describeShipment(
      [...labelIds, ...sharedLabelIds],
      shared.map(({ ready, home }) => `${ready.tracking} is booked on the shipment of ${home}.`).join(" "),
    ),
  };
}

const idsOf = (parcels: readonly Parcel[]): string[] => parcels.map(({ ready }) => ready.label.id).toSorted();

function linesOf(warehouse: string, parcels: readonly Parcel[]): ShipmentPlan["lines"] {
  const totals = new Map<number, number>();
  for (const { quantities } of parcels) {
    for (const { lineNbr, quantity } of quantities.get(warehouse) ?? []) {
      totals.set(lineNbr, sumOf([totals.get(lineNbr) ?? 0, quantity]));
    }
  }
  return [...totals]
    .map(([lineNbr, quantity]) => ({ lineNbr, quantity }))
    .toSorted((left, right) => left.lineNbr - right.lineNbr);
}

const packageOf = ({ label, tracking }: ReadyLabel, settings: ShipmentSettings): PlannedPackage => {
  const boxId = chooseBox(label, settings);
  return {
    labelId: label.id,
    tracking,
    mark: packageMark(label.id),
    ...(label.weightGrams !== undefined &&
      label.weightGrams > 0 && { weight: weightIn(label.weightGrams, settings.companyWeightUnit) }),
    ...(boxId !== undefined && { boxId }),
  };
};

/** A shipment has one Ship Via; that of its first label stands, and any other is told. */
function shipViaOf(parcels: readonly Parcel[], warehouse: string, warnings: Problem[]): string | undefined {
  const codes = [...new Set(parcels.map(({ ready }) => ready.shipVia))];
  const [first, ...others] = codes;
  if (others.length > 0) {
    warnings.push({
      field: "ShipVia",
      found: `labels ${idsOf(parcels).join(", ")} of warehouse ${warehouse} went by ${codes.join(" and ")}`,
      cure: `An Acumatica shipment has one Ship Via: ${first ?? ""} was used. The packages keep their own tracking numbers.`,
    });
  }
  return first;
}

/** What the labels cost, as FreightCost; a label without a price counts as nothing, and no price at all is unknown. */
function freightOf(parcels: readonly Parcel[], { freight }: ShipmentSettings): number | undefined {
  if (freight === "off") return undefined;
  const costs = parcels
    .map(({ ready }) => ready.label.cost)
    .filter((cost) => cost !== undefined && Number.isFinite(cost));
  if (costs.length === 0) return undefined;
  return roundTo(sumOf(costs as number[]), 2);
}

/** What the customer is charged: only with a mark-up, otherwise the order's own freight price stands. */
function markedUp(cost: number, { freight }: ShipmentSettings): number | undefined {
  return typeof freight === "string" ? undefined : roundTo(cost * (1 + freight.markupPercent / 100), 2);
}

function distinct(warnings: readonly Problem[]): Problem[] {
  const byText = new Map(warnings.map((warning) => [JSON.stringify(warning), warning]));
  return [...byText.values()];
}

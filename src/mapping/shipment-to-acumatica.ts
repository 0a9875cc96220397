import type { ShipmentInput, ShipmentPackageInput } from "../acumatica/entities.ts";
import { sumOf } from "../core/decimals.ts";
import type { PlannedPackage, ShipmentPlan } from "../core/shipments.ts";

/**
 * The one call that makes a shipment: lines by their order line, packages, tracking numbers and marks together, so that no shipment
 * of ours ever stands there unmarked. The control quantity is sent because some sites check it on confirmation (facts: acumatica 4.4).
 */
export function shipmentToAcumatica(plan: ShipmentPlan): ShipmentInput {
  return {
    CustomerID: plan.customerId,
    ...(plan.locationId !== undefined && { LocationID: plan.locationId }),
    WarehouseID: plan.warehouse,
    ShipmentDate: plan.shippedOn,
    ...(plan.shipVia !== undefined && { ShipVia: plan.shipVia }),
    ...(plan.freightCost !== undefined && { FreightCost: plan.freightCost }),
    ...(plan.freightPrice !== undefined && { FreightPrice: plan.freightPrice }),
    Description: plan.description,
    ControlQty: sumOf(plan.lines.map(({ quantity }) => quantity)),
    Details: plan.lines.map(({ lineNbr, quantity }) => ({
      OrderType: plan.orderType,
      OrderNbr: plan.orderNbr,
      OrderLineNbr: lineNbr,
      ShippedQty: quantity,
    })),
    Packages: plan.packages.map((planned) => packageToAcumatica(planned)),
  };
}

/**
 * One parcel. With the `id` of a row it fills that row; without, Acumatica appends another. It is marked as confirmed, which a Ship Via
 * may ask of each box (facts: acumatica 4.4).
 */
export const packageToAcumatica = (planned: PlannedPackage, id?: string): ShipmentPackageInput => ({
  ...(id !== undefined && { id }),
  ...(planned.boxId !== undefined && { BoxID: planned.boxId }),
  ...(planned.weight !== undefined && { Weight: planned.weight }),
  TrackingNbr: planned.tracking,
  CustomRefNbr1: planned.mark,
  Confirmed: true,
});

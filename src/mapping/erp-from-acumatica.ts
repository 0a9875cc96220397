import type { SalesOrder, Shipment } from "../acumatica/entities.ts";
import type { OrderSettings } from "../core/orders.ts";
import type { ErpLine, ErpOrder, ErpPackage, ErpShipment } from "../core/shipments.ts";
import { lineFate } from "./order-lines.ts";
import { datePart, known } from "./text.ts";

/**
 * The order as shipments of it see it. Only lines that ship from us are listed: what the vendor sends or another warehouse holds
 * is not ours to book, even where an order was simply marked as shipped. Give the settings' `warehouses` for that.
 * `openQty` is the ERP's own, which falls when a shipment is confirmed, so the plan of a shipment that is being made stays the same.
 */
export function erpOrderFrom(source: SalesOrder, settings: Pick<OrderSettings, "warehouses"> = {}): ErpOrder {
  const locationId = known(source.LocationID);
  const shipVia = known(source.ShipVia) ?? known(source.ShippingSettings?.ShipVia);
  return {
    orderType: known(source.OrderType) ?? "",
    orderNbr: known(source.OrderNbr) ?? "",
    status: known(source.Status) ?? "",
    customerId: known(source.CustomerID) ?? "",
    ...(locationId !== undefined && { locationId }),
    ...(shipVia !== undefined && { shipVia }),
    lines: (source.Details ?? []).flatMap((line): ErpLine[] => {
      const fate = lineFate(line, settings.warehouses);
      if (line.LineNbr === undefined || fate !== "ships") return [];
      const uom = known(line.UOM);
      return [
        {
          lineNbr: line.LineNbr,
          sku: known(line.InventoryID) ?? "",
          openQty: line.Completed === true ? 0 : Math.max(0, line.OpenQty ?? 0),
          warehouse: known(line.WarehouseID) ?? "",
          ...(uom !== undefined && { uom }),
        },
      ];
    }),
    shipments: (source.Shipments ?? []).flatMap((row) => {
      const number = known(row.ShipmentNbr);
      return number === undefined ? [] : [{ number, status: known(row.Status) ?? "" }];
    }),
  };
}

/** The shipment as it stands in the ERP. Fields it did not deliver are absent; read it with Details and Packages. */
export function erpShipmentFrom(source: Shipment): ErpShipment {
  const warehouse = known(source.WarehouseID);
  const description = known(source.Description);
  const shipVia = known(source.ShipVia);
  const shippedOn = datePart(source.ShipmentDate);
  return {
    number: known(source.ShipmentNbr) ?? "",
    status: known(source.Status) ?? "",
    ...(source.Hold !== undefined && { hold: source.Hold }),
    ...(warehouse !== undefined && { warehouse }),
    ...(description !== undefined && { description }),
    ...(shipVia !== undefined && { shipVia }),
    ...(shippedOn !== undefined && { shippedOn }),
    ...(source.FreightCost !== undefined && { freightCost: source.FreightCost }),
    ...(source.UnlimitedPackages !== undefined && { unlimitedPackages: source.UnlimitedPackages }),
    lines: (source.Details ?? []).map((row) => {
      const sku = known(row.InventoryID);
      return {
        orderType: known(row.OrderType) ?? "",
        orderNbr: known(row.OrderNbr) ?? "",
        // No order line has number 0: a row without one equals no planned line.
        orderLine: row.OrderLineNbr ?? 0,
        ...(sku !== undefined && { sku }),
        quantity: row.ShippedQty ?? 0,
      };
    }),
    packages: (source.Packages ?? []).map(packageFrom),
  };
}

function packageFrom(row: NonNullable<Shipment["Packages"]>[number]): ErpPackage {
  const tracking = known(row.TrackingNbr);
  const mark = known(row.CustomRefNbr1);
  const boxId = known(row.BoxID);
  return {
    ...(row.id !== undefined && { id: row.id }),
    ...(tracking !== undefined && { tracking }),
    ...(mark !== undefined && { mark }),
    ...(row.Weight !== undefined && { weight: row.Weight }),
    ...(boxId !== undefined && { boxId }),
  };
}

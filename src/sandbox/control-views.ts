import type { SalesOrderRow, ShipmentRow as ErpShipment } from "./acumatica/tables.ts";
import type { OrderRow, ShipmentRow as Label, ShipStationTables } from "./shipstation/tables.ts";

/** Rows as the control routes show them: for people and tests, in one shape whatever the real API would show. */
export function viewSalesOrder(order: SalesOrderRow, shipments: readonly ErpShipment[]): object {
  const own = shipments.filter(({ Details }) =>
    Details.some(({ OrderType, OrderNbr }) => OrderType === order.OrderType && OrderNbr === order.OrderNbr),
  );
  return {
    type: order.OrderType,
    number: order.OrderNbr,
    status: order.Status,
    customer: order.CustomerID,
    shipVia: order.ShipVia ?? null,
    lines: order.Details.map((line) => ({
      line: line.LineNbr,
      item: line.InventoryID,
      quantity: line.OrderQty,
      open: line.OpenQty,
      uom: line.UOM,
      warehouse: line.WarehouseID,
    })),
    shipments: own.map((shipment) => ({
      number: shipment.ShipmentNbr,
      status: shipment.Status,
      date: shipment.ShipmentDate,
      shipVia: shipment.ShipVia ?? null,
      freightCost: shipment.FreightCost,
      lines: shipment.Details.map(({ OrderNbr, OrderLineNbr, InventoryID, ShippedQty }) => ({
        order: OrderNbr,
        line: OrderLineNbr,
        item: InventoryID,
        quantity: ShippedQty,
      })),
      packages: shipment.Packages.map(({ BoxID, TrackingNbr, Weight }) => ({
        box: BoxID,
        tracking: TrackingNbr ?? null,
        weight: Weight,
      })),
    })),
  };
}

export function viewOrder(order: OrderRow): object {
  return {
    orderId: order.orderId,
    orderNumber: order.orderNumber,
    orderKey: order.orderKey,
    orderStatus: order.orderStatus,
    storeId: order.storeId,
    warehouseId: order.warehouseId,
    createdAt: instant(order.createdAt),
    modifiedAt: instant(order.modifiedAt),
    deleted: order.deletedAt !== null,
    mergedInto: order.mergedInto,
    mergedIds: order.mergedIds,
    parentId: order.parentId,
    shipTo: order.shipTo,
    requestedShippingService: order.sent.requestedShippingService,
    carrierCode: order.sent.carrierCode,
    serviceCode: order.sent.serviceCode,
    items: order.items.map(({ orderItemId, lineItemKey, sku, name, quantity, weight }) => ({
      orderItemId,
      lineItemKey,
      sku,
      name,
      quantity,
      weight,
    })),
  };
}

export function viewLabel(label: Label): object {
  return {
    shipmentId: label.shipmentId,
    orderId: label.orderId,
    orderKey: label.orderKey,
    orderNumber: label.orderNumber,
    trackingNumber: label.trackingNumber,
    carrierCode: label.carrierCode,
    serviceCode: label.serviceCode,
    shipDate: label.shipDate,
    shipmentCost: label.shipmentCost,
    batchId: label.batchId,
    isReturnLabel: label.isReturnLabel,
    voided: label.voidedAt !== null,
    createdAt: instant(label.createdAt),
    items: label.items.map(({ orderItemId, lineItemKey, sku, quantity }) => ({
      orderItemId,
      lineItemKey,
      sku,
      quantity,
    })),
  };
}

/** UTC, unlike everything ShipStation says. */
const instant = (at: number): string => new Date(at).toISOString();

export const viewLabels = (tables: ShipStationTables): object[] => [...tables.shipments.values()].map(viewLabel);

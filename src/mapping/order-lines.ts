import type { SalesOrderLine } from "../acumatica/entities.ts";
import { roundTo } from "../core/decimals.ts";
import { known, sameCode } from "./text.ts";

/** What a sales order line is to us. */
export type LineFate =
  | "ships"
  /** Goods, but not from a warehouse of ours. */
  | "elsewhere"
  /** Sent by the vendor straight to the customer. */
  | "drop-ship"
  /** Goods coming back. */
  | "return"
  /** Services and charges. */
  | "no-goods"
  /** A line type nobody has taught us: leaving it out may lose goods, sending it may invent some. */
  | "unknown-type";

/** Contract words and the ERP's own codes (facts: acumatica 3.2). An endpoint without the field leaves goods as the only reading. */
const goods = new Set(["GOODS FOR INVENTORY", "NON-INVENTORY GOODS", "GI", "GN"]);
const noGoods = new Set(["MISC. CHARGE", "MISC CHARGE", "SERVICE", "MI"]);

/** Decide what a line is by its kind alone, whatever quantity it has left. */
export function lineFate(line: SalesOrderLine, warehouses: string[] | undefined): LineFate {
  if (sameCode(known(line.Operation) ?? "Issue", "Receipt")) return "return";
  const type = (known(line.LineType) ?? "GI").toUpperCase();
  if (noGoods.has(type)) return "no-goods";
  if (!goods.has(type)) return "unknown-type";
  if (line.MarkForPO === true && /drop/i.test(line.POSource ?? "")) return "drop-ship";
  const warehouse = known(line.WarehouseID) ?? "";
  if (warehouses && !warehouses.some((ours) => sameCode(ours, warehouse))) return "elsewhere";
  return "ships";
}

export interface LineQuantities {
  /** To ship, and not on any ERP shipment yet. */
  toShip: number;
  /** On ERP shipments, confirmed or not. */
  onShipments: number;
}

/**
 * What of a line is still to ship; undefined when the ERP did not say.
 *
 * `OpenQty` falls when a shipment is confirmed, `QtyOnShipments` grows when it is made, so "open less what sits on open shipments" (facts:
 * acumatica 3.2) is the smaller of what is open and what is on no shipment. That also holds should `OpenQty` fall
 * earlier on some site, and after Cancel Remainder, where nothing is open though nothing was shipped (facts: payloads 4.3).
 */
export function lineQuantities(line: SalesOrderLine): LineQuantities | undefined {
  const { OpenQty: open, OrderQty: ordered } = line;
  if (open === undefined || !Number.isFinite(open)) return undefined;
  const onShipments = Math.max(0, line.QtyOnShipments ?? 0);
  if (line.Completed === true) return { toShip: 0, onShipments };
  const onNoShipment = ordered === undefined ? open : ordered - onShipments;
  return { toShip: Math.max(0, roundTo(Math.min(open, onNoShipment), 6)), onShipments };
}

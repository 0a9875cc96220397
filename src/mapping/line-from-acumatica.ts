import type { SalesOrderLine } from "../acumatica/entities.ts";
import { roundTo, sameDecimal } from "../core/decimals.ts";
import type { OrderLine, OrderSettings } from "../core/orders.ts";
import type { Problem } from "../lib/problem.ts";
import { baseUnitsPer } from "./item-from-acumatica.ts";
import type { ItemData } from "./item-from-acumatica.ts";
import { lineFate, lineQuantities } from "./order-lines.ts";
import { known, shorten } from "./text.ts";

/** Limits of ShipStation's sister interfaces, the best figures there are (facts: shipstation 2.5). */
const limits = { sku: 50, name: 200, quantity: 99_999, upc: 100 };

/** A line that travels, one that is done, or undefined for one that is not ours to ship. */
export interface MappedLine {
  line: OrderLine;
  isShipped: boolean;
}

/**
 * Translate one line; its problems and warnings are added to the lists.
 * Quantities stay in the line's unit of measure: ShipStation counts what we sent, so a label's piece is one such unit, and the
 * weight sent is that of the whole unit (a CASE weighs its twelve bottles).
 */
export function lineFromAcumatica(
  source: SalesOrderLine,
  index: number,
  settings: OrderSettings,
  items: ReadonlyMap<string, ItemData>,
  notes: { problems: Problem[]; warnings: Problem[] },
): MappedLine | undefined {
  const at = (field: string): string => `Details[${index}].${field}`;
  const which = source.LineNbr === undefined ? `the line in row ${index + 1}` : `line ${source.LineNbr}`;
  const problem = (field: string, found: string, cure: string): void => {
    notes.problems.push({ field: at(field), found, cure });
  };
  const fate = lineFate(source, settings.warehouses);
  if (fate === "unknown-type") {
    problem(
      "LineType",
      known(source.LineType) ?? "nothing",
      `Tell the connector's makers whether ${which} holds goods; until then it cannot be sent.`,
    );
    return undefined;
  }
  if (fate !== "ships") return undefined;
  const quantities = lineQuantities(source);
  if (!quantities) {
    problem("OpenQty", "nothing", "Use a web service endpoint (SM207060) whose sales order details have OpenQty.");
    return undefined;
  }
  const { toShip, onShipments } = quantities;
  if (toShip === 0 && onShipments === 0) return undefined;
  const sku = known(source.InventoryID) ?? "";
  const item = items.get(sku);
  const line: OrderLine = {
    lineNbr: source.LineNbr ?? 0,
    sku,
    name: known(source.LineDescription) ?? item?.name ?? sku,
    quantity: toShip,
    ...lineExtras(source, item),
  };
  if (onShipments > 0) line.shippedQuantity = onShipments;
  if (toShip === 0) return { line: { ...line, name: line.name.slice(0, limits.name).trimEnd() }, isShipped: true };
  line.name = shorten(line.name, limits.name, at("LineDescription"), notes.warnings);
  checkLine(line, source, which, problem);
  if (item?.isAbsent === true && line.sku !== "") {
    problem(
      "InventoryID",
      line.sku,
      `Acumatica shows the connector no stock or non-stock item with this Inventory ID: correct ${which}, or give the connector's user access to the item (IN202500, IN202000).`,
    );
  }
  warnOfWeight(line, source, item, at("UOM"), notes.warnings);
  return { line, isShipped: false };
}

function lineExtras(source: SalesOrderLine, item: ItemData | undefined): Partial<OrderLine> {
  const uom = known(source.UOM);
  const warehouse = known(source.WarehouseID);
  const unitPrice = source.DiscountedUnitPrice ?? source.UnitPrice;
  const perUnit = item ? baseUnitsPer(item, uom) : undefined;
  const weightGrams =
    item?.weightGrams !== undefined && perUnit !== undefined ? roundTo(item.weightGrams * perUnit, 2) : undefined;
  // The barcode is that of one base unit; on a case of twelve it would scan as one bottle.
  const upc = perUnit === 1 && (item?.upc?.length ?? 0) <= limits.upc ? item?.upc : undefined;
  return {
    ...(unitPrice !== undefined && Number.isFinite(unitPrice) && { unitPrice }),
    ...(upc !== undefined && { upc }),
    ...(weightGrams !== undefined && weightGrams > 0 && { weightGrams }),
    ...(warehouse !== undefined && { warehouse }),
    ...(item?.imageUrl !== undefined && { imageUrl: item.imageUrl }),
    ...(item?.tariffCode !== undefined && { tariffCode: item.tariffCode }),
    ...(item?.country !== undefined && { country: item.country }),
  };
}

function checkLine(
  line: OrderLine,
  source: SalesOrderLine,
  which: string,
  problem: (field: string, found: string, cure: string) => void,
): void {
  if (source.LineNbr === undefined) {
    problem("LineNbr", "nothing", "Use a web service endpoint (SM207060) whose sales order details have LineNbr.");
  }
  if (line.sku === "")
    problem("InventoryID", "nothing", `Enter the Inventory ID of ${which} of the sales order (SO301000).`);
  if (line.sku.length > limits.sku) {
    problem(
      "InventoryID",
      line.sku,
      `ShipStation takes SKUs of ${limits.sku} characters; give the item of ${which} a shorter Inventory ID.`,
    );
  }
  if (!sameDecimal(line.quantity, Math.round(line.quantity))) {
    problem(
      "OpenQty",
      `${line.quantity} ${known(source.UOM) ?? ""}`.trim(),
      `ShipStation counts whole pieces: change ${which} to a smaller unit of measure or a whole quantity.`,
    );
  } else if (line.quantity > limits.quantity) {
    problem(
      "OpenQty",
      String(line.quantity),
      `ShipStation takes at most ${limits.quantity} of a line: split ${which}.`,
    );
  }
}

/** An unknown weight is no fault, but one that was lost on the way should be seen. */
function warnOfWeight(
  line: OrderLine,
  source: SalesOrderLine,
  item: ItemData | undefined,
  field: string,
  warnings: Problem[],
): void {
  if (item?.unknownWeightUnit !== undefined) {
    warnings.push({
      field: "WeightUOM",
      found: `${item.unknownWeightUnit} on item ${line.sku}`,
      cure: "The weight was left out: set the item's Weight UOM to LB, OZ, KG or G on the Stock Items form (IN202500).",
    });
  } else if (item?.weightGrams !== undefined && line.weightGrams === undefined) {
    warnings.push({
      field,
      found: `${known(source.UOM) ?? "nothing"} on item ${line.sku}`,
      cure: "The weight was left out: add the conversion of this unit to the base unit on the Stock Items form (IN202500).",
    });
  }
}

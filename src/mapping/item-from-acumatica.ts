import type { NonStockItem, StockItem } from "../acumatica/entities.ts";
import { gramsFrom, weightUnitOf } from "../core/weights.ts";
import type { WeightUnit } from "../core/weights.ts";
import { roundTo } from "../core/decimals.ts";
import { known, sameCode } from "./text.ts";

/** What an order line wants to know of its item. */
export interface ItemData {
  /** InventoryID without padding; "" when the ERP sent none. */
  sku: string;
  name?: string;
  /** Per base unit. Absent means unknown: the ERP's 0 and its empty unit say no more (facts: acumatica 5). */
  weightGrams?: number;
  /** The weight unit found when it is none we know; the weight is then left unknown. */
  unknownWeightUnit?: string;
  baseUom?: string;
  /** The barcode of one base unit. */
  upc?: string;
  tariffCode?: string;
  /** Two letters. */
  country?: string;
  /** Of one base unit, in the base currency. */
  price?: number;
  /** Only an address of the web: the ERP also keeps names of attached files there (facts: acumatica 5). */
  imageUrl?: string;
  /** As the ERP says it, e.g. `Active`. */
  status?: string;
  /** A kit or service without stock that is sold on order lines; `stock` when absent. */
  kind?: "non-stock";
  /** Looked for by its key and not there: neither stock nor non-stock item. */
  isAbsent?: true;
  /** One `from` is `factor` of `to`; "Divide" rows are turned round. */
  conversions: { from: string; to: string; factor: number }[];
}

const barcodeTypes = new Set(["BARCODE", "GTIN", "EAN", "UPC", "ISBN", "GTIN/EAN/UPC/ISBN"]);

/** Read what shipping needs of a stock item. Never fails: an unusable figure is an unknown one. */
export function itemFromAcumatica(source: StockItem, settings: { itemWeightUnit: WeightUnit }): ItemData {
  const baseUom = known(source.BaseUOM);
  const name = known(source.Description);
  const upc = barcodeOf(source, baseUom);
  const tariffCode = known(source.TariffCode);
  const country = countryOf(source.CountryOfOrigin);
  const imageUrl = webAddress(source.ImageUrl);
  const status = known(source.ItemStatus);
  const price = source.DefaultPrice;
  return {
    sku: known(source.InventoryID) ?? "",
    ...(name !== undefined && { name }),
    ...weightOf(source, settings.itemWeightUnit),
    ...(baseUom !== undefined && { baseUom }),
    ...(upc !== undefined && { upc }),
    ...(tariffCode !== undefined && { tariffCode }),
    ...(country !== undefined && { country }),
    ...(price !== undefined && price > 0 && { price }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(status !== undefined && { status }),
    conversions: (source.UOMConversions ?? []).flatMap(conversionOf),
  };
}

/** A non-stock item under the same names: its unit is called BaseUnit, its weight has two names (facts: acumatica 5). */
export function itemFromNonStock(source: NonStockItem, settings: { itemWeightUnit: WeightUnit }): ItemData {
  const { BaseUnit, DimensionWeight, Weight, ...rest } = source;
  const weight = DimensionWeight !== undefined && DimensionWeight > 0 ? DimensionWeight : Weight;
  return {
    ...itemFromAcumatica({ ...rest, BaseUOM: BaseUnit, DimensionWeight: weight }, settings),
    kind: "non-stock",
  };
}

function countryOf(value: unknown): string | undefined {
  const code = known(value)?.toUpperCase();
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

function webAddress(value: unknown): string | undefined {
  const text = known(value);
  return text !== undefined && /^https?:\/\/[^\s\\]+$/i.test(text) ? text : undefined;
}

function weightOf(source: StockItem, defaultUnit: WeightUnit): Pick<ItemData, "weightGrams" | "unknownWeightUnit"> {
  const code = known(source.WeightUOM);
  const unit = code === undefined ? defaultUnit : weightUnitOf(code);
  if (unit === undefined) return code === undefined ? {} : { unknownWeightUnit: code };
  const weightGrams = gramsFrom(source.DimensionWeight ?? 0, unit);
  return weightGrams === undefined ? {} : { weightGrams };
}

/** A barcode may be meant for a case; only one for the base unit, or for no unit in particular, is the piece's own. */
function barcodeOf(source: StockItem, baseUom: string | undefined): string | undefined {
  const row = (source.CrossReferences ?? []).find((reference) => {
    const uom = known(reference.UOM);
    return (
      barcodeTypes.has((known(reference.AlternateType) ?? "").toUpperCase()) &&
      known(reference.AlternateID) !== undefined &&
      (uom === undefined || baseUom === undefined || sameCode(uom, baseUom))
    );
  });
  return known(row?.AlternateID);
}

function conversionOf(row: NonNullable<StockItem["UOMConversions"]>[number]): ItemData["conversions"] {
  const from = known(row.FromUOM);
  const to = known(row.ToUOM);
  const factor = row.ConversionFactor;
  if (from === undefined || to === undefined || factor === undefined || !(factor > 0)) return [];
  return [{ from, to, factor: /^d/i.test(row.MultiplyOrDivide ?? "") ? 1 / factor : factor }];
}

/** How many base units one `uom` holds; undefined when the item has no such conversion. No unit means the base unit. */
export function baseUnitsPer(item: ItemData, uom: string | undefined): number | undefined {
  const base = item.baseUom;
  if (uom === undefined || (base !== undefined && sameCode(uom, base))) return 1;
  if (base === undefined) return undefined;
  for (const { from, to, factor } of item.conversions) {
    if (sameCode(from, uom) && sameCode(to, base)) return roundTo(factor, 9);
    if (sameCode(from, base) && sameCode(to, uom)) return roundTo(1 / factor, 9);
  }
  return undefined;
}

import { sameDecimal } from "./decimals.ts";

/** The fields of a ShipStation product that the ERP can have a say in. All others are people's own and always stay. */
export const productFields = [
  "name",
  "weight",
  "price",
  "customsDescription",
  "customsValue",
  "tariffCode",
  "country",
] as const;
export type ProductField = (typeof productFields)[number];

/** Of one product: texts, ounces, dollars. A field that is absent is unknown, or empty. */
export type ProductValues = Partial<Record<ProductField, string | number>>;

/**
 * Who a field belongs to. `off`: never written. `fill`: written where ShipStation has nothing, where it still has what we wrote last, or
 * where nobody has touched the product since its birth; what people entered stays. `erp`: written whenever the ERP says otherwise.
 */
export type Ownership = "off" | "fill" | "erp";

export type CatalogSettings = Record<ProductField, Ownership>;

/** A product as ShipStation shows it. */
export interface LiveProduct {
  values: ProductValues;
  /** Nobody has saved it since an order line made it: its values are that line's. */
  isUntouched: boolean;
}

export interface ProductPlan {
  /** What is to be written; empty when both sides agree as far as they should. */
  changes: ProductValues;
  /** Fields that differ and are left to those who entered them. */
  kept: ProductField[];
}

/**
 * Decide what of a product is to be written. `written` holds what we wrote of each field last. What the ERP does not know is never
 * written: a missing weight is no weight of 0 (facts: acumatica 5). Planning again after the write is empty.
 */
export function planProduct(
  wish: ProductValues,
  live: LiveProduct,
  written: ProductValues,
  settings: CatalogSettings,
): ProductPlan {
  const plan: ProductPlan = { changes: {}, kept: [] };
  for (const field of productFields) {
    const [wanted, there] = [wish[field], live.values[field]];
    if (settings[field] === "off" || isNothing(wanted) || sameValue(wanted, there)) continue;
    const isOurs = isNothing(there) || sameValue(there, written[field]) || live.isUntouched;
    if (settings[field] === "erp" || isOurs) plan.changes[field] = wanted;
    else plan.kept.push(field);
  }
  return plan;
}

/** What of the changes ShipStation does not show; [] means that they are there. */
export const missingChanges = (changes: ProductValues, live: LiveProduct): ProductField[] =>
  productFields.filter((field) => field in changes && !sameValue(changes[field], live.values[field]));

/** Both systems write 0 and "" for "unknown". */
const isNothing = (value: string | number | undefined): value is undefined =>
  value === undefined || value === 0 || (typeof value === "string" && value.trim() === "");

/** ShipStation keeps two decimals of ounces and money. */
function sameValue(left: string | number | undefined, right: string | number | undefined): boolean {
  if (typeof left === "number" && typeof right === "number") return sameDecimal(left, right, 0.0051);
  if (left === undefined || right === undefined) return isNothing(left) && isNothing(right);
  return String(left).trim() === String(right).trim();
}

/**
 * Item statuses that are no longer sold (facts: acumatica 5). Their product is left as it is; unknown statuses count as active, because
 * aligning a product harms nobody.
 */
export const isRetired = (status: string | undefined): boolean =>
  ["inactive", "marked for deletion"].includes((status ?? "").trim().toLowerCase());

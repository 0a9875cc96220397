import type { LiveProduct, ProductValues } from "../core/catalog.ts";
import { roundTo } from "../core/decimals.ts";
import { weightIn } from "../core/weights.ts";
import type { Problem } from "../lib/problem.ts";
import type { SsProduct, SsProductChanges } from "../shipstation/v1/entities.ts";
import type { ItemData } from "./item-from-acumatica.ts";
import { known } from "./text.ts";

/** As of order lines, the best figure there is (facts: shipstation 2.5). */
const nameLimit = 200;

/** What the ERP says of a product, in ShipStation's units: ounces per base unit, and only what is known. */
export function productFromItem(item: ItemData): ProductValues {
  const name = item.name?.slice(0, nameLimit).trimEnd();
  const weight = item.weightGrams === undefined ? undefined : roundTo(weightIn(item.weightGrams, "OZ"), 2);
  return {
    ...(name !== undefined && { name, customsDescription: name }),
    ...(weight !== undefined && { weight }),
    ...(item.price !== undefined && { price: item.price, customsValue: item.price }),
    ...(item.tariffCode !== undefined && { tariffCode: item.tariffCode }),
    ...(item.country !== undefined && { country: item.country }),
  };
}

/** The same of a product as it stands. One without a date of change has never been saved since its birth (payloads: product-get-2021). */
export function productFromShipStation(product: SsProduct): LiveProduct {
  const { weightOz, price, customsValue, createDate, modifyDate } = product;
  const texts = {
    name: known(product.name),
    customsDescription: known(product.customsDescription),
    tariffCode: known(product.customsTariffNo),
    country: known(product.customsCountryCode),
  };
  const numbers = { weight: weightOz, price, customsValue };
  return {
    values: Object.fromEntries(Object.entries({ ...texts, ...numbers }).filter(([, value]) => value !== undefined)),
    isUntouched: modifyDate === undefined || modifyDate.slice(0, 19) === createDate?.slice(0, 19),
  };
}

const members = {
  name: "name",
  weight: "weightOz",
  price: "price",
  customsDescription: "customsDescription",
  customsValue: "customsValue",
  tariffCode: "customsTariffNo",
  country: "customsCountryCode",
} as const;

/** The changes under the product's own member names; everything else of the product goes back as it was read. */
export const productChanges = (changes: ProductValues): SsProductChanges =>
  Object.fromEntries(Object.entries(changes).map(([field, value]) => [members[field as keyof typeof members], value]));

/** What of an item does not reach its product, said once per record. */
export function limitsOfProduct(item: ItemData, kept: readonly string[]): Problem[] {
  const notes: Problem[] = kept.map((field) => ({
    field: members[field as keyof typeof members],
    found: "another value in ShipStation",
    cure: `Left as somebody entered it there. To have Acumatica's, empty the field in ShipStation or set catalog.${field} to erp, then replay.`,
  }));
  if (item.upc !== undefined) {
    const cure = "ShipStation's products have no UPC in API V1; it travels on every order line.";
    notes.push({ field: "UPC", found: item.upc, cure });
  }
  if (item.unknownWeightUnit !== undefined) {
    const cure =
      "The weight was left out: set the item's Weight UOM to LB, OZ, KG or G on the Stock Items form (IN202500).";
    notes.push({ field: "WeightUOM", found: item.unknownWeightUnit, cure });
  }
  return notes;
}

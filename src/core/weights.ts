import { roundTo } from "./decimals.ts";

/** The units an Acumatica company can weigh in, as the connection's settings name them. */
export type WeightUnit = "LB" | "OZ" | "KG" | "G";

/**
 * Grams in one unit. The pound is 0.453 592 37 kg exactly (international yard and pound agreement, 1959; NIST Handbook 44,
 * appendix C) and the avoirdupois ounce is its sixteenth.
 */
const gramsPerUnit: Record<WeightUnit, number> = { LB: 453.59237, OZ: 28.349523125, KG: 1000, G: 1 };

/** Units of measure are free codes in the ERP; these are the spellings that can only mean one thing. */
const spellings: Record<string, WeightUnit> = {
  LB: "LB",
  LBS: "LB",
  POUND: "LB",
  POUNDS: "LB",
  OZ: "OZ",
  OUNCE: "OZ",
  OUNCES: "OZ",
  KG: "KG",
  KGS: "KG",
  KILO: "KG",
  KILOGRAM: "KG",
  KILOGRAMS: "KG",
  G: "G",
  GR: "G",
  GRAM: "G",
  GRAMS: "G",
};

/** The unit a code names, or undefined for one we do not know: a guessed unit is a wrong postage. */
export const weightUnitOf = (code: string): WeightUnit | undefined => {
  const key = code.trim().toUpperCase();
  return Object.hasOwn(spellings, key) ? spellings[key] : undefined;
};

/** Grams, to the hundredth; undefined for zero or less, because both systems write 0 for "unknown" (facts: acumatica 5, payloads 5). */
export function gramsFrom(value: number, unit: WeightUnit): number | undefined {
  const grams = roundTo(value * gramsPerUnit[unit], 2);
  return Number.isFinite(grams) && grams > 0 ? grams : undefined;
}

/** A weight in the company's unit, to four places, as Acumatica's packages want it (facts: acumatica 4.3). */
export const weightIn = (grams: number, unit: WeightUnit): number => roundTo(grams / gramsPerUnit[unit], 4);

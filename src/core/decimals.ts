/**
 * Quantities, weights and money travel as decimal text whose digits differ between a write and a read (`3.7900`, `3.79`; facts:
 * payloads rule 9), and sums of them in binary are off by a hair. So they are compared and rounded as decimals.
 */

/** Half of Acumatica's finest decimal place for quantities and weights (six digits). */
const hair = 0.000_000_5;

/** Whether two figures are the same decimal, within `tolerance`. */
export const sameDecimal = (left: number, right: number, tolerance = hair): boolean =>
  Math.abs(left - right) <= tolerance;

/** Whether `left` is more than `right` by something a decimal can show. */
export const exceeds = (left: number, right: number): boolean => left - right > hair;

/** The nearest decimal with that many places; halves go up even when binary holds them a hair too low (1.005 is 1.01). */
export function roundTo(value: number, places: number): number {
  const scale = 10 ** places;
  return Math.round(value * scale * (1 + Number.EPSILON)) / scale;
}

/** The sum, free of the hair that binary leaves. */
export const sumOf = (values: readonly number[]): number =>
  roundTo(
    values.reduce((sum, value) => sum + value, 0),
    6,
  );

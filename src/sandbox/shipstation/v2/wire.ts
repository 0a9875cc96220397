import type { V2Options } from "./options.ts";

/** Ids and instants as V2 writes them. */
export const seId = (id: number): string => `se-${id}`;

/** The number in an id of V2; undefined when it has another form, which V2 answers with 400. */
export function numberIn(id: string | undefined): number | undefined {
  const [, digits] = /^se-(\d{1,16})$/.exec(id ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** UTC with as many decimals as are not zero, one at least, or with seven (facts: payloads 3.4). */
export function instant(ms: number, { fraction }: Pick<V2Options, "fraction">): string {
  const [seconds = "", decimals = ""] = new Date(ms).toISOString().slice(0, -1).split(".");
  // The last four digits belong to a finer clock than ours.
  if (fraction === "seven") return `${seconds}.${decimals}${String((ms % 9_000) + 1_000)}Z`;
  return `${seconds}.${decimals.replace(/0{1,2}$/, "")}Z`;
}

export const money = (amount: number): object => ({ currency: "usd", amount });

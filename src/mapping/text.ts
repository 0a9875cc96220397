import type { Problem } from "../lib/problem.ts";

/**
 * The text that is really there, trimmed; undefined for every spelling of "empty" both systems use: absent, null, `""`, blanks,
 * the word `NULL`, `{}`, `[]` and `{"value":""}` (facts: payloads rule 2). Takes anything, because what was not parsed by
 * us (kept members of a live order) comes through here as well.
 */
export function known(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  return trimmed === "" || trimmed === "NULL" ? undefined : trimmed;
}

/** Codes compare without padding and case: messages pad them, people type them (facts: payloads 4.1). */
export const sameCode = (left: string, right: string): boolean =>
  left.trim().toUpperCase() === right.trim().toUpperCase();

/** `YYYY-MM-DD` at the start of a date text, as it stands: calendar dates are never shifted between zones. */
export const datePart = (value: unknown): string | undefined => /^\d{4}-\d{2}-\d{2}/.exec(known(value) ?? "")?.[0];

/** Shorten what the other side would cut or refuse, and say so. Whole characters only: half an emoji is not text. */
export function shorten(value: string, limit: number, field: string, warnings: Problem[]): string {
  if (value.length <= limit) return value;
  let end = limit;
  const last = value.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  warnings.push({
    field,
    found: `${value.length} characters`,
    cure: `ShipStation takes ${limit}; the end was cut off. Shorten it in Acumatica to choose what stays.`,
  });
  return value.slice(0, end).trimEnd();
}

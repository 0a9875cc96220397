import type { Random } from "../../lib/random.ts";
import { entity } from "./contract-entities.ts";
import { findField, type Contract, type EntitySpec, type ScalarField } from "./contract.ts";
import { invalidRequest, Refusal } from "./refusals.ts";
import { newGuid } from "./tables.ts";

export type Scalar = string | number | boolean | undefined;

/** A record as a caller sent it: what the contract knows of it, without wrappers. Unknown members are gone without a word. */
export interface Sent {
  spec: EntitySpec;
  id: string | undefined;
  isDelete: boolean;
  note: string | undefined;
  custom: Record<string, Record<string, { type: string; value?: unknown }>> | undefined;
  /** Undefined = sent empty, that is cleared. */
  scalars: Map<string, Scalar>;
  linked: Map<string, Sent>;
  rows: Map<string, Sent[]>;
  /** Complaints by field name; filled while reading and by the rules of the business. */
  errors: Map<string, string>;
}

export interface ReadingRules {
  contract: Contract;
  tooLongText: "cut" | "refuse";
}

/** The JSON of a body. The live site reads U+00A0 as blank, so do we (facts: payloads 4.4). Throws Refusal 400. */
export function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === "") throw invalidRequest("", "The request body should not be empty.");
  for (const candidate of [text, text.replaceAll("\u00a0", " ")]) {
    try {
      const parsed: unknown = JSON.parse(candidate);
      if (parsed === null) throw invalidRequest("", "The request body should not be empty.");
      if (isRecord(parsed)) return parsed;
      throw invalidRequest("", "The request body is not an object.");
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown;
    }
  }
  throw invalidRequest("", "Unexpected character encountered while parsing value.");
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads a sent record by the contract. Throws Refusal 400 where a member has the wrong JSON type. */
export function readSent(spec: EntitySpec, raw: Record<string, unknown>, rules: ReadingRules, path = ""): Sent {
  const sent: Sent = {
    spec,
    id: typeof raw["id"] === "string" ? raw["id"].toLowerCase() : undefined,
    isDelete: raw["delete"] === true,
    note: noteOf(raw["note"]),
    custom: isRecord(raw["custom"]) ? (raw["custom"] as Sent["custom"]) : undefined,
    scalars: new Map(),
    linked: new Map(),
    rows: new Map(),
    errors: new Map(),
  };
  for (const [name, value] of Object.entries(raw)) {
    const field = findField(spec, rules.contract, name);
    const at = path === "" ? name : `${path}.${name}`;
    if (!field || value === null || value === undefined) continue;
    if (field.kind === "rows") {
      if (!Array.isArray(value)) throw invalidRequest(at, "A JSON array is expected.");
      sent.rows.set(
        name,
        value.map((row, index) => readRow(field.of, row, rules, `${at}[${index}]`)),
      );
    } else if (field.kind === "linked") {
      sent.linked.set(name, readRow(field.of, value, rules, at));
    } else {
      if (!isRecord(value))
        throw invalidRequest(at, `Error converting value ${JSON.stringify(value)} to a wrapped field.`);
      readScalar(sent, field, value["value"], rules);
    }
  }
  return sent;
}

function readRow(name: string, raw: unknown, rules: ReadingRules, path: string): Sent {
  if (!isRecord(raw)) throw invalidRequest(path, "A JSON object is expected.");
  return readSent(entity(name), raw, rules, path);
}

const noteOf = (raw: unknown): string | undefined => {
  const value = isRecord(raw) ? raw["value"] : raw;
  return typeof value === "string" ? value : undefined;
};

function readScalar(sent: Sent, field: ScalarField, value: unknown, rules: ReadingRules): void {
  if (value === null || value === undefined || value === "") {
    sent.scalars.set(field.name, undefined);
    return;
  }
  const read = readValue(field, value);
  if (read === undefined) {
    sent.errors.set(field.name, `'${JSON.stringify(value)}' is not a valid value of ${field.name}.`);
    return;
  }
  if (field.maxLength !== undefined && typeof read === "string" && read.length > field.maxLength) {
    if (rules.tooLongText === "refuse") {
      sent.errors.set(field.name, `The value of ${field.name} is longer than ${field.maxLength} characters.`);
      return;
    }
    sent.scalars.set(field.name, read.slice(0, field.maxLength));
    return;
  }
  sent.scalars.set(field.name, read);
}

/** Numbers and flags may come as text (facts: payloads 4.4); a day keeps its date part, whatever offset follows it. */
function readValue(field: ScalarField, value: unknown): Scalar {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  switch (field.kind) {
    case "text":
    case "guid":
    case "ustime":
      return String(value);
    case "int":
    case "short":
    case "qty":
    case "money":
    case "rate": {
      const number = typeof value === "boolean" || value === "" ? NaN : Number(value);
      return Number.isFinite(number) && (!["int", "short"].includes(field.kind) || Number.isInteger(number))
        ? number
        : undefined;
    }
    case "flag":
      if (typeof value === "boolean") return value;
      return value === "true" || value === "True" ? true : value === "false" || value === "False" ? false : undefined;
    case "day": {
      const day = String(value).slice(0, 10);
      return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined;
    }
    case "instant": {
      const at = Date.parse(String(value));
      return Number.isNaN(at) ? undefined : at;
    }
  }
}

export const sentText = (sent: Sent, name: string): string | undefined => {
  const value = sent.scalars.get(name);
  return value === undefined ? undefined : String(value);
};
export const sentNumber = (sent: Sent, name: string): number | undefined => {
  const value = sent.scalars.get(name);
  return typeof value === "number" ? value : undefined;
};
export const sentFlag = (sent: Sent, name: string): boolean | undefined => {
  const value = sent.scalars.get(name);
  return typeof value === "boolean" ? value : undefined;
};

function hasErrors(sent: Sent): boolean {
  if (sent.errors.size > 0) return true;
  for (const linked of sent.linked.values()) if (hasErrors(linked)) return true;
  for (const rows of sent.rows.values()) if (rows.some(hasErrors)) return true;
  return false;
}

/**
 * Throws the 422 when any field of the record or its rows has a complaint: the entity comes back with `error` texts beside the
 * values, an id of a record that may not exist, and `<NEW>` for a number never drawn (facts: acumatica 2.5, payloads 4.7).
 */
export function refuseErrors(sent: Sent, title: string, existingId: string | undefined, random: Random): void {
  if (!hasErrors(sent)) return;
  const verb = existingId === undefined ? "Inserting" : "Updating";
  const echo = echoOf(sent, random, existingId);
  const [lastKey] = sent.spec.keys.slice(-1);
  if (lastKey !== undefined && existingId === undefined && !(lastKey in echo)) echo[lastKey] = { value: "<NEW>" };
  const { id, rowNumber, ...fields } = echo;
  throw new Refusal(422, {
    id,
    rowNumber,
    error: `${verb}  '${title}' record raised at least one error. Please review the errors.`,
    ...fields,
  });
}

function echoOf(sent: Sent, random: Random, existingId: string | undefined, rowNumber = 1): Record<string, unknown> {
  const echo: Record<string, unknown> = { id: existingId ?? sent.id ?? newGuid(random), rowNumber };
  for (const name of new Set([...sent.scalars.keys(), ...sent.errors.keys()])) {
    const value = sent.scalars.get(name);
    const error = sent.errors.get(name);
    echo[name] = { ...(value === undefined ? {} : { value: shown(value) }), ...(error === undefined ? {} : { error }) };
  }
  for (const [name, linked] of sent.linked) echo[name] = echoOf(linked, random, undefined);
  for (const [name, rows] of sent.rows) {
    echo[name] = rows.map((row, index) => {
      const { id, rowNumber: number, ...fields } = echoOf(row, random, row.id, index + 1);
      return { id, rowNumber: number, note: { value: "" }, ...fields };
    });
  }
  return echo;
}

const shown = (value: string | number | boolean): string | number | boolean =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00+00:00` : value;

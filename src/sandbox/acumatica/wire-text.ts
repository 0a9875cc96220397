import { createHash } from "node:crypto";
import { entity } from "./contract-entities.ts";
import { fieldsOf, member, type Contract, type EntitySpec, type ScalarField } from "./contract.ts";

/** What of an entity was asked for: its own fields (undefined = all) and the nested ones to show. */
export interface Shape {
  names: ReadonlySet<string> | undefined;
  nested: ReadonlyMap<string, Shape>;
}

export interface WireContext {
  contract: Contract;
  /** A list leaves computed fields empty. */
  isList: boolean;
  /** An answer to PUT writes 0.0 where a read writes 0.0000 (facts: payloads 4.1). */
  isPut: boolean;
  /** Session that reads: rows without a NoteID get ids of its own. */
  sessionId: string;
  /** `<View>.<Field>` named in `$custom`. */
  custom: ReadonlySet<string>;
  showFiles: boolean;
  /** `/site/entity/Default/24.200.001` where `_links` are shown, else undefined. */
  linksBase: string | undefined;
}

/** A record as the API writes it: bare `id`, `rowNumber`, `note`, then wrapped fields by name, then `custom`. */
export function entityText(
  spec: EntitySpec,
  row: object,
  shape: Shape,
  rowNumber: number,
  context: WireContext,
): string {
  return recordText(spec, row, shape, rowNumber, context, "");
}

function recordText(
  spec: EntitySpec,
  row: object,
  shape: Shape,
  rowNumber: number,
  context: WireContext,
  path: string,
): string {
  const isTop = path === "";
  const id = spec.hasOwnId ? String(member(row, "id")) : passingId(context.sessionId, path);
  const parts = [`"id":"${id}"`, `"rowNumber":${rowNumber}`, noteText(spec, row, isTop, context)];
  for (const field of fieldsOf(spec, context.contract)) {
    if (field.kind === "linked" || field.kind === "rows") {
      const inner = shape.nested.get(field.name);
      if (!inner) continue;
      const value = member(row, field.name);
      const at = `${path}/${id}/${field.name}`;
      const nested = entity(field.of);
      if (field.kind === "linked") {
        parts.push(`"${field.name}":${recordText(nested, (value as object | undefined) ?? {}, inner, 1, context, at)}`);
      } else {
        const rows = ((value as object[] | undefined) ?? []).map((each, index) =>
          recordText(nested, each, inner, index + 1, context, `${at}/${index}`),
        );
        parts.push(`"${field.name}":[${rows.join(",")}]`);
      }
      continue;
    }
    if (shape.names && !shape.names.has(field.name)) continue;
    parts.push(`"${field.name}":${fieldText(field, scalarOf(field, row), context)}`);
  }
  parts.push(`"custom":${isTop ? customText(row, context.custom) : "{}"}`);
  if (isTop && context.showFiles) parts.push(`"files":[]`);
  const links = linksText(spec, id, isTop, context);
  if (links) parts.push(links);
  return `{${parts.join(",")}}`;
}

/** A field's value in the row; NoteID is the record's id under another name. */
export function scalarOf(field: ScalarField, row: object): unknown {
  return field.name === "NoteID" ? (member(row, "NoteID") ?? member(row, "id")) : member(row, field.name);
}

function fieldText(field: ScalarField, value: unknown, context: WireContext): string {
  if (value === undefined || value === null || (field.isComputed && context.isList)) return "{}";
  return `{"value":${scalarText(field, value, context.isPut)}}`;
}

function scalarText(field: ScalarField, value: unknown, isPut: boolean): string {
  switch (field.kind) {
    case "money":
      return decimalText(value as number, isPut ? 1 : 4);
    case "qty":
      return decimalText(value as number, isPut ? 1 : 6);
    case "rate":
      return decimalText(value as number, 1);
    case "day":
      return `"${String(value)}T00:00:00+00:00"`;
    case "instant":
      return `"${instantText(value as number)}"`;
    case "ustime":
      return `"${usText(value as number)}"`;
    case "text":
    case "int":
    case "short":
    case "flag":
    case "guid":
      return JSON.stringify(value);
  }
}

/** At least `digits` decimals (1, 4 or 6), never fewer than the number has (up to six). */
function decimalText(value: number, digits: number): string {
  if (Number.isInteger(value)) return `${value}.${"000000".slice(0, digits)}`;
  const full = value.toFixed(6);
  let end = full.length;
  const shortest = end - 6 + digits;
  while (end > shortest && full.charCodeAt(end - 1) === 48) end--;
  return full.slice(0, end);
}

/** True UTC with `+00:00`; zeros at the end of the fraction are cut (facts: payloads 4.2). */
function instantText(ms: number): string {
  const [whole = "", fraction = ""] = new Date(ms).toISOString().slice(0, -1).split(".");
  const trimmed = fraction.replace(/0+$/, "");
  return `${whole}${trimmed === "" ? "" : `.${trimmed}`}+00:00`;
}

function usText(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}

/** Linked entities, rows without a NoteID and the lines of a PUT answer carry `null`; everything else an object. */
function noteText(spec: EntitySpec, row: object, isTop: boolean, context: WireContext): string {
  const note = member(row, "note");
  if (note === undefined && (!spec.hasOwnId || (!isTop && context.isPut))) return `"note":null`;
  return `"note":{"value":${JSON.stringify(note ?? "")}}`;
}

function customText(row: object, asked: ReadonlySet<string>): string {
  const views = (member(row, "custom") ?? {}) as Record<string, Record<string, object>>;
  const shown: Record<string, Record<string, object>> = {};
  for (const [view, fields] of Object.entries(views)) {
    for (const [field, content] of Object.entries(fields)) {
      if (asked.has(`${view}.${field}`)) (shown[view] ??= {})[field] = content;
    }
  }
  return JSON.stringify(shown);
}

function linksText(spec: EntitySpec, id: string, isTop: boolean, context: WireContext): string | undefined {
  if (context.linksBase === undefined || spec.graph === undefined) return undefined;
  const links = {
    ...(isTop ? { self: `${context.linksBase}/${spec.name}/${id}` } : {}),
    "files:put": `${context.linksBase}/files/${spec.graph}/${spec.view}/${id}/{filename}`,
  };
  return `"_links":${JSON.stringify(links)}`;
}

/** The same row has the same id within one session and another in the next (facts: acumatica 2.1). */
function passingId(sessionId: string, path: string): string {
  const hex = createHash("md5").update(sessionId).update(path).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

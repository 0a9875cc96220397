/**
 * How a field is kept in a row and shown on the wire.
 * - `day`: `YYYY-MM-DD` in the row, midnight `+00:00` on the wire (facts: acumatica 2.6).
 * - `instant`: milliseconds since the epoch in the row, true UTC on the wire.
 * - `ustime`: an instant shown as US text, as order lines show theirs.
 * - `money`, `qty`, `rate`: numbers with 4, 6 and 1 or more decimals on a read.
 */
export type ScalarKind = "text" | "int" | "qty" | "money" | "rate" | "flag" | "day" | "instant" | "guid" | "ustime";

export interface ScalarField {
  kind: ScalarKind;
  name: string;
  /** Longest text the column holds. */
  maxLength: number | undefined;
  /** A list leaves it empty, a single read computes it (facts: payloads 4.1). */
  isComputed: boolean;
  from: number;
  to: number;
}

interface Nested<Kind extends string> {
  kind: Kind;
  name: string;
  /** Name of the nested entity. */
  of: string;
  from: number;
  to: number;
}

export type LinkedField = Nested<"linked">;
export type RowsField = Nested<"rows">;
export type Field = ScalarField | LinkedField | RowsField;

export interface EntitySpec {
  name: string;
  keys: readonly string[];
  /** The ERP form the user needs rights to; undefined for details. */
  form: string | undefined;
  formName: string;
  graph: string | undefined;
  view: string;
  /** False for rows without a NoteID: their `id` differs in each session (facts: acumatica 2.1). */
  hasOwnId: boolean;
  /** In the order a live site answers: alphabetical, whatever the case. */
  fields: readonly Field[];
}

interface Definition {
  form?: string;
  formName?: string;
  graph?: string;
  view?: string;
  ownId?: boolean;
  fields: string;
}

const fieldPattern = /^(\w+):([=*])?(\w+?)(?:\((\d+)\))?(~)?(?:@(\d+)(?:-(\d+))?)?$/;

export function defineEntity(name: string, keys: readonly string[], definition: Definition): EntitySpec {
  const fields = definition.fields
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(parseField)
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  return {
    name,
    keys,
    form: definition.form,
    formName: definition.formName ?? name,
    graph: definition.graph,
    view: definition.view ?? name,
    hasOwnId: definition.ownId ?? true,
    fields,
  };
}

function parseField(word: string): Field {
  const match = fieldPattern.exec(word);
  if (!match) throw new Error(`unreadable field "${word}"`);
  const [, name = "", nesting, type = "", length, computed, from = "20", to = "99"] = match;
  const versions = { from: Number(from), to: Number(to) };
  if (nesting === "=") return { kind: "linked", name, of: type, ...versions };
  if (nesting === "*") return { kind: "rows", name, of: type, ...versions };
  return {
    kind: type as ScalarKind,
    name,
    maxLength: length === undefined ? undefined : Number(length),
    isComputed: computed !== undefined,
    ...versions,
  };
}

const fieldsByVersion = new WeakMap<EntitySpec, Map<number, readonly Field[]>>();

/** The fields an endpoint of this version shows; `version` is the first number of the endpoint version (24 of 24.200.001). */
export function fieldsOf(spec: EntitySpec, version: number): readonly Field[] {
  let versions = fieldsByVersion.get(spec);
  if (!versions) fieldsByVersion.set(spec, (versions = new Map<number, readonly Field[]>()));
  let fields = versions.get(version);
  if (!fields) {
    fields = spec.fields.filter((field) => field.from <= version && version <= field.to);
    versions.set(version, fields);
  }
  return fields;
}

export function findField(spec: EntitySpec, version: number, name: string): Field | undefined {
  return fieldsOf(spec, version).find((field) => field.name === name);
}

/** A row's member by its contract name. Rows are typed where they are made and changed; the wire reads them by name. */
export function member(row: object, name: string): unknown {
  return (row as Record<string, unknown>)[name];
}

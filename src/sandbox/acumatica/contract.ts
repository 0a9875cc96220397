/**
 * How a field is kept in a row and shown on the wire.
 * - `day`: `YYYY-MM-DD` in the row, midnight `+00:00` on the wire (facts: acumatica 2.6).
 * - `instant`: milliseconds since the epoch in the row, true UTC on the wire.
 * - `ustime`: an instant shown as US text, as order lines show theirs.
 * - `money`, `qty`, `rate`: numbers with 4, 6 and 1 or more decimals on a read.
 */
export type ScalarKind =
  "text" | "int" | "short" | "qty" | "money" | "rate" | "flag" | "day" | "instant" | "guid" | "ustime";

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
  const words = definition.fields.split(/\s+/).filter((word) => word !== "");
  const fields = sorted(words.map(parseField));
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

/** Which of the members an endpoint shows: those of a Default version, perhaps less some and more others. */
export interface Contract {
  /** First number of the Default version (24 of 24.200.001). */
  version: number;
  /** `Shipment.UnlimitedPackages`, or `ShippingBox` for a whole entity. */
  without: ReadonlySet<string>;
  /** Members of the customer's own, in the words of `defineEntity`: `SalesOrder.Channel:text(20)`. */
  extra: readonly string[];
}

const defaults = new Map<number, Contract>();

/** The contract of a Default endpoint. */
export function defaultContract(version: number): Contract {
  let contract = defaults.get(version);
  if (!contract) defaults.set(version, (contract = { version, without: new Set(), extra: [] }));
  return contract;
}

const fieldsByContract = new WeakMap<Contract, Map<EntitySpec, readonly Field[]>>();

/** The members an endpoint of this contract shows. */
export function fieldsOf(spec: EntitySpec, contract: Contract): readonly Field[] {
  let entities = fieldsByContract.get(contract);
  if (!entities) fieldsByContract.set(contract, (entities = new Map<EntitySpec, readonly Field[]>()));
  let fields = entities.get(spec);
  if (!fields) entities.set(spec, (fields = choose(spec, contract)));
  return fields;
}

function choose(spec: EntitySpec, { version, without, extra }: Contract): readonly Field[] {
  const standard = spec.fields.filter(
    (field) => field.from <= version && version <= field.to && !without.has(`${spec.name}.${field.name}`),
  );
  const own = extra.filter((word) => word.startsWith(`${spec.name}.`));
  if (own.length === 0) return standard;
  return sorted([...standard, ...own.map((word) => parseField(word.slice(spec.name.length + 1)))]);
}

const sorted = (fields: Field[]): Field[] =>
  fields.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));

export function findField(spec: EntitySpec, contract: Contract, name: string): Field | undefined {
  return fieldsOf(spec, contract).find((field) => field.name === name);
}

/** A row's member by its contract name. Rows are typed where they are made and changed; the wire reads them by name. */
export function member(row: object, name: string): unknown {
  return (row as Record<string, unknown>)[name];
}

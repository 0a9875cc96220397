import { parse } from "yaml";
import { readRecorded, readRecordedText } from "./recorded.ts";
import { createSchemas, schemaOfExamples, type Named, type Schema } from "./spec-schemas.ts";

/** One call a specification knows. */
export interface Operation {
  method: string;
  /** `/Shipment/{ids}` */
  template: string;
  pattern: RegExp;
  query: Map<string, Parameter>;
  /** Of the body it takes; undefined when it takes none. */
  request: Schema | undefined;
  /** By status; undefined for a status without a body of known shape. */
  answers: Map<number, Schema | undefined>;
}
export interface Parameter {
  schema: Schema;
  required: boolean;
}

export interface Spec {
  operations: Operation[];
  named: Named;
  misfits: {
    request: (schema: Schema, value: unknown) => string[];
    answer: (schema: Schema, value: unknown) => string[];
  };
}

interface RawParameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  type?: string;
  schema?: Schema;
  example?: unknown;
}
interface RawContent {
  "application/json"?: { schema?: Schema; examples?: Record<string, { value: unknown }>; example?: unknown };
}
interface RawAnswer {
  $ref?: string;
  schema?: Schema;
  content?: RawContent;
}
interface RawOperation {
  parameters?: RawParameter[];
  requestBody?: { content?: RawContent };
  responses: Record<string, RawAnswer>;
}
interface Raw {
  paths: Record<string, Record<string, RawOperation>>;
  definitions?: Named;
  components?: {
    schemas?: Named;
    parameters?: Record<string, RawParameter>;
    responses?: Record<string, RawAnswer>;
  };
}

const files = {
  "acumatica 20.200.001": "specs/acumatica-default-20.200.001.subset.openapi.json",
  "acumatica 22.200.001": "specs/acumatica-default-22.200.001.subset.openapi.json",
  "acumatica 23.200.001": "specs/acumatica-default-23.200.001.subset.openapi.json",
  "acumatica 24.200.001": "specs/acumatica-default-24.200.001.subset.openapi.json",
  "acumatica 25.200.001": "specs/acumatica-default-24.200.001.subset.openapi.json",
  "shipstation-v1": "specs/shipstation-v1.openapi.json",
  "shipstation-v2": "specs/shipstation-v2.openapi.yaml",
} as const;
export type SpecName = keyof typeof files;
export const isSpecName = (name: string): name is SpecName => name in files;

const loaded = new Map<SpecName, Spec>();

/** A specification, read and made ready once in each worker. */
export function specOf(name: SpecName): Spec {
  let spec = loaded.get(name);
  if (!spec) {
    spec = load(name);
    loaded.set(name, spec);
  }
  return spec;
}

function load(name: SpecName): Spec {
  const path = files[name];
  const raw = (path.endsWith(".yaml") ? parse(readRecordedText(path)) : readRecorded(path)) as Raw;
  const named = { ...(raw.definitions ?? raw.components?.schemas ?? {}) };
  if (name === "acumatica 25.200.001") named["Address"] = addressOf25(named["Address"] ?? {});
  const pool = name === "shipstation-v1" ? poolOf(raw) : undefined;
  const operations = Object.entries(raw.paths).flatMap(([key, verbs]) =>
    Object.entries(verbs)
      .filter(([verb]) => ["get", "put", "post", "delete", "patch"].includes(verb))
      .map(([verb, operation]) => operationOf(raw, key, verb, operation, verbs["parameters"])),
  );
  if (pool) {
    for (const { template, answers } of operations) {
      const root = template.split("/")[1] ?? "";
      for (const schema of answers.values()) widen(rowOf(schema, root), pool, root);
    }
  }
  return {
    named,
    operations: mergedByAddress(operations),
    misfits: { request: createSchemas(named, "request"), answer: createSchemas(named, "answer") },
  };
}

/** Members under each name, wherever in the specification: V1 shows an address whole in one place and almost empty in the next. */
type Pool = Map<string, Named>;

function poolOf(raw: Raw): Pool {
  const pool: Pool = new Map();
  const gather = (schema: Schema | undefined, name: string): void => {
    if (!schema) return;
    gather(schema.items, name);
    const members = Object.entries(schema.properties ?? {});
    if (members.length > 0) pool.set(kind(name), { ...schema.properties, ...pool.get(kind(name)) });
    for (const [member, inner] of members) gather(inner, member);
  };
  for (const [key, verbs] of Object.entries(raw.paths)) {
    // What `/orders` and everything below it takes and gives at its root is one order, or a list of them.
    const root = key.split(/[/?]/)[1] ?? "";
    for (const { requestBody, responses } of Object.values(verbs)) {
      const asked = requestBody?.content?.["application/json"]?.schema;
      if (asked?.properties?.["orderNumber"]) gather(asked, root);
      for (const answer of Object.values(responses)) gather(rowOf(answerOf(answer), root), root);
    }
  }
  return pool;
}

/** A list's answer wraps its rows: `{orders: [...], total, page, pages}`. */
const rowOf = (schema: Schema | undefined, root: string): Schema | undefined =>
  schema?.properties?.[root]?.items ?? schema;

const kind = (name: string): string => (/^(billTo|shipTo|originAddress|returnAddress)$/.test(name) ? "address" : name);

/** Adds to every object of an answer what the specification knows elsewhere of objects of its name. */
function widen(schema: Schema | undefined, pool: Pool, name = ""): void {
  if (!schema) return;
  widen(schema.items, pool, name);
  if (!schema.properties) return;
  for (const [member, inner] of Object.entries(pool.get(kind(name)) ?? {}))
    schema.properties[member] ??= loosened(inner);
  for (const [member, inner] of Object.entries(schema.properties)) widen(inner, pool, member);
}

/** Known from elsewhere: there it may have been obligatory, or never null. */
function loosened(schema: Schema): Schema {
  const { required: _required, type, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(type === undefined ? {} : { type: [...new Set([type, "null"].flat())] }),
    ...(items ? { items: loosened(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, loosened(inner)])),
        }
      : {}),
  };
}

/** 25.200.001 is 24.200.001 and some more members of addresses, which the field table names. */
function addressOf25(address: Schema): Schema {
  const { entities } = readRecorded("specs/acumatica-fields.json") as {
    entities: { Address: { fields: Record<string, { type: string }> } };
  };
  const members = Object.entries(entities.Address.fields).map(([name, { type }]) => [
    name,
    { $ref: `#/components/schemas/${type}` },
  ]);
  return { allOf: [address, { type: "object", properties: Object.fromEntries(members) as Named }] };
}

function operationOf(raw: Raw, key: string, verb: string, operation: RawOperation, shared: unknown): Operation {
  const [template = "", keyQuery = ""] = key.split("?");
  const inKey = new Set([...keyQuery.matchAll(/\{(\w+)\}/g)].map((found) => found[1]));
  const parameters = [
    ...(Array.isArray(shared) ? (shared as RawParameter[]) : []),
    ...(operation.parameters ?? []),
  ].map((each) => ({ ...(each.$ref === undefined ? {} : raw.components?.parameters?.[nameOf(each.$ref)]), ...each }));
  // V1 writes its filters into the path and calls each of them obligatory; none is.
  const query = parameters
    .filter((each) => each.in === "query" || inKey.has(each.name))
    .map((each): [string, Parameter] => [
      each.name,
      {
        schema: {
          ...scalarOf(raw, each.schema ?? { type: each.type ?? "string" }),
          example: each.example ?? each.schema?.example,
        },
        required: each.in === "query" && each.required === true,
      },
    ]);
  const body = parameters.find((each) => each.in === "body");
  const answers = Object.entries(operation.responses).map(([status, answer]): [number, Schema | undefined] => [
    Number(status),
    answerOf({ ...(answer.$ref === undefined ? {} : raw.components?.responses?.[nameOf(answer.$ref)]), ...answer }),
  ]);
  return {
    method: verb.toUpperCase(),
    template,
    pattern: patternOf(template, parameters),
    query: new Map(query),
    request: body?.schema ?? operation.requestBody?.content?.["application/json"]?.schema,
    answers: new Map(answers),
  };
}

/** A parameter's schema with what its references say. */
function scalarOf(raw: Raw, schema: Schema): Schema {
  const named = raw.definitions ?? raw.components?.schemas ?? {};
  const parts = [...(schema.$ref === undefined ? [] : [named[nameOf(schema.$ref)] ?? {}]), ...(schema.allOf ?? [])];
  return Object.assign({}, ...parts.map((part) => scalarOf(raw, part)), schema) as Schema;
}

const nameOf = ($ref: string): string => $ref.split("/").at(-1) ?? "";

/** V1 has no schemas of its answers, only examples, from which null members were taken away. */
function answerOf({ schema, content }: RawAnswer): Schema | undefined {
  const json = content?.["application/json"];
  const own = schema ?? json?.schema;
  if (own) return own;
  const examples = Object.values(json?.examples ?? {}).map(({ value }) => value);
  return examples.length > 0 ? schemaOfExamples(examples) : undefined;
}

function patternOf(template: string, parameters: RawParameter[]): RegExp {
  const source = template.replaceAll(/[.$]/g, "\\$&").replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const kind = parameters.find((each) => each.name === name)?.schema?.type;
    if (name === "ids") return "[^?]+";
    return kind === "number" || kind === "integer" ? "\\d+" : "[^/]+";
  });
  return new RegExp(`^${source}$`, "i");
}

/** V1 has `/orders` and `/orders?...`: one call. Addresses without placeholders come first. */
function mergedByAddress(operations: Operation[]): Operation[] {
  const byAddress = new Map<string, Operation>();
  for (const each of operations) {
    const address = `${each.method} ${each.template}`;
    const before = byAddress.get(address);
    if (!before) byAddress.set(address, each);
    else {
      for (const [name, parameter] of each.query) before.query.set(name, parameter);
      before.request ??= each.request;
    }
  }
  const placeholders = ({ template }: Operation): number =>
    template.split("{").length + (/\{ids?\}/.test(template) ? 1 : 0);
  return [...byAddress.values()].sort((a, b) => placeholders(a) - placeholders(b));
}

/** Everything that is wrong with a query. */
export function queryMisfits({ query }: Operation, sent: URLSearchParams): string[] {
  const missing = [...query].filter(([name, { required }]) => required && !sent.has(name));
  const wrong = [...sent].flatMap(([name, value]) => {
    const parameter = query.get(name);
    if (!parameter) return [`query ${name} is not in the specification`];
    return fits(parameter.schema, value) ? [] : [`query ${name} is "${value}", not ${described(parameter.schema)}`];
  });
  return [...missing.map(([name]) => `query ${name} is missing`), ...wrong];
}

const described = ({ type, enum: values, example }: Schema): string =>
  values
    ? `one of ${String(values)}`
    : `${String(type)}${example === undefined ? "" : ` as ${JSON.stringify(example)}`}`;

function fits({ type, enum: values, example }: Schema, text: string): boolean {
  if (values) return values.includes(text);
  if (type === "integer") return /^\d+$/.test(text);
  if (type === "number") return /^\d+(\.\d+)?$/.test(text);
  if (type === "boolean") return /^(true|false)$/.test(text);
  // An example of a date shows the form of all: with or without a time, a zone, fractions.
  if (typeof example === "string" && /^\d{4}-\d\d-\d\d/.test(example))
    return /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?Z?)?$/.test(text);
  return true;
}

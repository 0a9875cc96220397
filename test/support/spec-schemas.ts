import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

/** What OpenAPI files of every age have in common, as far as it is used here. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  nullable?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  items?: Schema;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  additionalProperties?: boolean | Schema;
  readOnly?: boolean;
  writeOnly?: boolean;
  example?: unknown;
  const?: unknown;
}
export type Named = Record<string, Schema>;
export type Side = "request" | "answer";

const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d(T.*)?$/,
  uri: /^https?:\/\//,
  url: /^https?:\/\//,
  email: /@/,
};

const kept = ["type", "enum", "const", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems"];

/** One specification's named schemas, closed: a member that is not named is a misfit, whatever the file says of additional ones. */
export function createSchemas(named: Named, side: Side) {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
  for (const [name, pattern] of Object.entries(formats)) ajv.addFormat(name, pattern);
  for (const name of ["int32", "int64", "double", "float", "binary", "byte"]) ajv.addFormat(name, true);
  const $defs: Record<string, object> = {};
  const nameOf = ($ref: string): string => $ref.split("/").at(-1) ?? "";
  const target = ($ref: string): Schema => named[nameOf($ref)] ?? {};

  /** Members of everything an object is made of; a scalar's limits alike. */
  function merged(schema: Schema): Schema {
    const parts = [...(schema.$ref === undefined ? [] : [target(schema.$ref)]), ...(schema.allOf ?? [])].map(merged);
    const { $ref: _ref, allOf: _allOf, ...own } = schema;
    const all = [...parts, own];
    const properties = Object.assign({}, ...all.map((part) => part.properties ?? {})) as Named;
    const required = all.flatMap((part) => part.required ?? []);
    return {
      ...(Object.assign({}, ...all) as Schema),
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
    };
  }

  function reference($ref: string): object {
    const name = nameOf($ref);
    if (!(name in $defs)) {
      $defs[name] = {};
      $defs[name] = closed(target($ref));
    }
    return { $ref: `#/$defs/${name}` };
  }

  function closed(schema: Schema): object {
    if (schema.$ref !== undefined && Object.keys(schema).length === 1) return reference(schema.$ref);
    const whole = merged(schema);
    const out: Record<string, unknown> = {};
    for (const name of kept) if (name in whole) out[name] = whole[name as keyof Schema];
    if (whole.nullable) return { anyOf: [{ type: "null" }, closed({ ...whole, nullable: false })] };
    const { properties, items, additionalProperties } = whole;
    if (properties) {
      // What only the system may write is no member of a request.
      const members = Object.entries(properties).filter(
        ([, member]) => side === "answer" || merged(member).readOnly !== true,
      );
      const present = new Set(members.map(([name]) => name));
      out["type"] ??= "object";
      out["properties"] = Object.fromEntries(members.map(([name, member]) => [name, closed(member)]));
      out["required"] = (whole.required ?? []).filter(
        (name) => present.has(name) && !(side === "answer" && merged(properties[name] ?? {}).writeOnly),
      );
      out["additionalProperties"] = typeof additionalProperties === "object" ? closed(additionalProperties) : false;
    } else if (typeof additionalProperties === "object") {
      out["additionalProperties"] = closed(additionalProperties);
    }
    if (items) out["items"] = closed(items);
    for (const word of ["oneOf", "anyOf"] as const) if (whole[word]) out["anyOf"] = whole[word].map(closed);
    return out;
  }

  const compiled = new Map<Schema, ValidateFunction>();
  /** Everything in which a value does not fit. */
  return (schema: Schema, value: unknown): string[] => {
    let validate = compiled.get(schema);
    if (!validate) {
      const root = closed(schema);
      validate = ajv.compile({ ...root, $defs });
      compiled.set(schema, validate);
    }
    return validate(value) ? [] : [...new Set((validate.errors ?? []).map(inWords))];
  };
}

const memberOf = (data: unknown, name: unknown): unknown => (data as Record<string, unknown>)[String(name)];
const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

function inWords({ keyword, instancePath, params, data, message }: ErrorObject): string {
  const at = `body${instancePath.replaceAll(/\/\d+(?=\/|$)/g, "[]").replaceAll("/", ".")}`;
  const { additionalProperty, missingProperty, type, format, allowedValues } = params as Record<string, unknown>;
  switch (keyword) {
    case "additionalProperties":
      return `${at}.${String(additionalProperty)} is not in the specification (${kindOf(memberOf(data, additionalProperty))})`;
    case "required":
      return `${at}.${String(missingProperty)} is missing`;
    case "type":
      return `${at} is ${kindOf(data)}, not ${String(type)}`;
    case "format":
      return `${at} is no ${String(format)}: ${String(data)}`;
    case "enum":
      return `${at} is ${JSON.stringify(data)}, none of ${String(allowedValues).slice(0, 80)}`;
    default:
      return `${at} ${message ?? keyword}`;
  }
}

/** A schema that an example fits: its members and their kinds. Elements of a list share one. */
export function schemaOfExamples(examples: readonly unknown[]): Schema {
  const values = examples.filter((value) => value !== null && value !== undefined);
  if (values.length === 0) return {};
  if (values.every(Array.isArray)) return { type: ["array", "null"], items: schemaOfExamples(values.flat()) };
  if (values.every((value) => kindOf(value) === "object")) {
    const rows = values as Record<string, unknown>[];
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return {
      type: ["object", "null"],
      properties: Object.fromEntries(names.map((name) => [name, schemaOfExamples(rows.map((row) => row[name]))])),
    };
  }
  // An example tells kinds, never that a value could not be null.
  return { type: [...new Set(values.map(kindOf)), "null"] };
}

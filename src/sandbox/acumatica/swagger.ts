import { actionsOf } from "./actions.ts";
import { servedNames } from "./catalogue.ts";
import { entity, findEntity } from "./contract-entities.ts";
import { fieldsOf, type Contract, type EntitySpec, type Field, type ScalarKind } from "./contract.ts";
import { contractOf, instancePathOf, type AcumaticaEndpoint, type AcumaticaSandboxOptions } from "./options.ts";

const valueTypes: Record<ScalarKind, string> = {
  text: "StringValue",
  ustime: "StringValue",
  int: "IntValue",
  short: "ShortValue",
  qty: "DecimalValue",
  money: "DecimalValue",
  rate: "DecimalValue",
  flag: "BooleanValue",
  day: "DateTimeValue",
  instant: "DateTimeValue",
  guid: "GuidValue",
};

const wrapped: Record<string, object> = {
  StringValue: { type: "string" },
  ShortValue: { type: "integer", format: "int32" },
  IntValue: { type: "integer", format: "int32" },
  DecimalValue: { type: "number", format: "double" },
  BooleanValue: { type: "boolean" },
  DateTimeValue: { type: "string", format: "date-time" },
  GuidValue: { type: "string", format: "uuid" },
};

/**
 * The description of one endpoint, fields of the customer's own included: Swagger 2.0 up to contract 23, OpenAPI 3.0.1 from 24 on
 * (facts: acumatica 1.1). Only what the site serves is in it; a live one lists some hundred entities.
 */
export function swaggerOf(options: AcumaticaSandboxOptions, endpoint: AcumaticaEndpoint): object {
  const contract = contractOf(endpoint);
  const isOpenApi = contract.version >= 24;
  const prefix = isOpenApi ? "#/components/schemas/" : "#/definitions/";
  const schemas = schemasOf(contract, prefix);
  const paths = pathsOf(contract, endpoint, isOpenApi, prefix);
  const info = { title: `${endpoint.name}/${endpoint.version}`, version: "1" };
  const root = `${instancePathOf(options)}/entity/${endpoint.name}/${endpoint.version}`;
  return isOpenApi
    ? { openapi: "3.0.1", info, servers: [{ url: root }], paths, components: { schemas } }
    : { swagger: "2.0", info, basePath: root, paths, definitions: schemas };
}

/** Entities with a path of their own, less those taken out. */
const entitiesOf = ({ without }: Contract): EntitySpec[] =>
  servedNames().flatMap((name) => {
    const spec = findEntity(name);
    return spec && !without.has(name) ? [spec] : [];
  });

function schemasOf(contract: Contract, prefix: string): Record<string, object> {
  const schemas: Record<string, object> = {
    Entity: {
      type: "object",
      properties: {
        id: { type: "string", format: "uuid" },
        rowNumber: { type: "integer", format: "int64" },
        note: { $ref: `${prefix}StringValue` },
        custom: { type: "object" },
        error: { type: "string" },
        files: { type: "array", items: { type: "object" } },
      },
    },
  };
  for (const [name, value] of Object.entries(wrapped))
    schemas[name] = { type: "object", properties: { value, error: { type: "string" } } };
  const waiting = entitiesOf(contract);
  for (let spec = waiting.pop(); spec; spec = waiting.pop()) {
    if (schemas[spec.name]) continue;
    const fields = fieldsOf(spec, contract);
    const properties = Object.fromEntries(fields.map((field) => [field.name, propertyOf(field, prefix)]));
    schemas[spec.name] = { allOf: [{ $ref: `${prefix}Entity` }, { type: "object", properties }] };
    for (const field of fields) if ("of" in field) waiting.push(entity(field.of));
  }
  return schemas;
}

function propertyOf(field: Field, prefix: string): object {
  if (field.kind === "linked") return { $ref: `${prefix}${field.of}` };
  if (field.kind === "rows") return { type: "array", items: { $ref: `${prefix}${field.of}` } };
  return { $ref: `${prefix}${valueTypes[field.kind]}` };
}

function pathsOf(
  contract: Contract,
  endpoint: AcumaticaEndpoint,
  isOpenApi: boolean,
  prefix: string,
): Record<string, object> {
  const paths: Record<string, object> = {};
  const lacking = new Set(endpoint.withoutActions);
  for (const { name } of entitiesOf(contract)) {
    const schema = { $ref: `${prefix}${name}` };
    const answer = isOpenApi
      ? { description: "Success", content: { "application/json": { schema } } }
      : { description: "Success", schema };
    const operation = { tags: [name], responses: { 200: answer } };
    paths[`/${name}`] = { get: operation, put: operation };
    paths[`/${name}/{ids}`] = { get: operation, delete: { tags: [name], responses: { 204: { description: "Gone" } } } };
    paths[`/${name}/$adHocSchema`] = { get: operation };
    for (const action of actionsOf(name)) {
      if (lacking.has(`${name}/${action.name}`) || contract.version < action.since) continue;
      const started = { 202: { description: "Running" }, 204: { description: "Done" } };
      paths[`/${name}/${action.name}`] = { post: { tags: [name], responses: started } };
    }
  }
  return paths;
}

import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import type { AcumaticaAddress, EndpointDescription, MissingMember } from "./client.types.ts";
import { actionTable, factsAt, fieldPaths, hasMember, type FieldPath } from "./fields.ts";

type Endpoint = Pick<AcumaticaAddress, "endpointName" | "endpointVersion">;

/** What an endpoint has, as far as we use it; plain data, so that it can be kept. */
export interface KnownMembers {
  /** Member names by path; a path that the endpoint lacks is absent. */
  members: Partial<Record<FieldPath, string[]>>;
  /** `Shipment/ConfirmShipment`. */
  actions: string[];
}

/** First number of a Default endpoint's version; undefined for an endpoint of the customer's own, whose version says nothing. */
export function contractOf({ endpointName, endpointVersion }: Endpoint): number | undefined {
  if (endpointName.toLowerCase() !== "default") return undefined;
  const major = Number(endpointVersion.split(".")[0]);
  return Number.isInteger(major) && major > 0 ? major : undefined;
}

/** What our own table says; of an endpoint whose contract is unknown only what all versions of Default have (facts: acumatica 1.5). */
export function membersByTable(endpoint: Endpoint): KnownMembers {
  const contract = contractOf(endpoint);
  const members: KnownMembers["members"] = {};
  for (const path of fieldPaths) {
    members[path] = Object.entries(factsAt(path)).flatMap(([name, fact]) => (hasMember(fact, contract) ? [name] : []));
  }
  const actions = Object.entries(actionTable).flatMap(([entity, names]) =>
    Object.keys(names).map((name) => `${entity}/${name}`),
  );
  return { members, actions };
}

const reference = z.looseObject({ $ref: z.string().optional() });
/** What is no reference says nothing to us, whatever it is. */
const property = reference.extend({ items: reference.optional().catch(undefined) }).catch({});
const schema = z.looseObject({
  properties: z.record(z.string(), property).optional(),
  allOf: z.array(z.looseObject({ properties: z.record(z.string(), property).optional() })).optional(),
});
const schemas = z.record(z.string(), schema);

/** Swagger 2.0 (endpoints to 23.200.001) keeps schemas under `definitions`, OpenAPI 3.0.1 under `components` (facts: acumatica 1.1). */
export const swagger = z
  .looseObject({
    definitions: schemas.optional(),
    components: z.looseObject({ schemas: schemas.optional() }).optional(),
    paths: z.record(z.string(), z.unknown()),
  })
  .refine(({ definitions, components }) => definitions ?? components?.schemas, { error: "no schemas" })
  .transform(({ definitions, components, paths }) => ({
    schemas: definitions ?? components?.schemas ?? {},
    paths: Object.keys(paths),
  }));

type Properties = Record<string, z.output<typeof property>>;

/** What the endpoint itself says it has. Paths are followed through its references: a custom endpoint may name its details as it likes. */
export function membersBySwagger({ schemas, paths }: z.output<typeof swagger>): KnownMembers {
  const propertiesOf = (name: string): Properties | undefined => {
    const found = schemas[name];
    if (!found) return undefined;
    const parts = [found, ...(found.allOf ?? [])].map((part) => part.properties ?? {});
    return Object.assign({}, ...parts) as Properties;
  };
  const at = (path: string): Properties | undefined => {
    const [root = "", ...steps] = path.split("/");
    return steps.reduce<Properties | undefined>((properties, step) => {
      const member = properties?.[step];
      const target = (member?.$ref ?? member?.items?.$ref)?.split("/").at(-1);
      return target === undefined ? undefined : propertiesOf(target);
    }, propertiesOf(root));
  };
  const members: KnownMembers["members"] = {};
  for (const path of fieldPaths) {
    const properties = at(path);
    if (properties) members[path] = Object.keys(factsAt(path)).filter((name) => Object.hasOwn(properties, name));
  }
  const isServed = (action: string): boolean => paths.some((path) => path.endsWith(`/${action}`));
  const wanted = Object.entries(actionTable).flatMap(([entity, names]) =>
    Object.keys(names).map((name) => `${entity}/${name}`),
  );
  return { members, actions: wanted.filter(isServed) };
}

/** Reasons why a swagger cannot be had that another try would not change. */
const unreadableFor = new Set<ErrorCode>([
  "acumatica.rights",
  "acumatica.endpoint-missing",
  "acumatica.unreadable",
  "acumatica.business-rule",
  "acumatica.server-error",
  "acumatica.bad-request",
  "acumatica.rejected",
  "network.too-large",
]);

export const isNoSwagger = (error: unknown): error is ConnectorError =>
  error instanceof ConnectorError && unreadableFor.has(error.code);

/**
 * What is missing of what we would use. A member that another stands in for is not missed: `FreightAmount` was renamed `FreightPrice`,
 * and an endpoint has one of them.
 */
export function describe(
  known: KnownMembers,
  source: EndpointDescription["source"],
  unread?: ConnectorError,
): EndpointDescription {
  const missing = fieldPaths.flatMap((path) => missingAt(known, path));
  for (const [entity, actions] of Object.entries(actionTable)) {
    for (const member of Object.keys(actions)) {
      if (known.actions.includes(`${entity}/${member}`)) continue;
      missing.push({ entity, member, needed: true, lost: "shipments cannot be confirmed" });
    }
  }
  return { source, ...(unread ? { unread } : {}), missing };
}

function missingAt(known: KnownMembers, path: FieldPath): MissingMember[] {
  const facts = Object.entries(factsAt(path));
  const present = known.members[path];
  if (!present) {
    const [parent, step] = splitLast(path);
    // Told where it is missing from.
    if (parent !== undefined && known.members[parent]?.includes(step) !== true) return [];
    const isNeeded = facts.some(([, fact]) => fact.needed);
    const lost = facts.find(([, fact]) => fact.lost !== undefined)?.[1].lost;
    return isNeeded || lost !== undefined ? [{ entity: path, needed: isNeeded, lost: lost ?? nothingWorks }] : [];
  }
  return facts.flatMap(([member, fact]) => {
    if (present.includes(member) || isReplaced(path, member, present)) return [];
    if (!fact.needed && fact.lost === undefined) return [];
    return [{ entity: path, member, needed: fact.needed === true, lost: fact.lost ?? nothingWorks }];
  });
}

const nothingWorks = "the connector cannot work";

function splitLast(path: FieldPath): [FieldPath | undefined, string] {
  const cut = path.lastIndexOf("/");
  return cut === -1 ? [undefined, path] : [path.slice(0, cut) as FieldPath, path.slice(cut + 1)];
}

const renamed: readonly (readonly [FieldPath, string, string])[] = [["Shipment", "FreightPrice", "FreightAmount"]];

const isReplaced = (path: string, member: string, present: readonly string[]): boolean =>
  renamed.some(
    ([where, now, before]) =>
      where === path && ((member === now && present.includes(before)) || (member === before && present.includes(now))),
  );

/** What the connector cannot do without and the endpoint lacks, in or below these entities. */
export const lackingOf = ({ missing }: EndpointDescription, entities: readonly string[]): MissingMember[] =>
  missing.filter(
    ({ needed, entity }) => needed && entities.some((root) => entity === root || entity.startsWith(`${root}/`)),
  );

/** Throws where something is lacking, with every member named. */
export function refuseIncomplete(
  description: EndpointDescription,
  entities: readonly string[],
  endpoint: string,
): void {
  const lacking = lackingOf(description, entities);
  if (lacking.length === 0) return;
  const names = lacking.map(nameOf);
  throw new ConnectorError("acumatica.endpoint-incomplete", {
    message: `The endpoint ${endpoint} lacks what is needed: ${names.join(", ")}.`,
    problems: lacking.map((each) => ({
      field: nameOf(each),
      found: "",
      cure: "Add it to the endpoint on the Web Service Endpoints form (SM207060); an endpoint that extends Default has it.",
    })),
  });
}

/** `Shipment.Packages.TrackingNbr`, or the entity alone where it is missing as a whole. */
export const nameOf = ({ entity, member }: MissingMember): string =>
  [...entity.split("/"), ...(member === undefined ? [] : [member])].join(".");

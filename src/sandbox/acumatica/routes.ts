import { checkParameters, findAction } from "./actions.ts";
import { findServed, type Served } from "./catalogue.ts";
import { contractOf, endpointsOf, instancePathOf, type AcumaticaEndpoint } from "./options.ts";
import {
  adHocSchema,
  findById,
  findByFilter,
  findByPath,
  listText,
  recordText,
  savedText,
  type Reader,
} from "./reading.ts";
import { businessRule, failure, noSuchEntity, Refusal } from "./refusals.ts";
import { isRecord, parseBody, readSent, sentText, type Sent } from "./sent.ts";
import type { Session } from "./sessions.ts";
import { deleteShipment } from "./shipping.ts";
import type { Site } from "./site.ts";
import { swaggerOf } from "./swagger.ts";
import type { Row, ShipmentRow } from "./tables.ts";
import { failAsConcurrentEdit, type Tenant } from "./tenant.ts";

/** What goes back: JSON text, or nothing. */
export interface Answer {
  status: number;
  text?: string;
  headers?: Record<string, string>;
}

export interface EntityRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
  session: Session;
  /** Path segments behind `/entity/`. */
  segments: string[];
}

/** Answers a signed-in call below `/entity/<name>/<version>/`. Throws Refusal. */
export function answerEntity(site: Site, request: EntityRequest): Answer {
  const [endpointName = "", version = "", entityName, ...rest] = request.segments;
  const endpoint = endpointsOf(site.options).find(
    (each) => each.name.toLowerCase() === endpointName.toLowerCase() && each.version === version,
  );
  if (!endpoint) throw missingEndpoint(site, request.url);
  if (entityName?.toLowerCase() === "swagger.json") return description(site, endpoint, request);
  const served = entityName === undefined ? undefined : findServed(entityName);
  if (!served || contractOf(endpoint).without.has(served.spec.name)) throw missing(request.url);
  checkRights(site, request.session, served);
  const tenant = site.tenantNamed(request.session.tenant);
  const reader: Reader = {
    tenant,
    contract: contractOf(endpoint),
    sessionId: request.session.id,
    showArchived: request.headers.get("px-apiarchive")?.toUpperCase() === "SHOW",
    linksBase: site.options.linksInEntities
      ? `${instancePathOf(site.options)}/entity/${endpoint.name}/${endpoint.version}`
      : undefined,
  };
  if (request.method === "GET" && rest[1] === "status" && rest.length === 3)
    return pollStatus(site, request, rest[2] ?? "");
  site.operations.refuseBusyForm(request.session.id, served.spec.form);
  const { searchParams: params } = request.url;
  switch (request.method) {
    case "GET":
      if (rest[0]?.toLowerCase() === "$adhocschema") return { status: 200, text: adHocSchema(reader, served) };
      return {
        status: 200,
        text: rest.length === 0 ? listText(reader, served, params) : recordText(reader, served, rest, params),
      };
    case "PUT":
      if (rest.length > 0)
        throw new Refusal(405, { message: "The requested resource does not support http method 'PUT'." });
      return put(reader, served, request);
    case "POST":
      // A POST to the entity itself is not the way to write one (facts: payloads 6).
      if (rest.length === 0) throw new Refusal(406, { message: "Not Acceptable" });
      return startAction(site, tenant, { served, endpoint, name: rest[0] ?? "" }, request);
    case "DELETE":
      return remove(reader, served, rest);
    default:
      throw new Refusal(405, { message: `The requested resource does not support http method '${request.method}'.` });
  }
}

/** What the endpoint holds, fields of the customer's own included; whether a site lets everybody read it is not established. */
function description(site: Site, endpoint: AcumaticaEndpoint, request: EntityRequest): Answer {
  if (site.options.swagger === "missing") throw missing(request.url);
  if (site.options.swagger === "forbidden") {
    throw failure(403, "Error: You have insufficient rights.", "PX.Data.PXNotEnoughRightsException");
  }
  return { status: 200, text: JSON.stringify(swaggerOf(site.options, endpoint)) };
}

/** Body of a 404 for an endpoint is not established: three readings (facts: acumatica 1.5). */
function missingEndpoint(site: Site, url: URL): Refusal {
  switch (site.options.missingEndpointBody ?? "json") {
    case "json":
      return missing(url);
    case "html":
      return new Refusal(
        404,
        "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head></html>",
        "text/html",
      );
    case "empty":
      return new Refusal(404, "", "text/plain");
  }
}

const missing = (url: URL): Refusal =>
  new Refusal(404, {
    message: `No HTTP resource was found that matches the request URI '${url.origin}${url.pathname}'.`,
  });

function checkRights(site: Site, session: Session, { spec }: Served): void {
  if (spec.form !== undefined && (session.user.rights ?? []).includes(spec.form)) {
    throw failure(
      403,
      `Error: You have insufficient rights to access the ${spec.formName} (${spec.form}) form.`,
      "PX.Data.PXNotEnoughRightsException",
    );
  }
  const form = site.options.setupMissing?.[spec.name];
  if (form !== undefined) {
    throw failure(
      500,
      `The required configuration data is not entered on the ${form} form.`,
      `PX.Data.PXSetupNotEnteredException\`1[[`,
    );
  }
}

function put(reader: Reader, served: Served, request: EntityRequest): Answer {
  const { tenant } = reader;
  const raw = parseBody(request.body);
  const sent = readSent(served.spec, raw, {
    contract: reader.contract,
    tooLongText: tenant.options.tooLongText ?? "cut",
  });
  const found = findForPut(reader, served, sent, request.url.searchParams);
  if (found && request.headers.get("if-none-match") === "*") throw precondition("already exists");
  if (!found && request.headers.get("if-match") === "*") throw precondition("does not exist");
  failAsConcurrentEdit(tenant, served.spec.name, served.title);
  const row = served.put(tenant, sent, found);
  return { status: 200, text: savedText(reader, served, row, request.url.searchParams) };
}

const precondition = (what: string): Refusal =>
  failure(412, `The record ${what}.`, "PX.Api.ContractBased.PreconditionFailedException");

/** By `id`, by the key fields, or by `$filter`. Orders are SO where no type is sent. */
function findForPut(reader: Reader, served: Served, sent: Sent, params: URLSearchParams): Row | undefined {
  if (sent.id !== undefined) {
    const byId = findById(reader.tenant, served, sent.id);
    if (!byId) throw noSuchEntity();
    return byId;
  }
  const keys = served.spec.keys.map((key) => sentText(sent, key) ?? (key === "OrderType" ? "SO" : ""));
  const byKeys = keys.every((key) => key !== "") ? served.byKeys(reader.tenant.tables, keys) : undefined;
  return byKeys ?? (params.has("$filter") ? findByFilter(reader, served, params) : undefined);
}

interface ActionCall {
  served: Served;
  endpoint: AcumaticaEndpoint;
  name: string;
}

function startAction(
  site: Site,
  tenant: Tenant,
  { served, endpoint, name }: ActionCall,
  request: EntityRequest,
): Answer {
  const action = findAction(served.spec.name, name);
  const isThere =
    action !== undefined &&
    action.since <= contractOf(endpoint).version &&
    endpoint.withoutActions?.includes(`${served.spec.name}/${action.name}`) !== true;
  if (!isThere) throw missing(request.url);
  const body = parseBody(request.body);
  const parameters = checkParameters(action, body);
  const row = findInvoked(tenant, served, body["entity"] ?? body["Entity"]);
  failAsConcurrentEdit(tenant, `${served.spec.name}/${action.name}`, served.title);
  if (!action.isLong || site.options.actionsAtOnce) {
    action.run(tenant, row, parameters);
    return { status: 204 };
  }
  const id = site.operations.start({
    sessionId: request.session.id,
    tenant,
    form: served.spec.form ?? "",
    run: () => action.run(tenant, row, parameters),
  });
  const endpointName = endpoint.name === "Default" ? "default" : endpoint.name;
  const path = `${instancePathOf(site.options)}/entity/${endpointName}/${endpoint.version}/${served.spec.name}/${action.name}/status/${id}`;
  return {
    status: 202,
    headers: { location: site.options.locationForm === "absolute" ? `${request.url.origin}${path}` : path },
  };
}

/** The record an action is for: by `id` or by its keys; other members given are not looked at. */
function findInvoked(tenant: Tenant, served: Served, raw: unknown): Row {
  if (!isRecord(raw)) throw businessRule("Error: The entity the action is for is missing.");
  const valueOf = (name: string): string => {
    const wrapped = raw[name];
    const value = isRecord(wrapped) ? wrapped["value"] : undefined;
    return typeof value === "string" ? value : "";
  };
  const id = raw["id"];
  const row =
    typeof id === "string" ? findById(tenant, served, id) : served.byKeys(tenant.tables, served.spec.keys.map(valueOf));
  if (!row) throw noSuchEntity();
  return row;
}

function pollStatus(site: Site, request: EntityRequest, id: string): Answer {
  if (site.operations.poll(id, request.session.id) === "done") return { status: 204 };
  return { status: 202, headers: { location: request.url.pathname } };
}

/** Only shipments and orders without shipments can be deleted here. */
function remove(reader: Reader, served: Served, rest: string[]): Answer {
  const row = findByPath(reader, served, rest);
  if (!row) throw noSuchEntity();
  const { tables } = reader.tenant;
  if (served.spec.name === "Shipment") deleteShipment(reader.tenant, row as ShipmentRow);
  else if (served.spec.name === "SalesOrder") {
    const order = tables.salesOrders.find((each) => each.id === row.id);
    if (!order || order.Shipments.length > 0)
      throw businessRule("Error: The sales order cannot be deleted because it has shipments.");
    tables.salesOrders.splice(tables.salesOrders.indexOf(order), 1);
    reader.tenant.revision++;
  } else throw businessRule(`Error: The sandbox does not delete records of ${served.spec.formName}.`);
  return { status: 204 };
}

import { errorShapes, knownElsewhere, type Elsewhere } from "./spec-differences.ts";
import { isSpecName, queryMisfits, specOf, type Operation, type Spec, type SpecName } from "./spec-operations.ts";
import { createSchemas, type Named, type Schema, type Side } from "./spec-schemas.ts";

export interface SentCall {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
}
export interface GivenAnswer {
  status: number;
  headers: Headers;
  text: string;
}
/** One way in which an exchange and its specification differ. */
export interface Misfit {
  api: SpecName;
  side: Side;
  /** `PUT /Shipment: body.Packages[].Foo is not in the specification` */
  text: string;
}

interface Place {
  api: SpecName;
  spec: Spec;
  operation: Operation | undefined;
  elsewhere: Elsewhere | undefined;
  /** Below the endpoint or the host. */
  path: string;
  /** Of an endpoint that is not Default. */
  isOwn: boolean;
}

const entityPath = /\/entity\/([^/]+)\/([^/]+)(\/[^?]+)$/i;

const defaults: SpecName[] = [
  "acumatica 24.200.001",
  "acumatica 23.200.001",
  "acumatica 22.200.001",
  "acumatica 20.200.001",
  "acumatica 25.200.001",
];

/** An endpoint of the customer's own extends one of Default's and may keep what others of them had: what fits any of them is fine. */
function best(call: { method: string; url: URL }, misfits: (place: Place) => Misfit[]): Misfit[] {
  const place = placeOf(call);
  const found = misfits(place);
  if (!place.isOwn || found.length === 0) return found;
  const others = defaults.map((api) => new Set(misfits(placeOf(call, api)).map(({ text }) => text)));
  return found.filter(({ text }) => others.every((texts) => texts.has(text)));
}

/** Which specification a call belongs to, and which of its operations it is. */
function placeOf({ method, url }: { method: string; url: URL }, base: SpecName = "acumatica 24.200.001"): Place {
  const whole = url.pathname.replaceAll(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
  const isEntity = /\/(entity|identity)(\/|$)/i.test(whole);
  const [, endpoint = "", version = "", below] = /\/entity\/auth\//i.test(whole) ? [] : (entityPath.exec(whole) ?? []);
  const named = `acumatica ${version}`;
  const acumatica = endpoint.toLowerCase() === "default" && isSpecName(named) ? named : base;
  const api = isEntity ? acumatica : whole.startsWith("/v2/") ? "shipstation-v2" : "shipstation-v1";
  const path = below ?? whole;
  const spec = specOf(api);
  const operation = spec.operations.find((each) => each.method === method && each.pattern.test(path));
  const elsewhere = knownElsewhere.find(
    (each) => api.startsWith(each.api) && each.method === method && each.path.test(path),
  );
  return { api, spec, operation, elsewhere, path, isOwn: endpoint !== "" && endpoint.toLowerCase() !== "default" };
}

/** Everything in a request that its specification does not know. */
export const requestMisfits = (call: SentCall): Misfit[] => best(call, (place) => requestMisfitsAt(place, call));

function requestMisfitsAt({ api, spec, operation, elsewhere, path }: Place, call: SentCall): Misfit[] {
  const place = `${call.method} ${elsewhere?.name ?? operation?.template ?? path}`;
  const found = elsewhere
    ? elsewhereMisfits(elsewhere, call)
    : operation
      ? operationMisfits(spec, operation, call, api, path)
      : ["is not in the specification"];
  return [...found, ...credentialMisfits(api, call, elsewhere)].map((text) => ({
    api,
    side: "request",
    text: `${place}: ${text}`,
  }));
}

function operationMisfits(spec: Spec, operation: Operation, call: SentCall, api: SpecName, path: string): string[] {
  const found = queryMisfits(operation, call.url.searchParams);
  if (api.startsWith("acumatica"))
    found.push(...odataMisfits(spec.named, path.split("/")[1] ?? "", call.url.searchParams));
  if (call.body === "") return operation.request ? [...found, "body is missing"] : found;
  if (!operation.request) return [...found, "takes no body"];
  if (!/^application\/json\b/.test(call.headers.get("content-type") ?? "")) found.push("body is not sent as JSON");
  const body = parsed(call.body);
  return body === undefined
    ? [...found, "body is no JSON"]
    : [...found, ...spec.misfits.request(operation.request, body)];
}

const plain = createSchemas({}, "request");

function elsewhereMisfits({ body }: Elsewhere, call: SentCall): string[] {
  if (body === undefined) return call.body === "" ? [] : ["takes no body"];
  const isForm = (call.headers.get("content-type") ?? "").startsWith("application/x-www-form-urlencoded");
  const value = isForm ? Object.fromEntries(new URLSearchParams(call.body)) : parsed(call.body);
  return plain(body, value ?? null);
}

function credentialMisfits(api: SpecName, { headers }: SentCall, elsewhere: Elsewhere | undefined): string[] {
  if (elsewhere?.isOpen) return [];
  if (api === "shipstation-v1")
    return /^Basic \S+$/.test(headers.get("authorization") ?? "") ? [] : ["is sent without Basic credentials"];
  if (api === "shipstation-v2") return headers.has("api-key") ? [] : ["is sent without an API-Key"];
  return headers.has("cookie") || /^Bearer \S+$/.test(headers.get("authorization") ?? "")
    ? []
    : ["is sent without a session"];
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Names in $select, $expand and $filter that the entity does not have. */
function odataMisfits(named: Named, entity: string, query: URLSearchParams): string[] {
  const schema = Object.keys(named).find((name) => name.toLowerCase() === entity.toLowerCase());
  if (schema === undefined) return [];
  const list = (name: string): string[] => (query.get(name) ?? "").split(",").filter((each) => each.trim() !== "");
  const paths = [...list("$select"), ...list("$expand")].map((each) => each.trim());
  const words = (query.get("$filter") ?? "").replaceAll(/'(?:[^']|'')*'/g, "");
  const operators =
    /^(eq|ne|gt|ge|lt|le|and|or|not|datetimeoffset|datetime|guid|true|false|null|substringof|startswith|endswith)$/;
  const inFilter = [...words.matchAll(/[A-Za-z_][\w/]*/g)]
    .map(([word]) => word)
    .filter((word) => !operators.test(word));
  return [...paths, ...inFilter]
    .filter((path) => !knows(named, schema, path.split("/")))
    .map((path) => `query names ${path}, which ${schema} does not have`);
}

function knows(named: Named, schema: string, [name = "", ...rest]: string[]): boolean {
  const members = membersOf(named, named[schema] ?? {});
  const member = members[name];
  if (!member) return false;
  const inner = (member.$ref ?? member.items?.$ref ?? "").split("/").at(-1) ?? "";
  return rest.length === 0 || knows(named, inner, rest);
}

const membersOf = (named: Named, schema: Schema): Named => ({
  ...(schema.$ref === undefined ? {} : membersOf(named, named[schema.$ref.split("/").at(-1) ?? ""] ?? {})),
  ...(Object.assign({}, ...(schema.allOf ?? []).map((part) => membersOf(named, part))) as Named),
  ...schema.properties,
});

/** Where a status has no shape in the specification, or Acumatica answers an error's shape in place of the echoed record. */
function isRefusal(api: SpecName, operation: Operation | undefined, { status, text }: GivenAnswer): boolean {
  if (status < 300) return false;
  if (!operation?.answers.get(status)) return true;
  return api.startsWith("acumatica") && (status !== 422 || /"exceptionMessage"/.test(text));
}

/** Everything in an answer that its specification does not know. */
export const answerMisfits = (call: { method: string; url: URL }, answer: GivenAnswer): Misfit[] =>
  best(call, (place) => answerMisfitsAt(place, call.method, answer));

/** Members of its own that a customer's endpoint shows; what is sent to it is held to Default all the same. */
const isOwnMember = (text: string): boolean => /^body(\[\])?\.\w+ is not in the specification \(object\)$/.test(text);

function answerMisfitsAt(place: Place, method: string, answer: GivenAnswer): Misfit[] {
  const { api, spec, operation, elsewhere, path, isOwn } = place;
  const where = `${method} ${elsewhere?.name ?? operation?.template ?? path} ${answer.status}`;
  const found = isRefusal(api, operation, answer)
    ? refusalMisfits(api, answer)
    : elsewhere
      ? givenElsewhere(elsewhere, answer)
      : operation
        ? givenMisfits(spec, operation, answer)
        : ["answers a call that is not in the specification"];
  return found
    .filter((text) => !(isOwn && isOwnMember(text)))
    .map((text) => ({ api, side: "answer", text: `${where}: ${text}` }));
}

function givenMisfits(spec: Spec, operation: Operation, { status, text }: GivenAnswer): string[] {
  if (!operation.answers.has(status)) return ["status is not in the specification"];
  const schema = operation.answers.get(status);
  if (text === "") return schema ? ["body is empty"] : [];
  if (!schema) return ["body is not in the specification"];
  const body = parsed(text);
  return body === undefined ? ["body is no JSON"] : spec.misfits.answer(schema, body);
}

function givenElsewhere({ answer }: Elsewhere, { text }: GivenAnswer): string[] {
  if (answer === undefined) return text === "" ? [] : ["body is not known"];
  return plain(answer, parsed(text) ?? null);
}

/** Refusals have one of the shapes that were seen, whatever the status. */
function refusalMisfits(api: SpecName, { status, headers, text }: GivenAnswer): string[] {
  const kind = headers.get("content-type") ?? "";
  const body = /json/.test(kind) ? parsed(text) : undefined;
  const shapes = errorShapes.filter((shape) => api.startsWith(shape.api) && shape.statuses.includes(status));
  const fits = shapes.some((shape) =>
    shape.body === undefined
      ? body === undefined && shape.kind?.test(kind)
      : body !== undefined && plain(shape.body, body).length === 0,
  );
  return fits ? [] : [`no known refusal: ${kind} ${text.slice(0, 120)}`];
}

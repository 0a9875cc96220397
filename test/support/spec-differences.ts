import type { Schema, Side } from "./spec-schemas.ts";

/**
 * Where the vendors' specifications and reality part, as data: each with the fact that tells it. What is not listed here fails the
 * test in which it happens; what is listed and never happens fails `test/contract/spec-validity.test.ts`.
 */
export interface Difference {
  /** Beginning of the specification's name. */
  api: "acumatica" | "acumatica 20" | "shipstation-v1" | "shipstation-v2";
  side: Side;
  /** On the misfit's text. */
  what: RegExp;
  why: string;
  /** Numbers of the facts, as docs/sandbox.md cites them, or the note on the specification's own defects. */
  fact: string;
}

/** A call the specification does not have. */
export interface Elsewhere {
  api: Difference["api"];
  name: string;
  method: string;
  path: RegExp;
  /** Of the body sent; undefined: none. */
  body?: Schema;
  /** Of the answer; undefined: none. */
  answer?: Schema;
  /** Asked without a session. */
  isOpen?: boolean;
  fact: string;
}

const text: Schema = { type: "string" };
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: "object",
  properties,
  required,
});
const anything: Schema = {};

export const knownElsewhere: Elsewhere[] = [
  {
    api: "shipstation-v1",
    name: "the keys that sign webhooks",
    method: "GET",
    path: /^\/v1\/webhook-jwks\.json$/,
    answer: object(
      {
        keys: {
          type: "array",
          items: object({ kid: text, kty: text, n: text, e: text, use: text, alg: text }, ["kid", "kty"]),
        },
      },
      ["keys"],
    ),
    isOpen: true,
    fact: "S6.4.5",
  },
  {
    api: "acumatica",
    name: "/entity/auth/login",
    method: "POST",
    path: /\/entity\/auth\/login$/i,
    body: object({ name: text, password: text, tenant: text, branch: text, locale: text }, [
      "name",
      "password",
      "tenant",
    ]),
    isOpen: true,
    fact: "A1.2.1",
  },
  {
    api: "acumatica",
    name: "/entity/auth/logout",
    method: "POST",
    path: /\/entity\/auth\/logout$/i,
    fact: "A1.2.7",
  },
  {
    api: "acumatica",
    name: "/entity",
    method: "GET",
    path: /\/entity$/i,
    answer: anything,
    isOpen: true,
    fact: "A1.1.5",
  },
  {
    api: "acumatica",
    name: "/identity/connect/token",
    method: "POST",
    path: /\/identity\/connect\/token$/i,
    body: object(
      {
        grant_type: { enum: ["authorization_code", "password", "refresh_token"] },
        client_id: text,
        client_secret: text,
        code: text,
        redirect_uri: text,
        username: text,
        password: text,
        refresh_token: text,
        scope: text,
      },
      ["grant_type", "client_id", "client_secret"],
    ),
    answer: object(
      {
        access_token: text,
        expires_in: { type: "integer" },
        token_type: text,
        refresh_token: text,
        scope: text,
        id_token: text,
      },
      ["access_token", "expires_in", "token_type"],
    ),
    isOpen: true,
    fact: "A1.3.1",
  },
  {
    api: "acumatica",
    name: "/identity/connect/authorize",
    method: "GET",
    path: /\/identity\/connect\/authorize$/i,
    isOpen: true,
    fact: "A1.3.1",
  },
  {
    api: "acumatica",
    name: "/swagger.json",
    method: "GET",
    path: /^\/swagger\.json$/i,
    answer: anything,
    fact: "A1.1.6",
  },
  {
    api: "acumatica",
    name: "the status of an operation",
    method: "GET",
    path: /^\/\w+\/\w+\/status\/[^/]+$/i,
    fact: "A2.4.1",
  },
];

const sourcesNote = "the file's known defects";

export const differences: Difference[] = [
  {
    api: "acumatica",
    side: "request",
    what: /^PUT \/Shipment: body\.ShipmentDate\.value is no date-time: \d{4}-\d\d-\d\d$/,
    why: "Calendar dates are sent without a time, as the vendor's own examples send them.",
    fact: "A2.6.2",
  },
  {
    api: "acumatica",
    side: "request",
    what: /^POST \/Shipment\/ConfirmShipment: body\.parameters is not in the specification \(object\)$/,
    why: "Every action of the vendor's examples carries parameters, if only empty ones.",
    fact: "A2.4.1",
  },
  {
    api: "acumatica",
    side: "answer",
    what: /(\.|\[\])note is null, not object$/,
    why: "A row's or a linked entity's note is null where there is none.",
    fact: "P4.1.2",
  },
  {
    api: "shipstation-v1",
    side: "request",
    what: /^POST \/orders\/createorders?: body(\[\])?\.items\[\]\.\w+ is missing$/,
    why: "The list of obligatory members of a line is broken by the file's own example; only the quantity and the name must be there.",
    fact: "S2.1.T1",
  },
  {
    api: "shipstation-v1",
    side: "request",
    what: /^POST \/orders\/createorder: body\.orderId is not in the specification \(number\)$/,
    why: "An update of a split order names it by its id.",
    fact: "S2.1.4",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: / is not in the specification \(null\)$/,
    why: "The file's answers are examples from which null members were taken away.",
    fact: sourcesNote,
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /\.weight\.WeightUnits is not in the specification \(number\)$/,
    why: "Every weight has it, and no documentation.",
    fact: "P2.2.1",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^GET \/shipments 200: body\.shipments\[\]\.(customerEmail|orderKey|voidDate|advancedOptions|labelData) is not in the specification/,
    why: "The file's example has them as null, or is older.",
    fact: "S3.1.5",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^GET \/shipments 200: body\.shipments\[\]\.shipmentItems\[\]\.(lineItemKey|weight|upc|options|warehouseLocation) is not in the specification/,
    why: "The file's example has them as null.",
    fact: "S2.1.10",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^POST \/orders\/createorders 200: body\.results\[\]\.errorMessage is not in the specification \(string\)$/,
    why: "The file's example has only saved orders.",
    fact: "S2.4.0",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^POST \/orders\/createorder 20[12]: status is not in the specification$/,
    why: "The file says 200; some accounts answer 201 or 202.",
    fact: "S2.1.7",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^POST \/webhooks\/subscribe 201: status is not in the specification$/,
    why: "The file says 200; a subscription answers 201.",
    fact: "P2.7.5",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^GET \/orders\/\{orderId\} 200: body\.holdUntilDate is not in the specification \(string\)$/,
    why: "The file's example has it as null.",
    fact: sourcesNote,
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^GET \/users 200: body is array, not /,
    why: "The file's example shows one user; the answer is a list.",
    fact: "P7.T1",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^POST \/stores\/deactivate 200: body\.success is boolean, not string/,
    why: "The file's example writes the boolean as text.",
    fact: "P7.T1",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /^(DELETE \/orders\/\{orderId\}|GET \/products\/\{productId\}) 200: body is not in the specification$/,
    why: "The file shows no body at all.",
    fact: "P2.8.1",
  },
  {
    api: "acumatica",
    side: "answer",
    what: /body(\[\])?(\.\w+(\[\])?)*\.custom\.\w+\.\w+\.value is not in the specification/,
    why: "The file names the type of a user-defined field, and not its value.",
    fact: "A2.1.4",
  },
  {
    api: "acumatica",
    side: "answer",
    what: /\._links is not in the specification \(object\)$/,
    why: "Some builds add them, whatever the endpoint's version.",
    fact: "P4.1.3",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /( is null, (not|none of) | is not in the specification \(null\)$)/,
    why: "Whatever is empty is null, also where the file knows no null.",
    fact: "P1.2",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /\.batch_id must (NOT have fewer than 1 characters|match pattern)/,
    why: "An empty text stands for none.",
    fact: "P3.2.4",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /^(PUT \/v2\/shipments\/\{shipment_id\}\/cancel|DELETE \/v2\/environment\/webhooks\/\{webhook_id\}) 204: body is empty$/,
    why: "204 has no body, though the file gives it one.",
    fact: "P3.7.5",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /^GET \/v2\/downloads\/\S+ 200: body is not in the specification$/,
    why: "A label's file is no JSON.",
    fact: "S6.3.3",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /^GET \/v2\/labels\/\{label_id\} 404: body is (empty|object, not string)$/,
    why: "The file has an empty text; recorded answers about unknown ids have the body of an error.",
    fact: "P3.7.1",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: / 4\d\d: body\.errors\[\]\.(field_name|field_value) is not in the specification/,
    why: "Errors name the field they are about.",
    fact: "P3.7.2",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: / 4\d\d: body\.errors\[\]\.error_source is "(shipengine|shipstation)", none of/,
    why: "The source is written in lower case, and may be the sibling product's name.",
    fact: "P3.7.4",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /\.(instructions|default_value) must NOT have fewer than 1 characters$/,
    why: "An empty text stands for none.",
    fact: "P1.2",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /body\.carriers\[\]\.(services|packages)\[\]\.(carrier_code|package_code) must match pattern/,
    why: "The file gives codes the form of ids, or of fewer letters than they have.",
    fact: sourcesNote,
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /\/track 200: body\.status_code is "[A-Z]{2}", none of COLLECTION_FAILED/,
    why: "Two letters come, not the words of the file's list.",
    fact: "P3.6.3",
  },
  {
    api: "shipstation-v2",
    side: "answer",
    what: /^GET \/v2\/batches\/\{batch_id\} 200: body\.paperless_download is missing$/,
    why: "Not every batch has one.",
    fact: "P3.2.4",
  },
  {
    api: "shipstation-v1",
    side: "answer",
    what: /\.customsItems\[\]\.harmonizedTariffCode is not in the specification \(string\)$/,
    why: "The file's example has it as null.",
    fact: sourcesNote,
  },
  {
    api: "acumatica",
    side: "answer",
    what: /\/\$adHocSchema 200: body\._workflowActions is not in the specification \(array\)$/,
    why: "The schema of a form names its workflow's actions, too.",
    fact: "A1.1.7",
  },
];

/** Refusals as they were seen. `kind` is looked at where there is no JSON. */
export interface ErrorShape {
  api: Difference["api"];
  statuses: number[];
  body?: Schema;
  kind?: RegExp;
  fact: string;
}

const exception = object(
  {
    message: text,
    exceptionMessage: text,
    exceptionType: text,
    stackTrace: text,
    messageDetail: text,
    innerException: anything,
  },
  ["message"],
);
const listsOfTexts: Schema = { type: "object", additionalProperties: { type: "array", items: text } };

export const errorShapes: ErrorShape[] = [
  { api: "acumatica", statuses: [401, 403, 404, 405, 406, 412, 422, 500], body: exception, fact: "A2.5.1" },
  {
    api: "acumatica",
    statuses: [400],
    body: object({ message: text, modelState: listsOfTexts }, ["message"]),
    fact: "P4.7.1",
  },
  {
    api: "acumatica",
    statuses: [400, 401],
    body: object({ error: text, error_description: text }, ["error"]),
    fact: "A1.3.1",
  },
  { api: "acumatica", statuses: [401, 404, 411, 429], kind: /^(text\/plain|text\/html|$)/, fact: "P4.7.5" },
  { api: "acumatica", statuses: [302], kind: /^(text\/html|$)/, fact: "A2.5.T1" },
  {
    api: "shipstation-v1",
    statuses: [400],
    body: object({ Message: text, ModelState: listsOfTexts }, ["Message", "ModelState"]),
    fact: "P2.8.1",
  },
  {
    api: "shipstation-v1",
    statuses: [400, 404, 405, 415, 500],
    body: object(
      { Message: text, ExceptionMessage: text, ExceptionType: text, StackTrace: text, MessageDetail: text },
      ["Message"],
    ),
    fact: "P2.8.1",
  },
  {
    api: "shipstation-v1",
    statuses: [401, 402, 403, 404, 405, 429],
    body: object({ message: text }, ["message"]),
    fact: "P2.8.1",
  },
  {
    api: "shipstation-v1",
    statuses: [400, 500],
    body: object({ message: { type: "string", enum: ["Too Many Requests"] } }, ["message"]),
    fact: "S1.3.5",
  },
  { api: "shipstation-v1", statuses: [400, 401, 402, 403, 404], kind: /^(text\/plain|text\/html|$)/, fact: "S1.4.3" },
  {
    api: "shipstation-v2",
    statuses: [400, 401, 402, 403, 404, 409, 429, 500],
    body: object(
      {
        request_id: text,
        errors: {
          type: "array",
          items: object(
            {
              error_source: text,
              error_type: text,
              error_code: text,
              message: text,
              field_name: { type: ["string", "null"] },
              field_value: anything,
              carrier_id: text,
              carrier_code: text,
              label_id: text,
              shipment_id: text,
            },
            ["error_source", "error_type", "error_code", "message"],
          ),
        },
      },
      ["request_id", "errors"],
    ),
    fact: "P3.7.2",
  },
];

import type { Random } from "../../../lib/random.ts";
import type { V2Options } from "./options.ts";

/** The shapes V2 answers in (facts: shipstation 6.1, payloads 3.7). */
export interface V2Answer {
  status: 200 | 204 | 400 | 401 | 403 | 404 | 405 | 409 | 429;
  body?: unknown;
  /** Sent as it is, with this content type, instead of JSON. */
  file?: { type: string; bytes: Uint8Array<ArrayBuffer> };
  errors?: V2Error[];
}

export interface V2Error {
  type: "account_status" | "business_rules" | "validation" | "security" | "system" | "integrations";
  code: string;
  message: string;
  /** Left out where undefined; null where V2 says so. */
  field?: string | null;
  value?: unknown;
}

export const ok = (body: unknown): V2Answer => ({ status: 200, body });
/** No body and no content type. */
export const noContent: V2Answer = { status: 204 };
export const refuse = (status: V2Answer["status"], error: V2Error): V2Answer => ({ status, errors: [error] });

export const unknownId = (field: string, value: string): V2Answer =>
  refuse(404, { type: "business_rules", code: "invalid_identifier", message: `Invalid ${field}.`, field, value });
export const malformedId = (field: string): V2Answer =>
  refuse(400, { type: "system", code: "unspecified", message: `${field}: id parameter is in the wrong format` });
export const badValue = (field: string, value: unknown, message: string): V2Answer =>
  refuse(400, { type: "validation", code: "invalid_field_value", message, field, value });
export const missing = (field: string): V2Answer =>
  // Without `field_value`, which an answer of this kind does not have.
  refuse(400, { type: "validation", code: "field_value_required", message: `${field} should not be empty.`, field });

export function requestId(random: Random): string {
  const hex = Buffer.from(random.bytes(16)).toString("hex");
  const part = (from: number, to: number): string => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-a${part(17, 20)}-${part(20, 32)}`;
}

/** Puts an answer on the wire; the request's id is in two headers and, of a refusal, in the body. */
export function respond(answer: V2Answer, id: string, source: V2Options["errorSource"]): Response {
  const headers = { "request-id": id, "x-shipengine-requestid": id, "x-content-type-options": "nosniff" };
  const { status, file } = answer;
  if (file) return new Response(file.bytes, { status, headers: { ...headers, "content-type": file.type } });
  const body = answer.errors
    ? { request_id: id, errors: answer.errors.map((error) => renderError(error, source)) }
    : answer.body;
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/json; charset=utf-8" },
  });
}

function renderError({ type, code, message, field, value }: V2Error, source: string): object {
  return {
    error_source: source,
    error_type: type,
    error_code: code,
    message,
    ...(field === undefined ? {} : { field_name: field }),
    ...(value === undefined ? {} : { field_value: value }),
  };
}

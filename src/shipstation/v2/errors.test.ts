import { describe, expect, test } from "vitest";
import { ConnectorError } from "../../lib/errors.ts";
import { readV2Body } from "./errors.ts";

interface Said {
  type?: string;
  code?: string;
  message?: string;
  field_name?: unknown;
  field_value?: unknown;
}

const bodyOf = ({ type = "system", code = "unspecified", message = "Something.", ...more }: Said): string =>
  JSON.stringify({
    request_id: "204c855f-dcc0-4270-ba12-c585fc5ef4bf",
    errors: [{ error_source: "shipengine", error_type: type, error_code: code, message, ...more }],
  });

function refusal(status: number, text: string, headers: Record<string, string> = {}, isWrite = false): ConnectorError {
  try {
    readV2Body({ status, headers: new Headers(headers), text }, isWrite);
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
  throw new Error("the answer was taken for a good one");
}

describe("an answer of V2 is refused by its code before its status, and never by its type", () => {
  test.each([
    [400, { type: "system", code: "unspecified" }, "shipstation.rejected"],
    [400, { type: "validation", code: "request_body_required" }, "shipstation.rejected"],
    [400, { type: "business_rules", code: "a_code_of_next_year" }, "shipstation.rejected"],
    [409, { type: "business_rules", code: "webhook_event_type_conflict" }, "shipstation.rejected"],
    [400, { type: "business_rules", code: "insufficient_funds" }, "shipstation.rejected"],
    [404, { type: "business_rules", code: "invalid_identifier" }, "shipstation.not-found"],
    [401, { type: "security", code: "unauthorized" }, "shipstation.credentials"],
    [400, { type: "security", code: "unauthorized" }, "shipstation.credentials"],
    [403, { type: "security", code: "forbidden" }, "shipstation.plan"],
    [400, { type: "account_status", code: "subscription_inactive" }, "shipstation.plan"],
    [402, { type: "account_status", code: "trial_expired" }, "shipstation.plan"],
    [429, { type: "system", code: "rate_limit_exceeded" }, "shipstation.rate-limited"],
    [400, { type: "system", code: "rate_limit_exceeded" }, "shipstation.rate-limited"],
    [500, { type: "system", code: "unspecified" }, "shipstation.server-error"],
    [503, { type: "validation", code: "invalid_field_value" }, "shipstation.server-error"],
  ] as const)("%i with %o", (status, said, code) => {
    expect(refusal(status, bodyOf(said)).code).toBe(code);
  });

  test.each([
    [401, "", "shipstation.credentials"],
    [403, "<html>Forbidden</html>", "shipstation.plan"],
    [404, "", "shipstation.not-found"],
    [404, '""', "shipstation.not-found"],
    [404, "<html>Not found</html>", "shipstation.unreadable"],
    [404, "{}", "shipstation.unreadable"],
    [400, "Bad Request", "shipstation.unreadable"],
    [429, "", "shipstation.rate-limited"],
    [502, "<html>Bad gateway</html>", "shipstation.server-error"],
    [200, "<html>Sign in</html>", "shipstation.unreadable"],
    [200, '{"labels": [', "shipstation.unreadable"],
    [405, "", "internal.defect"],
  ] as const)("%i with the body %j", (status, text, code) => {
    expect(refusal(status, text).code).toBe(code);
  });
});

describe("a 2xx may hide a failure", () => {
  test.each([
    [200, { has_errors: true, shipments: [] }],
    [200, { approved: false, message: "The label has already been voided." }],
    [207, { errors: [{ error_code: "unspecified", message: "One of two." }] }],
  ])("%i with %o", (status, body) => {
    expect(refusal(status, JSON.stringify(body)).code).toBe("shipstation.rejected");
  });

  test.each([
    ["an empty list of errors and a request id", { carriers: [], request_id: "1", errors: [] }],
    ["a count of errors", { errors: 0, process_errors: null }],
    ["no errors at all", { has_errors: false, shipments: [{ errors: [] }] }],
    ["approval", { approved: true, message: "This label has been voided." }],
  ])("but %s is a good answer", (_, body) => {
    expect(readV2Body({ status: 200, headers: new Headers(), text: JSON.stringify(body) }, false)).toEqual(body);
  });

  test("and an empty 204 is one, too", () => {
    expect(readV2Body({ status: 204, headers: new Headers(), text: "" }, true)).toBeUndefined();
  });
});

test.each([
  [{ "retry-after": "7", "ratelimit-reset": "33" }, 7_000],
  [{ "ratelimit-reset": "33" }, 33_000],
  [{ "retry-after": "soon" }, 60_000],
  [{ "retry-after": "1764086400" }, 60_000],
])("a throttled account is left alone as long as the headers %o say", (headers, ms) => {
  expect(refusal(429, bodyOf({ code: "rate_limit_exceeded" }), headers as Record<string, string>).retryAfterMs).toBe(
    ms,
  );
});

test.each([
  ["text", "carrier_id", "bad", { field: "carrier_id", found: '"bad"' }],
  ["null, and a list", null, ["se-1", "se-2"], { field: "request", found: '["se-1","se-2"]' }],
  ["absent", undefined, undefined, { field: "request", found: "Something." }],
])("the field of a refusal may be %s", (_, field_name, field_value, problem) => {
  expect(refusal(400, bodyOf({ field_name, field_value })).problems).toMatchObject([problem]);
});

test("a write that failed on their side may have been carried out, a refused one not", () => {
  expect(refusal(500, "", {}, true).mayHaveApplied).toBe(true);
  expect(refusal(200, "<html>", {}, true).mayHaveApplied).toBe(true);
  expect(refusal(400, bodyOf({}), {}, true).mayHaveApplied).toBe(false);
});

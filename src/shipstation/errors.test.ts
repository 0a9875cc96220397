import { describe, expect, test } from "vitest";
import { ConnectorError } from "../lib/errors.ts";
import { readBody } from "./errors.ts";

const json = (value: unknown): string => JSON.stringify(value);

const errorOf = (status: number, text: string, { isWrite = false, headers = {} } = {}): ConnectorError => {
  try {
    readBody({ status, text, headers: new Headers(headers) }, isWrite);
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
  throw new Error("the answer was taken for a good one");
};

const page = "<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>";
const dotNet = json({
  Message: "An error has occurred.",
  ExceptionMessage: "Object reference not set to an instance of an object.",
  ExceptionType: "System.NullReferenceException",
  StackTrace: "   at SS.OpenApi.Controllers.OrdersController.Save(Order order)",
});

describe("readBody translates", () => {
  test.for([
    ["401", 401, json({ message: "Unauthorized" }), "shipstation.credentials"],
    ["401 as a page", 401, page, "shipstation.credentials"],
    ["401 with nothing", 401, "", "shipstation.credentials"],
    ["402", 402, json({ message: "Your plan does not include API access." }), "shipstation.plan"],
    ["403", 403, "", "shipstation.plan"],
    ["429", 429, json({ message: "Too Many Requests" }), "shipstation.rate-limited"],
    ["429 with nothing", 429, "", "shipstation.rate-limited"],
    ["the throttle's words with 200", 200, json({ message: "Too Many Requests" }), "shipstation.rate-limited"],
    ["the throttle's words with 500", 500, json({ Message: "Too Many Requests" }), "shipstation.rate-limited"],
    ["the throttle's words with 403", 403, "Too Many Requests", "shipstation.rate-limited"],
    ["the throttle's words on a page", 503, "<title>Too Many Requests</title>", "shipstation.rate-limited"],
    ["a ModelState", 400, json({ Message: "The request is invalid.", ModelState: {} }), "shipstation.rejected"],
    ["a plain sentence", 400, "'Ship Name' must not be empty.", "shipstation.rejected"],
    ["a sentence in quotes", 400, json("'Ship Name' must not be empty."), "shipstation.rejected"],
    ["a lower-case message", 400, json({ message: "Invalid serviceCode" }), "shipstation.rejected"],
    ["400 with nothing", 400, "", "shipstation.rejected"],
    ["409", 409, json({ message: "Conflict" }), "shipstation.rejected"],
    ["413", 413, "Request Entity Too Large", "shipstation.rejected"],
    ["success: false with 200", 200, json({ success: false, message: "No." }), "shipstation.rejected"],
    ["404", 404, json({ message: "Not Found" }), "shipstation.not-found"],
    ["404 with nothing", 404, "", "shipstation.not-found"],
    ["404 as a page proves nothing about a record", 404, page, "shipstation.unreadable"],
    [
      "404 of a missing route proves nothing about a record",
      404,
      json({ Message: "No HTTP resource was found that matches the request URI 'https://host/orders/1'." }),
      "shipstation.unreadable",
    ],
    ["500 of .NET", 500, dotNet, "shipstation.server-error"],
    ["500 cut short after its message", 500, dotNet.slice(0, 130), "shipstation.server-error"],
    ["500 cut short before its message", 500, dotNet.slice(0, 30), "shipstation.unreadable"],
    ["500 as a page", 500, page, "shipstation.unreadable"],
    ["502 with nothing", 502, "", "shipstation.unreadable"],
    ["503 in words", 503, "Service Unavailable", "shipstation.server-error"],
    ["a database time-out with 400", 400, "Execution Timeout Expired.  The timeout...", "shipstation.server-error"],
    ["415", 415, json({ Message: "The request entity's media type..." }), "internal.defect"],
    ["405", 405, "", "internal.defect"],
    ["200 as a page", 200, page, "shipstation.unreadable"],
    ["200 cut short", 200, '{"orders":[{"orderId":1', "shipstation.unreadable"],
    ["200 in words", 200, "OK", "shipstation.unreadable"],
    ["400 as a page", 400, page, "shipstation.unreadable"],
    ["304", 304, "", "shipstation.unreadable"],
  ] as const)("%s", ([, status, text, code]) => {
    expect(errorOf(status, text)).toMatchObject({ code, status });
  });

  test.for([
    ["seconds left", { "X-Rate-Limit-Reset": "20" }, 20_000],
    ["no seconds left is at least one", { "X-Rate-Limit-Reset": "0" }, 1_000],
    ["an epoch is not seconds left", { "X-Rate-Limit-Reset": "1767225600" }, 60_000],
    ["words", { "X-Rate-Limit-Reset": "soon" }, 60_000],
    ["nothing", {}, 60_000],
    ["only Retry-After", { "Retry-After": "7" }, 7_000],
    ["both: the documented one", { "Retry-After": "7", "X-Rate-Limit-Reset": "9" }, 9_000],
  ] as const)("the wait of a throttle: %s", ([, headers, retryAfterMs]) => {
    expect(errorOf(429, "", { headers }).retryAfterMs).toBe(retryAfterMs);
  });

  test.for([
    ["a good answer cut short", 200, "{", true],
    ["an exception", 500, dotNet, true],
    ["a gateway's page", 502, page, true],
    ["a refusal", 400, json({ message: "No" }), false],
    ["a throttle", 429, "", false],
    ["wrong credentials", 401, "", false],
    ["a database time-out", 400, "Execution Timeout Expired.", true],
  ] as const)("whether a write may have been applied: %s", ([, status, text, mayHaveApplied]) => {
    expect(errorOf(status, text, { isWrite: true }).mayHaveApplied).toBe(mayHaveApplied);
    expect(errorOf(status, text).mayHaveApplied).toBe(false);
  });
});

test("the exception's message is told, its stack trace never", () => {
  for (const text of [dotNet, `Oops.\r\n   at SS.OpenApi.Controllers.OrdersController.Save(Order order)\r\n`]) {
    const { message } = errorOf(500, text);
    expect(message).not.toContain("SS.OpenApi");
  }
  expect(errorOf(500, dotNet).message).toBe(
    "ShipStation failed to answer (500): Object reference not set to an instance of an object.",
  );
});

test("the plan's refusal passes on the server's own words", () => {
  expect(errorOf(402, json({ message: "Upgrade to Gold." })).message).toContain("Upgrade to Gold.");
});

test("every field of a ModelState becomes a problem", () => {
  const error = errorOf(
    400,
    json({
      Message: "The request is invalid.",
      ModelState: { "apiOrder.shipTo.name": ["'Ship Name' must not be empty."], "apiOrder.orderDate": ["Bad."] },
    }),
  );
  expect(error.problems.map((problem) => [problem.field, problem.found])).toEqual([
    ["shipTo.name", "'Ship Name' must not be empty."],
    ["orderDate", "Bad."],
  ]);
  expect(error.message).toBe("ShipStation did not accept the values: 'Ship Name' must not be empty. Bad.");
});

describe("readBody gives", () => {
  test.for([
    ["a JSON body", json({ orders: [] }), { orders: [] }],
    ["a body with a byte order mark", `\uFEFF${json([1])}`, [1]],
    ["nothing for an empty body", "", undefined],
    ["records that only quote the throttle", json({ orders: [{ internalNotes: "Too Many Requests" }] }), undefined],
  ] as const)("%s", ([, text, value]) => {
    const body = readBody({ status: 201, text, headers: new Headers() }, true);
    expect(body).toEqual(value ?? (text === "" ? undefined : JSON.parse(text)));
  });
});

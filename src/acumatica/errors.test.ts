import { describe, expect, test } from "vitest";
import { saysNoEntity, translate, type Asked } from "./errors.ts";

interface Given {
  status: number;
  body?: unknown;
  text?: string;
  type?: string;
  headers?: Record<string, string>;
}

const answerOf = ({ status, body, text, type = "application/json; charset=utf-8", headers = {} }: Given) => ({
  status,
  headers: new Headers({ "content-type": type, ...headers }),
  text: text ?? (body === undefined ? "" : JSON.stringify(body)),
  tookMs: 1,
});
const thrown = (exceptionType: string, exceptionMessage: string) => ({
  message: "An error has occurred.",
  exceptionMessage,
  exceptionType,
  stackTrace: "   at Secret.Customer.Name()",
});
const reading: Asked = {
  place: "entity",
  isWrite: false,
  subject: "SalesOrder in Default/24.200.001",
  declinedWaitMs: 45_000,
};
const writing: Asked = { ...reading, isWrite: true };
const signingIn: Asked = { ...reading, place: "sign-in", subject: "sign-in" };
const listingEndpoints: Asked = { ...reading, place: "site", subject: "the list of endpoints" };

const page = (title: string) => `<!DOCTYPE html><html><head><title>${title}</title></head><body></body></html>`;
const rule = thrown("PX.Data.PXException", "Quantity on hand is not sufficient.");

describe("translate", () => {
  test.for<{ name: string; asked: Asked; given: Given; code: string }>([
    {
      name: "half of a refused sign-in, which must not be tried again and again",
      asked: signingIn,
      given: {
        status: 500,
        text: '{"message":"An error has occurred.","exceptionMessage":"Invalid credentials. Please',
      },
      code: "acumatica.credentials",
    },
    {
      name: "half of a full licence",
      asked: reading,
      given: { status: 500, text: '{"exceptionMessage":"API Login Limit","exceptionType":"PX.Data.PX' },
      code: "acumatica.session-limit",
    },
    {
      name: "half of what seems to be no record",
      asked: reading,
      given: { status: 500, text: '{"exceptionMessage":"No entity satisfies the condition.","exceptionType":"PX.' },
      code: "acumatica.server-error",
    },
    {
      name: "a wrong password",
      asked: signingIn,
      given: { status: 500, body: thrown("PX.Data.PXException", "Error: Invalid credentials. Please try again.") },
      code: "acumatica.credentials",
    },
    {
      name: "a refusal in another language",
      asked: signingIn,
      given: { status: 500, body: thrown("PX.Data.PXException", "Ungültige Anmeldung.") },
      code: "acumatica.credentials",
    },
    {
      name: "a locked user",
      asked: signingIn,
      given: { status: 500, body: thrown("System.Exception", "The user has been locked out.") },
      code: "acumatica.credentials",
    },
    { name: "a sign-in answered 401", asked: signingIn, given: { status: 401 }, code: "acumatica.credentials" },
    {
      name: "a database fault at sign-in",
      asked: signingIn,
      given: { status: 500, body: thrown("System.Data.SqlClient.SqlException", "Timeout expired.") },
      code: "acumatica.server-error",
    },
    {
      name: "an unknown tenant by type",
      asked: signingIn,
      given: { status: 500, body: thrown("PX.Data.PXUndefinedCompanyException", "Unbekannt.") },
      code: "acumatica.tenant",
    },
    {
      name: "an unknown tenant by text",
      asked: signingIn,
      given: { status: 500, body: { exceptionMessage: "A proper company ID cannot be determined." } },
      code: "acumatica.tenant",
    },
    {
      name: "the login limit as 500",
      asked: signingIn,
      given: { status: 500, body: thrown("PX.Data.PXException", "API Login Limit") },
      code: "acumatica.session-limit",
    },
    {
      name: "the login limit in a stack trace",
      asked: signingIn,
      given: {
        status: 500,
        body: { ...thrown("PX.Data.PXException", "Fehler"), stackTrace: "at PX.PXLicensePolicy.CheckApiUsersLimits()" },
      },
      code: "acumatica.session-limit",
    },
    {
      name: "the login limit in a page's title",
      asked: signingIn,
      given: { status: 200, text: page("Error: API Login Limit"), type: "text/html" },
      code: "acumatica.session-limit",
    },
    {
      name: "the login limit as 429 text",
      asked: reading,
      given: { status: 429, text: "API Login Limit", type: "text/plain" },
      code: "acumatica.session-limit",
    },
    {
      name: "a bare 429 at sign-in",
      asked: signingIn,
      given: { status: 429, text: "The custom error module does not recognize this error.", type: "text/plain" },
      code: "acumatica.session-limit",
    },
    {
      name: "a sign-in at a wrong address",
      asked: signingIn,
      given: { status: 404, text: page("404"), type: "text/html" },
      code: "acumatica.endpoint-missing",
    },
    { name: "a bare 429", asked: reading, given: { status: 429 }, code: "acumatica.rate-limited" },
    {
      name: "not signed in",
      asked: reading,
      given: { status: 401, body: { message: "Authorization has been denied." } },
      code: "acumatica.session-lost",
    },
    {
      name: "not signed in, as 500",
      asked: reading,
      given: { status: 500, body: thrown("PX.Data.PXNotLoggedInException", "x") },
      code: "acumatica.session-lost",
    },
    {
      name: "a missing right",
      asked: reading,
      given: { status: 403, body: { message: "You have insufficient rights to access the object (SalesOrder)." } },
      code: "acumatica.rights",
    },
    {
      name: "an endpoint that is not there",
      asked: reading,
      given: { status: 404 },
      code: "acumatica.endpoint-missing",
    },
    {
      name: "a list that cannot be optimised",
      asked: reading,
      given: {
        status: 500,
        body: thrown(
          "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
          "Optimization cannot be performed.The following",
        ),
      },
      code: "acumatica.list-unsupported",
    },
    {
      name: "a form that was never set up",
      asked: reading,
      given: { status: 500, body: thrown("PX.Data.PXSetupNotEnteredException`1[[X", "x") },
      code: "acumatica.setup-missing",
    },
    {
      name: "a simultaneous edit",
      asked: writing,
      given: {
        status: 500,
        body: thrown(
          "PX.Data.PXException",
          "Error: Another process has updated the 'SOShipment' record. Your changes will be lost.",
        ),
      },
      code: "acumatica.concurrent-edit",
    },
    {
      name: "a simultaneous edit as 422",
      asked: writing,
      given: { status: 422, body: { error: "Another process has updated the 'SOShipment' record." } },
      code: "acumatica.concurrent-edit",
    },
    { name: "a broken rule", asked: writing, given: { status: 500, body: rule }, code: "acumatica.business-rule" },
    {
      name: "a broken rule inside another exception",
      asked: writing,
      given: {
        status: 500,
        body: {
          message: "An error has occurred.",
          exceptionMessage: "Operation failed",
          exceptionType: "PX.Data.PXOperationCompletedException",
          innerException: rule,
        },
      },
      code: "acumatica.business-rule",
    },
    {
      name: "a filter with a wrong type",
      asked: reading,
      given: {
        status: 500,
        body: thrown("Microsoft.OData.ODataException", "A binary operator with incompatible types was detected."),
      },
      code: "acumatica.bad-request",
    },
    {
      name: "an unreadable request",
      asked: writing,
      given: {
        status: 400,
        body: { message: "The request is invalid.", modelState: { "": ["The request body should not be empty."] } },
      },
      code: "acumatica.bad-request",
    },
    {
      name: "a record to be changed that is not there",
      asked: writing,
      given: { status: 412 },
      code: "acumatica.rejected",
    },
    {
      name: "an operation that still runs",
      asked: writing,
      given: { status: 500, body: thrown("PX.Data.PXException", "The previous operation has not been completed yet.") },
      code: "acumatica.action-unfinished",
    },
    {
      name: "a gateway's page",
      asked: reading,
      given: { status: 502, text: page("502 Bad Gateway"), type: "text/html" },
      code: "acumatica.server-error",
    },
    {
      name: "a site that restarts",
      asked: reading,
      given: { status: 503, text: "Service Unavailable", type: "text/plain" },
      code: "acumatica.server-error",
    },
    { name: "a bare 500", asked: reading, given: { status: 500 }, code: "acumatica.server-error" },
    {
      name: "a fault of the runtime",
      asked: reading,
      given: { status: 500, body: thrown("System.NullReferenceException", "Object reference not set.") },
      code: "acumatica.server-error",
    },
    {
      name: "a web page as 200",
      asked: reading,
      given: { status: 200, text: page("Sign In"), type: "text/html" },
      code: "acumatica.unreadable",
    },
    {
      name: "a web page under a wrong content type",
      asked: reading,
      given: { status: 200, text: page("Sign In") },
      code: "acumatica.unreadable",
    },
  ])("$name is $code", ({ asked, given, code }) => {
    expect(translate(answerOf(given), asked).code).toBe(code);
  });

  test("a validation error names every field and row, at any depth", () => {
    const body = {
      id: "x",
      error: "Inserting  'Shipment' record raised at least one error.",
      WarehouseID: { value: "NOPE", error: "'Warehouse' cannot be found." },
      Details: [
        { id: "a", InventoryID: { value: "OK1" } },
        { id: "b", error: "The line is wrong.", InventoryID: { value: "AB  ", error: "Item 'AB  ' cannot be found." } },
      ],
      ShippingSettings: { ShipToAddress: { Country: { error: "Country may not be empty." } } },
      _links: { self: "/x", error: "not an error" },
    };
    const error = translate(answerOf({ status: 422, body }), writing);
    expect(error.problems).toEqual([
      { field: "WarehouseID", found: "NOPE", cure: "'Warehouse' cannot be found." },
      { field: "Details[1]", found: "", cure: "The line is wrong." },
      { field: "Details[1].InventoryID", found: "AB  ", cure: "Item 'AB ' cannot be found." },
      { field: "ShippingSettings.ShipToAddress.Country", found: "", cure: "Country may not be empty." },
    ]);
    expect(error.message).toContain("Inserting 'Shipment' record raised");
    expect(error.mayHaveApplied).toBe(false);
  });

  test("the message is plain words and Acumatica's own, never the stack trace", () => {
    const { message } = translate(answerOf({ status: 500, body: rule }), writing);
    expect(message).toBe(
      'A rule of Acumatica forbids this (SalesOrder in Default/24.200.001). Acumatica says: "Quantity on hand is not sufficient."',
    );
    expect(message).not.toContain("Secret");
  });

  test.for<{ name: string; given: Given; doubt: boolean }>([
    { name: "a gateway that gave up", given: { status: 504 }, doubt: true },
    { name: "a server that broke", given: { status: 500 }, doubt: true },
    { name: "a web page as 200", given: { status: 200, text: page("Error"), type: "text/html" }, doubt: true },
    { name: "a broken rule", given: { status: 500, body: rule }, doubt: false },
    { name: "a refused field", given: { status: 422, body: { error: "x" } }, doubt: false },
    { name: "a declined request", given: { status: 429 }, doubt: false },
    { name: "a lost session", given: { status: 401 }, doubt: false },
  ])("after $name, that a write may have been carried out is $doubt", ({ given, doubt }) => {
    expect(translate(answerOf(given), writing).mayHaveApplied).toBe(doubt);
    expect(translate(answerOf(given), reading).mayHaveApplied).toBe(false);
  });

  test("waits are stated: a minute for a session, Acumatica's own figure or ours for a declined request", () => {
    expect(translate(answerOf({ status: 500, body: thrown("X", "API Login Limit") }), signingIn).retryAfterMs).toBe(
      60_000,
    );
    expect(translate(answerOf({ status: 429 }), reading).retryAfterMs).toBe(45_000);
    expect(translate(answerOf({ status: 429, headers: { "retry-after": "7" } }), reading).retryAfterMs).toBe(7_000);
    expect(translate(answerOf({ status: 503 }), reading).retryAfterMs).toBeUndefined();
  });

  test("a missing endpoint is told apart from a wrong address", () => {
    expect(translate(answerOf({ status: 404 }), reading).message).toContain("Default/24.200.001");
    expect(translate(answerOf({ status: 404 }), listingEndpoints).message).toContain("Check the instance URL");
  });
});

describe("saysNoEntity", () => {
  test.for<{ name: string; given: Given; isSo: boolean }>([
    {
      name: "by type",
      given: { status: 500, body: thrown("PX.Api.ContractBased.NoEntitySatisfiesTheConditionException", "Kein Satz.") },
      isSo: true,
    },
    {
      name: "by text",
      given: { status: 500, body: { exceptionMessage: "No entity satisfies the condition." } },
      isSo: true,
    },
    { name: "not by status alone", given: { status: 404 }, isSo: false },
    { name: "not by another fault", given: { status: 500, body: rule }, isSo: false },
    {
      name: "not by half an answer",
      given: { status: 500, text: '{"exceptionMessage":"No entity satisfies the condition.","exceptionType":"PX.' },
      isSo: false,
    },
  ])("a missing record is known $name", ({ given, isSo }) => {
    expect(saysNoEntity(answerOf(given))).toBe(isSo);
  });
});

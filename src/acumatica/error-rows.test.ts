import { describe, expect, test } from "vitest";
import {
  createClientOf,
  createFakeAcumatica,
  empty,
  exception,
  json,
  webPage,
} from "../../test/support/fake-acumatica.ts";
import { translate, type Asked } from "./errors.ts";

const reading: Asked = { place: "entity", isWrite: false, subject: "a record", declinedWaitMs: 45_000 };
const writing: Asked = { ...reading, isWrite: true };
const read = async (response: Response) => ({
  status: response.status,
  headers: response.headers,
  text: await response.text(),
  tookMs: 1,
});
const code = async (response: Response, asked = reading): Promise<string> =>
  translate(await read(response), asked).code;

/** Facts: acumatica 2.5, the table, row by row; payloads 4.7. */
describe("each row of the table of errors", () => {
  test.for([
    {
      row: "400, body unreadable",
      answer: () => json({ message: "The request is invalid.", modelState: { "": ["Empty."] } }, 400),
      is: "acumatica.bad-request",
    },
    { row: "401, not signed in", answer: () => json({ message: "Denied." }, 401), is: "acumatica.session-lost" },
    {
      row: "403, a right is missing or a feature is off",
      answer: () => exception("PX.Data.PXException", "The feature is disabled.", 403),
      is: "acumatica.rights",
    },
    {
      row: "404, no such endpoint, entity or action",
      answer: () => json({ message: "No HTTP resource." }, 404),
      is: "acumatica.endpoint-missing",
    },
    {
      row: "406, a POST to an entity",
      answer: () => json({ message: "Not Acceptable" }, 406),
      is: "acumatica.bad-request",
    },
    {
      row: "411, no Content-Length, as a page",
      answer: () => webPage("Length Required", 411),
      is: "acumatica.bad-request",
    },
    {
      row: "412, If-Match not met",
      answer: () => exception("PX.Api.X", "The record does not exist.", 412),
      is: "acumatica.rejected",
    },
    { row: "412, with nothing", answer: () => empty(412), is: "acumatica.rejected" },
    {
      row: "422, the entity itself",
      answer: () => json({ id: "x", OrderNbr: { value: "<NEW>", error: "no" } }, 422),
      is: "acumatica.rejected",
    },
    {
      row: "429, declined, plain text",
      answer: () => new Response("Too many", { status: 429 }),
      is: "acumatica.rate-limited",
    },
    {
      row: "500, a rule of the business",
      answer: () => exception("PX.Objects.SO.SOException", "No."),
      is: "acumatica.business-rule",
    },
    {
      row: "500, set-up missing, a generic type",
      answer: () => exception("PX.Data.PXSetupNotEnteredException`1[[PX.Objects.SO.SOSetup, PX.Objects]]", "x"),
      is: "acumatica.setup-missing",
    },
    {
      row: "500, a type error in a filter",
      answer: () => exception("Microsoft.Data.OData.ODataException", "x"),
      is: "acumatica.bad-request",
    },
    { row: "502, a proxy's page", answer: () => webPage("Bad Gateway", 502), is: "acumatica.server-error" },
    { row: "503", answer: () => empty(503), is: "acumatica.server-error" },
  ])("$row", async ({ answer, is }) => {
    expect(await code(answer())).toBe(is);
  });

  test.for([400, 409, 412, 422, 500, 503])(
    "a simultaneous edit is one in whatever status it comes (%s)",
    async (status) => {
      const text = "Error: Another process has updated the 'SOOrder' record. Your changes will be lost.";
      expect(await code(exception("PX.Data.PXException", text, status), writing)).toBe("acumatica.concurrent-edit");
      expect(await code(json({ error: text }, status), writing)).toBe("acumatica.concurrent-edit");
    },
  );

  test.for([
    { type: "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException", is: "acumatica.list-unsupported" },
    { type: "PX.Data.PXLockViolationException", is: "acumatica.concurrent-edit" },
    { type: "PX.Data.PXUndefinedCompanyException", is: "acumatica.tenant" },
    { type: "PX.Data.PXNotLoggedInException", is: "acumatica.session-lost" },
    { type: "PX.Data.PXNotEnoughRightsException", is: "acumatica.rights" },
    { type: "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException", is: "acumatica.business-rule" },
  ])("a message in another language is told by its type: $type", async ({ type, is }) => {
    expect(await code(exception(type, "Der Vorgang ist fehlgeschlagen."))).toBe(is);
  });

  test("texts that Acumatica builds with double blanks and without a blank after a full stop are recognised", async () => {
    expect(
      await code(exception("X", "Optimization  cannot be\r\nperformed.The following fields cause the error:")),
    ).toBe("acumatica.list-unsupported");
  });

  test("a 422 may hold an exception and the complaints of fields side by side: both are told", async () => {
    const body = {
      message: "An error has occurred.",
      exceptionMessage: "Inserting  'Shipment' record raised at least one error.",
      exceptionType: "PX.Data.PXOuterException",
      ShipVia: { value: "NO", error: "'Ship Via' cannot be found in the system." },
      Details: [{ ShippedQty: { value: 9, error: "too many" }, Allocations: [{ error: "no stock" }] }],
    };
    const error = translate(await read(json(body, 422)), writing);
    expect(error.code).toBe("acumatica.rejected");
    expect(error.message).toContain("raised at least one error");
    expect(error.problems.map(({ field }) => field)).toEqual([
      "ShipVia",
      "Details[0].ShippedQty",
      "Details[0].Allocations[0]",
    ]);
  });

  test("302 and pages are failures on the wire, too: nothing is followed, a page is no record", async () => {
    const redirect = createFakeAcumatica(() => empty(302, { location: "/Frames/Login.aspx" }));
    const { client } = createClientOf(redirect);
    await expect(client.getShipment("1")).rejects.toMatchObject({ code: "acumatica.session-lost" });
    expect(redirect.seen.some(({ path }) => path.includes("Login.aspx"))).toBe(false);
    const paged = createClientOf(createFakeAcumatica(() => webPage("Sign In")));
    await expect(paged.client.getShipment("1")).rejects.toMatchObject({ code: "acumatica.unreadable" });
  });
});

test("a 404 tells the endpoints on offer, or that the endpoint is there and something else is not", async () => {
  const offers = (names: string[]) =>
    createFakeAcumatica(({ path }) =>
      path.endsWith("/entity")
        ? json(names.map((version) => ({ name: "Default", version, href: "x" })))
        : json({ message: "none" }, 404),
    );
  const gone = createClientOf(offers(["22.200.001", "25.200.001"]));
  await expect(gone.client.getShipment("1")).rejects.toThrow("it offers Default 22.200.001, Default 25.200.001.");
  const there = createClientOf(offers(["24.200.001"]));
  await expect(there.client.getShipment("1")).rejects.toThrow("is there, but not what was asked of it");
  const silent = createClientOf(createFakeAcumatica(() => empty(404)));
  await expect(silent.client.getShipment("1")).rejects.toMatchObject({ code: "acumatica.endpoint-missing" });
});

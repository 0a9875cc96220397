/** An answer that is not the one asked for, thrown from wherever the rule lives and sent as it is. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body: object | string;
  readonly contentType: string;

  constructor(status: number, body: object | string, contentType = "application/json; charset=utf-8") {
    super(typeof body === "string" ? body : JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

/** The usual error body (facts: acumatica 2.5). */
export function failure(
  status: number,
  exceptionMessage: string,
  exceptionType = "PX.Data.PXException",
  source = "PX.Api.ContractBased.WebApi.Controllers.EntityController",
): Refusal {
  return new Refusal(status, {
    message: "An error has occurred.",
    exceptionMessage,
    exceptionType,
    stackTrace: `   at ${source}`,
  });
}

/** A rule of the business forbids it; nothing was changed. */
export const businessRule = (text: string): Refusal => failure(500, text);

/** A record named by key or id is not there: HTTP 500, not 404 (facts: acumatica 2.2). */
export const noSuchEntity = (): Refusal =>
  failure(500, "No entity satisfies the condition.", "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException");

/** The request could not be bound to the contract; `path` is empty for the whole body. */
export const invalidRequest = (path: string, text: string): Refusal =>
  new Refusal(400, { message: "The request is invalid.", modelState: { [path]: [text] } });

export const invalidQuery = (text: string): Refusal =>
  failure(500, text, "Microsoft.Data.OData.ODataException", "Microsoft.Data.OData.Query.UriQueryExpressionParser");

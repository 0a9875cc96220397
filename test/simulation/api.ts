import type { App } from "../../src/app.ts";

/** What a person asks of a connection by the service's API, or in the console. */
export async function askApi(
  app: App,
  connectionId: string,
  verb: string,
  body: object = {},
  method = "POST",
): Promise<Response> {
  return await app.web.request(`/api/v1/connections/${connectionId}${verb === "" ? "" : `/${verb}`}`, {
    method,
    headers: { authorization: `Bearer ${app.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

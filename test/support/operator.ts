import type { World } from "./world.ts";

export const operatorHeaders = (world: { app: Pick<World["app"], "operatorToken"> }): Record<string, string> => ({
  authorization: `Bearer ${world.app.operatorToken}`,
  "content-type": "application/json",
});

/** One call of the service's API, as the operator. */
export async function callApi(
  world: World,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const answer = await world.app.web.request(`/api/v1${path}`, {
    method,
    headers: operatorHeaders(world),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

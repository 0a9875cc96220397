import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, companySeenSchema, jsonBody } from "./schemas.ts";

const params = z.object({ id: z.string().min(1).max(100) });

const authorise = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/authorise",
  summary: "Begin a person's consent in Acumatica: the address to open in a browser, good once and for 15 minutes",
  request: { params },
  responses: answers(
    200,
    "Where to give consent",
    z.object({ url: z.string(), expiresAt: z.string().openapi({ format: "date-time" }) }).openapi("Consent"),
  ),
});

const lookAtCompany = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/company",
  summary: "Sign in to Acumatica and see which company that is, beside the one that is expected",
  request: { params },
  responses: answers(200, "The company", companySeenSchema),
});

const confirmCompany = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/company/confirm",
  summary: "Say that the company that is there is the right one; refused if it is another one by now",
  request: { params, body: jsonBody(z.object({ company: z.string().min(1).max(100) }).openapi("CompanyConfirmation")) },
  responses: answers(200, "The company", companySeenSchema),
});

/** Looking signs in to a customer's ERP: it must not become a way to hammer it (threat T2). */
const looksPerMinute = 5;

/** What a person does about signing in: consent, and the company signed in to. */
export function signInRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);

  async function existing(id: string): Promise<string> {
    const connection = await deps.connections.find(id);
    if (!connection) throw new ApiError("request.unknown", "There is no such connection.");
    return connection.id;
  }
  async function look(id: string) {
    const { tenant, here, expected, isExpected } = await deps.connections.lookAtCompany(id);
    return {
      tenant,
      here: here ?? null,
      expected: expected ? { ...expected, confirmedAt: expected.confirmedAt?.toISOString() ?? null } : null,
      isExpected,
    };
  }
  function once(id: string): void {
    const wait = tries.take(id, looksPerMinute, 60_000);
    if (wait === undefined) return;
    throw new ApiError("request.too-many", "This connection has just been tried several times.", {
      retryAfterSeconds: wait,
      cure: `Try again in ${wait} seconds.`,
    });
  }

  api.openapi(authorise, async (c) => {
    const id = await existing(c.req.valid("param").id);
    const { url, expiresAt } = await deps.connections.authorise(id, c.get("actor"));
    return c.json({ url, expiresAt: expiresAt.toISOString() }, 200);
  });

  api.openapi(lookAtCompany, async (c) => {
    const id = await existing(c.req.valid("param").id);
    once(id);
    return c.json(await look(id), 200);
  });

  api.openapi(confirmCompany, async (c) => {
    const id = await existing(c.req.valid("param").id);
    once(id);
    await deps.connections.confirmCompany(id, c.req.valid("json").company, c.get("actor"));
    return c.json(await look(id), 200);
  });

  return api;
}

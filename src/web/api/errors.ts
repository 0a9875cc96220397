import { createRoute, z } from "@hono/zod-openapi";
import { errorTable } from "../../lib/error-table.ts";
import { createApi, type Api } from "./app.ts";
import { answers } from "./schemas.ts";

const rowSchema = z
  .object({
    code: z.string(),
    disposition: z.enum(["retry", "wait", "person", "defect"]),
    message: z.string(),
    cause: z.string(),
    cure: z.string(),
    who: z.string(),
  })
  .openapi("ErrorRow");

const list = createRoute({
  method: "get",
  path: "/api/v1/errors",
  summary: "Every error code: what it means, why it happens, what to do, who can do it",
  responses: answers(200, "The catalogue", z.object({ errors: z.array(rowSchema) })),
});

export function errorRoutes(): Api {
  const api = createApi();
  const errors = Object.entries(errorTable).map(([code, row]) => ({ code, ...row }));
  api.openapi(list, (c) => c.json({ errors }, 200));
  return api;
}

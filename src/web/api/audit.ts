import { createRoute, z } from "@hono/zod-openapi";
import { listAudit } from "../../ledger/connection-views.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, auditEntrySchema } from "./schemas.ts";

const list = createRoute({
  method: "get",
  path: "/api/v1/audit",
  summary: "Who did what, newest first",
  request: {
    query: z.strictObject({
      connection: z.string().min(1).max(100).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      before: z.coerce.number().int().min(1).optional().openapi({ description: "`next` of the page before" }),
    }),
  },
  responses: answers(200, "A page", z.object({ entries: z.array(auditEntrySchema), next: z.string().nullable() })),
});

export function auditRoutes(deps: WebDeps): Api {
  const api = createApi();
  api.openapi(list, async (c) => {
    const { connection, limit, before } = c.req.valid("query");
    return c.json(await listAudit(deps.db, { connectionId: connection, limit, before }), 200);
  });
  return api;
}

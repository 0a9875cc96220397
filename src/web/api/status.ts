import { createRoute } from "@hono/zod-openapi";
import { countRecords, noRecords } from "../../ledger/connection-views.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, statusSchema } from "./schemas.ts";

const status = createRoute({
  method: "get",
  path: "/api/v1/status",
  summary: "How the service is",
  responses: answers(200, "The status", statusSchema),
});

export function statusRoutes(deps: WebDeps, isReady: () => Promise<boolean>): Api {
  const api = createApi();
  const startedAt = new Date(deps.clock.now()).toISOString();
  api.openapi(status, async (c) => {
    const connections = await deps.connections.list();
    const [ready, counts] = await Promise.all([
      isReady(),
      countRecords(
        deps.db,
        connections.map((connection) => connection.id),
      ),
    ]);
    return c.json(
      {
        version: deps.version,
        startedAt,
        database: deps.database,
        connections: connections.map(({ id, state, notices }) => ({
          id,
          state,
          notices,
          counts: counts.get(id) ?? noRecords(),
        })),
        ready,
      },
      200,
    );
  });
  return api;
}

import { createRoute, z } from "@hono/zod-openapi";
import { replayLimit } from "../../ledger/replay.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, jsonBody, kindSchema, stateSchema } from "./schemas.ts";

const replay = createRoute({
  method: "post",
  path: "/api/v1/replay",
  summary: `Have records (${replayLimit} at most) planned again from their sources; writes nothing that is already so`,
  request: {
    body: jsonBody(
      z.strictObject({
        connection: z.string().min(1).max(100),
        kind: kindSchema.optional(),
        keys: z.array(z.string().min(1).max(200)).min(1).max(replayLimit).optional(),
        state: stateSchema.optional(),
        search: z.string().max(200).optional(),
        dryRun: z.boolean().optional().openapi({ description: "only tell which records match" }),
      }),
    ),
  },
  responses: answers(
    200,
    "What matched, and what was replayed",
    z.object({
      matched: z.number().int(),
      replayed: z.number().int(),
      keys: z.array(z.string()).openapi({ description: "the first 100" }),
    }),
  ),
});

export function replayRoutes(deps: WebDeps): Api {
  const api = createApi();
  api.openapi(replay, async (c) => {
    const request = c.req.valid("json");
    if (!(await deps.connections.find(request.connection))) {
      throw new ApiError("request.unknown", "There is no such connection.");
    }
    const { matched, replayed, keys } = await deps.replay(request, c.get("actor"));
    return c.json({ matched, replayed, keys: keys.slice(0, 100) }, 200);
  });
  return api;
}

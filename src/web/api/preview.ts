import { createRoute, z } from "@hono/zod-openapi";
import { previewKinds } from "../../flows/preview.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, problemSchema } from "./schemas.ts";

const kind = z.enum(previewKinds);

const preview = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/preview",
  summary: "What would be written if the connection ran now; reads both systems and writes to neither",
  request: { params: z.object({ id: z.string().min(1).max(100) }) },
  responses: answers(
    200,
    "The preview",
    z
      .object({
        connection: z.string(),
        since: z.string().openapi({ format: "date-time", description: "orders changed since then were looked at" }),
        counts: z.record(kind, z.number().int()),
        rules: z.array(z.object({ rule: z.string(), count: z.number().int() })),
        orders: z
          .array(
            z.object({
              kind,
              key: z.string(),
              title: z.string(),
              rule: z.string().nullable(),
              text: z.string().nullable(),
              problems: z.array(problemSchema),
            }),
          )
          .openapi({ description: "the first 50 of each kind" }),
      })
      .openapi("Preview"),
  ),
});

/** Each reads a customer's ERP from the cursor on. */
const previewsPerMinute = 5;

export function previewRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);
  api.openapi(preview, async (c) => {
    const { id } = c.req.valid("param");
    if (!(await deps.connections.find(id))) throw new ApiError("request.unknown", "There is no such connection.");
    const wait = tries.take(id, previewsPerMinute, 60_000);
    if (wait !== undefined) {
      throw new ApiError("request.too-many", "This connection has just been previewed several times.", {
        retryAfterSeconds: wait,
        cure: `Try again in ${wait} seconds.`,
      });
    }
    const found = await deps.preview(id);
    return c.json(
      { ...found, orders: found.orders.map((order) => ({ ...order, problems: [...order.problems] })) },
      200,
    );
  });
  return api;
}

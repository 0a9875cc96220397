import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, errorSchema, kindSchema } from "./schemas.ts";

const id = z.string().min(1).max(100);

const parcels = createRoute({
  method: "get",
  path: "/api/v1/records/{connection}/{kind}/{key}/parcels",
  summary: "Tracking pages and files of a record's labels, asked of ShipStation V2 now",
  request: { params: z.object({ connection: id, kind: kindSchema, key: z.string().min(1).max(200) }) },
  responses: answers(
    200,
    "The parcels",
    z
      .object({
        parcels: z.array(
          z.object({
            label: z.string(),
            trackingNumber: z.string().nullable(),
            trackingUrl: z.string().nullable().openapi({ description: "the carrier's page, https" }),
            hasPdf: z.boolean(),
          }),
        ),
        notice: z.string().nullable().openapi({ description: "why there is less than there could be" }),
      })
      .openapi("Parcels"),
  ),
});

const pdf = createRoute({
  method: "get",
  path: "/api/v1/connections/{id}/labels/{label}/pdf",
  summary: "A label as PDF, from ShipStation V2 through this service",
  request: { params: z.object({ id, label: z.string().regex(/^S\d{1,16}$/) }) },
  responses: {
    200: {
      description: "The label",
      content: { "application/pdf": { schema: z.string().openapi({ format: "binary" }) } },
    },
    default: { description: "An error", content: { "application/json": { schema: errorSchema } } },
  },
});

/** Of each kind: V2 grants 200 calls a minute, and the flows need some. */
const asksPerMinute = 60;

export function parcelRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);
  async function admit(connection: string): Promise<void> {
    if (!(await deps.connections.find(connection)))
      throw new ApiError("request.unknown", "There is no such connection.");
    const wait = tries.take(connection, asksPerMinute, 60_000);
    if (wait === undefined) return;
    throw new ApiError("request.too-many", "ShipStation was just asked for many labels.", {
      retryAfterSeconds: wait,
      cure: `Try again in ${wait} seconds.`,
    });
  }

  api.openapi(parcels, async (c) => {
    const { connection, kind, key } = c.req.valid("param");
    await admit(connection);
    const found = await deps.parcels(connection, kind, key);
    if (!found) throw new ApiError("request.unknown", "There is no such record.");
    return c.json(found, 200);
  });

  api.openapi(pdf, async (c) => {
    const { id: connection, label } = c.req.valid("param");
    await admit(connection);
    const bytes = await deps.labelPdf(connection, label);
    if (!bytes) throw new ApiError("request.unknown", "This connection has no such label.");
    return c.body(bytes, 200, {
      "content-type": "application/pdf",
      "content-length": String(bytes.byteLength),
      // Never shown as a page of ours, whatever is in it.
      "content-disposition": `attachment; filename="label-${label}.pdf"`,
    });
  });
  return api;
}

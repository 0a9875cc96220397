import { createRoute, z } from "@hono/zod-openapi";
import { findRecord } from "../../ledger/record-detail.ts";
import { findRecordView, listRecords, parsePageMark } from "../../ledger/views.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, jsonBody, kindSchema, recordDetailSchema, recordSchema, stateSchema } from "./schemas.ts";

const pageSize = { usual: 50, most: 200 };

const query = z.strictObject({
  connection: z.string().min(1).max(100).optional(),
  kind: kindSchema.optional(),
  state: stateSchema.optional(),
  search: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "order number, customer, SKU, tracking number or ShipStation order id" }),
  limit: z.coerce.number().int().min(1).max(pageSize.most).default(pageSize.usual),
  after: z.string().max(1_000).optional().openapi({ description: "`next` of the page before" }),
});

const params = z.object({
  connection: z.string().min(1).max(100),
  kind: kindSchema,
  key: z.string().min(1).max(200),
});

const list = createRoute({
  method: "get",
  path: "/api/v1/records",
  summary: "Records, newest change first",
  request: { query },
  responses: answers(200, "A page", z.object({ records: z.array(recordSchema), next: z.string().nullable() })),
});

const one = createRoute({
  method: "get",
  path: "/api/v1/records/{connection}/{kind}/{key}",
  summary: "One record with its labels, plans, writes and whole story; the key is URL-encoded (SO%2F000123)",
  request: { params },
  responses: answers(200, "The record", recordDetailSchema),
});

const skip = createRoute({
  method: "post",
  path: "/api/v1/records/{connection}/{kind}/{key}/skip",
  summary: "Leave a record out, by a person's decision",
  request: { params, body: jsonBody(z.strictObject({ why: z.string().trim().min(1).max(500) })) },
  responses: answers(200, "The record", recordSchema),
});

export function recordRoutes(deps: WebDeps): Api {
  const api = createApi();
  const unknown = () => new ApiError("request.unknown", "There is no such record.");

  api.openapi(list, async (c) => {
    const { connection, kind, state, search, limit, after } = c.req.valid("query");
    const mark = after === undefined ? undefined : parsePageMark(after);
    if (after !== undefined && !mark) {
      throw new ApiError("request.invalid", "The request is not as it should be.", {
        problems: [{ field: "after", found: "an invalid value", cure: "Give the `next` of a page, unchanged." }],
      });
    }
    return c.json(
      await listRecords(deps.db, { connectionId: connection, kind, state, search, limit, after: mark }),
      200,
    );
  });

  api.openapi(one, async (c) => {
    const { connection, kind, key } = c.req.valid("param");
    const detail = await findRecord(deps.db, connection, kind, key);
    if (!detail) throw unknown();
    return c.json(detail, 200);
  });

  api.openapi(skip, async (c) => {
    const { connection, kind, key } = c.req.valid("param");
    const { why } = c.req.valid("json");
    if (!(await deps.skip({ connection, kind, key, why }, c.get("actor")))) throw unknown();
    const view = await findRecordView(deps.db, connection, kind, key);
    if (!view) throw unknown();
    return c.json(view, 200);
  });

  return api;
}

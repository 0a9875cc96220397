import { createRoute, z } from "@hono/zod-openapi";
import { verifyAudit } from "../../ledger/audit-verify.ts";
import { listAudit } from "../../ledger/connection-views.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, auditChainSchema, auditEntrySchema, auditHeadsSchema } from "./schemas.ts";

const connection = z.string().min(1).max(100).optional();

const list = createRoute({
  method: "get",
  path: "/api/v1/audit",
  summary: "Who did what, newest first, or oldest first with `after`",
  request: {
    query: z.strictObject({
      connection,
      since: z.iso.datetime({ offset: true }).optional().openapi({ description: "nothing older" }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      before: z.coerce.number().int().min(1).optional().openapi({ description: "`next` of the page before" }),
      after: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .openapi({ description: "0, then `next` of the page before: oldest first" }),
    }),
  },
  responses: answers(200, "A page", z.object({ entries: z.array(auditEntrySchema), next: z.string().nullable() })),
});

const verify = createRoute({
  method: "get",
  path: "/api/v1/audit/verify",
  summary: "Recomputes the chains of hashes over the audit trail",
  request: {
    query: z.strictObject({
      connection: connection.openapi({ description: "`-`: the entries that belong to no connection" }),
      head: z
        .string()
        .regex(/^\d{1,15}:[0-9a-f]*$/, "It must be SEQ:HASH")
        .optional()
        .openapi({ description: "a head that was kept, as `SEQ:HASH`; with `connection`" }),
    }),
  },
  responses: answers(200, "What was found", z.object({ intact: z.boolean(), chains: z.array(auditChainSchema) })),
});

const heads = createRoute({
  method: "get",
  path: "/api/v1/audit/heads",
  summary: "The ends of all chains, signed, to be kept elsewhere",
  responses: answers(200, "The heads", auditHeadsSchema),
});

const checkHeads = createRoute({
  method: "post",
  path: "/api/v1/audit/heads/check",
  summary: "Whether the chains still hold what signed heads say they held",
  request: { body: { required: true, content: { "application/json": { schema: auditHeadsSchema } } } },
  responses: answers(
    200,
    "What was found",
    z.object({ intact: z.boolean(), isSigned: z.boolean(), chains: z.array(auditChainSchema) }),
  ),
});

export function auditRoutes(deps: WebDeps): Api {
  const api = createApi();
  api.openapi(list, async (c) => {
    const { connection: connectionId, since, ...page } = c.req.valid("query");
    const from = since === undefined ? undefined : new Date(since);
    return c.json(await listAudit(deps.db, { connectionId, since: from, ...page }), 200);
  });
  api.openapi(verify, async (c) => {
    const { connection: named, head } = c.req.valid("query");
    if (head !== undefined && named === undefined) {
      throw new ApiError("request.invalid", "A head belongs to one chain: name its connection.");
    }
    const [seq = "0", hash = ""] = head?.split(":") ?? [];
    const chains = await verifyAudit(deps.db, {
      connectionId: named === "-" ? null : named,
      kept: head === undefined ? undefined : { seq: Number(seq), hash },
    });
    return c.json({ intact: chains.every((chain) => chain.found === 0), chains }, 200);
  });
  api.openapi(heads, async (c) => c.json(await deps.auditHeads.sign(), 200));
  api.openapi(checkHeads, async (c) => c.json(await deps.auditHeads.check(c.req.valid("json")), 200));
  return api;
}

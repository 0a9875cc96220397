import { createHash } from "node:crypto";
import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { errorSchema } from "./schemas.ts";

const backup = createRoute({
  method: "post",
  path: "/api/v1/backup",
  summary: "The embedded database as it is now, packed; with the operator token only",
  responses: {
    200: {
      description: "The backup; its SHA-256 is in the header `x-backup-sha256`",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
    default: { description: "An error", content: { "application/json": { schema: errorSchema } } },
  },
});

export function backupRoutes(deps: WebDeps): Api {
  const api = createApi();
  api.openapi(backup, async (c) => {
    // A browser's session is easier to come by than the token, and this is everything there is.
    if (c.get("user") !== undefined) throw new ApiError("request.forbidden", "A backup needs the operator token.");
    if (!deps.backup) {
      throw new ApiError("request.conflict", "The database is a PostgreSQL server's.", {
        cure: "Use pg_dump and the server's own backups.",
      });
    }
    const dump = await deps.backup(c.get("actor"));
    const sha256 = createHash("sha256").update(dump).digest("hex");
    return c.body(dump.buffer, 200, {
      "content-type": "application/octet-stream",
      "content-length": String(dump.byteLength),
      "x-backup-sha256": sha256,
    });
  });
  return api;
}

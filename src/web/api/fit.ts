import { createRoute, z } from "@hono/zod-openapi";
import type { OnStage } from "../../connections/fit-stages.ts";
import type { FitReport } from "../../flows/fit-report.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { errorSchema, fitReportSchema } from "./schemas.ts";

/** One JSON object a line: `{"trying": title}`, `{"stage": FitStage}` as each ends, at last `{"report": FitReport}`. */
const lines = "application/x-ndjson";

const ping = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/ping",
  summary: "Try both systems, without writing anything, and report stage by stage whether they fit",
  description: `With \`Accept: ${lines}\` each stage is told as it begins and ends.`,
  request: { params: z.object({ id: z.string().min(1).max(100) }) },
  responses: {
    200: {
      description: "The fit report",
      content: { "application/json": { schema: fitReportSchema }, [lines]: { schema: z.string() } },
    },
    default: { description: "An error", content: { "application/json": { schema: errorSchema } } },
  },
});

/** A fit check signs in to a customer's ERP: it must not become a way to hammer it (threat T2). */
const pingsPerMinute = 5;

export function fitRoutes(deps: Pick<WebDeps, "clock" | "connections" | "checkFit" | "log">): Api {
  const api = createApi();
  const tries = createTries(deps.clock);

  api.openapi(ping, async (c) => {
    const { id } = c.req.valid("param");
    if (!(await deps.connections.find(id))) throw new ApiError("request.unknown", "There is no such connection.");
    const wait = tries.take(id, pingsPerMinute, 60_000);
    if (wait !== undefined) {
      throw new ApiError("request.too-many", "This connection has just been tried several times.", {
        retryAfterSeconds: wait,
        cure: `Try again in ${wait} seconds.`,
      });
    }
    if (!(c.req.header("accept") ?? "").includes(lines)) return c.json(await deps.checkFit(id), 200);
    const told = asLines((onStage) => deps.checkFit(id, onStage), deps.log);
    // The types of routes know no streams.
    return new Response(told, { headers: { "content-type": lines } }) as never;
  });
  return api;
}

/** Whoever stops listening does not stop the check: its session must be given back. */
function asLines(check: (onStage: OnStage) => Promise<FitReport>, log: WebDeps["log"]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isHeard = true;
  return new ReadableStream<Uint8Array>({
    start: async (listener) => {
      const tell = (line: object): void => {
        if (isHeard) listener.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      try {
        const report = await check((title, stage) => tell(stage ? { stage } : { trying: title }));
        tell({ report });
      } catch (thrown) {
        log.error({ err: thrown }, "a fit check broke off");
        tell({ error: { code: "internal.defect", message: "The check broke off; see the service's log." } });
      }
      if (isHeard) listener.close();
    },
    cancel: () => {
      isHeard = false;
    },
  });
}

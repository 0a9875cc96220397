import { createRoute, z } from "@hono/zod-openapi";
import { differenceKinds, type Difference } from "../../core/reconciliation.ts";
import { replayLimit } from "../../ledger/replay.ts";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, jsonBody, kindSchema, problemSchema } from "./schemas.ts";

/** How far back one comparison may look. */
const mostDays = 90;

const reconcile = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/reconcile",
  summary: "Compare both systems and list every difference with its cure; writes nothing, unless a replay is asked for",
  request: {
    params: z.object({ id: z.string().min(1).max(100) }),
    body: jsonBody(
      z.strictObject({
        days: z.number().int().min(1).max(mostDays).default(14),
        replay: z
          .boolean()
          .default(false)
          .openapi({ description: "replay the records whose difference a replay mends" }),
      }),
    ),
  },
  responses: answers(
    200,
    "The differences",
    z
      .object({
        connection: z.string(),
        since: z.string().openapi({ format: "date-time" }),
        compared: z.object({ orders: z.number().int(), labels: z.number().int(), shipments: z.number().int() }),
        differences: z.array(
          z.object({
            kind: z.enum(differenceKinds),
            records: z.array(z.object({ kind: kindSchema, key: z.string() })),
            text: z.string(),
            cure: z.string(),
            byReplay: z.boolean(),
            problems: z.array(problemSchema),
          }),
        ),
        unchecked: z.number().int().openapi({ description: "linked orders that were not looked up" }),
        skipped: z.number().int().openapi({ description: "records a person left out" }),
        replayed: z.number().int().nullable().openapi({ description: "null when no replay was asked for" }),
      })
      .openapi("Reconciliation"),
  ),
});

/** Each reads days of both systems. */
const reconciliationsPerMinute = 3;

export function reconcileRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);
  api.openapi(reconcile, async (c) => {
    const { id } = c.req.valid("param");
    const { days, replay } = c.req.valid("json");
    if (!(await deps.connections.find(id))) throw new ApiError("request.unknown", "There is no such connection.");
    const wait = tries.take(id, reconciliationsPerMinute, 60_000);
    if (wait !== undefined) {
      throw new ApiError("request.too-many", "This connection has just been reconciled several times.", {
        retryAfterSeconds: wait,
        cure: `Try again in ${wait} seconds.`,
      });
    }
    const found = await deps.reconcile(id, days, c.get("actor"));
    const replayed = replay ? await replayAll(deps, id, found.differences, c.get("actor")) : null;
    const differences = found.differences.map((each) => ({ ...each, problems: [...each.problems] }));
    return c.json({ ...found, differences, replayed }, 200);
  });
  return api;
}

async function replayAll(deps: WebDeps, id: string, found: readonly Difference[], actor: string): Promise<number> {
  let replayed = 0;
  for (const kind of ["order", "label"] as const) {
    const records = found.filter(({ byReplay }) => byReplay).flatMap((each) => each.records);
    const keys = [...new Set(records.filter((record) => record.kind === kind).map(({ key }) => key))];
    for (let at = 0; at < keys.length; at += replayLimit) {
      const request = { connection: id, kind, keys: keys.slice(at, at + replayLimit) };
      replayed += (await deps.replay(request, actor)).replayed;
    }
  }
  return replayed;
}

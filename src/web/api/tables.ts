import { createRoute, z } from "@hono/zod-openapi";
import { tableNames, type TableName } from "../../core/value-tables.ts";
import { ApiError } from "../api-error.ts";
import type { TablesAnswer, WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, jsonBody } from "./schemas.ts";

const time = z.string().openapi({ format: "date-time" });
const name = z.enum(tableNames);
const named = z.object({ code: z.string(), name: z.string().nullable() });
const table = z.object({
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
  default: z.union([z.string(), z.number()]).nullable().openapi({ description: "used where no row fits" }),
});

const tablesSchema = z
  .object({
    connection: z.string(),
    tables: z.record(name, table),
    unmapped: z
      .array(
        z.object({
          ...{ table: name, list: z.string(), code: z.string(), seen: z.number().int() },
          ...{ firstSeenAt: time, lastSeenAt: time, example: z.string() },
        }),
      )
      .openapi({ description: "codes that orders and labels carried and that no row has, the most frequent first" }),
    choices: z
      .object({
        shipVias: z.array(named),
        boxes: z.array(named),
        warehouses: z.array(named),
        carriers: z.array(named.extend({ services: z.array(named), packages: z.array(named) })),
        shipFroms: z.array(z.object({ id: z.number(), name: z.string().nullable() })),
        stores: z.array(z.object({ id: z.number(), name: z.string().nullable(), marketplace: z.string().nullable() })),
        errors: z.array(z.object({ list: z.string(), code: z.string(), message: z.string(), cure: z.string() })),
      })
      .nullable()
      .openapi({ description: "what both systems have on offer now; only if asked for" }),
  })
  .openapi("ValueTables");

const params = z.object({ id: z.string().min(1).max(100) });

const show = createRoute({
  method: "get",
  path: "/api/v1/connections/{id}/tables",
  summary: "The value tables, the codes seen that no row has, and the live lists if asked for",
  request: { params, query: z.object({ choices: z.enum(["true", "false"]).optional() }) },
  responses: answers(200, "The tables", tablesSchema),
});

const replace = createRoute({
  method: "put",
  path: "/api/v1/connections/{id}/tables/{table}",
  summary: "Replace one value table; every code is checked against the live lists of both systems",
  request: {
    params: params.extend({ table: name }),
    // The table is checked as a whole, so that all its problems come at once.
    body: jsonBody(z.record(z.string(), z.unknown()).openapi("ValueTable", { description: "rows, default?" })),
  },
  responses: answers(200, "The tables", tablesSchema),
});

/** Each reads live lists of the customer's systems. */
const readsPerMinute = 10;

export function tableRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);

  function take(id: string): void {
    const wait = tries.take(id, readsPerMinute, 60_000);
    if (wait === undefined) return;
    throw new ApiError("request.too-many", "The lists of this connection have just been read several times.", {
      retryAfterSeconds: wait,
      cure: `Try again in ${wait} seconds.`,
    });
  }
  const existing = async (id: string): Promise<string> => {
    if (!(await deps.connections.find(id))) throw new ApiError("request.unknown", "There is no such connection.");
    return id;
  };

  api.openapi(show, async (c) => {
    const id = await existing(c.req.valid("param").id);
    const withChoices = c.req.valid("query").choices === "true";
    if (withChoices) take(id);
    return c.json(answerOf(await deps.tables.show(id, withChoices)), 200);
  });

  api.openapi(replace, async (c) => {
    const { id, table: which } = c.req.valid("param");
    await existing(id);
    take(id);
    return c.json(answerOf(await deps.tables.replace(id, which, c.req.valid("json"), c.get("actor"))), 200);
  });
  return api;
}

function answerOf(view: TablesAnswer) {
  const shown = (each: TableName): z.output<typeof table> => ({
    rows: view.tables[each].rows.map((row) => ({ ...row })),
    default: view.tables[each].default,
  });
  return {
    connection: view.connection,
    tables: {
      ...{ "ship-via": shown("ship-via"), "ship-from": shown("ship-from") },
      ...{ box: shown("box"), store: shown("store") },
    },
    unmapped: view.unmapped.map((seen) => ({
      ...seen,
      firstSeenAt: seen.firstSeenAt.toISOString(),
      lastSeenAt: seen.lastSeenAt.toISOString(),
    })),
    choices: view.choices ?? null,
  };
}

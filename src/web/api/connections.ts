import { createRoute, z } from "@hono/zod-openapi";
import { activityOf, noRecords, type Activity } from "../../ledger/connection-views.ts";
import { errorTable } from "../../lib/error-table.ts";
import { ApiError } from "../api-error.ts";
import { flows, type StoredConnection, type WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers, connectionSchema, jsonBody } from "./schemas.ts";

const params = z.object({ id: z.string().min(1).max(100) });

const list = createRoute({
  method: "get",
  path: "/api/v1/connections",
  summary: "All connections, with what they are doing",
  responses: answers(200, "Connections", z.object({ connections: z.array(connectionSchema) })),
});

/** The store checks the file as a whole, so that all its problems come at once. */
const connectionFileSchema = z.record(z.string(), z.unknown()).openapi("ConnectionFile", {
  description: "id?, name, state?, acumatica, shipstation, settings?; see the guide on connecting",
  example: {
    name: "Acme",
    acumatica: {
      instanceUrl: "https://acme.acumatica.com",
      tenant: "Acme",
      endpointVersion: "24.200.001",
      username: "connector",
      password: "…",
    },
    shipstation: { apiKey: "…", apiSecret: "…" },
  },
});

const connectionPatchSchema = z.record(z.string(), z.unknown()).openapi("ConnectionPatch", {
  description: "name?, acumatica?, shipstation?, settings?, each with only the members that change (JSON merge patch)",
  example: { acumatica: { password: "…" } },
});

const add = createRoute({
  method: "post",
  path: "/api/v1/connections",
  summary: "Add a connection",
  request: { body: jsonBody(connectionFileSchema) },
  responses: answers(201, "The connection", connectionSchema),
});

const remove = createRoute({
  method: "delete",
  path: "/api/v1/connections/{id}",
  summary: "Remove a connection with everything remembered about it",
  request: { params },
  responses: { 204: { description: "Removed" } },
});

const update = createRoute({
  method: "patch",
  path: "/api/v1/connections/{id}",
  summary: "Change only the given members of a connection's file; null takes an optional one away",
  request: { params, body: jsonBody(connectionPatchSchema) },
  responses: answers(200, "The connection", connectionSchema),
});

const act = <Verb extends "pause" | "resume" | "wake" | "allow-sign-in">(verb: Verb, summary: string) =>
  createRoute({
    method: "post",
    path: `/api/v1/connections/{id}/${verb}`,
    summary,
    request: { params },
    responses: answers(200, "The connection", connectionSchema),
  });
const pause = act("pause", "Stop working on a connection; polls and writes rest");
const resume = act("resume", "Work on a connection again");
const wake = act("wake", "Run all flows of a connection now");
const allowSignIn = act("allow-sign-in", "Let credentials be tried again that Acumatica refused three times");

export function connectionRoutes(deps: WebDeps): Api {
  const api = createApi();

  async function existing(id: string): Promise<StoredConnection> {
    const connection = await deps.connections.find(id);
    if (!connection) throw new ApiError("request.unknown", "There is no such connection.");
    return connection;
  }
  async function view(connection: StoredConnection) {
    const activity = await activityOf(deps.db, [connection.id]);
    return viewOf(connection, activity.get(connection.id));
  }

  api.openapi(list, async (c) => {
    const connections = await deps.connections.list();
    const activity = await activityOf(
      deps.db,
      connections.map((connection) => connection.id),
    );
    return c.json({ connections: connections.map((each) => viewOf(each, activity.get(each.id))) }, 200);
  });

  api.openapi(add, async (c) => {
    const connection = await deps.connections.add(c.req.valid("json"), c.get("actor"));
    await deps.onConnectionAdded?.(connection.id);
    return c.json(await view(connection), 201);
  });

  api.openapi(remove, async (c) => {
    const { id } = await existing(c.req.valid("param").id);
    await deps.beforeConnectionRemoved?.(id);
    await deps.connections.remove(id, c.get("actor"));
    await deps.onConnectionRemoved?.(id);
    return c.body(null, 204);
  });

  api.openapi(update, async (c) => {
    const { id } = await existing(c.req.valid("param").id);
    await deps.connections.update(id, c.req.valid("json"), c.get("actor"));
    return c.json(await view(await existing(id)), 200);
  });

  api.openapi(allowSignIn, async (c) => {
    const { id } = await existing(c.req.valid("param").id);
    await deps.connections.allowSignIn(id, c.get("actor"));
    return c.json(await view(await existing(id)), 200);
  });

  api.openapi(pause, async (c) => {
    const { id } = await existing(c.req.valid("param").id);
    await deps.connections.pause(id, c.get("actor"));
    return c.json(await view(await existing(id)), 200);
  });

  api.openapi(resume, async (c) => {
    const { id } = await existing(c.req.valid("param").id);
    await deps.connections.resume(id, c.get("actor"));
    for (const flow of flows) await deps.wake(id, flow);
    return c.json(await view(await existing(id)), 200);
  });

  api.openapi(wake, async (c) => {
    const connection = await existing(c.req.valid("param").id);
    for (const flow of flows) await deps.wake(connection.id, flow);
    return c.json(await view(connection), 200);
  });

  return api;
}

function viewOf(connection: StoredConnection, activity: Activity | undefined) {
  const { id, name, state, stop, acumatica, shipstation, webhookUrl, authorisation, company, notices } = connection;
  return {
    id,
    name,
    state,
    stop: stop ? { ...stop, cure: cureOf(stop.code) } : null,
    acumatica: {
      ...acumatica,
      branch: acumatica.branch ?? null,
      username: acumatica.username ?? null,
      clientId: acumatica.clientId ?? null,
    },
    shipstation: { origin: shipstation.origin, v2: shipstation.v2 ?? null },
    authorisation: authorisation
      ? {
          state: authorisation.state,
          authorisedAt: authorisation.authorisedAt?.toISOString() ?? null,
          authorisedBy: authorisation.authorisedBy ?? null,
          endsAt: authorisation.endsAt?.toISOString() ?? null,
        }
      : null,
    company: company
      ? { ...company, seenAt: company.seenAt.toISOString(), confirmedAt: company.confirmedAt?.toISOString() ?? null }
      : null,
    notices: notices.map((notice) => ({ ...notice, cure: cureOf(notice.code) })),
    ...(activity ?? { counts: noRecords(), polls: [], flows: [], budget: null }),
    webhookUrl,
  };
}

const cureOf = (code: string): string =>
  Object.hasOwn(errorTable, code) ? errorTable[code as keyof typeof errorTable].cure : "";

import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { routePath } from "hono/route";
import { aboutRoutes } from "./api/about.ts";
import { createApi, type Api } from "./api/app.ts";
import { auditRoutes } from "./api/audit.ts";
import { backupRoutes } from "./api/backup.ts";
import { connectionRoutes } from "./api/connections.ts";
import { errorRoutes } from "./api/errors.ts";
import { fitRoutes } from "./api/fit.ts";
import { parcelRoutes } from "./api/parcels.ts";
import { previewRoutes } from "./api/preview.ts";
import { pushRoutes } from "./api/push.ts";
import { tableRoutes } from "./api/tables.ts";
import { reconcileRoutes } from "./api/reconcile.ts";
import { recordRoutes } from "./api/records.ts";
import { replayRoutes } from "./api/replay.ts";
import { signInRoutes } from "./api/sign-in.ts";
import { statusRoutes } from "./api/status.ts";
import { ApiError, answerError } from "./api-error.ts";
import { authorisationRoutes } from "./authorisation.ts";
import { consoleFiles } from "./console-files.ts";
import type { WebDeps } from "./deps.ts";
import { createReadiness, healthRoutes } from "./health.ts";
import { hookRoutes } from "./hooks.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { refuseOtherSites, securityHeaders } from "./security.ts";
import { createOperatorCheck, requireSignIn } from "./sign-in-check.ts";

/** Of any request but a hook's, which is smaller still. */
const bodyBytes = 1024 * 1024;

/** The whole web side: hooks, API, sign-in, health, the console's files. Everything it does is in `deps`. */
export function createWeb(deps: WebDeps): Hono {
  const app = new Hono();
  const metrics = createMetrics(deps, async () => (await deps.connections.list()).map(({ id }) => id));
  const isReady = createReadiness(deps.db, deps.clock);
  const isOperator = createOperatorCheck(deps.operatorTokenHash);

  app.onError(answerError(deps.log));
  app.notFound(nothingThere);
  app.use("*", measure(deps, metrics));
  app.use("*", securityHeaders(deps.publicUrl));
  app.route("/", healthRoutes(isReady, metrics, isOperator));
  app.route("/", hookRoutes({ ...deps, metrics }));
  app.all("/hooks/*", (c) => c.body(null, 404));
  app.route("/", authorisationRoutes(deps));
  app.route("/", apiRoutes(deps, isReady, isOperator));
  app.route("/", consoleFiles(deps.consoleFolder, deps.random));
  return app;
}

/** `/api` and `/demo`. What stands below the sign-in check, and what is not found there, needs a session or the token. */
function apiRoutes(
  deps: WebDeps,
  isReady: () => Promise<boolean>,
  isOperator: (authorization: string | undefined) => boolean,
): Api {
  const api = createApi();
  const signedIn = requireSignIn(deps.auth, isOperator);
  const paths = ["/api/*", "/demo/*"];
  for (const path of paths) {
    api.use(path, refuseOtherSites(deps.publicUrl));
    api.use(path, bodyLimit({ maxSize: bodyBytes, onError: tooLarge }));
  }
  api.all("/api/auth/*", (c) => answerSignIn(deps, c));
  api.route("/", aboutRoutes(deps));

  for (const path of paths) api.use(path, signedIn);
  api.route("/", connectionRoutes(deps));
  api.route("/", fitRoutes(deps));
  api.route("/", signInRoutes(deps));
  api.route("/", pushRoutes(deps));
  api.route("/", previewRoutes(deps));
  api.route("/", tableRoutes(deps));
  api.route("/", reconcileRoutes(deps));
  api.route("/", recordRoutes(deps));
  api.route("/", parcelRoutes(deps));
  api.route("/", replayRoutes(deps));
  api.route("/", auditRoutes(deps));
  api.route("/", backupRoutes(deps));
  api.route("/", errorRoutes());
  api.route("/", statusRoutes(deps, isReady));
  describe(api, deps);
  if (deps.demo) api.route("/demo", deps.demo);
  for (const path of paths) api.all(path, nothingThere);
  return api;
}

/** Publishes the OpenAPI document of the routes added before. */
function describe(api: Api, deps: WebDeps): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "operatorToken", { type: "http", scheme: "bearer" });
  api.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: `${deps.publicUrl.startsWith("https:") ? "__Secure-" : ""}ml-connector.session_token`,
  });
  api.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: { title: "ml-connector", version: deps.version },
    servers: [{ url: deps.publicUrl }],
    security: [{ operatorToken: [] }, { session: [] }],
  });
}

async function answerSignIn(deps: WebDeps, c: Context): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  return deps.auth.answer({
    method: c.req.method,
    target: `${pathname}${search}`,
    headers: c.req.raw.headers,
    body: c.req.method === "GET" ? undefined : await c.req.text(),
    clientAddress: clientAddress(c),
  });
}

/** Undefined where there is no socket: in tests. */
function clientAddress(c: Context): string | undefined {
  const bindings = c.env as { incoming?: unknown; server?: unknown } | undefined;
  return bindings?.incoming === undefined && bindings?.server === undefined ? undefined : getConnInfo(c).remote.address;
}

/** Durations by route pattern, never by path: a hook's path is a secret. */
function measure(deps: WebDeps, metrics: Metrics) {
  return async (c: Context, next: () => Promise<void>): Promise<void> => {
    const startedAt = deps.clock.now();
    await next();
    metrics.requests.observe(
      { method: c.req.method, route: routePath(c), status: String(c.res.status) },
      (deps.clock.now() - startedAt) / 1000,
    );
  };
}

function tooLarge(): never {
  throw new ApiError("request.too-large", `A request may have ${bodyBytes} bytes at most.`);
}

function nothingThere(): never {
  throw new ApiError("request.unknown", "There is nothing at this address.");
}

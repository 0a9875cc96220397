import { Hono } from "hono";
import type { Fetch } from "../../../lib/http.ts";
import type { Account, Happening } from "../account.ts";
import { settleValidations } from "../address.ts";
import type { Courier, Hook } from "../hook-delivery.ts";
import { refuse, requestId, respond } from "./answers.ts";
import { createV2Gate } from "./gate.ts";
import { addLabelRoutes } from "./label-routes.ts";
import { defaultV2Options, type V2Options } from "./options.ts";
import { addOrderRoutes } from "./order-routes.ts";
import { createSigning } from "./signing.ts";
import { V2Webhooks } from "./webhooks.ts";
import type { Answering, V2App, V2Env, V2World } from "./world.ts";

export interface V2Journal {
  at: number;
  method: string;
  /** With the query. */
  path: string;
  status: number;
}

/** The account through API V2: the same tables, another key, another budget (facts: shipstation 6). */
export interface V2Api {
  fetch: Fetch;
  /** May be changed at any time. */
  options: V2Options;
  webhooks: V2Webhooks["rows"];
  journal: V2Journal[];
  notify: (happening: Happening) => void;
  /** The signature headers of a body that leaves now, for hooks of V1 and for tests. */
  sign: NonNullable<Hook["headers"]>;
}

const keysPath = "/v1/webhook-jwks.json";

export const isV2Path = (url: string): boolean => {
  const { pathname } = new URL(url);
  return pathname.startsWith("/v2/") || pathname === keysPath;
};

export function createV2(account: Account, courier: Courier, chosen: Partial<V2Options>): V2Api {
  const options: V2Options = { ...defaultV2Options(), ...chosen };
  const signing = createSigning(options);
  const webhooks = new V2Webhooks(account, options);
  const gate = createV2Gate(account, options);
  const app = createApp({ account, options }, webhooks);
  const journal: V2Journal[] = [];
  return {
    options,
    webhooks: webhooks.rows,
    journal,
    notify: (happening) => webhooks.notify(happening, courier, signing),
    sign: signing.headers,
    fetch: async (request) => {
      const url = new URL(request.url);
      const bodyText = request.method === "GET" ? "" : await request.text();
      settleValidations(account);
      // The keys are public: anybody may read them.
      if (url.pathname === keysPath) return Response.json(signing.published());
      const admission = gate(request.headers.get("api-key"));
      const response = admission.refusal
        ? respond(admission.refusal, requestId(account.random), options.errorSource)
        : await app.fetch(new Request(request.url, { method: request.method, headers: request.headers }), { bodyText });
      for (const [name, value] of Object.entries(admission.headers)) response.headers.set(name, value);
      response.headers.set("date", new Date(account.clock.now()).toUTCString());
      const { status } = response;
      journal.push({ at: account.clock.now(), method: request.method, path: url.pathname + url.search, status });
      if (journal.length > account.options.journalLimit) journal.shift();
      return response;
    },
  };
}

function createApp(world: V2World, webhooks: V2Webhooks): V2App {
  const app: V2App = new Hono<V2Env>();
  const { account, options } = world;
  const answer: Answering = (route) => (context) =>
    respond(route(context), requestId(account.random), options.errorSource);
  app.use(async (context, next) => {
    context.set("bodyText", (context.env as { bodyText: string }).bodyText);
    await next();
  });
  addOrderRoutes(app, world, answer);
  addLabelRoutes(app, world, answer);
  const hooks = "/v2/environment/webhooks";
  app.get(
    hooks,
    answer(() => webhooks.list()),
  );
  app.post(
    hooks,
    answer((context) => webhooks.create(parsed(context.get("bodyText")))),
  );
  app.get(
    `${hooks}/:id`,
    answer((context) => webhooks.one(context.req.param("id") ?? "")),
  );
  app.delete(
    `${hooks}/:id`,
    answer((context) => webhooks.remove(context.req.param("id") ?? "")),
  );
  app.notFound(
    answer(() => refuse(404, { type: "business_rules", code: "unspecified", message: "There is no such route." })),
  );
  return app;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "../api-error.ts";
import type { WebDeps } from "../deps.ts";
import { createApi, type Api } from "./app.ts";
import { answers } from "./schemas.ts";

const params = z.object({ id: z.string().min(1).max(100) });

const pushSchema = z
  .object({
    url: z.string().openapi({ description: "the destination's address; it ends with a secret of its own" }),
    header: z.object({ name: z.string(), value: z.string() }),
    steps: z.array(z.string()),
  })
  .openapi("PushDestination");

const show = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/push",
  summary: "What to enter in Acumatica so that its push notifications ring; made when first asked for",
  request: { params },
  responses: answers(200, "The destination", pushSchema),
});

const renew = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/push/renew",
  summary: "A new address and key for Acumatica's push notifications; those before ring nothing from now on",
  request: { params },
  responses: answers(200, "The destination", pushSchema),
});

/** POST, and never part of the connection: the key is a secret that is shown only to who asks for it. */
export function pushRoutes(deps: Pick<WebDeps, "connections" | "push">): Api {
  const api = createApi();
  const { push } = deps;
  async function expectConnection(id: string): Promise<void> {
    if (!(await deps.connections.find(id))) throw new ApiError("request.unknown", "There is no such connection.");
  }
  const view = ({ url, key }: { url: string; key: string }) => ({
    url,
    header: { name: push.header, value: key },
    steps: stepsFor(push.header),
  });

  api.openapi(show, async (c) => {
    const { id } = c.req.valid("param");
    await expectConnection(id);
    return c.json(view(await push.show(id, c.get("actor"))), 200);
  });
  api.openapi(renew, async (c) => {
    const { id } = c.req.valid("param");
    await expectConnection(id);
    return c.json(view(await push.renew(id, c.get("actor"))), 200);
  });
  return api;
}

/** What the admin does on the ERP's forms. */
const stepsFor = (header: string): string[] => [
  "In Acumatica, make a generic inquiry (SM208000) over SOOrder alone with the order type, the order number, the status and the time of the last change; no grouping, no formulas, no joins to lines. For stock items, one over InventoryItem.",
  `On Push Notifications (SM302000), add a definition: destination type Webhook, the address above, header name ${header}, header value as above.`,
  "Add the inquiry to the definition, choose the fields whose changes should ring, and make it active. Name a definition for stock items so that its name says so.",
  "Change an order and look at Process Push Notifications (SM502000): failed ones stay listed there for two days. Nothing is lost when they fail: the polls find every change.",
];

import { Hono } from "hono";
import type { WebDeps } from "./deps.ts";
import { isJson, parseHookBody, readUpTo } from "./hook-body.ts";
import type { HookOutcome } from "./metrics.ts";

/** The changed rows are in it, and we want none of them: what is longer rings unread. */
const readBytes = 256 * 1024;
/** Bounded by the bytes alone: rows have as many columns as their inquiry. */
const mostKeys = Infinity;
/** Notifications remembered, so that those sent again are not looked after again. */
const rememberedIds = 1_000;
/** 256 bits in base64url; anything else is compared just the same. */
const secretForm = /^[A-Za-z0-9_-]{43}$/;

/**
 * `POST /hooks/acumatica/<token>`: a push notification of the ERP, a bell like the other (facts: acumatica 6.1). Its one header is all
 * that authenticates it. The body is never trusted: of its rows nothing is read, and its query's name only says whether to look at
 * orders or at stock items. A wrong token and a wrong key are answered like right ones. Anything but 2xx would have it sent up to
 * five times, so that only what is no notification at all is refused.
 */
export function pushHookRoutes(deps: PushDeps): Hono {
  const { push } = deps;
  const isRepeated = rememberIds();
  const app = new Hono();
  app.post("/hooks/acumatica/:token", async (c) => {
    if (!isJson(c.req.header("content-type"))) {
      deps.count("refused");
      return c.body(null, 415);
    }
    const text = await readUpTo(c.req.raw, readBytes);
    const body = text === undefined ? {} : parseHookBody(text, mostKeys);
    if (body === undefined) {
      deps.count("refused");
      return c.body(null, 400);
    }
    const [token, key] = [c.req.param("token"), c.req.header(push.header) ?? ""];
    const connection = secretForm.test(token) && secretForm.test(key) ? await push.find(token, key) : undefined;
    if (!connection) {
      deps.count("unknown");
      return c.body(null, 202);
    }
    const { isKnown, remember } = isRepeated(connection.id, body["Id"]);
    if (!isKnown) {
      await push.ring(connection.id, isOfItems(body["Query"]) ? "items" : "orders");
      remember();
    }
    deps.count(isKnown ? "repeated" : text === undefined ? "unparsed" : "rung");
    return c.body(null, 202);
  });
  return app;
}

interface PushDeps {
  push: Pick<WebDeps["push"], "header" | "find" | "ring">;
  count: (outcome: HookOutcome) => void;
}

/** Queries have the names people give them; what is not plainly of stock items is taken for orders. */
const isOfItems = (query: unknown): boolean =>
  typeof query === "string" && /\b(stock\s*-?\s*items?|items?|inventory)\b/i.test(query) && !/order/i.test(query);

/** In this process's memory alone: to look once more is harmless. */
function rememberIds() {
  const ids = new Set<string>();
  return (connectionId: string, id: unknown): { isKnown: boolean; remember: () => void } => {
    if (typeof id !== "string" || id.length > 64) return { isKnown: false, remember: () => undefined };
    const known = `${connectionId} ${id}`;
    return {
      isKnown: ids.has(known),
      // After the ring is kept: of one that failed the repetition counts.
      remember: () => {
        ids.add(known);
        for (const oldest of ids) {
          if (ids.size <= rememberedIds) break;
          ids.delete(oldest);
        }
      },
    };
  };
}

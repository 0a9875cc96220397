import { Hono } from "hono";
import { asConnectorError } from "../lib/errors.ts";
import type { WebDeps } from "./deps.ts";

/** Where Acumatica sends the browser back to; listed with the connected application (form SM303010). */
export const callbackPath = "/oauth/acumatica";

/**
 * `GET /oauth/acumatica`: a person comes back from Acumatica's consent page. The state in the address was given out once, belongs to one
 * connection and to the user who asked, and is worth nothing afterwards; without it nothing happens (failures T10).
 */
export function authorisationRoutes(deps: WebDeps): Hono {
  const app = new Hono();
  app.get(callbackPath, async (c) => {
    const signedIn = (await deps.auth.whoIs(c.req.raw.headers))?.user.email;
    const { state, code, error } = c.req.query();
    try {
      const { name } = await deps.connections.completeAuthorisation({ state, code, error }, signedIn);
      return c.html(page("Authorised", `${name} is authorised in Acumatica and goes on by itself.`), 200);
    } catch (thrown) {
      const failure = asConnectorError(thrown);
      if (failure.disposition === "defect") throw thrown;
      return c.html(page("Not authorised", `${failure.message} ${failure.cure}`), 400);
    }
  });
  return app;
}

const page = (title: string, text: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head>` +
  `<body><h1>${escape(title)}</h1><p>${escape(text)}</p><p><a href="/">Open the console</a>, or close this page.</p></body></html>`;

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);

import { createHash, timingSafeEqual } from "node:crypto";
import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "../api-error.ts";
import { passwordLength } from "../auth.ts";
import type { WebDeps } from "../deps.ts";
import { createTries } from "../tries.ts";
import { createApi, type Api } from "./app.ts";
import { answers, jsonBody } from "./schemas.ts";

const aboutSchema = z
  .object({
    name: z.literal("ml-connector"),
    version: z.string(),
    demo: z.boolean(),
    needsSetup: z.boolean().openapi({ description: "no user exists yet" }),
    signedIn: z.object({ email: z.string(), name: z.string() }).nullable(),
  })
  .openapi("About");

const setupSchema = z
  .strictObject({
    token: z.string().min(1).max(200),
    name: z.string().trim().min(1).max(100),
    email: z.email().max(200),
    password: z.string().min(passwordLength.least).max(passwordLength.most),
  })
  .openapi("Setup");

const about = createRoute({
  method: "get",
  path: "/api/v1/about",
  summary: "What this is, and who is asking",
  security: [],
  responses: answers(200, "About this service", aboutSchema),
});

const setup = createRoute({
  method: "post",
  path: "/api/v1/setup",
  summary: "Make the first user, with the one-time token printed at the first start",
  security: [],
  request: { body: jsonBody(setupSchema) },
  responses: answers(201, "The user may sign in", z.object({ email: z.string(), name: z.string() })),
});

/** Guesses at the one-time token, from everywhere together. */
const setupTries = 10;
const setupWindowMs = 60_000;

/** The two routes that are open to everybody. */
export function aboutRoutes(deps: WebDeps): Api {
  const api = createApi();
  const tries = createTries(deps.clock);
  let makingFirstUser = Promise.resolve();

  api.openapi(about, async (c) => {
    const [known, hasUsers] = await Promise.all([deps.auth.whoIs(c.req.raw.headers), deps.auth.hasUsers()]);
    for (const cookie of known?.setCookies ?? []) c.header("set-cookie", cookie, { append: true });
    return c.json(
      {
        name: "ml-connector" as const,
        version: deps.version,
        demo: deps.demo !== undefined,
        needsSetup: !hasUsers,
        signedIn: known?.user ?? null,
      },
      200,
    );
  });

  api.openapi(setup, async (c) => {
    const { token, ...user } = c.req.valid("json");
    const wait = tries.take("setup", setupTries, setupWindowMs);
    if (wait !== undefined) {
      throw new ApiError("request.too-many", "Too many attempts.", { retryAfterSeconds: wait });
    }
    // One after the other: of two requests at the same moment only one may find that there is no user.
    const mine = makingFirstUser.then(async () => {
      if (await deps.auth.hasUsers()) {
        throw new ApiError("request.conflict", "The first user has already been made.", { cure: "Sign in." });
      }
      if (deps.setupToken === undefined || !isSame(token, deps.setupToken)) {
        throw new ApiError("request.forbidden", "This is not the one-time token.", {
          cure: "Copy the token that the service printed when it started.",
        });
      }
      await deps.auth.createUser(user);
    });
    makingFirstUser = mine.catch(() => undefined);
    await mine;
    deps.log.info({ email: user.email }, "the first user was made");
    return c.json({ email: user.email, name: user.name }, 201);
  });

  return api;
}

/** Compares in a time that does not depend on where the two differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

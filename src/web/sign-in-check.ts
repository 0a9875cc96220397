import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ApiError } from "./api-error.ts";
import type { WebEnv } from "./api/app.ts";
import type { Auth } from "./auth.ts";

/** Whether an Authorization header carries the operator token, told in a time that does not depend on the token. */
export function createOperatorCheck(operatorTokenHash: string): (authorization: string | undefined) => boolean {
  const expected = Buffer.from(operatorTokenHash, "hex");
  if (expected.length !== 32) throw new Error("the operator token's hash must be 64 hexadecimal digits");
  return (authorization) => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    return token !== undefined && timingSafeEqual(createHash("sha256").update(token).digest(), expected);
  };
}

/** Lets through who is signed in, or holds the operator token, and leaves the actor's name for the audit trail. */
export function requireSignIn(
  auth: Auth,
  isOperator: (authorization: string | undefined) => boolean,
): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const authorization = c.req.header("authorization");
    if (authorization !== undefined) {
      if (!isOperator(authorization)) throw new ApiError("request.signed-out", "This is not the operator token.");
      c.set("actor", "operator");
      c.set("user", undefined);
      await next();
      return;
    }
    const known = await auth.whoIs(c.req.raw.headers);
    if (!known) throw new ApiError("request.signed-out", "Nobody is signed in.", { cure: "Sign in." });
    c.set("actor", known.user.email);
    c.set("user", known.user);
    await next();
    for (const cookie of known.setCookies) c.header("set-cookie", cookie, { append: true });
  };
}

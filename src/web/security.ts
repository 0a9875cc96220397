import type { MiddlewareHandler } from "hono";
import { ApiError } from "./api-error.ts";

/** Nothing but our own files runs. `nonce` allows the one kind of inline style that the console's widgets write. */
export function contentSecurityPolicy(nonce?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${nonce === undefined ? "" : ` 'nonce-${nonce}'`}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** On every answer, whatever made it. */
export function securityHeaders(publicUrl: string): MiddlewareHandler {
  const isSecure = publicUrl.startsWith("https:");
  return async (c, next) => {
    await next();
    const headers = c.res.headers;
    const add = (name: string, value: string): void => {
      if (!headers.has(name)) headers.set(name, value);
    };
    add("content-security-policy", contentSecurityPolicy());
    add("x-content-type-options", "nosniff");
    add("x-frame-options", "DENY");
    add("referrer-policy", "no-referrer");
    add("cross-origin-opener-policy", "same-origin");
    add("cross-origin-resource-policy", "same-origin");
    add("permissions-policy", "camera=(), geolocation=(), microphone=()");
    add("cache-control", "no-store");
    if (isSecure) add("strict-transport-security", "max-age=31536000");
  };
}

const harmless = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses state-changing requests that another site's page has a signed-in browser send (threat T10). A browser tells by
 * Origin or Sec-Fetch-Site where a request comes from; a cookie without either is not a browser's of today. The operator token
 * is no cookie: whoever can send it is meant to.
 */
export function refuseOtherSites(publicUrl: string): MiddlewareHandler {
  const own = new URL(publicUrl).origin;
  return async (c, next) => {
    if (!harmless.has(c.req.method) && c.req.header("authorization") === undefined) {
      const origin = c.req.header("origin");
      const site = c.req.header("sec-fetch-site");
      const isOwn = origin !== undefined ? origin === own : site === "same-origin";
      const isBrowsers = origin !== undefined || site !== undefined || c.req.header("cookie") !== undefined;
      if (isBrowsers && !(isOwn && (site === undefined || site === "same-origin"))) {
        throw new ApiError("request.forbidden", "This request does not come from the console's own pages.", {
          cure: `Open the console at ${own}.`,
        });
      }
    }
    await next();
  };
}

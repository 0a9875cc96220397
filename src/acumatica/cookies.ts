import { Cookie, CookieJar } from "tough-cookie";
import type { Clock } from "../lib/clock.ts";

/** The cookies of one session. */
export interface Cookies {
  keep(url: URL, headers: Headers): void;
  /** The `Cookie` header for this address, or nothing. */
  header(url: URL): string;
}

/**
 * Values hold `=`, `&`, `+` and `:`, and `Expires` holds a comma, so headers are read one by one and never joined
 * (facts: acumatica 1.2). Expiry is judged by our clock when a cookie arrives; a session never outlives it.
 */
export function createCookies(clock: Clock): Cookies {
  const jar = new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false });
  return {
    keep: (url, headers) => {
      for (const line of headers.getSetCookie()) {
        const cookie = Cookie.parse(line, { loose: true });
        if (!cookie) continue;
        const gone = isExpired(cookie, clock.now());
        cookie.maxAge = null;
        cookie.expires = gone ? new Date(0) : "Infinity";
        jar.setCookieSync(cookie, url.href, { ignoreError: true });
      }
    },
    header: (url) => jar.getCookieStringSync(url.href),
  };
}

function isExpired(cookie: Cookie, nowMs: number): boolean {
  if (typeof cookie.maxAge === "number") return cookie.maxAge <= 0;
  return cookie.expires instanceof Date && cookie.expires.getTime() <= nowMs;
}

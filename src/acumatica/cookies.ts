import { Cookie, CookieJar } from "tough-cookie";
import type { Clock } from "../lib/clock.ts";

/** The cookies of one session. */
export interface Cookies {
  keep(url: URL, headers: Headers): void;
  /** The `Cookie` header for this address, or nothing. */
  header(url: URL): string;
  /** All of them as text, which `createCookies` takes. */
  text(): string;
}

/**
 * Values hold `=`, `&`, `+` and `:`, and `Expires` holds a comma, so headers are read one by one and never joined
 * (facts: acumatica 1.2). Expiry is judged by our clock when a cookie arrives; a session never outlives it.
 */
export function createCookies(clock: Clock, text?: string): Cookies {
  const jar =
    text === undefined
      ? new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false })
      : CookieJar.deserializeSync(text);
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
    text: () => JSON.stringify(jar.serializeSync()),
  };
}

function isExpired(cookie: Cookie, nowMs: number): boolean {
  if (typeof cookie.maxAge === "number") return cookie.maxAge <= 0;
  return cookie.expires instanceof Date && cookie.expires.getTime() <= nowMs;
}

/** Who holds one of these is signed in; the other cookies are ordinary words, such as the tenant's name. */
const sessionCookie = /^(?:\.ASPXAUTH|ASP\.NET_SessionId)=(.+)$/;

/** Of a `Cookie` header, the values that are as good as a password. */
export const sessionIn = (header: string): string[] =>
  header.split("; ").flatMap((pair) => sessionCookie.exec(pair)?.[1] ?? []);

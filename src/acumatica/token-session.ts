import { ConnectorError } from "../lib/errors.ts";
import { createCookies, type Cookies } from "./cookies.ts";
import { checkCompany, withDoubt, type Session, type SessionOptions } from "./session.ts";

/** An access token, and until when it is surely good: milliseconds since the epoch, on our clock. */
export interface AccessToken {
  token: string;
  goodUntil: number;
}

/** Where access tokens come from; they are shared by all processes of the connection. */
export interface TokenSource {
  /**
   * A token that is good for a while. One that Acumatica refused, although it should have been good, is named, and another one is
   * fetched. Throws ConnectorError `acumatica.authorise-again`, `acumatica.credentials` and what a token endpoint may throw.
   */
  access(refused?: string): Promise<AccessToken>;
}

interface Open extends AccessToken {
  cookies: Cookies;
  /** Of the shared session: another one is that of another consent. */
  version: number;
}

/**
 * A session by access token. Acumatica opens it at the first call, and it lives on when the token is refreshed; nobody needs to sign
 * out of it before there is another consent, and other processes may be working in it (facts: acumatica 1.3). Its cookies are kept and
 * sent along.
 */
export function createTokenSession(
  options: Omit<SessionOptions, "credentials" | "tries"> & { tokens: TokenSource },
): Session {
  const { clock, tokens, log, shared } = options;
  let current: Open | undefined;
  let refused: string | undefined;

  async function open(): Promise<void> {
    const version = shared.version();
    if (current?.version === version && clock.now() < current.goodUntil) return;
    const access = await tokens.access(refused);
    if (access.token === current?.token) {
      current = { ...current, ...access, version };
      return;
    }
    // The session goes on with the new token, and so do its cookies; that of a new consent has none yet.
    const cookies = current?.version === version ? current.cookies : createCookies(clock);
    current = undefined;
    try {
      await checkCompany(options, { cookies, bearer: access.token });
    } catch (thrown) {
      // Refused before its time is over, it was withdrawn; another one is asked for once.
      if (!isRefused(thrown) || refused === access.token) throw thrown;
      refused = access.token;
      await open();
      return;
    }
    current = { ...access, cookies, version };
    log.info(
      { site: options.site.signIn.origin, tenant: options.address.tenant },
      "signed in to Acumatica with a token",
    );
  }

  return {
    open: async () => {
      try {
        await open();
      } catch (thrown) {
        throw thrown instanceof ConnectorError && thrown.mayHaveApplied ? withDoubt(thrown, false) : thrown;
      }
    },
    adopt: () => {
      if (current?.version !== shared.version()) current = undefined;
      return Promise.resolve();
    },
    cookies: () => current?.cookies,
    bearer: () => current?.token,
    touch: () => Promise.resolve(),
    // Nothing is gained by ending it: the licence's session stays with the token.
    idleMs: () => undefined,
    forget: () => {
      refused = current?.token ?? refused;
      current = undefined;
      return Promise.resolve();
    },
    signOut: () => {
      current = undefined;
      return Promise.resolve();
    },
    signOutIfIdle: () => Promise.resolve(),
  };
}

const isRefused = (thrown: unknown): boolean =>
  thrown instanceof ConnectorError &&
  (thrown.code === "acumatica.session-lost" || thrown.code === "network.redirected");

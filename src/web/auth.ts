import { createHash } from "node:crypto";
import { betterAuth } from "better-auth";
import { sql } from "kysely";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { ApiError } from "./api-error.ts";
import { createTries } from "./tries.ts";

export interface SignedIn {
  email: string;
  name: string;
}

export interface NewUser extends SignedIn {
  password: string;
}

/** People: who they are, and the routes by which they sign in and out. */
export interface Auth {
  /** Answers a request under `/api/auth`. Throws ApiError for routes that are not offered and for too many tries. */
  answer(request: AuthRequest): Promise<Response>;
  /** Who sent these headers, if anybody; `setCookies` must go out with the answer (they keep a used session alive). */
  whoIs(headers: Headers): Promise<{ user: SignedIn; setCookies: string[] } | undefined>;
  hasUsers(): Promise<boolean>;
  /** Throws ConnectorError `internal.defect` if the e-mail address is taken. */
  createUser(user: NewUser): Promise<void>;
}

export interface AuthRequest {
  method: string;
  /** Path and query, as received. */
  target: string;
  headers: Headers;
  body: string | undefined;
  /** The other end of the socket, not what a header claims. */
  clientAddress: string | undefined;
}

export interface AuthOptions {
  db: Db;
  clock: Clock;
  log: Log;
  /** Signs the session cookies; derived from the master key. */
  secret: string;
  publicUrl: string;
}

export const passwordLength = { least: 10, most: 128 };

/** A session ends after this long without use, and after a day in any case. */
const idleSeconds = 8 * 3600;
const refreshSeconds = 10 * 60;
const sessionMs = 24 * 3600_000;

/** Guesses at one account's password, and from one address, within the window (threat T10). */
const windowMs = 15 * 60_000;
const triesPerAccount = 5;
const triesPerAddress = 20;

/** Only these: no sign-up, no password reset by mail, no social sign-in. */
const offered = new Set([
  "POST /sign-in/email",
  "POST /sign-out",
  "GET /get-session",
  "POST /change-password",
  "GET /list-sessions",
  "POST /revoke-session",
  "POST /revoke-sessions",
  "POST /revoke-other-sessions",
]);

/** Set by us alone, from the socket; never passed on from a client. */
const addressHeader = "x-client-address";

export function createAuth(options: AuthOptions): Auth {
  const auth = configure(options);
  const tries = createTries(options.clock);
  const basePath = "/api/auth";

  function refuseTooMany(key: string, most: number): void {
    const wait = tries.take(key, most, windowMs);
    if (wait === undefined) return;
    throw new ApiError("request.too-many", "Too many attempts to sign in.", {
      retryAfterSeconds: wait,
      cure: `Try again in ${Math.ceil(wait / 60)} minutes.`,
    });
  }

  return {
    answer: async ({ method, target, headers, body, clientAddress }) => {
      // Built on the public address: what the Host header says is of no account.
      const url = new URL(target, options.publicUrl);
      const route = `${method} ${url.pathname.slice(basePath.length)}`;
      if (!offered.has(route)) throw new ApiError("request.unknown", "There is no such route.");
      const guarded = route === "POST /sign-in/email" || route === "POST /change-password";
      const account = accountOf(body);
      if (guarded) refuseTooMany(`address:${clientAddress ?? ""}`, triesPerAddress);
      if (guarded && account !== undefined) refuseTooMany(`account:${account}`, triesPerAccount);
      const passed = new Headers(headers);
      passed.delete(addressHeader);
      if (clientAddress !== undefined) passed.set(addressHeader, clientAddress);
      const answer = await auth.handler(
        new Request(url, { method, headers: passed, ...(body === undefined ? {} : { body }) }),
      );
      if (guarded && answer.ok && account !== undefined) tries.forget(`account:${account}`);
      return answer;
    },

    whoIs: async (headers) => {
      if (!headers.has("cookie")) return undefined;
      const { headers: answered, response } = await auth.api.getSession({ headers, returnHeaders: true });
      if (!response) return undefined;
      if (response.session.createdAt.getTime() + sessionMs <= options.clock.now()) return undefined;
      const { email, name } = response.user;
      return { user: { email, name }, setCookies: answered.getSetCookie() };
    },

    hasUsers: async () => {
      const { rows } = await sql`select 1 from user_accounts where "providerId" = 'credential' limit 1`.execute(
        options.db,
      );
      return rows.length > 0;
    },

    createUser: async ({ email, name, password }) => {
      const context = await auth.$context;
      const hash = await context.password.hash(password);
      const known = await context.internalAdapter.findUserByEmail(email, { includeAccounts: true });
      if (known?.accounts.length) {
        throw new ConnectorError("internal.defect", { message: "A user with this e-mail address exists." });
      }
      // A user without a password is what an interrupted creation left behind: it is completed.
      const user =
        known?.user ??
        (await context.internalAdapter.createUser({ email, name, emailVerified: true }, { method: "email-password" }));
      await context.internalAdapter.linkAccount({
        userId: user.id,
        providerId: "credential",
        accountId: user.id,
        password: hash,
      });
    },
  };
}

/** Makes a user who may sign in. For the first start and for the demo; there is no open sign-up. */
export const createUser = (auth: Auth, user: NewUser): Promise<void> => auth.createUser(user);

function configure({ db, log, secret, publicUrl }: AuthOptions) {
  return betterAuth({
    appName: "ml-connector",
    baseURL: publicUrl,
    basePath: "/api/auth",
    secret,
    database: { db, type: "postgres" },
    user: { modelName: "users" },
    session: {
      modelName: "user_sessions",
      expiresIn: idleSeconds,
      updateAge: refreshSeconds,
    },
    account: { modelName: "user_accounts", accountLinking: { enabled: false } },
    verification: { modelName: "user_verifications" },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLength.least,
      maxPasswordLength: passwordLength.most,
    },
    trustedOrigins: [new URL(publicUrl).origin],
    // The limits are ours (see `answer`): by account as well as by address.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error", log: (_level, message) => log.error({ area: "sign-in" }, message) },
    advanced: {
      cookiePrefix: "ml-connector",
      useSecureCookies: publicUrl.startsWith("https:"),
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", path: "/" },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // Said outright, because the library leaves the check out when it believes it runs under a test.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
  });
}

/** Which account a sign-in is for, as a hash: addresses of strangers are not kept. */
function accountOf(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  try {
    const email = (JSON.parse(body) as { email?: unknown } | null)?.email;
    return typeof email === "string"
      ? createHash("sha256").update(email.trim().toLowerCase()).digest("hex")
      : undefined;
  } catch {
    return undefined;
  }
}

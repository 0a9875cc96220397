import { parseCookies } from "./cookies.ts";
import { defaultUsers, tenantsOf, type AcumaticaSandboxOptions, type AcumaticaUser } from "./options.ts";
import { failure, Refusal } from "./refusals.ts";

export interface Session {
  id: string;
  auth: string;
  user: AcumaticaUser;
  tenant: string;
  branch: string;
  usedAt: number;
  /** When the access token it belongs to ends. */
  endsAt?: number | undefined;
}

/** Who stands behind an access token: one session for it, or any number told apart by cookies (facts: acumatica 1.3). */
export type TokenOwner = { user: AcumaticaUser; tenant: string } & (
  { kind: "token"; id: string; expiresAt: number | undefined } | { kind: "cookies"; expiresAt: number }
);

/** Names and passwords, over the API and in the browser: wrong ones count together. */
export interface Authentication {
  /** Throws Refusal. */
  authenticate(person: { name: string; password: string }): AcumaticaUser;
}

export interface Credentials {
  name: string;
  password: string;
  tenant: string;
  branch: string;
}

/** The site's sessions: the licensed unit (facts: acumatica 1.2, 1.4). */
export interface Sessions {
  /** Opens a session, taking the place of the one the caller's cookies name. Throws Refusal. */
  signIn(credentials: Credentials, cookieHeader: string | null): Session;
  signOut(session: Session): void;
  /** The session of an access token, opened at its first call. Throws Refusal at the licence's limit. */
  ofToken(owner: TokenOwner, branch: string, cookieHeader: string | null): Session;
  /** The live session of these cookies; touches it. */
  find(cookieHeader: string | null): Session | undefined;
  /** Live sessions, idle ones ended first. */
  live(): Session[];
  endAll(): void;
}

const lockMinutes = 15;

const loginSource = "PX.Api.ContractBased.WebApi.Controllers.AuthController.Login(Credentials credentials)";

export function createSessions(options: AcumaticaSandboxOptions, authentication: Authentication): Sessions {
  const sessions = new Map<string, Session>();

  function live(): Session[] {
    const now = options.clock.now();
    const oldest = now - (options.idleMinutes ?? 10) * 60_000;
    for (const session of sessions.values()) {
      if (session.usedAt < oldest || (session.endsAt !== undefined && session.endsAt <= now))
        sessions.delete(session.id);
    }
    return [...sessions.values()];
  }

  function find(cookieHeader: string | null): Session | undefined {
    const cookies = parseCookies(cookieHeader);
    live();
    const session = sessions.get(cookies.get("ASP.NET_SessionId") ?? "");
    if (!session || session.auth !== cookies.get(".ASPXAUTH")) return undefined;
    session.usedAt = options.clock.now();
    return session;
  }

  function signIn(credentials: Credentials, cookieHeader: string | null): Session {
    const tenant = tenantNamed(credentials.tenant, options);
    const user = authentication.authenticate(credentials);
    const own = find(cookieHeader);
    const others = live().filter((session) => session !== own);
    if (others.length >= (options.maxSessions ?? 2)) throw loginLimit(options.loginLimitStatus ?? 500);
    if (own) sessions.delete(own.id);
    const id = lowerCaseText(options.random.bytes(24));
    return open({ id, user, tenant, branch: credentials.branch || "1" });
  }

  function open(given: Pick<Session, "id" | "user" | "tenant" | "branch" | "endsAt">): Session {
    const auth = Buffer.from(options.random.bytes(74)).toString("hex").toUpperCase();
    const session: Session = { ...given, auth, usedAt: options.clock.now() };
    sessions.set(session.id, session);
    return session;
  }

  function ofToken(owner: TokenOwner, branch: string, cookieHeader: string | null): Session {
    const { user, tenant } = owner;
    live();
    const known = owner.kind === "token" ? sessions.get(`token-${owner.id}`) : find(cookieHeader);
    if (known) {
      known.usedAt = options.clock.now();
      if (branch !== "") known.branch = branch;
      return known;
    }
    if (live().length >= (options.maxSessions ?? 2)) throw loginLimit(options.loginLimitStatus ?? 500);
    const id = owner.kind === "token" ? `token-${owner.id}` : lowerCaseText(options.random.bytes(24));
    return open({ id, user, tenant, branch: branch || "1", endsAt: owner.expiresAt });
  }

  return {
    ...{ signIn, find, live, ofToken },
    signOut: (session) => void sessions.delete(session.id),
    endAll: () => sessions.clear(),
  };
}

/** Wrong name and wrong password look alike: HTTP 500, and repeating locks the account. */
export function authenticationOf(options: AcumaticaSandboxOptions): Authentication {
  const wrong = new Map<string, { count: number; lockedUntil: number }>();
  const refuse = (text: string): Refusal => failure(500, `Error: ${text}`, "PX.Data.PXException", loginSource);

  function authenticate({ name, password }: { name: string; password: string }): AcumaticaUser {
    const now = options.clock.now();
    const known = (options.users ?? defaultUsers).find((user) => user.name === name);
    const tries = wrong.get(name) ?? { count: 0, lockedUntil: 0 };
    if (tries.lockedUntil > now || known?.isLocked) {
      throw refuse("The user account is locked. Please contact your system administrator.");
    }
    if (known?.password === password) {
      wrong.delete(name);
      if (!known.mustChangePassword) return known;
      throw refuse(
        options.changePasswordText === "invalid"
          ? "Invalid credentials. Please try again."
          : "The password has expired. You must change your password.",
      );
    }
    tries.count++;
    if (tries.count >= (options.lockAfter ?? 3)) {
      tries.count = 0;
      tries.lockedUntil = now + lockMinutes * 60_000;
    }
    wrong.set(name, tries);
    throw refuse("Invalid credentials. Please try again.");
  }

  return { authenticate };
}

/**
 * Where a sign-in lands. No name lands on the default tenant in silence; where there is one tenant, any name does; and where the
 * options say so, a name leads elsewhere without a word (facts: acumatica 1.2). Throws Refusal.
 */
export function tenantNamed(name: string, options: AcumaticaSandboxOptions): string {
  const asked = tenantAsked(name, tenantsOf(options));
  return options.landsIn?.[asked] ?? asked;
}

function tenantAsked(name: string, tenants: string[]): string {
  const fallback = tenants[0] ?? "";
  if (name === "" || tenants.length <= 1) return fallback;
  const known = tenants.find((tenant) => tenant.toLowerCase() === name.toLowerCase());
  if (known === undefined) {
    throw failure(
      500,
      "A proper company ID cannot be determined for the request.",
      "PX.Data.PXUndefinedCompanyException",
      loginSource,
    );
  }
  return known;
}

function loginLimit(status: 500 | 429): Refusal {
  if (status === 429) return plainTooMany();
  return failure(
    500,
    "API Login Limit: the maximum number of concurrent API logins has been reached. Close unused sessions on the Users (SM201010) form.",
    "PX.Data.PXException",
    "PX.Data.PXLicensePolicy.CheckApiUsersLimits(String userName)",
  );
}

/** The 429 of the web server itself: plain text, no Retry-After (facts: payloads 4.7). */
export const plainTooMany = (): Refusal =>
  new Refusal(429, "The custom error module does not recognize this error.", "text/plain");

function lowerCaseText(bytes: Uint8Array): string {
  const letters = "abcdefghijklmnopqrstuvwxyz012345";
  return [...bytes].map((byte) => letters.charAt(byte % 32)).join("");
}

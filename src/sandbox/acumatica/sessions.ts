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
  /** The live session of these cookies; touches it. */
  find(cookieHeader: string | null): Session | undefined;
  /** Live sessions, idle ones ended first. */
  live(): Session[];
  endAll(): void;
}

const lockMinutes = 15;

const loginSource = "PX.Api.ContractBased.WebApi.Controllers.AuthController.Login(Credentials credentials)";

export function createSessions(options: AcumaticaSandboxOptions): Sessions {
  const sessions = new Map<string, Session>();
  const wrong = new Map<string, { count: number; lockedUntil: number }>();

  function live(): Session[] {
    const oldest = options.clock.now() - (options.idleMinutes ?? 10) * 60_000;
    for (const session of sessions.values()) if (session.usedAt < oldest) sessions.delete(session.id);
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
    const tenant = tenantNamed(credentials.tenant, tenantsOf(options));
    const user = authenticate(credentials);
    const own = find(cookieHeader);
    const others = live().filter((session) => session !== own);
    if (others.length >= (options.maxSessions ?? 2)) throw loginLimit(options.loginLimitStatus ?? 500);
    if (own) sessions.delete(own.id);
    const session: Session = {
      id: lowerCaseText(options.random.bytes(24)),
      auth: Buffer.from(options.random.bytes(74)).toString("hex").toUpperCase(),
      user,
      tenant,
      branch: credentials.branch || "1",
      usedAt: options.clock.now(),
    };
    sessions.set(session.id, session);
    return session;
  }

  /** Wrong name and wrong password look alike: HTTP 500, and repeating locks the account. */
  function authenticate({ name, password }: Credentials): AcumaticaUser {
    const now = options.clock.now();
    const known = (options.users ?? defaultUsers).find((user) => user.name === name);
    const tries = wrong.get(name) ?? { count: 0, lockedUntil: 0 };
    if (tries.lockedUntil > now) {
      throw failure(
        500,
        "Error: The user account is locked. Please contact your system administrator.",
        "PX.Data.PXException",
        loginSource,
      );
    }
    if (known?.password === password) {
      wrong.delete(name);
      return known;
    }
    tries.count++;
    if (tries.count >= (options.lockAfter ?? 3)) {
      tries.count = 0;
      tries.lockedUntil = now + lockMinutes * 60_000;
    }
    wrong.set(name, tries);
    throw failure(500, "Error: Invalid credentials. Please try again.", "PX.Data.PXException", loginSource);
  }

  return { signIn, find, live, signOut: (session) => void sessions.delete(session.id), endAll: () => sessions.clear() };
}

/** No name lands on the default tenant in silence; where there is one tenant, any name does. */
function tenantNamed(name: string, tenants: string[]): string {
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

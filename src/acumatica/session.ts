import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { AcumaticaAddress } from "./client.types.ts";
import { companyOf, type CompanyCheck } from "./company.ts";
import { createCookies, sessionIn, type Cookies } from "./cookies.ts";
import { isHtml } from "./error-body.ts";
import { translate, type Asked } from "./errors.ts";
import { limits, type Site } from "./requests.ts";
import type { KeptSession, SharedSession } from "./shared-session.ts";
import { sendSignOut } from "./sign-out.ts";
import type { Wire } from "./wire.ts";

/** Acumatica ends a session after ten idle minutes (facts: acumatica 1.2); one nearly that old is not trusted with a write. */
const staleAfterMs = 9 * 60_000;

/** A session keeps the context it was opened with; changes of set-up only show in a new one (facts: acumatica 1.2). */
const oldAfterMs = 60 * 60_000;

export interface SessionOptions {
  address: AcumaticaAddress;
  site: Site;
  wire: Wire;
  clock: Clock;
  log: Log;
  credentials: () => Promise<{ username: string; password: string }>;
  /** Counts the sign-ins of all processes; by default only this client's count. */
  tries?: Tries | undefined;
  /** What all processes know of the session. */
  shared: SharedSession;
  /** By default any company will do. */
  company?: CompanyCheck | undefined;
  onCredentialsRefused?: ((error: ConnectorError) => void) | undefined;
}

/** Where tries to sign in are counted, because wrong ones lock an account. */
export interface Tries {
  /** Before credentials are sent. Throws ConnectorError `acumatica.credentials` when they were tried often enough. */
  take(): Promise<void>;
  accepted(): Promise<void>;
  refused(error: ConnectorError): Promise<void>;
  /** Neither: the answer was about something else; or it is unclear, and may have been a refusal. */
  undecided(isUnclear: boolean): Promise<void>;
}

/** One counted try. */
export async function tried<T>(tries: Tries | undefined, signIn: () => Promise<T>): Promise<T> {
  await tries?.take();
  try {
    const result = await signIn();
    await tries?.accepted();
    return result;
  } catch (thrown) {
    const isRefusal = thrown instanceof ConnectorError && thrown.code === "acumatica.credentials";
    await (isRefusal ? tries?.refused(thrown) : tries?.undecided(isUnclear(thrown)));
    throw thrown;
  }
}

/** Codes of answers that were lost, or in which nobody can read whether the credentials were refused. */
const unclearCodes = ["network.timeout", "network.too-large", "acumatica.unreadable", "acumatica.server-error"];

function isUnclear(thrown: unknown): boolean {
  if (!(thrown instanceof ConnectorError)) return false;
  // What never left was not refused. `withDoubt` keeps as its cause what was known before.
  const { cause } = thrown;
  const mayHaveLeft = thrown.mayHaveApplied || (cause instanceof ConnectorError && cause.mayHaveApplied);
  return unclearCodes.includes(thrown.code) || (thrown.code === "network.unreachable" && mayHaveLeft);
}

/** The licensed session as one client uses it. Not safe for two callers at once: whoever uses it holds the turn. */
export interface Session {
  /** Signs in, unless a session is open and fresh, here or in another process. After a refusal it never asks Acumatica again. */
  open(): Promise<void>;
  /** Takes up what others have opened or closed meanwhile; asks Acumatica nothing. */
  adopt(): Promise<void>;
  /** The open session's cookies. */
  cookies(): Cookies | undefined;
  /** The access token to send along, where one stands for the cookies. */
  bearer(): string | undefined;
  /** Marks the session as used now. */
  touch(): Promise<void>;
  /** How long nothing has been asked; undefined when there is no session. */
  idleMs(): number | undefined;
  /** The session is known to be gone: nothing is sent. */
  forget(): Promise<void>;
  /** Signs out, if there is a session, whoever opened it; a failure of Acumatica's is no failure. */
  signOut(): Promise<void>;
  /** Signs out, if nobody has used the session for so long. */
  signOutIfIdle(idleMs: number): Promise<void>;
}

interface OpenSession {
  version: number;
  cookies: Cookies;
  /** The values by which the session is known. */
  proof: string;
  openedAt: number;
  usedAt: number;
  /** By its own clock, which is wrong when a process's was set. */
  kept: KeptSession | undefined;
  /** This process has seen which company it is in. */
  isChecked: boolean;
}

export function createSession(options: SessionOptions): Session {
  const { clock, site, log, shared } = options;
  let current: OpenSession | undefined;
  let refusal: ConnectorError | undefined;

  const proofIn = (cookies: Cookies): string => sessionIn(cookies.header(site.signIn)).join(" ");
  const idleMsOf = ({ usedAt, kept }: OpenSession): number => Math.max(clock.now() - usedAt, kept?.idleMs ?? 0);
  const isFresh = (open: OpenSession): boolean =>
    idleMsOf(open) < staleAfterMs && Math.max(clock.now() - open.openedAt, open.kept?.ageMs ?? 0) < oldAfterMs;

  /** Takes up what is stored: another process may have opened, used or closed the session since. */
  async function adopt(): Promise<void> {
    const kept = await shared.kept();
    if (kept && current?.version === kept.version) {
      current.kept = kept;
      if (kept.wasUsedByOthers) current.usedAt = Math.max(current.usedAt, clock.now() - kept.idleMs);
      return;
    }
    current = undefined;
    const cookies = kept && cookiesFrom(clock, await kept.cookies());
    if (!kept || !cookies) return;
    const now = clock.now();
    const at = { openedAt: now - kept.ageMs, usedAt: now - kept.idleMs };
    current = { version: kept.version, cookies, proof: proofIn(cookies), ...at, kept, isChecked: false };
  }

  /** Of a session that another process has opened: whether it still lives, in the right company. */
  async function isOurs(open: OpenSession): Promise<boolean> {
    if (open.isChecked) return true;
    try {
      await checkCompany(options, open);
      open.isChecked = true;
      return true;
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError)) throw thrown;
      if (isLost(thrown)) {
        // A web page or half an answer does not show that the session is gone: whoever opens the next one signs out of it first.
        if (thrown.status === 401) await forget();
        return false;
      }
      if (thrown.code === "acumatica.wrong-company") await signOut();
      throw thrown;
    }
  }

  async function forget(): Promise<void> {
    current = undefined;
    await shared.forget();
  }

  async function signOut(): Promise<void> {
    await adopt();
    if (!current) return;
    await sendSignOut(options, { cookies: current.cookies });
    await forget();
  }

  /** A session of which nobody will know, because its sign-in could not be counted, is closed at once. */
  async function signInCounted(): Promise<Cookies> {
    let opened: Cookies | undefined;
    try {
      return await tried(options.tries, async () => (opened = await signIn(options)));
    } catch (thrown) {
      if (opened) await sendSignOut(options, { cookies: opened });
      throw thrown;
    }
  }

  /** What cannot be stored cannot be reused or closed by anybody later: it is closed at once. */
  async function keep(cookies: Cookies): Promise<number> {
    try {
      return await shared.keep(cookies.text(), true);
    } catch (thrown) {
      await sendSignOut(options, { cookies });
      throw thrown;
    }
  }

  /** Cookies of a session are renewed while it lives; others go on with what is stored. An answer is not lost over it. */
  async function keepNewer(open: OpenSession): Promise<void> {
    const proof = proofIn(open.cookies);
    if (proof === "" || proof === open.proof) return;
    open.proof = proof;
    try {
      open.version = await shared.keep(open.cookies.text(), false);
    } catch (thrown) {
      log.warn({ err: thrown }, "newer cookies of Acumatica's session could not be stored");
    }
  }

  async function open(): Promise<void> {
    await adopt();
    if (current && isFresh(current) && (await isOurs(current))) return;
    await signOut();
    if (refusal) throw refusedBefore(refusal);
    if (options.address.tenant.trim() === "") {
      throw new ConnectorError("acumatica.tenant", {
        message: "The tenant's login name is missing; it is obligatory.",
      });
    }
    const cookies = await signInCounted();
    const version = await keep(cookies);
    const now = clock.now();
    const proof = proofIn(cookies);
    current = { version, cookies, proof, openedAt: now, usedAt: now, kept: undefined, isChecked: true };
    log.info({ site: site.signIn.origin, tenant: options.address.tenant }, "signed in to Acumatica");
    try {
      await checkCompany(options, { cookies });
    } catch (thrown) {
      await signOut();
      throw thrown;
    }
  }

  return {
    open: async () => {
      try {
        await open();
      } catch (thrown) {
        if (thrown instanceof ConnectorError && thrown.code === "acumatica.credentials" && !refusal) {
          refusal = thrown;
          options.onCredentialsRefused?.(thrown);
        }
        throw thrown;
      }
    },
    adopt,
    cookies: () => current?.cookies,
    bearer: () => undefined,
    touch: async () => {
      if (!current) return;
      current.usedAt = clock.now();
      shared.used();
      await keepNewer(current);
    },
    idleMs: () => current && clock.now() - current.usedAt,
    forget,
    signOut,
    signOutIfIdle: async (idleMs) => {
      await adopt();
      if (current && idleMsOf(current) >= idleMs) await signOut();
    },
  };
}

function cookiesFrom(clock: Clock, text: string | undefined): Cookies | undefined {
  if (text === undefined) return undefined;
  try {
    return createCookies(clock, text);
  } catch {
    // Stored by another version of this program: there is nothing to go on with.
    return undefined;
  }
}

/** Nobody is signed in in there any more. */
const isLost = ({ code }: ConnectorError): boolean =>
  code === "acumatica.session-lost" || code === "network.redirected" || code === "acumatica.unreadable";

/** A 204 does not prove which company one landed in (facts: acumatica 1.2); what is found out is found out before anything is written. */
export async function checkCompany(
  { company, site, wire, address }: Pick<SessionOptions, "company" | "site" | "wire" | "address">,
  session: { cookies: Cookies; bearer?: string },
): Promise<void> {
  await company?.(
    companyOf(
      ({ method, url }) => wire({ method, url, headers: branchHeader(address), totalMs: limits.readMs, ...session }),
      site,
    ),
  );
}

/** A session keeps the branch it was opened with, and a token has none: it is named with each call (facts: acumatica 1.2, 2.3). */
export const branchHeader = ({ branch }: AcumaticaAddress): Record<string, string> =>
  branch ? { "px-cbapibranch": branch } : {};

/** Sends the credentials once. Nothing has been written yet, so no failure here leaves a doubt. */
async function signIn({ address, site, wire, clock, credentials }: SessionOptions): Promise<Cookies> {
  const { username, password } = await credentials();
  const cookies = createCookies(clock);
  const { tenant, branch } = address;
  // A fixed locale: values of drop-downs and messages follow the session's language.
  const body = { name: username, password, tenant, ...(branch ? { branch } : {}), locale: "en-US" };
  const asked: Asked = { place: "sign-in", isWrite: false, subject: "sign-in", declinedWaitMs: 0 };
  try {
    const answer = await wire({
      method: "POST",
      url: site.signIn,
      body: JSON.stringify(body),
      totalMs: limits.signInMs,
      cookies,
      secret: password,
    });
    if (answer.status >= 300 || isHtml(answer)) throw translate(answer, asked);
    if (cookies.header(site.signIn) === "") {
      throw new ConnectorError("acumatica.unreadable", { message: "Acumatica signed in without opening a session." });
    }
    return cookies;
  } catch (thrown) {
    throw thrown instanceof ConnectorError && thrown.mayHaveApplied ? withDoubt(thrown, false) : thrown;
  }
}

/** The same error, with another word on whether the write may have been carried out. */
export function withDoubt(error: ConnectorError, mayHaveApplied: boolean): ConnectorError {
  return new ConnectorError(error.code, {
    message: error.message,
    cause: error,
    mayHaveApplied,
    problems: error.problems,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
  });
}

function refusedBefore(refusal: ConnectorError): ConnectorError {
  return new ConnectorError("acumatica.credentials", {
    message: `${refusal.message} Nothing was sent this time: another wrong attempt could lock the account.`,
    cause: refusal,
  });
}

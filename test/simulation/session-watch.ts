import type { AcumaticaSandbox } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import type { Call } from "./network.ts";
import type { Whole } from "./network-answers.ts";
import type { Owner } from "./timeline.ts";
import type { Consent, TokenWatch } from "./token-watch.ts";

/** A session that was signed in to by name and password. */
interface SignedIn {
  kind: "cookies";
  /** The tenant that was asked for. */
  tenant: string;
  owner: Owner;
  at: number;
  /** Its process has got the answer. */
  isHeard: boolean;
  /** Its cookies are in the database. */
  isKept: boolean;
  /** Nobody will use it any more: it was signed out of, or an older database knows nothing of it. */
  isGivenUp: boolean;
}

/** A session of access tokens; every consent has one. */
interface OfConsent {
  kind: "consent";
  tenant: string;
  consent: Consent;
  usedAt: number;
}

/** Watches the licensed unit: one session a connection (I13). */
export interface SessionWatch {
  sending(call: Call): void;
  /** Sees everything that the ERP carries out, and counts its sessions then. */
  reached(call: Call, answer: Whole, isLate: boolean): void;
  heard(call: Call): void;
  /** A new session was stored for the connection of this tenant. */
  kept(owner: Owner, tenant: string): void;
  /** The company that a call's session, or its sign-in, is for. */
  companyOf(call: Call): string | undefined;
  /** An older database has taken the place of the newer one. */
  restored(): void;
}

/** After it was scheduled again a process learns soon that its session is not wanted. */
const wakesWithinMs = 60_000;

/**
 * At any moment at most one session of a connection is one that somebody can still use or close. The others end by themselves after ten
 * idle minutes, and these only: of a sign-in whose answer nobody got, whose process died or stood still before the cookies were stored;
 * one whose sign-out was sent and lost; one that a restored database does not know; one of an earlier consent, unused since the later one.
 */
export function createSessionWatch(options: {
  now: () => number;
  acumatica: AcumaticaSandbox;
  tokens: TokenWatch;
  fail: (id: string, text: string) => void;
}): SessionWatch {
  const { now, acumatica, tokens, fail } = options;
  const known = new Map<string, SignedIn | OfConsent>();
  const signIns = new WeakMap<Call, SignedIn>();
  /** When a consent's session was first used. */
  const firstUses = new Map<Consent, number>();

  const signedIn = (id: string | undefined): SignedIn | undefined => {
    const session = known.get(id ?? "");
    return session?.kind === "cookies" ? session : undefined;
  };

  const isForNobody = (session: SignedIn | OfConsent): boolean => {
    if (session.kind === "consent") {
      const { number, company } = session.consent;
      return [...firstUses].some(
        ([later, at]) => later.company === company && later.number > number && session.usedAt <= at,
      );
    }
    const { owner, at, isHeard, isKept, isGivenUp } = session;
    if (isGivenUp) return true;
    if (isKept) return false;
    const stoodStill = owner.pausedUntil > at && now() < owner.pausedUntil + wakesWithinMs;
    return !isHeard || !owner.alive || stoodStill;
  };

  function count(newest: SignedIn | undefined): void {
    const usable = new Map<string, string[]>();
    for (const { id } of acumatica.sessions()) {
      const session = known.get(id);
      if (!session) fail("I13", `session ${id} was opened by nobody`);
      else if (session === newest || !isForNobody(session))
        usable.set(session.tenant, [...(usable.get(session.tenant) ?? []), id]);
    }
    for (const [tenant, ids] of usable) {
      if (ids.length > 1) fail("I13", `${ids.length} sessions of ${tenant} at once: ${ids.join(" and ")}`);
    }
  }

  function noteSignIn(call: Call, answer: Whole): SignedIn | undefined {
    const id = sessionIn(answer.headers.getSetCookie().join("; "));
    if (answer.status >= 300 || id === undefined) return undefined;
    const { tenant } = JSON.parse(call.body) as { tenant: string };
    const base = { tenant, owner: call.owner, at: now(), isHeard: false, isKept: false, isGivenUp: false };
    const session: SignedIn = { kind: "cookies", ...base };
    known.set(id, session);
    signIns.set(call, session);
    return session;
  }

  function noteToken(token: string): void {
    const consent = tokens.consentOf(token);
    if (!consent) return;
    const opened: OfConsent = { kind: "consent", tenant: consent.company, consent, usedAt: now() };
    for (const { id } of acumatica.sessions()) if (id.startsWith("token-") && !known.has(id)) known.set(id, opened);
    for (const session of known.values()) {
      if (session.kind !== "consent" || session.consent !== consent) continue;
      session.usedAt = now();
      if (!firstUses.has(consent)) firstUses.set(consent, now());
    }
  }

  return {
    sending: (call) => {
      const session = isSignOut(call) ? signedIn(sessionOf(call)) : undefined;
      if (session) session.isGivenUp = true;
    },
    reached: (call, answer, isLate) => {
      if (call.system !== "acumatica" || call.path.includes("/identity/")) return;
      const token = bearerOf(call);
      const newest = isSignIn(call) ? noteSignIn(call, answer) : undefined;
      if (token !== undefined && !isLate) noteToken(token);
      const used = signedIn(sessionOf(call));
      if (used && !isLate && !isSignOut(call)) used.isGivenUp = false;
      count(newest);
    },
    heard: (call) => {
      const session = signIns.get(call);
      if (session) session.isHeard = true;
    },
    kept: (owner, tenant) => {
      const session = [...known.values()].findLast(
        (one): one is SignedIn => one.kind === "cookies" && one.owner === owner && one.tenant === tenant,
      );
      if (session) session.isKept = true;
    },
    companyOf: (call) => {
      if (isSignIn(call)) return (JSON.parse(call.body) as { tenant: string }).tenant;
      return tokens.consentOf(bearerOf(call) ?? "")?.company ?? signedIn(sessionOf(call))?.tenant;
    },
    restored: () => {
      for (const session of known.values()) if (session.kind === "cookies") session.isGivenUp = true;
    },
  };
}

const isSignIn = ({ path }: Call): boolean => path.endsWith("/auth/login");
const isSignOut = ({ path }: Call): boolean => path.endsWith("/auth/logout");
const sessionIn = (cookies: string): string | undefined => /ASP\.NET_SessionId=([^;]+)/i.exec(cookies)?.[1];
const bearerOf = ({ headers }: Call): string | undefined =>
  /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
const sessionOf = ({ headers }: Call): string | undefined => sessionIn(headers.get("cookie") ?? "");

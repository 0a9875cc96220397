import type { FaultPlan } from "./faults.ts";
import { isRefresh, type Call } from "./network.ts";
import type { Whole } from "./network-answers.ts";
import type { Owner } from "./timeline.ts";

/** A refresh token in place of which the site has made another. */
interface Rotation {
  owner: Owner;
  at: number;
  /** The process has got the new one. */
  isHeard: boolean;
}

export interface Consent {
  /** Counted from 1, over all companies. */
  number: number;
  company: string;
}

/** What became of the connections' refresh tokens, as the site has it (failures 3.3). */
export interface TokenWatch {
  reached(call: Call, answer: Whole): void;
  heard(call: Call): void;
  /** Where an access token comes from. */
  consentOf(accessToken: string): Consent | undefined;
  /** A person's consent for this company has arrived. */
  authorised(company: string): void;
  /** A person is asked to authorise again. */
  stopped(company: string): void;
}

/**
 * The chain of tokens breaks where nobody got a new one, or where the process that got it died or stood still with it. Whatever else asks
 * for a person is the connector's own fault.
 */
export function createTokenWatch(options: {
  now: () => number;
  faults: FaultPlan;
  fail: (id: string, text: string) => void;
}): TokenWatch {
  const { now, faults, fail } = options;
  const given = new Map<string, Rotation | undefined>();
  const rotations = new WeakMap<Call, Rotation>();
  const refusals = new WeakSet<Call>();
  /** By both kinds of tokens. */
  const consents = new Map<string, Consent>();
  let consentCount = 0;
  /** Companies whose consent is one that no refusal has ended. */
  const good = new Set<string>();

  const mayBeLost = ({ owner, isHeard, at }: Rotation): boolean =>
    !isHeard || !owner.alive || owner.pausedUntil > at || faults.struck.has("restored-backup");

  /** A process has learned that its refresh token is not good: the one that it ought to have instead was lost. */
  function checkRefused({ owner, body }: Call): void {
    const token = tokenIn(body);
    const rotation = given.get(token);
    if (!given.has(token)) fail("I12", "a refresh token is sent that was never given");
    else if (!rotation) fail("I12", "a refresh token is refused that nothing has taken the place of");
    // Who stood still meanwhile cannot know.
    else if (!mayBeLost(rotation) && owner.pausedUntil <= rotation.at)
      fail("I12", "a refresh token is sent although the one in its place had arrived");
  }

  return {
    reached: (call, { status, text }) => {
      if (!call.path.endsWith("/identity/connect/token")) return;
      if (status !== 200) {
        if (isRefresh(call) && text.includes("invalid_grant")) refusals.add(call);
        return;
      }
      const { refresh_token: token, access_token: access } = JSON.parse(text) as Record<string, string>;
      const company = companyIn(call.body);
      const known = consents.get(tokenIn(call.body));
      const consent = known ?? { number: ++consentCount, company };
      for (const one of [token!, access!]) consents.set(one, consent);
      given.set(token!, undefined);
      if (!isRefresh(call)) return;
      const rotation = { owner: call.owner, at: now(), isHeard: false };
      given.set(tokenIn(call.body), rotation);
      rotations.set(call, rotation);
    },
    heard: (call) => {
      const rotation = rotations.get(call);
      if (rotation) rotation.isHeard = true;
      if (!refusals.has(call)) return;
      good.delete(companyIn(call.body));
      checkRefused(call);
    },
    consentOf: (accessToken) => consents.get(accessToken),
    authorised: (company) => void good.add(company),
    stopped: (company) => {
      if (good.has(company)) fail("I12", "a person is asked to authorise again although no refresh token was refused");
    },
  };
}

/** The part of a client's ID after the `@`. */
const companyIn = (body: string): string => (new URLSearchParams(body).get("client_id") ?? "").split("@")[1] ?? "";
const tokenIn = (body: string): string => new URLSearchParams(body).get("refresh_token") ?? "";

import type { Random } from "../../src/lib/random.ts";
import type { AcumaticaSandbox } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import type { FaultPlan } from "./faults.ts";
import { createPasswordChange, type PasswordChange } from "./password-change.ts";
import { createSessionWatch, type SessionWatch } from "./session-watch.ts";
import { createTokenWatch, type TokenWatch } from "./token-watch.ts";
import type { Timeline } from "./timeline.ts";

/** Everything about signing in to the ERP that is watched: sessions, consents, passwords. */
export interface SignInWatch extends SessionWatch {
  tokens: TokenWatch;
  passwords: PasswordChange;
}

export function createSignInWatch(options: {
  timeline: Timeline;
  faults: FaultPlan;
  acumatica: AcumaticaSandbox;
  stream: (number: number) => Random;
  fail: (id: string, text: string) => void;
}): SignInWatch {
  const { timeline, faults, acumatica, stream, fail } = options;
  const now = (): number => timeline.now();
  const tokens = createTokenWatch({ now, faults, fail });
  const sessions = createSessionWatch({ now, acumatica, tokens, fail });
  // A stream of which the seeds that are kept by name draw no change.
  const passwords = createPasswordChange({ isDrawn: stream(34), random: stream(22), timeline, acumatica, fail });
  return {
    ...sessions,
    tokens,
    passwords,
    reached: (call, answer, isLate) => {
      tokens.reached(call, answer);
      sessions.reached(call, answer, isLate);
      passwords.reached(call, answer);
    },
    heard: (call) => {
      tokens.heard(call);
      sessions.heard(call);
    },
    restored: () => {
      sessions.restored();
      passwords.restored();
    },
  };
}

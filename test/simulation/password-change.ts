import type { App } from "../../src/app.ts";
import type { Random } from "../../src/lib/random.ts";
import { sandboxErpUser } from "../../src/sandbox/sandbox.ts";
import type { AcumaticaSandbox } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { askApi } from "./api.ts";
import type { Call } from "./network.ts";
import type { Whole } from "./network-answers.ts";
import type { Timeline } from "./timeline.ts";

const share = 0.1;
/** Wrong ones lock an account (failures I13). */
const mostTries = 3;

/** In some seeds somebody changes the password of the connection's user in the ERP, and tells nobody. */
export interface PasswordChange {
  begin(phaseMs: number): void;
  /** Sees every sign-in that the ERP refuses. */
  reached(call: Call, answer: Whole): void;
  /** What a person does about credentials that are refused. */
  cure(app: App, connectionId: string): Promise<unknown>;
  /** An older database has taken the place of the newer one, and an older password that of the newer one. */
  restored(): void;
}

export function createPasswordChange(options: {
  /** Of which the seeds that are kept by name draw no change. */
  isDrawn: Random;
  random: Random;
  timeline: Timeline;
  acumatica: AcumaticaSandbox;
  fail: (id: string, text: string) => void;
}): PasswordChange {
  const { random, timeline, acumatica, fail } = options;
  const isWanted = options.isDrawn.next() < share;
  let changed: string | undefined;
  let isKnown = true;
  let wrongTries = 0;

  function change(): void {
    timeline.note("people: another password in the ERP");
    changed = `changed-${Math.floor(random.next() * 1_000_000)}`;
    isKnown = false;
    acumatica.options.users = [{ name: sandboxErpUser, password: changed }];
    acumatica.restart();
  }

  return {
    begin: (phaseMs) => {
      if (isWanted) timeline.after(random.next() * phaseMs, timeline.world, "", change);
    },
    reached: (call, { status, text }) => {
      if (isKnown || !call.path.endsWith("/auth/login")) return;
      // That it works is what tells: the answer to the change itself may be lost.
      if (status < 300) isKnown = (JSON.parse(call.body) as { password: string }).password === changed;
      if (!/Invalid credentials|is locked/.test(text)) return;
      wrongTries += 1;
      if (wrongTries > mostTries) fail("I13", `wrong credentials are tried for the ${wrongTries}th time`);
    },
    cure: async (app, connectionId) => {
      if (isKnown) return await askApi(app, connectionId, "allow-sign-in");
      // Who is in a hurry has it go on as it is.
      if (random.next() < 0.6) return undefined;
      wrongTries = 0;
      return await askApi(app, connectionId, "", { acumatica: { password: changed } }, "PATCH");
    },
    restored: () => {
      isKnown = changed === undefined;
      wrongTries = 0;
    },
  };
}

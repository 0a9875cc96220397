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
  /** Sees every answer that arrived whole. */
  heard(call: Call): void;
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
  /** Refused, by call; and how many tries they were when the first refusal was heard: before that nobody can know that they are wrong. */
  let refused = new Set<Call>();
  let foundAt: number | undefined;

  function beginAnew(): void {
    wrongTries = 0;
    refused = new Set();
    foundAt = undefined;
  }

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
      refused.add(call);
      if (foundAt === undefined || wrongTries <= Math.max(mostTries, foundAt)) return;
      fail("I13", `wrong credentials are tried for the ${wrongTries}th time`);
    },
    heard: (call) => {
      if (refused.has(call)) foundAt ??= wrongTries;
    },
    cure: async (app, connectionId) => {
      if (isKnown) return await askApi(app, connectionId, "allow-sign-in");
      // Who is in a hurry has it go on as it is.
      if (random.next() < 0.6) return undefined;
      beginAnew();
      return await askApi(app, connectionId, "", { acumatica: { password: changed } }, "PATCH");
    },
    restored: () => {
      isKnown = changed === undefined;
      beginAnew();
    },
  };
}

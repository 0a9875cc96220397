import type { App } from "../../src/app.ts";
import type { Random } from "../../src/lib/random.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Server } from "./database.ts";
import type { FaultPlan } from "./faults.ts";
import type { PasswordChange } from "./password-change.ts";
import type { People } from "./people.ts";
import type { Processes } from "./processes.ts";
import type { Tenant } from "./tenants.ts";
import type { Timeline } from "./timeline.ts";
import type { TokenWatch } from "./token-watch.ts";

/** What one seed is made of. */
export interface World {
  /** The first of them is the one that `sandbox` and `people` belong to. */
  tenants: Tenant[];
  timeline: Timeline;
  random: Random;
  faults: FaultPlan;
  sandbox: Sandbox;
  people: People;
  processes: Processes;
  server: Server;
  /** While people act and faults strike. */
  phaseMs: number;
  curse: { on: string | undefined };
  /** Writes of orders and shipments that were carried out. */
  written: { count: number };
  acts: { done: number; most: number };
  /** Orders whose transaction committed late, and how many are still to be committed. */
  late: Set<string>;
  uncommitted: { count: number };
  isByOAuth: boolean;
  /** A person's consent, begun in this process. */
  authorise: (app: App, connectionId: string) => Promise<void>;
  tokens: TokenWatch;
  passwords: PasswordChange;
  /** An older database has taken the place of the newer one. */
  restored: () => Promise<void>;
}

import type { Random } from "../../src/lib/random.ts";
import type { Less } from "./shrink.ts";

/** What can go wrong (failures 4.1). The words are the command's: `--faults executed-late`. */
export const faultKinds = [
  "crash-before-send",
  "crash-after-send",
  "crash-in-database",
  "crash-at-start",
  "request-lost",
  "answer-lost",
  "executed-late",
  "reset-in-body",
  "too-many-requests",
  "error-after-success",
  "error-for-good",
  "not-done-204",
  "saved-nothing-200",
  "html-200",
  "truncated-json",
  "session-lost",
  "login-limit",
  "wrong-company",
  "hooks-twice",
  "hooks-lost",
  "hooks-late",
  "clock-step",
  "late-commit",
  "rows-move",
  "database-lost",
  "paused",
  "restored-backup",
  "list-lag",
  "refresh-token-lost",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Of these a seed draws its own; what only some seeds can have is drawn for them by itself. */
const drawnKinds = faultKinds.filter((kind) => kind !== "refresh-token-lost");

/** At work in the whole story, not at a moment. */
export const lastingKinds: readonly FaultKind[] = ["hooks-lost", "rows-move", "list-lag"];

/** The faults of one seed: which kinds, how often, and whether they still strike. */
export interface FaultPlan {
  kinds: ReadonlySet<FaultKind>;
  /** Set to false when the faults are over. */
  striking: boolean;
  /** Whether this kind strikes now: drawn. */
  strikes(kind: FaultKind): boolean;
  /** The same for what comes at a time, and only needs to be one of the seed's kinds. */
  comes(kind: FaultKind): boolean;
  /** One of the seed's kinds, and drawn as such, but not to strike this time. */
  isLeftOut(kind: FaultKind): boolean;
  /** How often each kind struck. */
  struck: Map<FaultKind, number>;
}

/** Chance at one occasion: a call, a statement, a hook, a start. */
const chances: Partial<Record<FaultKind, number>> = {
  "crash-before-send": 0.03,
  "crash-after-send": 0.04,
  "crash-in-database": 0.004,
  "crash-at-start": 0.4,
  "request-lost": 0.04,
  "answer-lost": 0.06,
  "executed-late": 0.08,
  "reset-in-body": 0.05,
  "too-many-requests": 0.05,
  "error-after-success": 0.06,
  "not-done-204": 0.3,
  "saved-nothing-200": 0.3,
  "html-200": 0.04,
  "truncated-json": 0.05,
  "session-lost": 0.03,
  "login-limit": 0.4,
  "hooks-twice": 0.5,
  "hooks-lost": 0.5,
  "hooks-late": 0.5,
  "late-commit": 0.5,
  "database-lost": 0.003,
  paused: 0.03,
  "refresh-token-lost": 0.5,
};

/** `only` these, or what is drawn; and `besides`. */
export function planFaults(
  random: Random,
  only: readonly FaultKind[] | undefined,
  less: Less,
  besides: readonly FaultKind[] = [],
): FaultPlan {
  const kinds = new Set<FaultKind>([...(only ?? drawKinds(random)), ...besides]);
  const struck = new Map<FaultKind, number>();
  let count = 0;
  const plan: FaultPlan = {
    kinds,
    struck,
    striking: true,
    strikes: (kind) => {
      if (!plan.striking || !kinds.has(kind) || random.next() >= (chances[kind] ?? 1)) return false;
      return plan.comes(kind);
    },
    comes: (kind) => {
      if (!kinds.has(kind) || plan.isLeftOut(kind) || count >= less.strikes) return false;
      if (less.skip.includes(++count)) return false;
      struck.set(kind, (struck.get(kind) ?? 0) + 1);
      return true;
    },
    isLeftOut: (kind) => less.without.includes(kind),
  };
  return plan;
}

/** Up to five kinds; one seed in ten has none. */
function drawKinds(random: Random): FaultKind[] {
  const left = [...drawnKinds];
  const count = Math.floor(random.next() * 6 - 0.4);
  return Array.from({ length: Math.max(0, count) }, () => left.splice(Math.floor(random.next() * left.length), 1)[0]!);
}

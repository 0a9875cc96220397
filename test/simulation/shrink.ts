import type { FaultKind } from "./faults.ts";

/**
 * What a seed's story is told without. The draws stay as they are: of a kind that is left out it is drawn all the same whether it strikes,
 * so that the story is the same until the first time it would have.
 */
export interface Less {
  /** Kinds that do not strike. */
  without: readonly FaultKind[];
  /** How many faults strike at most, counted from the beginning. */
  strikes: number;
  /** How often people act at most, besides the orders of the beginning. */
  acts: number;
}

export const nothingLess: Less = { without: [], strikes: Infinity, acts: Infinity };

/**
 * The least of a failing seed that still fails: kinds are left out one after another, then the shortest beginning of the faults and of what
 * people do is looked for. `fails` tells the story with less; each answer costs a run.
 */
export async function shrink(
  fails: (less: Less) => Promise<boolean>,
  of: { kinds: readonly FaultKind[]; strikes: number; acts: number },
): Promise<Less> {
  let least = nothingLess;
  const tryWith = async (change: Partial<Less>): Promise<boolean> => {
    const less = { ...least, ...change };
    if (!(await fails(less))) return false;
    least = less;
    return true;
  };
  if (!(await tryWith({ without: [...of.kinds] }))) {
    for (const kind of of.kinds) await tryWith({ without: [...least.without, kind] });
  }
  const isAnyLeft = least.without.length < of.kinds.length;
  if (isAnyLeft) await shortest(of.strikes, (strikes) => tryWith({ strikes }));
  await shortest(of.acts, (acts) => tryWith({ acts }));
  return least;
}

/** By halves: with fewer it seldom fails and with more it mostly does. What is kept has been seen to fail. */
async function shortest(most: number, failsWith: (count: number) => Promise<boolean>): Promise<void> {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await failsWith(middle)) high = middle;
    else low = middle + 1;
  }
}

/** As the command takes it. */
export function optionsOf({ without, strikes, acts }: Less): string {
  const parts = [
    without.length > 0 ? `--without ${without.join()}` : "",
    strikes === Infinity ? "" : `--strikes ${strikes}`,
    acts === Infinity ? "" : `--acts ${acts}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

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
  /** Of these, by number from 1, those that do not. */
  skip: readonly number[];
  /** How often people act at most, besides the orders of the beginning. */
  acts: number;
}

export const nothingLess: Less = { without: [], strikes: Infinity, skip: [], acts: Infinity };

/** A story told with less that still fails: which kinds struck in it, and how often in all. */
export interface StillFails {
  kinds: readonly FaultKind[];
  strikes: number;
}

/** More faults than this are not tried one by one. */
const mostSkips = 40;

/**
 * The least of a failing seed that still fails: kinds are left out one after another, then the shortest beginning of the faults and of what
 * people do is looked for, then single faults are left out, the last first. `tell` tells the story with less; each answer costs a run.
 */
export async function shrink(
  tell: (less: Less) => Promise<StillFails | undefined>,
  of: StillFails & { acts: number },
): Promise<{ less: Less; kinds: readonly FaultKind[] }> {
  let least = nothingLess;
  let known: StillFails = of;
  const tryWith = async (change: Partial<Less>): Promise<boolean> => {
    const less = { ...least, ...change };
    const still = await tell(less);
    if (!still) return false;
    least = less;
    known = still;
    return true;
  };
  if (!(await tryWith({ without: [...of.kinds] }))) {
    for (const kind of of.kinds) await tryWith({ without: [...least.without, kind] });
  }
  await shortest(known.strikes, (strikes) => tryWith({ strikes }));
  await shortest(of.acts, (acts) => tryWith({ acts }));
  const single = Math.min(least.strikes, known.strikes);
  for (let number = single; number > Math.max(0, single - mostSkips); number--) {
    await tryWith({ skip: [...least.skip, number].toSorted((left, right) => left - right) });
  }
  return { less: least, kinds: known.kinds };
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
export function optionsOf({ without, strikes, skip, acts }: Less): string {
  const parts = [
    without.length > 0 ? `--without ${without.join()}` : "",
    strikes === Infinity ? "" : `--strikes ${strikes}`,
    skip.length > 0 ? `--skip ${skip.join()}` : "",
    acts === Infinity ? "" : `--acts ${acts}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

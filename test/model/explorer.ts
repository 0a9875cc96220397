/**
 * Every story there is: at each point where more than one thing can happen next a story asks for a choice, and the explorer tells it again
 * from the start until every choice has been made (stateless model checking, depth first). A state that an earlier story has been in is
 * not gone on from: what can follow is known.
 */

/** Of these, which happens next. `state` tells two situations apart from which the same can follow. */
export type Choose = (options: readonly string[], state: () => Promise<string>) => Promise<string>;

/** Kept up with where stories part: `rewind(n)` goes back to what was when the choice number n was first come to. */
export interface Branches {
  mark(choice: number): Promise<void>;
  /** Without a number: to the very beginning. */
  rewind(choice: number | undefined): Promise<void>;
}

/** Thrown by a choice where the story need not be told any further. */
export class KnownFromHere extends Error {}

/** Thrown where a story comes back to where it was. */
class ComesRound extends Error {}

export interface Explored {
  /** Told to their end, or until a state that was known. */
  stories: number;
  ended: number;
  /** Situations with a choice, each counted once. */
  states: number;
  /** Ways to go on that are still to be told. */
  left: number;
  /** The longest story, in choices. */
  depth: number;
  /** The choices of the first story that broke a promise, and what it broke. */
  failure: { choices: readonly string[]; violations: readonly string[] } | undefined;
  /** False where a limit ended it before everything was told. */
  complete: boolean;
}

/** `tell` returns the promises a story broke. Ends at the first such story, or when `until` says so. */
export async function explore(
  tell: (choose: Choose) => Promise<readonly string[]>,
  branches: Branches,
  until: (explored: Explored) => boolean = () => false,
): Promise<Explored> {
  const explored: Explored = {
    stories: 0,
    ended: 0,
    states: 0,
    left: 0,
    depth: 0,
    failure: undefined,
    complete: false,
  };
  const known = new Set<string>();
  const left: string[][] = [[]];
  for (let given = left.pop(); given; given = left.pop()) {
    if (until(explored)) return explored;
    const path: string[] = [];
    const passed = new Set<string>();
    await branches.rewind(given.length === 0 ? undefined : given.length - 1);
    const choose: Choose = async (options, state) => {
      const at = path.length;
      let next = given[at];
      if (next === undefined) {
        const here = await state();
        if (passed.has(here)) throw new ComesRound();
        passed.add(here);
        if (known.has(here)) throw new KnownFromHere();
        known.add(here);
        if (options.length > 1) await branches.mark(at);
        // The first is gone on with; the last pushed is told next.
        for (const other of options.slice(1).toReversed()) left.push([...path, other]);
        next = options[0]!;
      } else if (!options.includes(next)) {
        throw new Error(`the same choices do not tell the same story: "${next}" is not among ${options.join(", ")}`);
      }
      path.push(next);
      return next;
    };
    explored.stories++;
    const violations = await tell(choose).catch((error: unknown) => {
      if (error instanceof KnownFromHere) return undefined;
      if (error instanceof ComesRound) return ["I12: the story comes back to where it was, and never ends"];
      throw error;
    });
    explored.states = known.size;
    explored.left = left.length;
    explored.depth = Math.max(explored.depth, path.length);
    if (violations) explored.ended++;
    if (violations && violations.length > 0) return { ...explored, failure: { choices: path, violations } };
  }
  return { ...explored, complete: true };
}

/** One story alone, by its choices; beyond them the first option. */
export const retell = (choices: readonly string[]): Choose =>
  (() => {
    let at = 0;
    return (options) => {
      const next = choices[at++];
      return Promise.resolve(next !== undefined && options.includes(next) ? next : options[0]!);
    };
  })();

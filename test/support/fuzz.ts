import fc from "fast-check";
import { ConnectorError } from "../../src/lib/errors.ts";
import { mutated, mutations } from "./mutations.ts";
import { asked, mostCalls, type Parser, type Wire } from "./payload-parsers.ts";

/** No answer, however broken, may keep a client busy longer: time of the processor, which other programs do not lengthen. */
export const longestMs = 5_000;
/** And none may leave it waiting for what never comes: time of the clock on the wall, on a busy machine. */
const longestWaitMs = 60_000;

export interface FuzzResult {
  runs: number;
  /** Of the runs, those that were refused, by code. */
  refused: Map<string, number>;
  longestMs: number;
}

/** One try: what was read goes through the mapping; refused with one of our errors is as good. Throws what must not happen. */
export async function tryParser(parser: Parser, wire: Wire): Promise<string | undefined> {
  let map: () => unknown;
  try {
    ({ map } = await parser(wire));
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    // What nobody foresaw is wrapped where the exchange ends.
    if (thrown.message.startsWith("Unexpected: "))
      throw new Error(`an unforeseen failure inside: ${thrown.message}`, { cause: thrown });
    return thrown.code;
  }
  map();
  return undefined;
}

/** `runs` mutations of one answer through one parser. Throws fast-check's report, with the seed and path that repeat it. */
export async function fuzz(
  parser: Parser,
  wire: Wire,
  options: { runs: number; seed: number; path?: string; mostMs?: number; mostWaitMs?: number },
): Promise<FuzzResult> {
  const mostMs = options.mostMs ?? longestMs;
  const result: FuzzResult = { runs: 0, refused: new Map(), longestMs: 0 };
  await fc.assert(
    fc.asyncProperty(mutations, async (changes) => {
      const changed = mutated(wire, changes);
      const before = process.cpuUsage();
      const code = await tryParser(parser, changed);
      const { user, system } = process.cpuUsage(before);
      const tookMs = (user + system) / 1000;
      result.runs += 1;
      result.longestMs = Math.max(result.longestMs, tookMs);
      if (code !== undefined) result.refused.set(code, (result.refused.get(code) ?? 0) + 1);
      if (asked.calls > mostCalls) throw new Error(`asked more than ${mostCalls} times`);
      if (tookMs > mostMs) throw new Error(`was busy for ${Math.round(tookMs)} ms`);
      if ("polluted" in {}) throw new Error("Object.prototype was written to");
    }),
    {
      numRuns: options.runs,
      seed: options.seed,
      // A promise that never settles is found by this; a loop that never ends by the limit of calls.
      timeout: options.mostWaitMs ?? longestWaitMs,
      ...(options.path === undefined ? {} : { path: options.path }),
    },
  );
  return result;
}

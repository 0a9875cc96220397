import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConnectorError } from "../../src/lib/errors.ts";
import { fuzz, longestMs } from "../support/fuzz.ts";
import { mutated, mutations } from "../support/mutations.ts";
import { asked, mostCalls, parsers, type Parser } from "../support/payload-parsers.ts";
import { payloadTable, recordedFiles, wireOf } from "../support/payload-rows.ts";
import { describeRecorded } from "../support/recorded.ts";

/** Mutations of each file in an ordinary run; `npm run fuzz` makes 10,000 of each. The seed is fixed, so that a run repeats. */
const share = { runs: Number(process.env["ML_FUZZ_RUNS"] ?? 100), seed: 20_260_101 };

describeRecorded("recorded payloads", "payloads/INDEX.md", () => {
  const files = recordedFiles();

  test("every recorded file has its row, and no row is without its file", () => {
    expect(Object.keys(payloadTable).sort()).toEqual(files.sort());
    expect(files.length).toBeGreaterThan(100);
  });

  test.for(files)("%s parses, or is refused with the right code", async (file) => {
    const { parser, gives, refused, within } = payloadTable[file]!;
    const parse: Parser = parsers[parser];
    const outcome = await parse(wireOf(`payloads/${file}`, within)).then(
      ({ read, map }) => {
        map();
        return { read };
      },
      (thrown: unknown) => ({ thrown }),
    );
    if (refused !== undefined) {
      expect(outcome).toEqual({ thrown: expect.any(ConnectorError) as unknown });
      expect(outcome).toMatchObject({ thrown: { code: refused } });
    } else if (typeof gives === "number") {
      const { read } = outcome as { read: unknown[] | { rows: unknown[] } };
      expect(Array.isArray(read) ? read.length : read.rows.length).toBe(gives);
    } else if (gives === undefined) expect(outcome).toEqual({ read: undefined });
    else expect(outcome).toMatchObject({ read: gives });
  });

  test(`${share.runs} mutations of each file throw nothing but our errors and never hang`, async () => {
    let slowest = 0;
    for (const file of files) {
      const { parser, within } = payloadTable[file]!;
      try {
        const result = await fuzz(parsers[parser], wireOf(`payloads/${file}`, within), share);
        expect(result.runs).toBeGreaterThanOrEqual(share.runs);
        slowest = Math.max(slowest, result.longestMs);
      } catch (thrown) {
        throw new Error(`${file} through "${parser}"`, { cause: thrown });
      }
    }
    expect(slowest).toBeLessThan(longestMs);
  });
});

test("the mutations change most answers, in the body, its text, status and headers", () => {
  const wire = {
    status: 200,
    headers: new Headers(),
    text: JSON.stringify({ rows: [{ id: 1, name: "a" }], total: 1 }),
  };
  const changed = fc.sample(mutations, { numRuns: 2_000, seed: 1 }).map((changes) => mutated(wire, changes));
  const share = (is: (each: typeof wire) => boolean): number => changed.filter(is).length / changed.length;
  expect(share(({ text }) => text !== wire.text)).toBeGreaterThan(0.8);
  expect(share(({ text }) => !isJson(text))).toBeGreaterThan(0.1);
  expect(share(({ text }) => isJson(text))).toBeGreaterThan(0.5);
  expect(share(({ status }) => status !== 200)).toBeGreaterThan(0.05);
  expect(share(({ headers }) => [...headers].length > 0)).toBeGreaterThan(0.05);
  expect(new Set(changed.map(({ text }) => text)).size).toBeGreaterThan(1_000);
});

describe("what the mutations would find", () => {
  const wire = { status: 200, headers: new Headers(), text: '{"rows":[{"id":1,"name":"a"}],"total":1}' };
  const found = (parser: Parser, mostWaitMs: number): Promise<unknown> =>
    fuzz(parser, wire, { runs: 500, seed: 1, mostMs: 100, mostWaitMs });
  const nothing = { read: undefined, map: () => undefined };

  test.for<{ what: string; parser: Parser; says: RegExp; mostWaitMs?: number }>([
    {
      what: "a member read without a look",
      parser: ({ text }) =>
        Promise.resolve({ ...nothing, read: (JSON.parse(text) as { rows: [{ id: number }] }).rows[0].id }),
      says: /SyntaxError|TypeError/,
    },
    {
      what: "a mapping that throws, with an error of ours even",
      parser: () =>
        Promise.resolve({
          ...nothing,
          map: () => {
            throw new ConnectorError("shipstation.unreadable");
          },
        }),
      says: /ConnectorError/,
    },
    {
      what: "a client that asks without end",
      parser: () => {
        asked.calls = mostCalls + 1;
        return Promise.resolve(nothing);
      },
      says: /asked more than/,
    },
    {
      what: "a parser that keeps busy",
      parser: () => {
        for (const endsAt = performance.now() + 150; performance.now() < endsAt;) Math.sqrt(2);
        return Promise.resolve(nothing);
      },
      says: /was busy for/,
    },
    {
      what: "a promise that never settles",
      parser: () => new Promise(() => undefined),
      says: /timeout/,
      mostWaitMs: 100,
    },
    {
      what: "a prototype that was written to",
      parser: ({ text }) => {
        const body = text.startsWith("{") && isJson(text) ? (JSON.parse(text) as object) : {};
        for (const [name, value] of Object.entries(body))
          if (name === "__proto__") Object.assign(Object.prototype, value);
        return Promise.resolve(nothing);
      },
      says: /Object\.prototype was written to/,
    },
  ])("$what", async ({ parser, says, mostWaitMs = 60_000 }) => {
    try {
      const thrown = await found(parser, mostWaitMs).then(
        () => "nothing",
        (error: unknown) => error as Error,
      );
      expect(thrown instanceof Error ? `${thrown.message} ${String(thrown.cause)}` : thrown).toMatch(says);
    } finally {
      asked.calls = 0;
      Reflect.deleteProperty(Object.prototype, "polluted");
    }
  });
});

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

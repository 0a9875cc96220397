import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConnectorError } from "../lib/errors.ts";
import { fromPacific, lowerBound, pacificDate, secondBefore, toPacific, toWallClock } from "./pacific-time.ts";

const utc = (text: string): number => new Date(text).getTime();
const hourMs = 3_600_000;
const springChange = utc("2026-03-08T10:00:00Z");
const autumnChange = utc("2026-11-01T09:00:00Z");

/** Any instant of the years 2007 to 2037, whole milliseconds; half of them near a clock change of 2026. */
const instants = fc.oneof(
  fc.integer({ min: utc("2007-06-01T00:00:00Z"), max: utc("2037-06-01T00:00:00Z") }),
  fc
    .tuple(fc.constantFrom(springChange, autumnChange), fc.integer({ min: -6 * hourMs, max: 6 * hourMs }))
    .map(([change, away]) => change + away),
);

describe("fromPacific", () => {
  test.for([
    ["seven digits, as on orders", "2015-07-16T14:00:34.8230000", "2015-07-16T21:00:34.823Z"],
    ["two digits, as on items", "2015-07-16T14:00:14.78", "2015-07-16T21:00:14.780Z"],
    ["one digit", "2021-01-23T09:19:48.6", "2021-01-23T17:19:48.600Z"],
    ["no fraction, winter", "2021-01-23 09:19:48", "2021-01-23T17:19:48.000Z"],
    ["an empty fraction", "2021-01-23T09:19:48.", "2021-01-23T17:19:48.000Z"],
    ["no seconds", "2021-01-23T09:19", "2021-01-23T17:19:00.000Z"],
    ["a date alone is midnight", "2021-07-04", "2021-07-04T07:00:00.000Z"],
    ["Z is honoured", "2021-07-04T10:00:00.0000000Z", "2021-07-04T10:00:00.000Z"],
    ["an offset is honoured", "2021-07-04T10:00:00+02:00", "2021-07-04T08:00:00.000Z"],
    ["an offset without a colon is honoured", "2021-07-04T10:00:00-0000", "2021-07-04T10:00:00.000Z"],
    ["space around", " 2021-07-04 10:00:00 ", "2021-07-04T17:00:00.000Z"],
    ["November's repeated hour is the earlier instant", "2026-11-01T01:30:00.0000000", "2026-11-01T08:30:00.000Z"],
    ["the hour after it is standard time", "2026-11-01T02:00:00", "2026-11-01T10:00:00.000Z"],
    ["March's missing hour lies after the gap", "2026-03-08T02:30:00.0000000", "2026-03-08T10:30:00.000Z"],
  ] as const)("%s", ([, text, instant]) => {
    expect(new Date(fromPacific(text)).toISOString()).toBe(instant);
  });

  test.for([
    "",
    "NULL",
    "8-13-2014",
    "07/04/2026 00:09:02",
    "2021-13-01",
    "2021-02-30",
    "2021-01-01T25:00:00",
    "tomorrow",
  ])("%j is not a date, and says so", (text) => {
    expect(() => fromPacific(text)).toThrow(
      expect.objectContaining({ name: "ConnectorError", code: "shipstation.unreadable" }),
    );
  });

  test("any text gives a number or the error, nothing else", () => {
    const nearlyDates = fc.stringMatching(/^[0-9T:. +Z-]{0,40}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearlyDates), (text) => {
        try {
          expect(Number.isSafeInteger(fromPacific(text))).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ConnectorError);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("toPacific", () => {
  test("both instants of November's repeated hour read the same", () => {
    expect(toPacific(utc("2026-11-01T08:30:00Z"))).toBe("2026-11-01 01:30:00");
    expect(toPacific(utc("2026-11-01T09:30:00Z"))).toBe("2026-11-01 01:30:00");
  });

  test("parts of a second are cut off, never rounded up", () => {
    expect(toPacific(utc("2026-07-01T06:59:59.999Z"))).toBe("2026-06-30 23:59:59");
    expect(toPacific(utc("2026-07-01T06:59:59Z") + 0.9)).toBe("2026-06-30 23:59:59");
  });

  test("there and back gives the same second, but for the second half of the repeated hour", () => {
    fc.assert(
      fc.property(instants, (ms) => {
        const second = Math.floor(ms / 1000) * 1000;
        const back = fromPacific(toPacific(ms));
        const repeated = toPacific(second - hourMs) === toPacific(second);
        expect(back).toBe(repeated ? second - hourMs : second);
      }),
      { numRuns: 5_000 },
    );
  });
});

test("the calendar date is the Pacific one", () => {
  expect(pacificDate(utc("2026-07-01T06:59:59Z"))).toBe("2026-06-30");
  expect(pacificDate(utc("2026-07-01T07:00:00Z"))).toBe("2026-07-01");
});

/** How far a Pacific clock is behind UTC, by its own reading. */
const offsetOf = (ms: number): number => Date.parse(`${toPacific(ms).replace(" ", "T")}Z`) - ms;

describe("lowerBound", () => {
  test.for([
    ["far from a change nothing is taken off", utc("2026-07-01T12:00:00Z"), 0],
    ["three hours before the change a whole hour", autumnChange - 3 * hourMs, hourMs],
    ["at the change a whole hour", autumnChange, hourMs],
    ["three hours after the change still a whole hour", autumnChange + 3 * hourMs - 1, hourMs],
    ["in spring as well", springChange + hourMs, hourMs],
    ["four hours before, nothing yet", autumnChange - 4 * hourMs, 0],
    ["after three hours nothing", autumnChange + 3 * hourMs + 1, 0],
  ] as const)("%s", ([, ms, taken]) => {
    expect(ms - lowerBound(ms)).toBe(taken);
  });

  test("it never goes back while time goes on, and takes at most an hour", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 8 * hourMs }), (ms, later) => {
        expect(lowerBound(ms + later)).toBeGreaterThanOrEqual(lowerBound(ms));
        expect(ms - lowerBound(ms)).toBeGreaterThanOrEqual(0);
        expect(ms - lowerBound(ms)).toBeLessThanOrEqual(hourMs);
      }),
      { numRuns: 5_000 },
    );
  });

  test("no event after the cursor reads earlier on the wall than its lower bound", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 30 * hourMs }), (cursor, later) => {
        expect(toPacific(cursor + later) >= toPacific(lowerBound(cursor))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("the same holds for every quarter of an hour around each change from 2024 to 2030, both ways", () => {
    const changes: number[] = [];
    for (let ms = utc("2024-01-01T08:00:00Z"); ms < utc("2031-01-01T08:00:00Z"); ms += hourMs) {
      if (offsetOf(ms) !== offsetOf(ms + hourMs)) changes.push(ms + hourMs);
    }
    expect(changes).toHaveLength(14);
    const step = hourMs / 4;
    for (const change of changes) {
      let former = 0;
      for (let cursor = change - 8 * hourMs; cursor <= change + 8 * hourMs; cursor += step) {
        const bound = lowerBound(cursor);
        expect(bound).toBeGreaterThanOrEqual(former);
        former = bound;
        const asked = secondBefore(toPacific(bound));
        for (let event = cursor; event <= cursor + 4 * hourMs; event += step) {
          const told = toPacific(event);
          // Read back it is the same instant, or the first of the two that read alike; never a later one.
          const read = fromPacific(told);
          const isSound =
            told > asked &&
            (read === event || read === event - hourMs) &&
            toPacific(read) === told &&
            pacificDate(event) === told.slice(0, 10);
          if (!isSound) expect.fail(`${told}, asked for from ${asked}, read as ${new Date(read).toISOString()}`);
        }
      }
    }
  });

  test("without the extra hour such an event exists (or the law above proves nothing)", () => {
    const cursor = utc("2026-11-01T08:50:00Z");
    expect(toPacific(utc("2026-11-01T09:10:00Z")) < toPacific(cursor)).toBe(true);
  });
});

describe("toWallClock", () => {
  test.for([
    ["2026-11-01T01:30:00.9990000", "2026-11-01 01:30:00"],
    ["2026-03-08T02:30:00", "2026-03-08 02:30:00"],
    ["2026-07-01T07:00:00Z", "2026-07-01 00:00:00"],
    ["2026-07-01", "2026-07-01 00:00:00"],
    ["2026-13-01", undefined],
    ["NULL", undefined],
    [null, undefined],
  ] as const)("%s is asked for as %s", ([text, wall]) => {
    expect(toWallClock(text)).toBe(wall);
  });

  test("the second before midnight is yesterday's last", () => {
    expect(secondBefore("2026-03-01 00:00:00")).toBe("2026-02-28 23:59:59");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pacificDay, parseWall, sevenDigits, trimmedDigits, wallAt } from "./pacific.ts";

describe("Pacific wall clock", () => {
  test.for([
    { name: "winter is eight hours behind UTC", at: "2026-01-15T20:00:00.120Z", text: "2026-01-15T12:00:00.1200000" },
    { name: "summer is seven", at: "2026-07-15T20:00:00.000Z", text: "2026-07-15T13:00:00.0000000" },
    { name: "the last minute before March's gap", at: "2026-03-08T09:59:59.999Z", text: "2026-03-08T01:59:59.9990000" },
    { name: "the first after it", at: "2026-03-08T10:00:00.000Z", text: "2026-03-08T03:00:00.0000000" },
    { name: "November's hour for the first time", at: "2026-11-01T08:30:00Z", text: "2026-11-01T01:30:00.0000000" },
    { name: "and for the second", at: "2026-11-01T09:30:00Z", text: "2026-11-01T01:30:00.0000000" },
  ])("$name", ({ at, text }) => {
    expect(sevenDigits(Date.parse(at))).toBe(text);
  });

  test.for([
    { at: "2026-01-15T20:00:00.320Z", text: "2026-01-15T12:00:00.32" },
    { at: "2026-01-15T20:00:00.900Z", text: "2026-01-15T12:00:00.9" },
    { at: "2026-01-15T20:00:00.000Z", text: "2026-01-15T12:00:00" },
  ])("items and products cut trailing zeros: $text", ({ at, text }) => {
    expect(trimmedDigits(Date.parse(at))).toBe(text);
  });

  test("the day is Pacific's, not UTC's", () => {
    expect(pacificDay(Date.parse("2026-01-16T05:00:00Z"))).toBe("2026-01-15");
  });

  test.for([
    { text: "2026-03-02 08:30:00", same: "2026-03-02T08:30:00.0000000" },
    { text: "2026-03-02", same: "2026-03-02T00:00:00.0000000" },
    { text: "3/2/2026 08:30", same: "2026-03-02T08:30:00.0000000" },
  ])("a request may say $text", ({ text, same }) => {
    expect(parseWall(text, false)).toBe(parseWall(same, false));
  });

  test.for(["", "yesterday", "2026-02-30", "2026-13-01", "2026-03-02T25:00:00"])("%j is no date", (text) => {
    expect(parseWall(text, false)).toBeUndefined();
  });

  test("a Z is read as Pacific, unless the account honours it", () => {
    const noon = "2026-03-02T12:00:00Z";
    expect(parseWall(noon, false)).toBe(parseWall("2026-03-02T12:00:00", false));
    expect(parseWall(noon, true)).toBe(parseWall("2026-03-02T04:00:00", false));
    expect(parseWall("2026-03-02T12:00:00-05:00", true)).toBe(parseWall("2026-03-02T09:00:00", false));
  });

  test("what an answer shows is read back to the same wall", () => {
    const instants = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2040, 0) });
    fc.assert(fc.property(instants, (at) => parseWall(sevenDigits(at), false) === wallAt(at)));
  });
});

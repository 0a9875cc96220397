import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "../ledger/database.ts";
import { createMovableClock } from "../lib/clock.ts";
import type { FlowDeps } from "./deps.ts";
import { writeAhead } from "./write-ahead.ts";

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const hour = 3_600_000;

test.for([
  { name: "set back by an hour", wallMs: -hour, elapsedMs: 2_000, isSent: false },
  { name: "set back by a moment", wallMs: -1, elapsedMs: 10, isSent: false },
  { name: "right, and a second was needed", wallMs: 1_000, elapsedMs: 1_000, isSent: true },
])("a write during whose storing the clock was $name", async ({ wallMs, elapsedMs, isSent }) => {
  const time = { wall: Date.parse("2026-05-01T14:00:00Z"), elapsed: 5_000 };
  const clock = { ...createMovableClock(), now: () => time.wall, elapsed: () => time.elapsed };
  const { db } = opened;
  const stored: string[] = [];
  const deps = { db, clock, connection: { id: "none" } } as unknown as FlowDeps;
  const ahead = writeAhead(deps, () => {
    stored.push("once");
    time.wall += wallMs;
    time.elapsed += elapsedMs;
    return Promise.resolve();
  });
  if (isSent) await ahead();
  else await expect(ahead()).rejects.toMatchObject({ code: "claim.lost" });
  expect(stored).toEqual(["once"]);
});

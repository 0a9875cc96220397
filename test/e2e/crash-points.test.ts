import { describe, expect, test } from "vitest";
import { killAtPoints } from "../crash/campaign.ts";
import { crashPoints } from "../crash/points.ts";
import { serverUrl } from "../support/database.ts";

/** Ten of the points that `npm run crash-test` kills the service at: beside each write, and where the ledger is about to say so or has. */
const onEmbedded = [
  "start.opening-database",
  "shipstation.create-orders: after the answer",
  "ledger.dispatches-effects: after",
  "acumatica.create-shipment: before the first byte",
  "acumatica.create-shipment: under way",
  "acumatica.confirm: under way",
];
const onServer = [
  "start.before-engine",
  "shipstation.create-orders: under way",
  "ledger.freezes-plan: before",
  "acumatica.create-shipment: after the answer",
];
const runs =
  serverUrl === undefined
    ? [{ database: "embedded" as const, names: [...onEmbedded, ...onServer] }]
    : [
        { database: "embedded" as const, names: onEmbedded },
        { database: "server" as const, names: onServer },
      ];

describe.concurrent("kill -9 at named points", { timeout: 600_000 }, () => {
  test.for(runs)(
    "$database: started again, every order and label is there exactly once",
    async ({ database, names }, context) => {
      const points = crashPoints.filter(({ name }) => names.includes(name));
      context.expect(points).toHaveLength(names.length);
      const lines: string[] = [];
      const campaign = { database, seed: 1, worlds: 1, tell: (line: string) => void lines.push(line) };
      const { kills, violations } = await killAtPoints(campaign, points.length, points);
      expect(violations, lines.join("\n")).toEqual([]);
      expect(kills).toBe(names.length);
    },
  );
});

test("there are more than forty points, each of another name", () => {
  const names = crashPoints.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(40);
  expect(new Set(names).size).toBe(names.length);
});

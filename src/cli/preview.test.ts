import { describe, expect, test } from "vitest";
import { createTerminal } from "../../test/support/terminal.ts";
import { runPreview } from "./preview.ts";

const answer = {
  connection: "acme",
  since: "2026-01-05T08:00:00.000Z",
  counts: { create: 52, update: 0, cancel: 0, hold: 0, aborted: 1, filtered: 3, settled: 0 },
  rules: [
    { rule: "status-not-listed", count: 2 },
    { rule: "no-lines", count: 1 },
  ],
  orders: [
    { kind: "create", key: "SO/1", title: "Ada\u001b[2J", rule: null, text: null, problems: [] },
    {
      ...{ kind: "aborted", key: "SO/2", title: "Bob", rule: null, text: "Fields are missing." },
      problems: [{ field: "ShipToAddress.Country", found: "nothing", cure: "Enter it." }],
    },
  ],
};

async function run(argv: string[], answers: Record<string, [number, unknown]>) {
  const { terminal, out, err, asked } = createTerminal(answers);
  const code = await runPreview(argv, terminal);
  return { code, out, err, asked };
}

describe("preview", () => {
  test("tells how many of each kind, by which rule, and what must be corrected", async () => {
    const { code, out } = await run(["acme"], { "POST /connections/acme/preview": [200, answer] });
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/52 would be created\n {2}SO\/1 {2}Ada \[2J\n {2}and 51 more/);
    expect(out).toContain("3 would be left out (2 by status-not-listed, 1 by no-lines)");
    expect(out).toContain("    - ShipToAddress.Country (nothing): Enter it.");
    expect(out.join("\n")).not.toContain("\u001b");
  });

  test("the only connection need not be named, and --json gives the answer as it came", async () => {
    const { out } = await run(["--json"], {
      "GET /connections": [200, { connections: [{ id: "acme" }] }],
      "POST /connections/acme/preview": [200, answer],
    });
    expect(JSON.parse(out.join("\n"))).toEqual(answer);
  });

  test("of several connections one must be named", async () => {
    const { code, err } = await run([], {
      "GET /connections": [200, { connections: [{ id: "acme" }, { id: "brand" }] }],
    });
    expect(code).toBe(2);
    expect(err.join("\n")).toMatch(/acme, brand/);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTerminal, type ApiAnswers } from "../../test/support/terminal.ts";
import { runAudit } from "./audit.ts";

const pages: ApiAnswers = {
  "GET /audit?connection=acme&limit=500&after=0": [200, { entries: [{ id: 1, event: "a" }, { id: 2 }], next: "2" }],
  "GET /audit?connection=acme&limit=500&after=2": [200, { entries: [{ id: 3 }], next: null }],
};
const lines = ['{"id":1,"event":"a"}', '{"id":2}', '{"id":3}'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ml-audit-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(argv: string[], answers: ApiAnswers) {
  const { terminal, out, err, asked } = createTerminal(answers);
  return { code: await runAudit(argv, terminal), out, err: err.join("\n"), asked };
}

describe("audit export", () => {
  test("writes every page to standard output, one entry a line", async () => {
    expect(await run(["export", "--connection", "acme"], pages)).toMatchObject({ code: 0, out: lines });
  });

  test("writes a file that only its owner reads", async () => {
    const file = join(folder, "audit.jsonl");
    const { code, out } = await run(["export", "--connection", "acme", "--out", file], pages);
    expect([code, out]).toEqual([0, [`3 entries written to ${file}.`]]);
    expect(readFileSync(file, "utf8")).toBe(`${lines.join("\n")}\n`);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o077).toBe(0);
  });

  test("leaves no half file when a page fails", async () => {
    const file = join(folder, "half.jsonl");
    const { code } = await run(["export", "--connection", "acme", "--out", file], {
      "GET /audit?connection=acme&limit=500&after=0": pages["GET /audit?connection=acme&limit=500&after=0"],
    });
    expect(code).toBe(1);
    expect(readdirSync(folder).filter((name) => name.startsWith("half"))).toEqual([]);
  });

  test("passes the time on as UTC", async () => {
    const path = "/audit?since=2026-01-30T23%3A00%3A00.000Z&limit=500&after=0";
    const { code } = await run(["export", "--since", "2026-01-31T00:00:00+01:00"], {
      [`GET ${path}`]: [200, { entries: [], next: null }],
    });
    expect(code).toBe(0);
  });
});

describe("audit head", () => {
  const signed = {
    at: "2026-01-01T00:00:00.000Z",
    heads: [{ connectionId: "c", seq: 3, hash: "ab" }],
    signature: "cd",
  };

  test("prints one line, which verify takes back", async () => {
    const { out } = await run(["head"], { "GET /audit/heads": [200, signed] });
    expect(out).toEqual([JSON.stringify(signed)]);
    const file = join(folder, "heads.jsonl");
    writeFileSync(file, `{"older":1}\n${out[0] ?? ""}\n`);
    const chain = { connectionId: "c", head: { seq: 2, hash: "xy" }, earlier: 0, findings: [], found: 1 };
    const answer = { intact: false, isSigned: false, chains: [chain] };
    const { code, out: told } = await run(["verify", "--heads", file], { "POST /audit/heads/check": [200, answer] });
    expect(code).toBe(1);
    expect(told[0]).toContain("NOT SIGNED");
  });

  test("a file with something else in it is refused", async () => {
    const file = join(folder, "other.txt");
    writeFileSync(file, "hello");
    const { code, err } = await run(["verify", "--heads", file], {});
    expect(code).toBe(2);
    expect(err).toContain("audit head");
  });
});

describe("audit verify", () => {
  const chain = { connectionId: "acme", head: { seq: 7, hash: "ab" }, earlier: 2, findings: [], found: 0 };

  test("prints the head to keep", async () => {
    const { code, out } = await run(["verify"], { "GET /audit/verify": [200, { intact: true, chains: [chain] }] });
    expect(code).toBe(0);
    expect(out[0]).toBe("acme: 7 entries, intact. Head 7:ab");
    expect(out[1]).toMatch(/2 older entries .* not covered/);
  });

  test("exits with 1 and names each place when something is found", async () => {
    const bad = {
      ...chain,
      findings: [{ kind: "altered", seq: 3, text: "Entry 3 is not as it was written." }],
      found: 4,
    };
    const { code, out } = await run(["verify", "--connection", "acme", "--head", "9:cd"], {
      "GET /audit/verify?connection=acme&head=9%3Acd": [200, { intact: false, chains: [bad] }],
    });
    expect(code).toBe(1);
    expect(out.join("\n")).toMatch(/4 FOUND[^]*altered: Entry 3[^]*and 3 more/);
  });
});

test.for([
  [],
  ["export", "x"],
  ["frobnicate"],
  ["export", "--json"],
  ["export", "--since", "yesterday"],
  ["export", "--head", "1:ab"],
  ["verify", "--head", "1:ab"],
  ["verify", "--out", "x"],
])("%j is asked wrongly", async (argv) => {
  const { code, asked } = await run(argv, {});
  expect([code, asked]).toEqual([2, []]);
});

test("explains itself without a service", async () => {
  const { code, out } = await run(["--help"], {});
  expect([code, out.join("\n").includes("ml-connector audit verify")]).toEqual([0, true]);
});

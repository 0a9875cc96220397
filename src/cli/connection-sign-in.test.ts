import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTerminal, type ApiAnswers } from "../../test/support/terminal.ts";
import { runConnection } from "./connection.ts";

async function run(argv: string[], answers: ApiAnswers) {
  const { terminal, out, err, asked } = createTerminal(answers);
  const code = await runConnection(argv, terminal);
  return { code, out: out.join("\n"), err: err.join("\n"), asked };
}

const url = "https://erp.example.com/identity/connect/authorize?state=s";
const consent = (expiresAt: string): [number, unknown] => [200, { url, expiresAt }];

describe("connection authorise", () => {
  test("prints the address, waits for the consent, and says until when it is good", async () => {
    let looks = 0;
    const answers: ApiAnswers = {
      "POST /connections/acme/authorise": consent("2999-01-01T00:00:00.000Z"),
      get "GET /connections"(): [number, unknown] {
        looks += 1;
        const given = { authorisedAt: "2026-01-05T08:00:00.000Z", endsAt: "2026-02-04T08:00:00.000Z" };
        const authorisation = looks > 1 ? given : { authorisedAt: null, endsAt: null };
        return [200, { connections: [{ id: "acme", state: "active", authorisation }] }];
      },
    };
    const { code, out } = await run(["authorise", "acme"], answers);
    expect(code).toBe(0);
    expect(out).toContain(url);
    expect(out).toMatch(/acme is authorised, and active\. The consent lasts until 2026-02-04\.$/);
  });

  test("says when nobody gave consent in time", async () => {
    const authorisation = { authorisedAt: "2025-01-05T08:00:00.000Z", endsAt: null };
    const { code, err } = await run(["authorise", "acme"], {
      "POST /connections/acme/authorise": consent("2020-01-01T00:00:00.000Z"),
      "GET /connections": [200, { connections: [{ id: "acme", state: "stopped", authorisation }] }],
    });
    expect(code).toBe(1);
    expect(err).toContain("Nobody gave consent in time.");
  });
});

describe("connection company", () => {
  const here = { id: "0a1b", title: "stock item AA (Computer), id 0a1b" };

  test("shows what the company is known by, and how to confirm it", async () => {
    const { code, out } = await run(["company", "acme"], {
      "POST /connections/acme/company": [
        200,
        { tenant: "Acme", here, expected: { ...here, confirmedAt: null }, isExpected: true },
      ],
    });
    expect(code).toBe(0);
    expect(out).toContain("Tenant Acme is known by: stock item AA (Computer), id 0a1b.");
    expect(out).toContain("not confirmed by anybody yet");
    expect(out).toContain("connection confirm-company acme --company 0a1b");
  });

  test("fails for another company than the expected one, and names both", async () => {
    const expected = { id: "ffff", title: "stock item BB, id ffff", confirmedAt: "2026-01-05T08:00:00.000Z" };
    const { code, out } = await run(["company", "acme"], {
      "POST /connections/acme/company": [200, { tenant: "Acme", here, expected, isExpected: false }],
    });
    expect(code).toBe(1);
    expect(out).toContain("Expected: stock item BB, id ffff. This is another company");
  });

  test("is confirmed by the id that was shown, and by no other word", async () => {
    const { code, err, asked } = await run(["confirm-company", "acme"], {});
    expect([code, asked]).toEqual([2, []]);
    expect(err).toContain("--company");
    const expected = { ...here, confirmedAt: "2026-01-05T08:00:00.000Z" };
    const confirmed = await run(["confirm-company", "acme", "--company", "0a1b"], {
      "POST /connections/acme/company/confirm": [200, { tenant: "Acme", here, expected, isExpected: true }],
    });
    expect(confirmed).toMatchObject({ code: 0, asked: [{ body: { company: "0a1b" } }] });
    expect(confirmed.out).toContain("confirmed on 2026-01-05");
  });
});

describe("connection update", () => {
  test("sends only what the file holds, and says how to go on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ml-connector-test-"));
    const file = join(folder, "change.json");
    writeFileSync(file, JSON.stringify({ acumatica: { password: "canary" } }));
    const acumatica = { instanceUrl: "https://erp.example.com/Acme", tenant: "Acme" };
    const { code, out, asked } = await run(["update", "acme", "--file", file], {
      "PATCH /connections/acme": [200, { id: "acme", name: "Acme", state: "stopped", stop: null, acumatica }],
    });
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect(asked).toMatchObject([{ method: "PATCH", body: { acumatica: { password: "canary" } } }]);
    expect(out).toBe("Changed Acme (acme). It is stopped; to go on: ml-connector connection resume acme");
  });

  test("asks for a file", async () => {
    const { code, asked } = await run(["update", "acme"], {});
    expect([code, asked]).toEqual([2, []]);
  });
});

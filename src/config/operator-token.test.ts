import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemRandom } from "../lib/random.ts";
import { ensureOperatorToken, operatorTokenFile, readOperatorToken } from "./operator-token.ts";

test("the first start makes a private token of 256 bits, which later starts and commands read", () => {
  const root = mkdtempSync(join(tmpdir(), "ml-token-"));
  try {
    const config = { dataDir: join(root, "data"), apiToken: undefined };
    expect(readOperatorToken(config)).toBeUndefined();
    const token = ensureOperatorToken(config, systemRandom);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(statSync(operatorTokenFile(config)).mode & 0o777).toBe(0o600);
    expect(ensureOperatorToken(config, systemRandom)).toBe(token);
    expect(readOperatorToken(config)).toBe(token);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a token from the environment wins, and no file is made", () => {
  const config = { dataDir: "/nonexistent/ml", apiToken: "x".repeat(32) };
  expect(ensureOperatorToken(config, systemRandom)).toBe("x".repeat(32));
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../lib/random.ts";
import { loadMasterKey } from "./master-key.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ml-master-key-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const absent = { databaseUrl: undefined, masterKey: undefined, masterKeyFile: undefined };
const load = (given: Partial<Parameters<typeof loadMasterKey>[0]>) =>
  loadMasterKey({ dataDir: directory, ...absent, ...given }, systemRandom);

describe("loadMasterKey", () => {
  test("the first start makes a private key file beside the database and says so; the second reads the same key", () => {
    const made = load({});
    const file = join(directory, "keys", "master.key");
    expect(made.notices.join()).toContain(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = load({});
    expect(again.key.equals(made.key)).toBe(true);
    expect(again.notices).toEqual([]);
  });

  test("the notice does not hold the key", () => {
    const made = load({});
    expect(made.notices.join()).not.toContain(made.key.export().toString("base64"));
  });

  test("base64, base64url and hexadecimal say the same key", () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const keys = [bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")];
    for (const masterKey of keys) expect(load({ masterKey }).key.export()).toEqual(bytes);
  });

  test.for([
    ["too short", Buffer.alloc(31).toString("base64")],
    ["too long", Buffer.alloc(33).toString("base64")],
    ["half in hexadecimal", "ab".repeat(16)],
    ["a passphrase", "correct horse battery staple, at length"],
  ] as const)("a key that is %s is refused and not echoed", ([, masterKey]) => {
    expect(() => load({ masterKey })).toThrow(/32 bytes/);
    expect(() => load({ masterKey })).not.toThrow(masterKey);
  });

  test("with DATABASE_URL a missing key refuses to start and makes none", () => {
    const databaseUrl = "postgres://h/d";
    expect(() => load({ databaseUrl })).toThrow(/must be given/);
    expect(() => load({ databaseUrl, masterKeyFile: join(directory, "absent.key") })).toThrow(/no such file/);
  });

  test("a key inside the database's own directory is refused", () => {
    mkdirSync(join(directory, "database"));
    expect(() => load({ masterKeyFile: join(directory, "database", "master.key") })).toThrow(/must not lie inside/);
  });

  test("a key file that others can read is used, with a warning", () => {
    const masterKeyFile = join(directory, "open.key");
    writeFileSync(masterKeyFile, Buffer.alloc(32, 7).toString("hex"));
    chmodSync(masterKeyFile, 0o644);
    expect(load({ masterKeyFile }).notices.join()).toMatch(/read by others/);
    expect(readFileSync(masterKeyFile, "utf8")).toHaveLength(64);
  });
});

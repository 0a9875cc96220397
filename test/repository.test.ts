import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { generatedPages } from "../src/cli/write-docs.ts";
import { flowNames } from "../src/flows/deps.ts";
import { recordStates } from "../src/ledger/schema.ts";

const root = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => `src/${path}`);

describe("pages made from the code are fresh", () => {
  test.for(generatedPages())("$path", ({ path, text }) => {
    expect(read(path), "run: node src/cli/write-docs.ts").toBe(text);
  });
});

describe("the README tells the truth", () => {
  const readme = read("README.md");

  test("every npm script it names exists", () => {
    const named = [...readme.matchAll(/npm (?:run )?([a-z:-]+)/g)].map((match) => match[1] ?? "");
    const builtIn = new Set(["ci", "test", "start", "run"]);
    for (const name of named) expect(builtIn.has(name) || name in scripts, `npm run ${name}`).toBe(true);
  });

  test("every command it names is a command", () => {
    const main = read("src/main.ts");
    const named = [...readme.matchAll(/ml-connector -- ([a-z]+)/g)].map((match) => match[1] ?? "");
    expect(named.length).toBeGreaterThan(4);
    for (const name of named) expect(main).toContain(`  ${name}: {`);
  });

  test("every page and picture it links to is there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
    for (const link of links.filter((target) => !/^https?:/.test(target)))
      expect(existsSync(join(root, link)), link).toBe(true);
  });
});

describe("one word per thing", () => {
  test("the glossary explains every record state and names the flows' pages", () => {
    const glossary = read("docs/glossary.md");
    for (const state of recordStates) expect(glossary).toContain(`**${state}**`);
    for (const flow of flowNames.filter((name) => name !== "subscription")) {
      expect(existsSync(join(root, `docs/flows/${flow}.md`))).toBe(true);
    }
  });
});

describe("the house stays clean", () => {
  test("no unfinished notes, no lone tests, no skipped tests without a reason", () => {
    const marks = new RegExp(["TO" + "DO", "FIX" + "ME", "HA" + "CK"].join("|"));
    for (const path of sources) expect(marks.test(read(path)), path).toBe(false);
    const tests = [...sources, ...listed("test")].filter((path) => /\.test\.tsx?$/.test(path));
    const lone = new RegExp("\\b(test|describe)\\.on" + "ly\\(");
    for (const path of tests) expect(lone.test(read(path)), path).toBe(false);
  });

  test("no path of a developer's machine", () => {
    const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
    const isText = (path: string): boolean => !/\.(png|ico|woff2?)$/.test(path) && path !== "package-lock.json";
    const machinePath = new RegExp(["/wor" + "k/", "/ho" + "me/", "/Us" + "ers/"].join("|"));
    for (const path of tracked.filter(isText).filter((name) => existsSync(join(root, name)))) {
      expect(machinePath.test(read(path)), path).toBe(false);
    }
  });

  test("migrations are numbered without a gap", () => {
    const names = readdirSync(join(root, "src/ledger/migrations")).sort();
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
  });
});

function listed(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`);
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "./data-directory-lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ml-connector-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (): string => join(directory, "owner.lock");
const leave = (owner: unknown): void => writeFileSync(file(), JSON.stringify(owner));
/** Far above the highest number a Linux kernel gives. */
const gone = 2 ** 30;

test("a directory is locked once at a time, and free again after the release", () => {
  const release = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(`in use by process ${process.pid} on ${hostname()}`);
  release();
  expect(readdirSync(directory)).toEqual([]);
  lockDataDirectory(directory)();
});

test.for([
  { name: "a process that is gone", owner: { pid: gone, host: hostname() } },
  {
    name: "a dead process that had our own number, as in a restarted container",
    owner: { pid: process.pid, host: hostname() },
  },
])("the lock of $name is taken over", ({ owner }) => {
  leave(owner);
  const release = lockDataDirectory(directory);
  expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ pid: process.pid, host: hostname() });
  expect(readdirSync(directory)).toEqual(["owner.lock"]);
  release();
});

test.for([
  { name: "a living process", owner: { pid: process.ppid, host: hostname() }, told: String(process.ppid) },
  {
    name: "a process on another host, of which nobody can tell",
    owner: { pid: gone, host: "elsewhere" },
    told: "elsewhere",
  },
  { name: "somebody unknown", owner: "half a line", told: "unknown" },
])("the lock of $name is respected, and named", ({ owner, told }) => {
  leave(owner);
  const before = readFileSync(file(), "utf8");
  expect(() => lockDataDirectory(directory)).toThrow(told);
  expect(() => lockDataDirectory(directory)).toThrow(`if it is gone, remove ${file()}`);
  expect(readFileSync(file(), "utf8")).toBe(before);
});

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "./data-directory-lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ml-connector-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (): string => join(directory, "owner.lock");
const leave = (owner: unknown): void => writeFileSync(file(), JSON.stringify(owner));
/** What a process of this machine writes, as this one just did. */
const here = (): Record<string, unknown> => {
  const { release } = lockDataDirectory(directory);
  const owner = JSON.parse(readFileSync(file(), "utf8")) as Record<string, unknown>;
  release();
  return owner;
};
const age = (seconds: number): void => {
  const at = Date.now() / 1000 - seconds;
  utimesSync(file(), at, at);
};
/** Far above the highest number a Linux kernel gives. */
const gone = 2 ** 30;

test("a directory is locked once at a time, and free again after the release", () => {
  const { release } = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(`in use by process ${process.pid} on ${hostname()}`);
  release();
  expect(readdirSync(directory)).toEqual([]);
  lockDataDirectory(directory).release();
});

test.for([
  { name: "a process that is gone", owner: { pid: gone } },
  { name: "a dead process that had our own number, as in a restarted container", owner: { pid: process.pid } },
  { name: "a dead process whose number another one has now", owner: { pid: process.ppid, began: "1" } },
])("the lock of $name is taken over", ({ owner }) => {
  leave({ ...here(), ...owner });
  const { hold, release } = lockDataDirectory(directory);
  expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  expect(readdirSync(directory)).toEqual(["owner.lock"]);
  hold();
  release();
});

/** Of which this process cannot tell whether it lives: it does not see its processes. */
const unseen = [
  { name: "another container of this machine", owner: { processes: "pid:[1]" } },
  { name: "another machine of the same name", owner: { boot: "another" } },
  { name: "another host", owner: { host: "elsewhere" } },
];
test.for(unseen)("the lock of $name is respected while it is touched, and falls thirty seconds later", ({ owner }) => {
  leave({ ...here(), pid: gone, ...owner });
  age(25);
  expect(() => lockDataDirectory(directory)).toThrow("no sign of life for 30 seconds");
  age(31);
  const { release } = lockDataDirectory(directory);
  release();
});

test.for([
  { name: "a living process", owner: { pid: process.ppid, began: undefined }, told: String(process.ppid) },
  { name: "somebody unknown", owner: undefined, told: "unknown" },
])("the lock of $name is respected, and named", ({ owner, told }) => {
  leave(owner === undefined ? "half a line" : { ...here(), ...owner });
  if (owner !== undefined) age(3600);
  const before = readFileSync(file(), "utf8");
  expect(() => lockDataDirectory(directory)).toThrow(told);
  expect(() => lockDataDirectory(directory)).toThrow(`if it is gone, remove ${file()}`);
  expect(readFileSync(file(), "utf8")).toBe(before);
});

test("who lost its lock while it was frozen must not write any more, and does not release another's", () => {
  const { hold, release } = lockDataDirectory(directory);
  hold();
  leave({ ...(JSON.parse(readFileSync(file(), "utf8")) as object), token: "another's" });
  expect(hold).toThrow("taken away");
  release();
  expect(readdirSync(directory)).toEqual(["owner.lock"]);
});

test("of two processes that start at once, one gets the directory and the other refuses: 100 of 100 times", async () => {
  const script = fileURLToPath(new URL("../../test/support/lock-racer.ts", import.meta.url));
  const racers = [0, 1].map(() => fork(script, [directory], { execArgv: [] }));
  const next = async (racer: ChildProcess): Promise<string> => ((await once(racer, "message")) as [string])[0];
  const dead = JSON.stringify({ ...here(), pid: gone });
  try {
    await Promise.all(racers.map(next));
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 100; round += 1) {
      // Every other time over what a dead process left.
      if (round % 2 === 1) writeFileSync(file(), dead);
      const answers = racers.map(next);
      for (const racer of racers) racer.send("lock");
      const outcome = (await Promise.all(answers)).sort().join(" ");
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const released = racers.map(next);
      for (const racer of racers) racer.send("release");
      await Promise.all(released);
    }
    expect([...outcomes]).toEqual([["locked refused", 100]]);
  } finally {
    for (const racer of racers) racer.kill("SIGKILL");
  }
});

import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { writeNewText } from "../lib/whole-file.ts";

export interface DirectoryLock {
  /** Throws when the lock is another's by now: this process must not write any more. */
  hold: () => void;
  release: () => void;
}

/** Who holds a lock. A process number says nothing in another container, where every first process is number 1. */
interface Owner {
  pid: number;
  host: string;
  /** Differs after each start of the machine; with `processes` it tells whether two processes can see each other. */
  boot?: string;
  processes?: string;
  /** When the process began, in the machine's ticks: process numbers are given again. */
  began?: string;
  /** Of this lock alone. */
  token: string;
}

/** The process this one cannot see shows that it lives by touching its lock. */
const beatMs = 5_000;
const staleMs = 30_000;

/** Locks of this process. Its number alone proves nothing: in a container every process before it was number 1, too. */
const held = new Set<string>();

/**
 * One process per data directory. Two processes on one embedded database lose each other's rows without any error
 * (failures F3), so the second one refuses to start.
 */
export function lockDataDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "owner.lock");
  const me: Owner = { pid: process.pid, host: hostname(), ...placeOf(process.pid), token: randomUUID() };
  const mine = JSON.stringify(me);
  if (!isCreated(file, mine)) {
    const found = readText(file);
    const owner = found === undefined ? undefined : parseOwner(found);
    const state = stateOf(owner, me, file);
    const isFree = state === "gone" && isSetAside(file, found) && isCreated(file, mine);
    if (!isFree) throw new Error(inUse(directory, file, owner, state));
  }
  held.add(file);
  // Of the machine's time, for it is about processes: no simulation has a say in it.
  const beating = setInterval(() => touch(file), beatMs).unref();
  return {
    hold: () => {
      if (isStill(file, mine)) return;
      throw new Error(`The lock ${file} was taken away from this process: another one may be using the database now.`);
    },
    release: () => {
      clearInterval(beating);
      if (held.delete(file) && readText(file) === mine) rmSync(file, { force: true });
    },
  };
}

function inUse(directory: string, file: string, owner: Owner | undefined, state: "alive" | "unseen" | "gone"): string {
  const who = `process ${owner?.pid ?? "unknown"} on ${owner?.host ?? "unknown host"}`;
  const cure =
    state === "unseen"
      ? `It runs in another container or on another machine. Stop it first; once it has shown no sign of life for ${staleMs / 1000} seconds, the directory is free.`
      : `Stop it first; if it is gone, remove ${file}.`;
  return (
    `The data directory ${directory} is in use by ${who}. ${cure} ` +
    "Several processes need a PostgreSQL server (DATABASE_URL)."
  );
}

/** What tells this process from others of the same number; empty where the system does not say. */
function placeOf(pid: number): Pick<Owner, "boot" | "processes" | "began"> {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const began = beganAt(pid);
    return { boot, processes: readlinkSync("/proc/self/ns/pid"), ...(began === undefined ? {} : { began }) };
  } catch {
    return {};
  }
}

/** The 22nd field of the process's line; the second, its name, may hold blanks and brackets. */
function beganAt(pid: number): string | undefined {
  const line = readText(`/proc/${pid}/stat`);
  return line?.slice(line.lastIndexOf(")") + 2).split(" ")[19];
}

function stateOf(owner: Owner | undefined, me: Owner, file: string): "alive" | "unseen" | "gone" {
  // Just being written; or its writer died at that moment.
  if (owner === undefined) return isStale(file) ? "gone" : "alive";
  const isSeen = owner.host === me.host && owner.boot === me.boot && owner.processes === me.processes;
  if (!isSeen) return isStale(file) ? "gone" : "unseen";
  if (owner.pid === process.pid) return held.has(file) ? "alive" : "gone";
  if (!isRunning(owner.pid)) return "gone";
  return owner.began !== undefined && owner.began !== beganAt(owner.pid) ? "gone" : "alive";
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** By the file system's own clock, which the owner's signs of life are dated by, too. */
function isStale(file: string): boolean {
  const probe = `${file}.${randomUUID()}`;
  try {
    writeFileSync(probe, "", { flag: "wx" });
    return statSync(probe).mtimeMs - statSync(file).mtimeMs > staleMs;
  } catch {
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** A date of this machine's clock would be compared with another's. Writing has the file system date it. */
function touch(file: string): void {
  const probe = `${file}.${randomUUID()}`;
  try {
    writeFileSync(probe, "", { flag: "wx" });
    const { atime, mtime } = statSync(probe);
    utimesSync(file, atime, mtime);
  } catch {
    // The lock is gone, or the disk is full: `hold` and the database notice.
  } finally {
    rmSync(probe, { force: true });
  }
}

function isCreated(file: string, text: string): boolean {
  try {
    writeNewText(file, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes a dead owner's lock away. False when another process was faster: its new lock is put back. */
function isSetAside(file: string, dead: string | undefined): boolean {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readText(aside) === dead) return true;
    linkSync(aside, file);
    return false;
  } catch {
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Looks again where it is not: whoever thought its owner dead puts it back within a moment. */
function isStill(file: string, mine: string): boolean {
  for (let look = 0; look < 5; look += 1) {
    if (readText(file) === mine) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  return false;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    return typeof owner.pid === "number" && typeof owner.host === "string" ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** Locks of this process. Its number alone proves nothing: in a container every process before it was number 1, too. */
const held = new Set<string>();

/**
 * One process per data directory. Two processes on one embedded database lose each other's rows without any error
 * (failures F3), so the second one refuses to start. Returns the release.
 */
export function lockDataDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "owner.lock");
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  if (!isCreated(file, mine)) {
    const found = readText(file);
    const owner = found === undefined ? undefined : parseOwner(found);
    const isFree = owner !== undefined && !isAlive(owner, file) && isSetAside(file, found) && isCreated(file, mine);
    if (!isFree) {
      throw new Error(
        `The data directory ${directory} is in use by process ${owner?.pid ?? "unknown"} on ${owner?.host ?? "unknown host"}. ` +
          `Stop it first; if it is gone, remove ${file}.`,
      );
    }
  }
  held.add(file);
  return () => {
    if (held.delete(file)) rmSync(file, { force: true });
  };
}

function isCreated(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes a dead owner's lock away. False when another process was faster: its new lock is put back. */
function isSetAside(file: string, dead: string | undefined): boolean {
  const aside = `${file}.${process.pid}`;
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

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

interface Owner {
  pid: number;
  host: string;
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as { pid?: unknown; host?: unknown };
    return typeof owner.pid === "number" && typeof owner.host === "string"
      ? { pid: owner.pid, host: owner.host }
      : undefined;
  } catch {
    return undefined;
  }
}

/** On another host nobody can tell: then it counts as alive. */
function isAlive(owner: Owner, file: string): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return held.has(file);
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * One process per data directory. Two processes on one embedded database lose each other's rows without any error
 * (failures F3), so the second one refuses to start. Returns the release.
 */
export function lockDataDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "owner.lock");
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  try {
    writeFileSync(file, mine, { flag: "wx", mode: 0o600 });
  } catch {
    const owner = readOwner(file);
    if (owner === undefined || isAlive(owner)) {
      throw new Error(
        `The data directory ${directory} is in use by process ${owner?.pid ?? "unknown"} on ${owner?.host ?? "unknown host"}. ` +
          `Stop it first; if it is gone, remove ${file}.`,
      );
    }
    writeFileSync(file, mine, { mode: 0o600 });
  }
  return () => {
    if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

function readOwner(file: string): { pid: number; host: string } | undefined {
  try {
    const owner = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown; host?: unknown };
    return typeof owner.pid === "number" && typeof owner.host === "string"
      ? { pid: owner.pid, host: owner.host }
      : undefined;
  } catch {
    return undefined;
  }
}

/** On another host nobody can tell: then it counts as alive. */
function isAlive(owner: { pid: number; host: string }): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return true;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

import { mkdirSync, statfsSync } from "node:fs";

/**
 * Throws when a directory's disk has less room than `megabytes`: an embedded database that runs out of it ends in the middle of its
 * work, and would do so again and again.
 */
export function requireFreeSpace(directory: string, megabytes: number): void {
  mkdirSync(directory, { recursive: true });
  const { bavail, bsize } = statfsSync(directory);
  const free = Math.floor((bavail * bsize) / 1024 / 1024);
  if (free >= megabytes) return;
  throw new Error(
    `Only ${free} MB are free where ${directory} lies; the embedded database needs ${megabytes} MB to start. ` +
      "Make room there, or set ML_MIN_FREE_MB lower if you know that it is enough.",
  );
}

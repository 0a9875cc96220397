import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk of a test's own, in memory, that it may fill. */
export interface SmallDisk {
  folder: string;
  /** Leaves no room at all; what others give back afterwards is free until it is called again. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Forgets it with all that is on it. */
  remove(): void;
}

const chunk = Buffer.alloc(64 * 1024);

/** That needs root on Linux. */
export function canMountSmallDisk(): boolean {
  try {
    mountSmallDisk(1).remove();
    return true;
  } catch {
    return false;
  }
}

/** Throws where it cannot be had. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "ml-small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    throw new Error(`A disk of ${megabytes} MB could not be mounted: ${mounted.error?.message ?? mounted.stderr}`);
  }
  const filler = join(folder, "filler");
  return {
    folder,
    fill: () => {
      const file = openSync(filler, "a");
      try {
        for (let bytes = 0; bytes <= megabytes * 1024 * 1024; bytes += chunk.length) writeSync(file, chunk);
        throw new Error(`${folder} holds more than ${megabytes} MB: no small disk was mounted.`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      // Lazily: what still runs on it after a failure must not keep it.
      spawnSync("umount", ["--lazy", folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

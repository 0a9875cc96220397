import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file that is there whole or not at all: under another name first, made durable, then renamed. Only its owner
 * can read it. Returns what `write` returned.
 */
export async function writeWholeFile<T>(
  path: string,
  write: (append: (part: Uint8Array) => void) => Promise<T>,
): Promise<T> {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", 0o600);
  try {
    const result = await write((part) => {
      for (let at = 0; at < part.byteLength;) at += writeSync(file, part, at);
    });
    fsyncSync(file);
    closeSync(file);
    renameSync(partial, path);
    syncDirectory(dirname(path));
    return result;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** The rename itself must survive a power cut, too. Not every system can do this for a directory. */
function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

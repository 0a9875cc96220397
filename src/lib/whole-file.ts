import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

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
    syncPath(dirname(path));
    return result;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** The same in one go, for a text. */
export function writeWholeText(path: string, text: string): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
  syncPath(dirname(path));
}

/** Makes a file that is not there yet, durable when this returns. Throws EEXIST when it is there: it is never overwritten. */
export function writeNewText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncPath(dirname(path));
}

/** Makes a file, or the names in a directory, survive a power cut. Windows cannot do this for a directory. */
export function syncPath(path: string): void {
  if (process.platform === "win32") return;
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Everything in a directory, and the directory itself. */
export function syncTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(directory);
}

/** Gives a directory that is finished its place: whole after a power cut, or not there. */
export function putInPlace(finished: string, place: string): void {
  syncTree(finished);
  renameSync(finished, place);
  syncPath(dirname(place));
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileChange } from "../../src/ledger/durable-files.ts";
import type { Random } from "../../src/lib/random.ts";

/** What a drive writes at once, or not at all. */
const sectorBytes = 512;

type DataChange = { at: number; bytes: Uint8Array } | { size: number };
interface SimulatedFile {
  kind: "file";
  /** What is on the disk for certain. */
  durable: Buffer;
  /** What was written since the last sync, in order: each part of it may be on the disk or not. */
  pending: DataChange[];
}
type NameChange = { add: string; node: SimulatedNode } | { remove: string } | { move: string; to: string };
interface SimulatedDirectory {
  kind: "directory";
  durable: Map<string, SimulatedNode>;
  /** Since the last sync. A journal keeps their order: a power cut leaves the first few of them. */
  pending: NameChange[];
  /** As the running system sees it. */
  now: Map<string, SimulatedNode>;
}
type SimulatedNode = SimulatedFile | SimulatedDirectory;

/** How much of what was not synced reached the disk all the same. */
interface Weather {
  /** Chance of each part of an unsynced write. */
  kept: number;
  /** Whether writes tear into sectors, or are kept and dropped whole. */
  torn: boolean;
}

/**
 * A disk under a database, as POSIX promises it and no better: data is safe after the file's own `fsync`, a name after the
 * directory's, or after that of the file that bears it (which the journals of ext4, XFS and Btrfs give, and PostgreSQL relies
 * on). Everything else may be there or not after a power cut, write by write and sector by sector.
 */
export class SimulatedDisk {
  readonly #root: SimulatedDirectory;

  /** From a directory whose content counts as durable. */
  constructor(directory: string) {
    this.#root = readDirectory(directory);
  }

  /** The running system makes a change. */
  apply(change: FileChange): void {
    if (change.kind === "sync") {
      this.#sync(change.path);
      return;
    }
    if (change.kind === "write" || change.kind === "resize") {
      // A file that was removed while open is written on; nobody will see it again.
      const file = this.#find(change.path);
      if (file?.kind === "file") {
        file.pending.push(change.kind === "write" ? { at: change.at, bytes: change.bytes } : { size: change.size });
      }
      return;
    }
    const name = basename(change.path);
    if (change.kind === "make") {
      this.#rename(change.path, {
        add: name,
        node: change.directory
          ? { kind: "directory", durable: new Map(), pending: [], now: new Map() }
          : { kind: "file", durable: Buffer.alloc(0), pending: [] },
      });
    } else if (change.kind === "remove") {
      this.#rename(change.path, { remove: name });
    } else {
      if (dirname(change.path) !== dirname(change.to)) {
        throw new Error(`${change.path} was moved to another directory, of which this disk knows nothing`);
      }
      this.#rename(change.path, { move: name, to: basename(change.to) });
    }
  }

  /** Writes into a directory what a power cut at this moment may leave. */
  writeImage(directory: string, random: Random): void {
    const chances = [0, 0.1, 0.5, 0.9, 1];
    const kept = chances[Math.floor(random.next() * chances.length)] ?? 0;
    writeImage(this.#root, directory, random, { kept, torn: random.next() < 0.7 });
  }

  #find(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of path === "" || path === "." ? [] : path.split("/")) {
      node = node?.kind === "directory" ? node.now.get(name) : undefined;
    }
    return node;
  }

  #directoryOf(path: string): SimulatedDirectory {
    const found = this.#find(dirname(path));
    if (found?.kind !== "directory") throw new Error(`${path} has no directory`);
    return found;
  }

  #rename(path: string, change: NameChange): void {
    const directory = this.#directoryOf(path);
    directory.pending.push(change);
    applyName(directory.now, change);
  }

  #sync(path: string): void {
    const node = this.#find(path);
    if (!node) return;
    if (node.kind === "directory") {
      for (const change of node.pending) applyName(node.durable, change);
      node.pending = [];
      return;
    }
    node.durable = applyData(node.durable, node.pending);
    node.pending = [];
    const directory = this.#directoryOf(path);
    const name = basename(path);
    const last = directory.pending.findLastIndex(
      (change) => ("add" in change && change.add === name) || ("move" in change && change.to === name),
    );
    for (const change of directory.pending.splice(0, last + 1)) applyName(directory.durable, change);
  }
}

function applyName(names: Map<string, SimulatedNode>, change: NameChange): void {
  if ("add" in change) names.set(change.add, change.node);
  else if ("remove" in change) names.delete(change.remove);
  else {
    const node = names.get(change.move);
    if (!node) throw new Error(`${change.move} was renamed and is not there`);
    names.delete(change.move);
    names.set(change.to, node);
  }
}

function applyData(content: Buffer, changes: readonly DataChange[]): Buffer {
  const ends = changes.map((change) => ("size" in change ? change.size : change.at + change.bytes.length));
  // Room for all at once: a log file grows by 32,768 sectors.
  const grown = Buffer.alloc(ends.reduce((most, end) => Math.max(most, end), content.length));
  grown.set(content);
  let length = content.length;
  for (const change of changes) {
    if ("bytes" in change) {
      grown.set(change.bytes, change.at);
      length = Math.max(length, change.at + change.bytes.length);
    } else {
      if (change.size < length) grown.fill(0, change.size, length);
      length = change.size;
    }
  }
  return grown.subarray(0, length);
}

function readDirectory(path: string): SimulatedDirectory {
  const names = new Map<string, SimulatedNode>();
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    names.set(
      entry.name,
      entry.isDirectory() ? readDirectory(inside) : { kind: "file", durable: readFileSync(inside), pending: [] },
    );
  }
  return { kind: "directory", durable: names, pending: [], now: new Map(names) };
}

function writeImage(directory: SimulatedDirectory, path: string, random: Random, weather: Weather): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  let names = directory.durable;
  if (directory.pending.length > 0) {
    names = new Map(names);
    const reached = Math.round(directory.pending.length * (weather.kept === 1 ? 1 : random.next()));
    for (const change of directory.pending.slice(0, weather.kept === 0 ? 0 : reached)) applyName(names, change);
  }
  for (const [name, node] of names) {
    if (node.kind === "directory") writeImage(node, join(path, name), random, weather);
    else writeFileSync(join(path, name), afterPowerCut(node, random, weather), { mode: 0o600 });
  }
}

function afterPowerCut(file: SimulatedFile, random: Random, { kept, torn }: Weather): Buffer {
  if (file.pending.length === 0) return file.durable;
  const parts = file.pending.flatMap((change) => ("bytes" in change && torn ? [...sectorsOf(change)] : [change]));
  return applyData(
    file.durable,
    parts.filter(() => random.next() < kept),
  );
}

function* sectorsOf({ at, bytes }: { at: number; bytes: Uint8Array }) {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
    yield { at: at + from, bytes: bytes.subarray(from, to) };
    from = to;
  }
}

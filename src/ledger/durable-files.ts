import { fsyncSync } from "node:fs";
import { relative } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** What the database does to its files, in the order it does it; paths are relative to its directory. */
export type FileChange =
  | { kind: "write"; path: string; at: number; bytes: Uint8Array }
  | { kind: "resize"; path: string; size: number }
  | { kind: "make"; path: string; directory: boolean }
  | { kind: "rename"; path: string; to: string }
  | { kind: "remove"; path: string }
  /** All that was written to this file, or all names in this directory, are now on the disk. */
  | { kind: "sync"; path: string };

export interface FilePorts {
  /** Makes an open file durable; throws when the disk does not. */
  sync: (descriptor: number) => void;
  /**
   * The disk is full, read-only or broken, or the directory is another process's by now. Never returns: the database must not go
   * on, for what it believes to be written may be gone. PGlite swallows what is thrown here.
   */
  onBroken: (reason: string) => never;
  /** Asked before the log is written or anything synced; throws when this process must not write any more. */
  mayWrite?: () => void;
  /** Told of every change after it was made, for the power-loss proof. */
  watch?: (change: FileChange) => void;
}

/** "Input/output error" in the exit codes of sysexits.h. */
export const brokenFilesExit = 74;

export const filePorts: FilePorts = {
  sync: fsyncSync,
  onBroken: (reason) => {
    process.stderr.write(
      `The embedded database cannot go on: ${reason} The process ends at once, as in a crash: nothing acknowledged is lost.\n`,
    );
    process.exit(brokenFilesExit);
  },
};

/** Emscripten's numbers of what a disk refuses for reasons of its own. Anything else is the database's to handle. */
const brokenCodes = new Map([
  [19, "EDQUOT"],
  [29, "EIO"],
  [51, "ENOSPC"],
  [69, "EROFS"],
]);

interface FileNode {
  name: string;
}
interface FileStream {
  nfd: number;
  node: FileNode;
}
/** The part of Emscripten's file system on Node's files that is used here. */
export interface NodeFiles {
  realPath: (node: FileNode) => string;
  node_ops: {
    mknod: (parent: FileNode, name: string, mode: number, device: number) => FileNode;
    rename: (node: FileNode, directory: FileNode, name: string) => void;
    unlink: (parent: FileNode, name: string) => void;
    rmdir: (parent: FileNode, name: string) => void;
    setattr: (node: FileNode, attributes: { size?: number }) => void;
  };
  stream_ops: {
    write: (stream: FileStream, buffer: Uint8Array, offset: number, length: number, position: number) => number;
    setattr: (stream: FileStream, attributes: { size?: number }) => void;
    fsync?: (stream: FileStream) => number;
  };
}

const isNodeFiles = (found: unknown): found is NodeFiles => {
  const { realPath, node_ops, stream_ops } = (found ?? {}) as Partial<NodeFiles>;
  return (
    typeof realPath === "function" &&
    ["mknod", "rename", "unlink", "rmdir", "setattr"].every((name) => hasFunction(node_ops, name)) &&
    ["write", "setattr"].every((name) => hasFunction(stream_ops, name))
  );
};
const hasFunction = (holder: unknown, name: string): boolean =>
  typeof (holder as Record<string, unknown> | undefined)?.[name] === "function";

/** Where PGlite keeps it: `NODEFS` up to 0.5, `FS.filesystems.NODEFS` in later builds. Throws when it is at neither place. */
export function findNodeFiles(module: unknown): NodeFiles {
  const { NODEFS, FS } = module as { NODEFS?: unknown; FS?: { filesystems?: { NODEFS?: unknown } } };
  const found = [NODEFS, FS?.filesystems?.NODEFS].find(isNodeFiles);
  if (!found) {
    throw new Error(
      "This version of PGlite does not show its file system, so that its writes cannot be made durable. Use the pinned version.",
    );
  }
  return found;
}

/**
 * The files of an embedded database that survive a power cut. PGlite's own file system has no `fsync` at all: a database on it
 * reports commits that are only in memory (failures F1, F2).
 */
export class DurableFiles extends NodeFS {
  /** Files and directories made durable since the start. */
  syncs = 0;
  /** Bytes written to the write-ahead log since it was last set to 0. */
  logBytes = 0;
  /** Called after each write to the write-ahead log. */
  onLog: (() => void) | undefined;
  readonly #ports: FilePorts;

  constructor(directory: string, ports: FilePorts = filePorts) {
    super(directory);
    this.#ports = ports;
  }

  override async init(pg: PGlite, options: Parameters<NodeFS["init"]>[1]): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(pg, options);
    // After the mount, which is the parent's last step: both share the objects that are changed here.
    const preRun = [...(emscriptenOpts.preRun ?? []), (module: unknown) => this.#makeDurable(findNodeFiles(module))];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }

  #makeDurable(files: NodeFiles): void {
    const { node_ops: nodes, stream_ops: streams } = files;
    const { mknod, rename, unlink, rmdir } = nodes;
    const [resizeNode, resizeStream, { write }] = [nodes.setattr, streams.setattr, streams];
    const guard = <T>(operation: string, path: string, act: () => T): T => this.#guard(operation, path, act);
    const at = (directory: FileNode, name: string): string => `${files.realPath(directory)}/${name}`;

    streams.fsync = (stream) => {
      const path = files.realPath(stream.node);
      this.#mayWrite();
      try {
        this.#ports.sync(stream.nfd);
      } catch (error) {
        // Never tried again: Linux drops the pages it could not write, so that a second try succeeds without them.
        this.#refused("fsync", path, codeOf(error));
      }
      this.syncs += 1;
      this.#tell({ kind: "sync", path });
      return 0;
    };
    streams.write = (stream, buffer, offset, length, position) => {
      const path = files.realPath(stream.node);
      const isLog = path.includes("/pg_wal/");
      if (isLog) this.#mayWrite();
      const written = guard("write", path, () => write(stream, buffer, offset, length, position));
      if (this.#ports.watch) {
        this.#tell({ kind: "write", path, at: position, bytes: buffer.slice(offset, offset + written) });
      }
      if (isLog) {
        this.logBytes += written;
        this.onLog?.();
      }
      return written;
    };
    streams.setattr = (stream, attributes) => {
      const path = files.realPath(stream.node);
      guard("resize", path, () => resizeStream(stream, attributes));
      if (attributes.size !== undefined) this.#tell({ kind: "resize", path, size: attributes.size });
    };
    nodes.setattr = (node, attributes) => {
      const path = files.realPath(node);
      guard("resize", path, () => resizeNode(node, attributes));
      if (attributes.size !== undefined) this.#tell({ kind: "resize", path, size: attributes.size });
    };
    nodes.mknod = (parent, name, mode, device) => {
      const path = at(parent, name);
      const made = guard("creation", path, () => mknod(parent, name, mode, device));
      this.#tell({ kind: "make", path, directory: (mode & 0o170000) === 0o040000 });
      return made;
    };
    nodes.rename = (node, directory, name) => {
      const [path, to] = [files.realPath(node), at(directory, name)];
      guard("renaming", path, () => rename(node, directory, name));
      this.#tell({ kind: "rename", path, to });
    };
    nodes.unlink = (parent, name) => {
      const path = at(parent, name);
      guard("removal", path, () => unlink(parent, name));
      this.#tell({ kind: "remove", path });
    };
    nodes.rmdir = (parent, name) => {
      const path = at(parent, name);
      guard("removal", path, () => rmdir(parent, name));
      this.#tell({ kind: "remove", path });
    };
  }

  #guard<T>(operation: string, path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      const code = brokenCodes.get((error as { errno?: number }).errno ?? 0);
      if (code !== undefined) this.#refused(operation, path, code);
      throw error;
    }
  }

  #refused(operation: string, path: string, code: string): never {
    this.#ports.onBroken(
      `the disk refuses the ${operation} of ${path} (${code}). Make room, or mend the disk, and start again.`,
    );
  }

  #mayWrite(): void {
    try {
      this.#ports.mayWrite?.();
    } catch (error) {
      this.#ports.onBroken(error instanceof Error ? error.message : String(error));
    }
  }

  #tell(change: FileChange): void {
    const inside = (path: string): string => relative(this.rootDir, path);
    this.#ports.watch?.(
      change.kind === "rename"
        ? { ...change, path: inside(change.path), to: inside(change.to) }
        : { ...change, path: inside(change.path) },
    );
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

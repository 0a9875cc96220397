import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { putInPlace } from "../lib/whole-file.ts";
import { DurableFiles, filePorts, type FilePorts } from "./durable-files.ts";

export interface EmbeddedDatabase {
  pg: PGlite;
  /** Files and directories made durable so far. */
  syncs: () => number;
  close: () => Promise<void>;
}

/**
 * PGlite's own parameters but for `-F`, which turns syncing off. Of the ways to sync the log only `fsync` reaches the disk: the
 * build's `fdatasync`, PostgreSQL's choice, does nothing. The log is kept small, for every backup carries it.
 */
const settings = ["fsync=on", "wal_sync_method=fsync", "synchronous_commit=on", "full_page_writes=on"];
const logSizes = ["min_wal_size=32MB", "max_wal_size=64MB"];
const startParams = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  ...[...settings, ...logSizes].flatMap((setting) => ["-c", setting]),
];

/** Single-user PostgreSQL, which PGlite is, never makes a checkpoint by itself: its log would grow until the disk is full. */
const checkpointBytes = 32 * 1024 * 1024;

/**
 * Opens the embedded database in a directory of its own, made when there is none. Throws when its commits do not reach the disk.
 * The directory must be locked (see `lockDataDirectory`).
 */
export async function openEmbeddedDatabase(place: string, ports: FilePorts = filePorts): Promise<EmbeddedDatabase> {
  if (!existsSync(place)) {
    const unfinished = `${place}.making`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(dirname(place), { recursive: true });
    await (await start(unfinished, ports)).close();
    putInPlace(unfinished, place);
  }
  return start(place, ports);
}

/** Opens a database from a dump in a place that is not there yet. */
export const openDumpedDatabase = (place: string, dump: Blob): Promise<EmbeddedDatabase> =>
  start(place, filePorts, { loadDataDir: dump });

async function start(place: string, ports: FilePorts, more: PGliteOptions = {}): Promise<EmbeddedDatabase> {
  const files = new DurableFiles(place, ports);
  const pg = await PGlite.create({ ...more, dataDir: place, fs: files, startParams });
  try {
    await proveDurable(pg, files);
  } catch (error) {
    await pg.close();
    throw error;
  }
  keepLogShort(pg, files);
  return {
    pg,
    syncs: () => files.syncs,
    close: async () => {
      files.onLog = undefined;
      if (pg.closed) return;
      // The next start has nothing to recover then.
      await pg.exec("checkpoint");
      await pg.close();
    },
  };
}

/** Counts what one commit makes durable. At 0 the database would acknowledge what a power cut takes away. */
export async function proveDurable(pg: PGlite, files: DurableFiles): Promise<void> {
  const before = files.syncs;
  await pg.query("select pg_logical_emit_message(true, 'ml-connector', 'self-test')");
  if (files.syncs > before) return;
  throw new Error(
    "The embedded database does not write its commits to the disk (no fsync around a commit), so that a power cut would lose " +
      "what was acknowledged. It is not used. Install the pinned versions with npm ci, or use PostgreSQL (DATABASE_URL).",
  );
}

function keepLogShort(pg: PGlite, files: DurableFiles): void {
  files.logBytes = 0;
  files.onLog = () => {
    if (files.logBytes < checkpointBytes) return;
    files.logBytes = 0;
    // Behind the transaction that is running now. A failure is the next statement's, too.
    queueMicrotask(() => void pg.exec("checkpoint").catch(() => undefined));
  };
}

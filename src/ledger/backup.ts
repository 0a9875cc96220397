import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { PGlite } from "@electric-sql/pglite";
import { putInPlace } from "../lib/whole-file.ts";
import { embeddedLedger, migrate } from "./database.ts";
import { lockDataDirectory } from "./data-directory-lock.ts";
import { openDumpedDatabase } from "./embedded.ts";
import { epochFile } from "./epochs.ts";
import type { Db } from "./schema.ts";

/** What may lie in a data directory that counts as empty: the master key is put there first. */
const allowedBeside = ["keys", "operator.token", "owner.lock", epochFile];
/** Where a restore works until it is done; left over from one that was killed, it is thrown away. */
const unfinished = "database.restoring";

/**
 * The embedded database as it is at one moment, packed (tar, gzip). The archive is made in one go, between two statements; what
 * a transaction under way has written is undone when the copy is opened, as after a crash.
 */
export async function dumpDatabase(embedded: PGlite): Promise<Uint8Array<ArrayBuffer>> {
  await embedded.exec("checkpoint");
  const dump = await embedded.dumpDataDir("gzip");
  return new Uint8Array(await dump.arrayBuffer());
}

/**
 * Makes the embedded database of an empty data directory from a dump, brings its schema up to date and has `prepare` work on
 * it; only then does it take its place. Throws, and leaves nothing, when the directory is not empty or the dump not whole.
 */
export async function restoreDatabase<T>(
  directory: string,
  dump: Uint8Array<ArrayBuffer>,
  prepare: (db: Db) => Promise<T>,
): Promise<T> {
  const inTheWay = existsSync(directory)
    ? readdirSync(directory).filter((name) => ![...allowedBeside, unfinished].includes(name))
    : [];
  if (inTheWay.length > 0) {
    throw new Error(`The data directory ${directory} is not empty: it holds ${inTheWay.slice(0, 5).join(", ")}.`);
  }
  const { release } = lockDataDirectory(directory);
  const place = join(directory, unfinished);
  try {
    rmSync(place, { recursive: true, force: true });
    const loadDataDir = new Blob([unpack(dump)], { type: "application/x-tar" });
    const embedded = await openDumpedDatabase(place, loadDataDir);
    let prepared: T;
    try {
      const db = embeddedLedger(embedded.pg);
      await migrate(db);
      prepared = await prepare(db);
    } finally {
      await embedded.close();
    }
    // What the directory knew of another database; left behind, it would tell of a second restore.
    rmSync(join(directory, epochFile), { force: true });
    putInPlace(place, join(directory, "database"));
    return prepared;
  } finally {
    rmSync(place, { recursive: true, force: true });
    release();
  }
}

/** The sum at the end of the archive tells whether it is whole. */
function unpack(dump: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(gunzipSync(dump));
  } catch {
    throw new Error("The file is not a backup, or not a whole one.");
  }
}

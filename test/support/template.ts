import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { embeddedLedger, openDatabase, type OpenDatabase } from "../../src/ledger/database.ts";

/**
 * Empty embedded databases with today's schema, made once and copied: making one takes seconds of computing, and the suites want hundreds.
 * They are kept between runs of the suites, by what they were made from.
 */
const root = fileURLToPath(new URL("../../node_modules/.cache/ml-connector-test/", import.meta.url));
const keptMs = 86_400_000;

interface Template {
  /** A data directory's `database`. */
  directory: string;
  /** The dump of one in memory. */
  dump: string;
}

let made: Promise<Template> | undefined;
const template = (): Promise<Template> => (made ??= find());

async function find(): Promise<Template> {
  const place = join(root, keyOfSchema());
  if (!existsSync(place)) await make(place);
  return { directory: join(place, "database"), dump: join(place, "memory.tar") };
}

/** Of two that make it at once, the second takes what the first made. */
async function make(place: string): Promise<void> {
  const unfinished = `${place}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const onDisk = await openDatabase({ kind: "embedded", directory: unfinished });
  await onDisk.close();
  const inMemory = await openDatabase({ kind: "embedded", directory: undefined });
  const dump = await inMemory.embedded?.dumpDataDir("none");
  await inMemory.close();
  if (!dump) throw new Error("there is no embedded database");
  writeFileSync(join(unfinished, "memory.tar"), Buffer.from(await dump.arrayBuffer()));
  try {
    renameSync(unfinished, place);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  for (const other of readdirSync(root)) {
    const path = join(root, other);
    if (path !== place && Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true, force: true });
  }
}

function keyOfSchema(): string {
  const hash = createHash("sha256");
  const migrations = fileURLToPath(new URL("../../src/ledger/migrations/", import.meta.url));
  for (const name of readdirSync(migrations).sort()) hash.update(name).update(readFileSync(join(migrations, name)));
  for (const file of ["embedded.ts", "database.ts"]) hash.update(readFileSync(join(migrations, "..", file)));
  // Exact versions stand in it.
  hash.update(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url))));
  return hash.digest("hex").slice(0, 16);
}

/** Puts an empty database where an application is about to start on it. */
export async function placeEmptyDatabase(dataDir: string): Promise<void> {
  cpSync((await template()).directory, join(dataDir, "database"), { recursive: true });
}

/** An empty database in memory. */
export async function openEmptyMemory(): Promise<OpenDatabase> {
  const embedded = await PGlite.create({ loadDataDir: await openAsBlob((await template()).dump) });
  const close = async (): Promise<void> => {
    if (!embedded.closed) await embedded.close();
  };
  return { db: embeddedLedger(embedded), embedded, url: undefined, close };
}

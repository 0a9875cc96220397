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
import { emptied, shapeOf, type Run } from "./emptied.ts";

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

const runOn =
  (embedded: PGlite): Run =>
  async (statements) =>
    (await embedded.exec(statements)).at(-1)?.rows ?? [];

/** Those that were given back, empty again. */
const idle: PGlite[] = [];
let shape: string | undefined;

/** An empty database in memory: one that was used before, where there is one. */
export async function openEmptyMemory(): Promise<OpenDatabase> {
  const whole = idle.pop() ?? (await PGlite.create({ loadDataDir: await openAsBlob((await template()).dump) }));
  shape ??= await shapeOf(runOn(whole));
  const wanted = shape;
  const { lent: embedded, end } = lend(whole);
  const close = async (): Promise<void> => {
    if (!end() || whole.closed) return;
    if (await emptied(runOn(whole), wanted)) idle.push(whole);
    else await whole.close();
  };
  return { db: embeddedLedger(embedded), embedded, url: undefined, close };
}

/** The database itself until it is given back. What its former user still asks for then must not reach the next one's rows. */
function lend(whole: PGlite): { lent: PGlite; end: () => boolean } {
  let isOver = false;
  const lent = new Proxy(whole, {
    get: (target, name): unknown => {
      const value: unknown = Reflect.get(target, name, target);
      if (name === "closed") return isOver || value;
      if (typeof value !== "function") return value;
      return (...values: unknown[]): unknown => {
        if (isOver) throw new Error("PGlite is closed");
        return Reflect.apply(value, target, values);
      };
    },
  });
  return {
    lent,
    end: () => {
      const isFirst = !isOver;
      isOver = true;
      return isFirst;
    },
  };
}

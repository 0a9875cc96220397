import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brokenFilesExit, DurableFiles, findNodeFiles } from "../../src/ledger/durable-files.ts";
import { openEmbeddedDatabase, proveDurable } from "../../src/ledger/embedded.ts";

let folder: string;
let place: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ml-durable-"));
  place = join(folder, "database");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("every commit is synced to the disk, and the log of many stays short", async () => {
  const { pg, syncs, close } = await openEmbeddedDatabase(place);
  await pg.exec("create table t (x text)");
  const before = syncs();
  for (let commit = 0; commit < 20; commit += 1) await pg.query("insert into t values ('x')");
  expect(syncs() - before).toBeGreaterThanOrEqual(20);
  for (let commit = 0; commit < 60; commit += 1) {
    await pg.query("insert into t select repeat(md5(n::text), 60) from generate_series(1, 1000) n");
  }
  await close();
  const logFiles = readdirSync(join(place, "pg_wal")).filter((name) => name.length === 24);
  expect(logFiles.length).toBeLessThanOrEqual(5);
});

test("a database that does not sync its commits is refused", async () => {
  const files = new DurableFiles(place);
  const pg = await PGlite.create({ dataDir: place, fs: files });
  await expect(proveDurable(pg, files)).rejects.toThrow("no fsync around a commit");
  await pg.close();
});

test("the making of a database that was interrupted is begun again", async () => {
  mkdirSync(`${place}.making`);
  writeFileSync(join(`${place}.making`, "PG_VERSION"), "18\n");
  await (await openEmbeddedDatabase(place)).close();
  expect(readdirSync(folder)).toEqual(["database"]);
});

describe("PGlite's file system", () => {
  const nothing = (): undefined => undefined;
  const nodeFiles = {
    realPath: nothing,
    node_ops: { mknod: nothing, rename: nothing, unlink: nothing, rmdir: nothing, setattr: nothing },
    stream_ops: { write: nothing, setattr: nothing },
  };
  test("is found where the pinned version shows it, and where later ones do", () => {
    expect(findNodeFiles({ NODEFS: nodeFiles, FS: {} })).toBe(nodeFiles);
    expect(findNodeFiles({ FS: { filesystems: { NODEFS: nodeFiles } } })).toBe(nodeFiles);
  });
  test.for([{}, { NODEFS: {} }, { FS: { filesystems: {} } }, { NODEFS: { ...nodeFiles, stream_ops: {} } }])(
    "is missed loudly: %j",
    (module) => expect(() => findNodeFiles(module)).toThrow("cannot be made durable"),
  );
});

test("a sync that fails ends the process at once, never tried again; what was acknowledged before is there", async () => {
  await (await openEmbeddedDatabase(place)).close();
  const script = fileURLToPath(new URL("./write-until-broken.ts", import.meta.url));
  const ended = await promisify(execFile)(process.execPath, [script, place, "12"]).catch((error: unknown) => error);
  expect(ended).toMatchObject({ code: brokenFilesExit, stderr: expect.stringMatching(/fsync of .*pg_wal\S* \(EIO\)/) });
  const acknowledged = (ended as { stdout: string }).stdout.trim().split("\n").length;
  expect(acknowledged).toBeGreaterThan(3);
  const { pg, close } = await openEmbeddedDatabase(place);
  const { rows } = await pg.query<{ count: number }>("select count(*)::int as count from kept");
  expect(rows[0]!.count).toBeGreaterThanOrEqual(acknowledged);
  await close();
});

import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { epochFile, hasGoneBack, noteEpoch } from "./epochs.ts";
import type { Db } from "./schema.ts";

let folder: string;
let opened: OpenDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ml-epochs-"));
  opened = await openTestDatabase();
});
afterAll(async () => {
  await opened.close();
  rmSync(folder, { recursive: true });
});

let ids = 0;
const note = (db: Db = opened.db): Promise<void> => noteEpoch(db, folder, new Date(), () => `id-${(ids += 1)}`);
const isBack = (): Promise<boolean> => hasGoneBack(opened.db, folder);
const rows = () => opened.db.selectFrom("epochs").selectAll().execute();

test("a database that went on is told from an older copy of it", async () => {
  expect(await isBack()).toBe(false);
  await note();
  const [first] = await rows();
  expect(await isBack()).toBe(false);
  await note();
  expect(await isBack()).toBe(false);
  await note();
  expect(await isBack()).toBe(false);

  const [now] = await rows();
  await opened.db.updateTable("epochs").set(first!).execute();
  expect(await isBack()).toBe(true);
  // A crash after the database was noted and before the directory was: one ahead is no step back.
  const ahead = { epoch: "one-ahead", previous: now!.epoch };
  await opened.db.updateTable("epochs").set(ahead).execute();
  expect(await isBack()).toBe(false);
  await opened.db.deleteFrom("epochs").execute();
  expect(await isBack()).toBe(true);
});

/** What is written is committed, and nobody hears of it. */
const losingAnswers = (): Db =>
  opened.db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: ({ result }) =>
      result.numAffectedRows === undefined
        ? Promise.resolve(result)
        : Promise.reject(new Error("Connection terminated unexpectedly")),
  });

test("notes whose answers were lost, however many in a row, are no step back", async () => {
  await note();
  for (let lost = 0; lost < 3; lost += 1) {
    await expect(note(losingAnswers())).rejects.toThrow("terminated");
    expect(await isBack()).toBe(false);
  }
  await note();
  expect(await isBack()).toBe(false);
});

test("nor are notes that the directory has no room for", async () => {
  await note();
  const [before] = await rows();
  const inTheWay = join(folder, `${epochFile}.partial`);
  mkdirSync(inTheWay);
  for (let full = 0; full < 3; full += 1) {
    await expect(note()).rejects.toThrow("EISDIR");
    expect(await isBack()).toBe(false);
  }
  rmdirSync(inTheWay);
  await note();
  expect(await isBack()).toBe(false);
  await opened.db.updateTable("epochs").set(before!).execute();
  expect(await isBack()).toBe(true);
});

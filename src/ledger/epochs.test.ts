import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import type { OpenDatabase } from "./database.ts";
import { hasGoneBack, noteEpoch } from "./epochs.ts";

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
const note = (): Promise<void> => noteEpoch(opened.db, folder, new Date(), () => `id-${(ids += 1)}`);
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

import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenFilesExit } from "../../src/ledger/durable-files.ts";
import { openEmbeddedDatabase } from "../../src/ledger/embedded.ts";
import { requireFreeSpace } from "../../src/ledger/free-space.ts";
import { canMountSmallDisk, mountSmallDisk } from "../support/small-disk.ts";

const disk = canMountSmallDisk() ? mountSmallDisk(112) : undefined;
const folder = disk?.folder ?? "";
if (!disk)
  process.stderr.write("NOTICE: no small disk can be mounted here; what happens on a full one is not tested.\n");

const place = join(folder, "database");
const filler = join(folder, "filler");

beforeAll(async () => {
  if (disk) await (await openEmbeddedDatabase(place)).close();
});
afterAll(() => {
  disk?.remove();
});

test.runIf(disk)("a database is not started where too little room is left, and the text says how much", () => {
  expect(() => requireFreeSpace(folder, 200)).toThrow(/Only \d+ MB are free where .* needs 200 MB/);
  requireFreeSpace(folder, 1);
});

test.runIf(disk)(
  "a disk that fills up ends the process; with room again, everything acknowledged is there: three times over",
  async () => {
    const script = fileURLToPath(new URL("./write-until-broken.ts", import.meta.url));
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024));
      const ended = await promisify(execFile)(process.execPath, [script, place], { timeout: 60_000 }).catch(
        (error: unknown) => error,
      );
      expect(ended).toMatchObject({ code: brokenFilesExit, stderr: expect.stringContaining("(ENOSPC)") });
      const lines = (ended as { stdout: string }).stdout.trim().split("\n").filter(Boolean);
      expect(lines.length).toBeGreaterThan(0);
      rmSync(filler);
      const { pg, close } = await openEmbeddedDatabase(place);
      const { rows } = await pg.query<{ count: number; bytes: number }>(
        "select count(*)::int as count, min(length(padding)) as bytes from kept",
      );
      expect(rows[0]!.count).toBeGreaterThanOrEqual(lines.length);
      expect(rows[0]!.bytes).toBe(64_000);
      await pg.exec("truncate kept");
      await close();
    }
  },
);

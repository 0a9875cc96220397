import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSeededRandom } from "../../src/lib/random.ts";
import { provePowerLoss } from "./proof.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

/** A share; `npm run power-loss` runs 500. */
const share = 20;
/** Half a minute where nothing else runs. */
const longMs = 400_000;

test(
  "after a power cut at any moment the database starts and holds every acknowledged commit, none of them half",
  { timeout: longMs },
  async () => {
    const { losses, syncs, commits } = await provePowerLoss({ images: share, seed: 20260302 });
    expect(losses).toEqual([]);
    expect(syncs).toBeGreaterThan(commits);
  },
);

test("the same power cuts lose commits of a database that does not sync", { timeout: longMs }, async () => {
  const { losses, syncs } = await provePowerLoss({ images: 6, seed: 20260302, withoutSync: true });
  expect(syncs).toBe(0);
  expect(losses.length).toBeGreaterThan(0);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ml-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Every state that power cuts leave of one file and its neighbours, as `name=content`. */
function outcomes(disk: SimulatedDisk): Set<string> {
  const random = createSeededRandom(7);
  const seen = new Set<string>();
  for (let cut = 0; cut < 60; cut += 1) {
    const image = join(folder, "image");
    disk.writeImage(image, random);
    const files = readdirSync(image).map((name) => `${name}=${readFileSync(join(image, name), "utf8")}`);
    seen.add(files.sort().join(" "));
    rmSync(image, { recursive: true });
  }
  return seen;
}

const startWith = (files: Record<string, string>): SimulatedDisk => {
  mkdirSync(join(folder, "base"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "base", name), text);
  return new SimulatedDisk(join(folder, "base"));
};
const write = (path: string, text: string, at = 0) => ({ kind: "write" as const, path, at, bytes: Buffer.from(text) });

test("a write is certain after its sync, and not before", () => {
  const disk = startWith({ a: "old" });
  disk.apply(write("a", "new"));
  expect(outcomes(disk)).toEqual(new Set(["a=old", "a=new"]));
  disk.apply({ kind: "sync", path: "a" });
  expect(outcomes(disk)).toEqual(new Set(["a=new"]));
});

test("a write that is not synced tears between sectors, nowhere else", () => {
  const sector = (letter: string): string => letter.repeat(512);
  const disk = startWith({ a: sector("-") + sector("-") });
  disk.apply(write("a", sector("x") + sector("y")));
  const expected = [
    sector("-") + sector("-"),
    sector("x") + sector("-"),
    sector("-") + sector("y"),
    sector("x") + sector("y"),
  ];
  expect(outcomes(disk)).toEqual(new Set(expected.map((text) => `a=${text}`)));
});

test("a rename is certain after the directory's sync; until then the old name or the new one is there", () => {
  const disk = startWith({ a: "1", b: "2" });
  disk.apply({ kind: "rename", path: "a", to: "b" });
  expect(outcomes(disk)).toEqual(new Set(["a=1 b=2", "b=1"]));
  disk.apply({ kind: "sync", path: "" });
  expect(outcomes(disk)).toEqual(new Set(["b=1"]));
});

test("a new file is certain after its own sync; a removed one may come back until the directory's", () => {
  const disk = startWith({ a: "1" });
  disk.apply({ kind: "make", path: "n", directory: false });
  disk.apply(write("n", "new"));
  disk.apply({ kind: "sync", path: "n" });
  expect(outcomes(disk)).toEqual(new Set(["a=1 n=new"]));
  disk.apply({ kind: "remove", path: "a" });
  expect(outcomes(disk)).toEqual(new Set(["a=1 n=new", "n=new"]));
});

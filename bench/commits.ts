import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { openEmbeddedDatabase } from "../src/ledger/embedded.ts";
import type { Figure } from "./journey.ts";

/** What syncing costs: single commits of one row, on the durable database and on PGlite as it is by itself, in turns. */
export async function measureCommits(commits: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "ml-bench-commits-"));
  try {
    const durable = await openEmbeddedDatabase(join(folder, "durable"));
    const bare = await PGlite.create({ dataDir: join(folder, "bare") });
    const took = { durable: 0, bare: 0 };
    for (const pg of [durable.pg, bare]) await pg.exec("create table t (x text)");
    for (let round = 0; round < 5; round += 1) {
      for (const [name, pg] of [["durable", durable.pg] as const, ["bare", bare] as const]) {
        const startedAt = performance.now();
        for (let commit = 0; commit < commits / 5; commit += 1) await pg.query("insert into t values ('x')");
        took[name] += performance.now() - startedAt;
      }
    }
    await durable.close();
    await bare.close();
    return [
      { what: "a commit, embedded, synced to the disk", value: `${(took.durable / commits).toFixed(2)} ms` },
      { what: "a commit, embedded, not synced (PGlite by itself)", value: `${(took.bare / commits).toFixed(2)} ms` },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

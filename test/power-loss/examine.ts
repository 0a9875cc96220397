import { sql } from "kysely";
import { verifyAudit } from "../../src/ledger/audit-verify.ts";
import { appendAudit } from "../../src/ledger/audit.ts";
import { openDatabase } from "../../src/ledger/database.ts";
import type { Db } from "../../src/ledger/schema.ts";
import type { Examination } from "./examiner.ts";
import { digest } from "./workload.ts";

/** A process of its own, so that a database that hangs on a broken image can be killed. */
process.on("message", (one: Examination) => {
  void examine(one).then((found) => process.send?.({ found }));
});

/** What is wrong with a database after the power cut; undefined when nothing is. */
async function examine({ directory, last, digests }: Examination): Promise<string | undefined> {
  let opened;
  try {
    opened = await openDatabase({ kind: "embedded", directory });
  } catch (error) {
    return `does not start: ${String(error)}`;
  }
  try {
    const found = await digest(opened.db);
    // The commit under way may have reached the disk without its answer having been seen.
    if (!digests.slice(last, last + 2).includes(found)) {
      const at = digests.lastIndexOf(found);
      return at === -1 ? "holds what was never committed" : `holds ${at} commits of ${last} acknowledged`;
    }
    if (!(await isWhole(opened.db))) return "its indexes and its tables differ";
    await appendAudit(opened.db, new Date("2026-03-03T08:00:00Z"), "operator", [
      { connectionId: undefined, event: "settings.changed" },
    ]);
    const broken = (await verifyAudit(opened.db, {})).flatMap(({ findings }) => findings);
    return broken.length === 0 ? undefined : `its audit trail is broken: ${broken[0]?.text ?? ""}`;
  } catch (error) {
    return `cannot be read: ${String(error)}`;
  } finally {
    await opened.close();
  }
}

/** Whether each table's index of its primary key holds as many rows as the table. */
async function isWhole(db: Db): Promise<boolean> {
  for (const table of ["records", "effects", "links", "cursors", "audit", "audit_heads", "doorbells"] as const) {
    const counts: number[] = [];
    for (const way of ["indexonlyscan, indexscan, bitmapscan", "seqscan"]) {
      const off = way.split(", ").map((name) => sql`set local ${sql.raw(`enable_${name}`)} = off`);
      const { rows } = await db.transaction().execute(async (tx) => {
        for (const statement of off) await statement.execute(tx);
        return sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(tx);
      });
      counts.push(rows[0]?.count ?? -1);
    }
    if (counts[0] !== counts[1]) return false;
  }
  return true;
}

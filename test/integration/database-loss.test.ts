import { sql } from "kysely";
import { expect, test } from "vitest";
import { engine, openTestDatabase } from "../support/database.ts";

test.runIf(engine === "server")(
  "a session that the server ends between two statements fails its transaction, and the process goes on",
  async () => {
    const ledger = await openTestDatabase();
    try {
      const transaction = ledger.db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
        await sql`select pg_terminate_backend(${rows[0]!.pid}::int)`.execute(ledger.db);
        // Until the end of the session has been heard of; nothing is under way on it.
        await expect
          .poll(async () => {
            const left = sql<{ left: number }>`
              select count(*)::int as left from pg_stat_activity where pid = ${rows[0]!.pid}::int`;
            return (await left.execute(ledger.db)).rows[0]?.left;
          })
          .toBe(0);
        await sql`select 1`.execute(tx);
      });
      await expect(transaction).rejects.toThrow();
      const { rows } = await sql<{ one: number }>`select 1 as one`.execute(ledger.db);
      expect(rows).toEqual([{ one: 1 }]);
    } finally {
      await ledger.close();
    }
  },
);

import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runMoveDatabase } from "../../src/cli/move-database.ts";
import { verifyAudit } from "../../src/ledger/audit-verify.ts";
import { openDatabase } from "../../src/ledger/database.ts";
import { createServerDatabase, serverUrl } from "../support/database.ts";
import { readWholeDatabase } from "../support/whole-database.ts";
import { connectionId, createWorld } from "../support/world.ts";

let target: { url: string; drop(): Promise<void> } | undefined;
beforeEach(async () => {
  target = serverUrl === undefined ? undefined : await createServerDatabase();
});
afterEach(() => target?.drop());

async function move(dataDir: string, argv: readonly string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runMoveDatabase([...argv], {
    env: { ML_DATA_DIR: dataDir, ...env },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    readInput: () => Promise.resolve(""),
    fetchFrom: () => () => Promise.reject(new Error("no network is needed")),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const ours = async (db: Parameters<typeof readWholeDatabase>[0]) => {
  const rows = await db.transaction().execute(async (tx) => {
    await sql`set local timezone = 'UTC'`.execute(tx);
    return readWholeDatabase(tx);
  });
  const all = [...rows].filter(([table]) => /^public\.(?!kysely_)/.test(table));
  return Object.fromEntries(all.map(([table, lines]) => [table, lines.toSorted()]));
};

test.runIf(serverUrl !== undefined)(
  "an installation that has worked is moved to a server whole, refused while it runs and over other data, and works on there",
  async () => {
    const world = await createWorld({ orders: 5, onDisk: true });
    const { folder } = world;
    const to = ["--to", target!.url];
    await world.app.auth.createUser({ email: "ada@example.com", name: "Ada", password: "correct horse battery" });
    await world.settle();
    const running = await move(folder, to);
    expect([running.code, running.err]).toEqual([1, expect.stringMatching(/Nothing was moved\. .*in use by process/)]);
    await world.app.stop();

    const source = await openDatabase({ kind: "embedded", directory: folder });
    const before = await ours(source.db);
    await source.close();
    expect(before["public.records"]?.length).toBeGreaterThanOrEqual(5);
    expect(before["public.users"]?.length).toBe(1);

    // Something of somebody else's in the target.
    const there = await openDatabase({ kind: "server", url: target!.url });
    const at = new Date();
    await there.db
      .insertInto("epochs")
      .values({ place: "another", epoch: "1", previous: null, noted_at: at })
      .execute();
    const occupied = await move(folder, to);
    expect([occupied.code, occupied.err]).toEqual([1, expect.stringMatching(/in use by|is not empty/)]);
    await there.db.deleteFrom("epochs").execute();
    // Also from a server that lives in another time zone.
    await sql`alter database ${sql.id(new URL(target!.url).pathname.slice(1))} set timezone = 'America/New_York'`.execute(
      there.db,
    );
    await there.close();

    const moved = await move(folder, to);
    expect([moved.code, moved.out]).toEqual([0, expect.stringMatching(/rows of \d+ tables moved and compared/)]);
    expect(moved.err).toMatch(/^records: \d+ rows$/m);
    expect(existsSync(join(folder, "database"))).toBe(false);
    expect(readdirSync(folder)).toContain("database.moved");

    // An interruption between the copy's end and the new name: the move is taken for done.
    renameSync(join(folder, "database.moved"), join(folder, "database"));
    expect((await move(folder, to)).code).toBe(0);
    expect(readdirSync(folder)).toContain("database.moved");

    const arrived = await openDatabase({ kind: "server", url: target!.url });
    try {
      expect(await ours(arrived.db)).toEqual(before);
      expect((await verifyAudit(arrived.db, {})).flatMap(({ findings }) => findings)).toEqual([]);
      // The next entry has the next number: the sequences came along.
      const [last] = (
        await sql<{ id: number }>`
          insert into audit (connection_id, at, actor, event, detail) values (${connectionId}, now(), 'x', 'x.y', '{}')
          returning id`.execute(arrived.db)
      ).rows;
      expect(last!.id).toBeGreaterThan(before["public.audit"]!.length);
    } finally {
      await arrived.close();
      rmSync(folder, { recursive: true });
    }
  },
);

test("asked wrongly", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ml-move-"));
  try {
    for (const argv of [[], ["x", "--to", "postgres://db"], ["--to", "mysql://db"]]) {
      expect((await move(folder, argv)).code).toBe(2);
    }
    expect((await move(folder, ["--to", "postgres://db"], { DATABASE_URL: "postgres://db" })).code).toBe(2);
    const nothing = await move(folder, ["--to", "postgres://db"]);
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringMatching(/no embedded database/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

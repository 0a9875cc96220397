import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../test/support/database.ts";
import { createSeededRandom } from "../lib/random.ts";
import { appendAudit } from "./audit.ts";
import { hashEntry } from "./audit-chain.ts";
import { createAuditHeads } from "./audit-heads.ts";
import { verifyAudit, type ChainReport } from "./audit-verify.ts";
import type { OpenDatabase } from "./database.ts";

const at = new Date(Date.UTC(2026, 0, 5, 8));
const length = 40;

let opened: OpenDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

/** Beyond the append-only trigger, as somebody who owns the database could. */
async function tamper(...statements: string[]): Promise<void> {
  await sql`alter table audit disable trigger audit_append_only`.execute(opened.db);
  for (const statement of statements) await sql.raw(statement).execute(opened.db);
  await sql`alter table audit enable trigger audit_append_only`.execute(opened.db);
}

const append = (connectionId: string | undefined, count: number, from = 0): Promise<void> =>
  appendAudit(
    opened.db,
    at,
    "ada@example.com",
    Array.from({ length: count }, (_, index) => ({
      connectionId,
      kind: "order" as const,
      key: `SO/${from + index}`,
      event: "order.seen",
      detail: { step: from + index, price: 1.5, none: undefined, nested: { b: [1, null], a: "ü\u2028" } },
    })),
  );

async function verified(connectionId: string | null = "c"): Promise<ChainReport> {
  const [report, ...others] = await verifyAudit(opened.db, { connectionId });
  expect(others).toEqual([]);
  return report!;
}

beforeEach(async () => {
  await tamper("truncate audit restart identity", "truncate audit_heads");
});

describe("the chain", () => {
  test("of many entries, in many calls, of several connections and of none, is intact", async () => {
    for (const count of [1, 30, 2_500]) await append("c", count);
    await append(undefined, 3);
    await appendAudit(opened.db, at, "x", [
      { connectionId: "d", event: "b.made" },
      { connectionId: "c", event: "a.made" },
      { connectionId: undefined, event: "c.made" },
    ]);
    const reports = await verifyAudit(opened.db, {});
    expect(reports.map(({ connectionId, head, found }) => [connectionId, head.seq, found])).toEqual([
      [null, 4, 0],
      ["c", 2_532, 0],
      ["d", 1, 0],
    ]);
  });

  test("is made as the guide says, from nothing but the exported entries", async () => {
    await append("c", 3);
    const rows = await opened.db.selectFrom("audit").selectAll().orderBy("seq").execute();
    let hash = "";
    for (const row of rows) {
      hash = hashEntry(hash, { ...row, connectionId: row.connection_id, seq: row.seq! });
      expect(row.hash).toBe(hash);
    }
    expect((await verified()).head).toEqual({ seq: 3, hash });
  });

  test("texts the database changes on the way in do not break it", async () => {
    await appendAudit(opened.db, at, "a\ud800b", [{ connectionId: "c", event: "x.done", key: "\udfff" }]);
    expect(await verified()).toMatchObject({ found: 0, head: { seq: 1 } });
  });

  test("is not moved by a transaction that fails", async () => {
    const failing = opened.db.transaction().execute(async (tx) => {
      await appendAudit(tx, at, "x", [{ connectionId: "c", event: "x.done" }]);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await append("c", 2);
    expect(await verified()).toMatchObject({ found: 0, head: { seq: 2 } });
  });

  test("in a transaction with an isolation level of its own the entries are written, too", async () => {
    await opened.db
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute((tx) => appendAudit(tx, at, "x", [{ connectionId: "c", event: "x.done" }]));
    expect(await verified()).toMatchObject({ found: 0, head: { seq: 1 } });
  });

  test("entries from before the chain are counted, and not vouched for", async () => {
    await tamper(
      "insert into audit (connection_id, at, actor, event) select 'c', now(), 'x', 'old' from generate_series(1, 3)",
      "insert into audit_heads (chain, seq, hash, earlier) values ('c', 0, '', 3)",
    );
    await append("c", 2);
    expect(await verified()).toMatchObject({ earlier: 3, found: 0, head: { seq: 2 } });
    await tamper("delete from audit where id = 2");
    expect((await verified()).findings).toMatchObject([{ kind: "missing", seq: null }]);
  });
});

describe("writers at the same time", () => {
  test("leave no gap and no fork, whatever order they touch connections in", async () => {
    const chains = ["c", "d", undefined];
    await Promise.all(
      Array.from({ length: 30 }, (_, writer) =>
        opened.db.transaction().execute(async (tx) => {
          for (let step = 0; step < 6; step += 1) {
            const connectionId = chains[(writer + step) % 3];
            await appendAudit(tx, at, `writer ${writer}`, [{ connectionId, event: "x.done", detail: { step } }]);
          }
        }),
      ),
    );
    const reports = await verifyAudit(opened.db, {});
    expect(reports.map(({ head, found }) => [head.seq, found])).toEqual([
      [60, 0],
      [60, 0],
      [60, 0],
    ]);
  });

  test("never wait in a circle: one that told of a record before it takes another holds nobody up", async () => {
    // Rows of the same table stand for two records.
    for (const record of ["one", "two"]) {
      await opened.db.insertInto("audit_heads").values({ chain: record, seq: 0, hash: "" }).execute();
    }
    const work = (...records: string[]) =>
      opened.db.transaction().execute(async (tx) => {
        for (const record of records) {
          await tx.selectFrom("audit_heads").select("seq").where("chain", "=", record).forUpdate().execute();
          await appendAudit(tx, at, "x", [{ connectionId: "c", event: "x.done" }]);
        }
      });
    for (let round = 0; round < 25; round += 1) {
      await Promise.all([work("one", "two"), work("two"), work("one", "two"), work("two")]);
    }
    expect(await verified()).toMatchObject({ found: 0, head: { seq: 150 } });
  });
});

describe("every change behind our back is found, and its place named", () => {
  const places = (seed: number): number[] => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 12 }, () => 1 + Math.floor(random.next() * length));
  };
  const found = async (): Promise<[string, number | null][]> =>
    (await verified()).findings.map(({ kind, seq }) => [kind, seq]);
  beforeEach(() => append("c", length));

  test.for([
    ["actor = 'eve'"],
    ["at = at + interval '1 second'"],
    ["key = 'SO/x'"],
    ["key = null"],
    ["kind = 'label'"],
    ["event = 'order.skipped'"],
    [`detail = detail || '{"more": 1}'`],
    ["connection_id = 'c', hash = repeat('0', 64)"],
  ])("an entry altered: %s", async ([change]) => {
    for (const seq of places(1).slice(0, 4)) {
      await tamper(`create table kept as select * from audit`, `update audit set ${change ?? ""} where seq = ${seq}`);
      expect((await found())[0]).toEqual(["altered", seq]);
      await tamper("truncate audit", "insert into audit overriding system value select * from kept", "drop table kept");
    }
    expect(await found()).toEqual([]);
  });

  test("an entry altered together with its own hash", async () => {
    const row = await opened.db.selectFrom("audit").selectAll().where("seq", "=", 7).executeTakeFirstOrThrow();
    const before = await opened.db.selectFrom("audit").select("hash").where("seq", "=", 6).executeTakeFirstOrThrow();
    const hash = hashEntry(before.hash!, { ...row, connectionId: "c", seq: 7, actor: "eve" });
    await tamper(`update audit set actor = 'eve', hash = '${hash}' where seq = 7`);
    const report = await verified();
    expect(report.findings).toMatchObject([{ kind: "altered", seq: 8 }]);
    expect(report.findings[0]?.text).toContain("entry 7");
  });

  test("entries removed", async () => {
    for (const seq of places(2).filter((place) => place < length - 1)) {
      await tamper(`create table kept as select * from audit`, `delete from audit where seq in (${seq}, ${seq + 1})`);
      expect((await found())[0]).toEqual(["missing", seq]);
      await tamper("truncate audit", "insert into audit overriding system value select * from kept", "drop table kept");
    }
  });

  test("an entry removed and the rest renumbered", async () => {
    await tamper("delete from audit where seq = 12", "drop index audit_chain");
    await tamper("update audit set seq = seq - 1 where seq > 12");
    await tamper("create unique index audit_chain on audit (coalesce(connection_id, ''), seq) where seq is not null");
    expect((await found())[0]).toEqual(["altered", 12]);
  });

  test("an entry put in, with a number or without", async () => {
    await tamper("insert into audit (connection_id, at, actor, event) values ('c', now(), 'eve', 'x')");
    expect(await found()).toEqual([["inserted", null]]);
    await tamper("delete from audit where actor = 'eve'");
    await tamper(
      `insert into audit (connection_id, at, actor, event, seq, hash) values ('c', now(), 'eve', 'x', ${length + 1}, '00')`,
    );
    expect(await found()).toEqual([["inserted", length + 1]]);
  });

  test("entries that changed places", async () => {
    for (const seq of places(3).filter((place) => place < length)) {
      const swap = [
        `update audit set seq = -1 where seq = ${seq}`,
        `update audit set seq = ${seq} where seq = ${seq + 1}`,
        `update audit set seq = ${seq + 1} where seq = -1`,
      ];
      await tamper(...swap);
      expect(await found()).toContainEqual(["reordered", seq + 1]);
      await tamper(...swap);
    }
    expect(await found()).toEqual([]);
  });

  test("the end cut off", async () => {
    for (const seq of places(4).sort((one, other) => other - one)) {
      await tamper(`delete from audit where seq >= ${seq}`);
      expect(await found()).toEqual([["truncated", seq]]);
    }
  });

  test("the head changed, or gone", async () => {
    await tamper("update audit_heads set hash = repeat('0', 64)");
    expect(await found()).toEqual([["head", length]]);
    await tamper("delete from audit_heads");
    expect(await found()).toEqual([["head", length]]);
  });

  test("only a head kept elsewhere shows a trail that was rewritten or cut off together with its head", async () => {
    const { head } = await verified();
    const check = async () => (await verifyAudit(opened.db, { connectionId: "c", kept: head }))[0]!.findings;
    expect(await check()).toEqual([]);
    await append("c", 5, length);
    expect(await check()).toEqual([]);

    await tamper("truncate audit restart identity", "truncate audit_heads");
    await append("c", length, 1);
    expect(await found()).toEqual([]);
    expect(await check()).toMatchObject([{ kind: "altered", seq: length }]);

    await tamper("truncate audit restart identity", "truncate audit_heads");
    await append("c", length - 10);
    expect(await found()).toEqual([]);
    expect(await check()).toMatchObject([{ kind: "truncated", seq: length - 9 }]);

    await tamper("truncate audit restart identity", "truncate audit_heads");
    expect(await check()).toMatchObject([{ kind: "truncated", seq: 1 }]);
  });
});

describe("signed heads", () => {
  const clock = { now: () => Date.UTC(2026, 0, 2) };

  test("tell a chain that was cut off, also when its head was cut back with it", async () => {
    await append("c", 8);
    const heads = createAuditHeads(opened.db, clock, Buffer.alloc(32, 1));
    const kept = await heads.sign();
    expect(await heads.check(kept)).toMatchObject({ isSigned: true, intact: true });
    await tamper(
      "delete from audit where seq > 5",
      "update audit_heads set seq = 5, hash = (select hash from audit where seq = 5)",
    );
    // By itself the chain looks intact.
    expect((await verified()).found).toBe(0);
    const report = await heads.check(kept);
    expect(report).toMatchObject({ isSigned: true, intact: false });
    expect(report.chains.flatMap(({ findings }) => findings.map(({ kind }) => kind))).toEqual(["truncated"]);
  });

  test("that another key signed, or that somebody changed, are told as such", async () => {
    await append("c", 2);
    const heads = createAuditHeads(opened.db, clock, Buffer.alloc(32, 1));
    const foreign = await createAuditHeads(opened.db, clock, Buffer.alloc(32, 2)).sign();
    expect(await heads.check(foreign)).toMatchObject({ isSigned: false, intact: false });
    const kept = await heads.sign();
    const changed = { ...kept, at: "2026-01-03T00:00:00.000Z" };
    expect(await heads.check(changed)).toMatchObject({ isSigned: false, intact: false });
  });
});

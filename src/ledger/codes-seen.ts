import { sql } from "kysely";
import type { Db, Tx } from "./schema.ts";

/**
 * Lists of codes that orders and labels really carried. `service` is ShipStation's `carrier/service/package`, `package` its package
 * alone; the others are Acumatica's codes.
 */
export const codeLists = ["ship-via", "warehouse", "order-type", "service", "package"] as const;
export type CodeList = (typeof codeLists)[number];

export interface SeenCode {
  list: CodeList;
  code: string;
  /** Records, new or changed, that carried it. */
  seen: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** The key of the last record that carried it. */
  example: string;
}

/** Counts codes, in the transaction that stores the records they were on: an unchanged record counts once, however often it is read. */
export async function noteCodes(
  tx: Tx,
  connectionId: string,
  now: Date,
  codes: readonly { list: CodeList; code: string; example: string }[],
): Promise<void> {
  const counted = new Map<string, { list: CodeList; code: string; example: string; seen: number }>();
  for (const each of codes) {
    const code = each.code.trim();
    if (code === "" || code.length > 300) continue;
    const name = `${each.list}\n${code}`;
    counted.set(name, { ...each, code, seen: (counted.get(name)?.seen ?? 0) + 1 });
  }
  if (counted.size === 0) return;
  const rows = [...counted.values()].toSorted((left, right) =>
    `${left.list}\n${left.code}` < `${right.list}\n${right.code}` ? -1 : 1,
  );
  await tx
    .insertInto("codes_seen")
    .values(
      rows.map(({ list, code, example, seen }) => ({
        ...{ connection_id: connectionId, list, code, example, seen, first_seen_at: now, last_seen_at: now },
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "list", "code"]).doUpdateSet((row) => ({
        seen: sql<number>`codes_seen.seen + excluded.seen`,
        last_seen_at: row.ref("excluded.last_seen_at"),
        example: row.ref("excluded.example"),
      })),
    )
    .execute();
}

/** All codes of a connection, the most frequent first. */
export async function codesSeen(db: Db, connectionId: string): Promise<SeenCode[]> {
  const rows = await db
    .selectFrom("codes_seen")
    .selectAll()
    .where("connection_id", "=", connectionId)
    .orderBy("list")
    .orderBy("seen", "desc")
    .orderBy("code")
    .execute();
  return rows.map((row) => ({
    list: row.list as CodeList,
    code: row.code,
    seen: row.seen,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    example: row.example,
  }));
}

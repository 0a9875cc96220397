import type { ErrorCode } from "../lib/error-table.ts";
import type { Db } from "./schema.ts";

/** What somebody should see to although the connection runs. */
export interface Notice {
  code: ErrorCode;
  text: string;
}

/** Raises a notice, changes its text, or takes it back where `text` is undefined. */
export async function setNotice(
  db: Db,
  connectionId: string,
  code: ErrorCode,
  text: string | undefined,
  now: Date,
): Promise<void> {
  if (text === undefined) {
    await db.deleteFrom("notices").where("connection_id", "=", connectionId).where("code", "=", code).execute();
    return;
  }
  await db
    .insertInto("notices")
    .values({ connection_id: connectionId, code, text, since: now })
    .onConflict((conflict) =>
      conflict.columns(["connection_id", "code"]).doUpdateSet({ text }).where("notices.text", "!=", text),
    )
    .execute();
}

/** The notices of each of these connections. */
export async function noticesOf(db: Db, connectionIds: readonly string[]): Promise<Map<string, Notice[]>> {
  if (connectionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("notices")
    .selectAll()
    .where("connection_id", "in", connectionIds)
    .orderBy("code")
    .execute();
  const notices = new Map<string, Notice[]>();
  for (const { connection_id: id, code, text } of rows) {
    notices.set(id, [...(notices.get(id) ?? []), { code: code as ErrorCode, text }]);
  }
  return notices;
}

import type { Selectable } from "kysely";
import type { Database, Db } from "../ledger/schema.ts";
import type { Connection } from "./connection.ts";

/** How a connection by OAuth stands with Acumatica. */
export interface Authorisation {
  /** `none`: nobody has given consent yet; `ended`: somebody must again; `ends-soon`: within a week. */
  state: "none" | "valid" | "ends-soon" | "ended";
  authorisedAt: Date | undefined;
  authorisedBy: string | undefined;
  /** When Acumatica will want a person again; undefined where it never will, or it is not known. */
  endsAt: Date | undefined;
}

const day = 86_400_000;
/** How long before the end of a consent a person is told. */
const warnMs = 7 * day;

/**
 * What is known of a consent at a time. Its end is reckoned from what the connected application says: Acumatica's answers do not tell
 * it (facts: acumatica 1.3).
 */
export function authorisationOf(
  { settings }: Pick<Connection, "settings">,
  row: Selectable<Database["authorisations"]> | undefined,
  nowMs: number,
): Authorisation {
  const { kind, authorisation } = settings.signIn;
  const authorisedAt = row?.authorised_at ?? undefined;
  const authorisedBy = row?.authorised_by ?? undefined;
  if (!row || row.version === 0) return { state: "none", authorisedAt, authorisedBy, endsAt: undefined };
  const from = authorisation.lasts === "sliding" ? row.refreshed_at : row.authorised_at;
  // A password gives new tokens whenever they are needed.
  const isEndless = authorisation.lasts === "infinite" || kind === "oauth-password" || !from;
  const endsAt = isEndless ? undefined : new Date(from.getTime() + authorisation.days * day);
  if (row.ended_at || (endsAt && endsAt.getTime() <= nowMs)) {
    return { state: "ended", authorisedAt, authorisedBy, endsAt: row.ended_at ?? endsAt };
  }
  const isSoon = endsAt !== undefined && endsAt.getTime() - warnMs <= nowMs;
  return { state: isSoon ? "ends-soon" : "valid", authorisedAt, authorisedBy, endsAt };
}

export async function storedAuthorisation(db: Db, connection: Connection, nowMs: number): Promise<Authorisation> {
  const row = await db
    .selectFrom("authorisations")
    .selectAll()
    .where("connection_id", "=", connection.id)
    .executeTakeFirst();
  return authorisationOf(connection, row, nowMs);
}

import type { CompanyCheck, Landmark } from "../acumatica/company.ts";
import { appendAudit } from "../ledger/audit.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { ConnectorError } from "../lib/errors.ts";

/** The company a connection belongs to, as it is recognised. */
export interface Company {
  landmark: Landmark;
  /** When it was first signed in to. */
  seenAt: Date;
  /** When a person said that it is the right one; undefined as long as it is only the first that was seen. */
  confirmedAt: Date | undefined;
  confirmedBy: string | undefined;
}

export async function storedCompany(db: Db, connectionId: string): Promise<Company | undefined> {
  const row = await db.selectFrom("companies").selectAll().where("connection_id", "=", connectionId).executeTakeFirst();
  return (
    row && {
      landmark: row.landmark as Landmark,
      seenAt: row.seen_at,
      confirmedAt: row.confirmed_at ?? undefined,
      confirmedBy: row.confirmed_by ?? undefined,
    }
  );
}

/** What a landmark is, in words. */
export const landmarkTitle = ({ entity, key, name, id }: Landmark): string =>
  `${entity === "StockItem" ? "stock item" : "customer"} ${key}${name === "" ? "" : ` (${name})`}, id ${id}`;

/**
 * Compares the company of every sign-in with the one that was confirmed, or else with the first one seen. Throws ConnectorError
 * `acumatica.wrong-company` before anything is written (failures F8).
 */
export function createCompanyCheck(db: Db, clock: Clock, connectionId: string): CompanyCheck {
  return async ({ has, choose }) => {
    const known = await storedCompany(db, connectionId);
    const landmark = known ? known.landmark : await firstSight(await choose());
    if (!landmark || (await has(landmark))) return;
    throw new ConnectorError("acumatica.wrong-company", {
      message:
        `This is not the company of this connection: it has no ${landmarkTitle(landmark)}. Nothing was written. ` +
        "Look at it with `connection company`, and mend the tenant or confirm the company that is there.",
    });
  };

  /** Of two processes that look first at the same time, the second gets what the first has stored, and compares. */
  async function firstSight(landmark: Landmark | undefined): Promise<Landmark | undefined> {
    if (!landmark) return undefined;
    const at = new Date(clock.now());
    const isFirst = await db.transaction().execute(async (tx) => {
      const row = await tx
        .insertInto("companies")
        .values({ connection_id: connectionId, landmark: JSON.stringify(landmark), seen_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .returning("connection_id")
        .executeTakeFirst();
      if (row) await appendAudit(tx, at, "sign-in", [{ connectionId, event: "company.seen", detail: { landmark } }]);
      return row !== undefined;
    });
    return isFirst ? undefined : (await storedCompany(db, connectionId))?.landmark;
  }
}

/** A person's word that this is the right company, in place of any other. */
export async function confirmCompany(
  db: Db,
  clock: Clock,
  connectionId: string,
  landmark: Landmark,
  actor: string,
): Promise<void> {
  const at = new Date(clock.now());
  await db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom("companies")
      .select("landmark")
      .where("connection_id", "=", connectionId)
      .forUpdate()
      .executeTakeFirst();
    const values = { landmark: JSON.stringify(landmark), seen_at: at, confirmed_at: at, confirmed_by: actor };
    await tx
      .insertInto("companies")
      .values({ connection_id: connectionId, ...values })
      .onConflict((conflict) => conflict.column("connection_id").doUpdateSet(values))
      .execute();
    const detail = { landmark, ...(before ? { before: before.landmark } : {}) };
    await appendAudit(tx, at, actor, [{ connectionId, event: "company.confirmed", detail }]);
  });
}

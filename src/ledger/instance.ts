import type { Random } from "../lib/random.ts";
import type { Db } from "./schema.ts";

const letters = "abcdefghijkmnpqrstuvwxyz23456789";
/** Two in a billion are alike; it has to find room in a description. */
const nameLength = 6;

/** The name of this ledger among all those that may write to the same ERP. A restored or moved one keeps it. */
export async function instanceName(db: Db, random: Random): Promise<string> {
  const known = async (): Promise<string | undefined> =>
    (await db.selectFrom("instance").select("name").executeTakeFirst())?.name;
  const name = await known();
  if (name !== undefined) return name;
  const made = [...random.bytes(nameLength)].map((byte) => letters.charAt(byte % letters.length)).join("");
  await db
    .insertInto("instance")
    .values({ id: 1, name: made })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another process may have been first.
  return (await known()) ?? made;
}

import type { Db } from "../ledger/schema.ts";
import { ok, warning, type Finding } from "./fit-stages.ts";

/** Lives a key pair may have been given, in months (facts: shipstation 1.2). */
const lives = [3, 6, 12];
const warnMs = 14 * 86_400_000;

/** When the connection's key pair was sealed. Nothing in the API tells when it was made or when it ends. */
export async function keyAddedAt(db: Db, connectionId: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom("secrets")
    .select("updated_at")
    .where("connection_id", "=", connectionId)
    .where("field", "=", "shipstation.apiKey")
    .executeTakeFirst();
  return row?.updated_at;
}

/** A key that was entered on the day it was made ends 3, 6 or 12 months later; earlier if it was made earlier. */
export function judgeKeyAge(addedAt: Date | undefined, now: number): Finding {
  if (!addedAt) {
    return ok("Nothing tells how old the key is.", {
      meaning: "Key pairs live 3, 6 or 12 months, as chosen when they are made.",
    });
  }
  const day = addedAt.toISOString().slice(0, 10);
  const ends = lives.map((months) => ({ months, at: monthsAfter(addedAt, months) }));
  const soon = ends.find(({ at }) => now < at && at - now <= warnMs);
  const cure =
    "Look in ShipStation (Settings, Account, API Settings) when it ends; make the second pair in time and enter it here.";
  if (soon) {
    const end = new Date(soon.at).toISOString().slice(0, 10);
    return warning(
      `The key was entered on ${day}; if it was made for ${soon.months} months, it ends by ${end}.`,
      cure,
      {
        meaning:
          "When it ends, nothing goes out or comes back before a new one is entered. Two pairs may live at once.",
      },
    );
  }
  const last = ends.at(-1)?.at ?? 0;
  if (now >= last) {
    return warning(`The key was entered on ${day}, and no key made today lives longer than 12 months.`, cure, {
      meaning: "It works still; it is of an age at which it may end any day.",
    });
  }
  return ok(`The key was entered on ${day}.`, {
    meaning:
      "ShipStation does not tell when it ends: key pairs live 3, 6 or 12 months. This check warns two weeks before each.",
  });
}

function monthsAfter(from: Date, months: number): number {
  const day = new Date(from);
  day.setUTCMonth(day.getUTCMonth() + months);
  return day.getTime();
}

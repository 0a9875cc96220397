import type { Clock } from "../lib/clock.ts";
import type { Db } from "./schema.ts";

/** How long what was learned is believed: sites are upgraded, customised and set up anew. */
const believedMs = 7 * 86_400_000;

/** What a connection's clients learned about its ERP, for those that come after them. */
export interface StoredSiteMemory {
  recall(topic: string): Promise<unknown>;
  keep(topic: string, fact: unknown): Promise<void>;
}

/** `site` names address and endpoint: facts of another one are not recalled, and are replaced by the first that is kept. */
export function createSiteMemory(db: Db, clock: Clock, connectionId: string, site: string): StoredSiteMemory {
  return {
    recall: async (topic) => {
      const row = await db
        .selectFrom("site_facts")
        .select("fact")
        .where("connection_id", "=", connectionId)
        .where("topic", "=", topic)
        .where("site", "=", site)
        .where("learned_at", ">", new Date(clock.now() - believedMs))
        .executeTakeFirst();
      return row?.fact;
    },
    keep: async (topic, fact) => {
      const learned = { site, fact: JSON.stringify(fact), learned_at: new Date(clock.now()) };
      await db
        .insertInto("site_facts")
        .values({ connection_id: connectionId, topic, ...learned })
        .onConflict((conflict) => conflict.columns(["connection_id", "topic"]).doUpdateSet(learned))
        .execute();
    },
  };
}

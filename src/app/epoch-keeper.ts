import { pauseRestored } from "../connections/restored.ts";
import { hasGoneBack, noteEpoch } from "../ledger/epochs.ts";
import type { Db } from "../ledger/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { newId, type Random } from "../lib/random.ts";

export interface EpochKeeper {
  /** Before anything else: pauses every connection of a database that an older copy has replaced. */
  begin: () => Promise<void>;
  /** Has what was copied until now count as older. */
  renew: () => Promise<void>;
}

/** Notices a database that was put back without `restore`: by hand, or by pg_restore on this data directory's server. */
export function createEpochKeeper(ports: {
  db: Db;
  directory: string;
  clock: Clock;
  random: Random;
  log: Log;
}): EpochKeeper {
  const { db, directory, clock, random, log } = ports;
  const note = (): Promise<void> => noteEpoch(db, directory, new Date(clock.now()), () => newId(random));
  return {
    begin: async () => {
      if (await hasGoneBack(db, directory)) {
        const connections = await pauseRestored(db, new Date(clock.now()), "system");
        log.error(
          { connections },
          "this database is older than the one that was here last: every connection is paused",
        );
      }
      await note();
    },
    renew: () => note().catch((error: unknown) => log.warn({ error: String(error) }, "the epoch was not noted")),
  };
}

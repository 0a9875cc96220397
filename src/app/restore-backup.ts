import type { Config } from "../config/config.ts";
import { pauseRestored } from "../connections/restored.ts";
import { restoreDatabase } from "../ledger/backup.ts";
import type { Clock } from "../lib/clock.ts";
import { Refusal } from "./refusal.ts";

/** Puts a backup into the configured, empty data directory, with every connection paused. Throws Refusal. */
export async function restoreBackup(
  config: Pick<Config, "dataDir">,
  dump: Uint8Array<ArrayBuffer>,
  clock: Clock,
): Promise<{ connections: string[] }> {
  try {
    const connections = await restoreDatabase(config.dataDir, dump, (db) =>
      pauseRestored(db, new Date(clock.now()), "operator"),
    );
    return { connections };
  } catch (error) {
    throw new Refusal(`Nothing was restored. ${error instanceof Error ? error.message : String(error)}`);
  }
}

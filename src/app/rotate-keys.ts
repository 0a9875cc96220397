import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { readKeyFile, readMasterKey } from "../config/master-key.ts";
import { rotateMasterKey, type KeyRotation } from "../connections/key-rotation.ts";
import { openDatabase, otherProcesses, type OpenDatabase } from "../ledger/database.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { Refusal } from "./refusal.ts";

/**
 * Rotates the master key of the stopped service: from the configured key to the one in a file. Throws Refusal when the service
 * runs, ConfigError for a missing or malformed key, ConnectorError for a wrong one.
 */
export async function rotateKeys(
  config: Config,
  newKeyFile: string,
  ports: { clock: Clock; random: Random; onConnection?: (connectionId: string) => void },
): Promise<KeyRotation> {
  const current = readMasterKey(config);
  const next = readKeyFile(config, "--new-key-file", newKeyFile);
  const opened = await openStopped(config);
  try {
    const { db, embedded } = opened;
    const expectAlone = async (): Promise<void> => {
      const others = embedded ? [] : await otherProcesses(db);
      if (others.length > 0) throw new Refusal(`The service is running: ${others.join(", ")}. Stop it first.`);
    };
    return await rotateMasterKey({ db, current, next, expectAlone, ...ports });
  } finally {
    await opened.close();
  }
}

/** Never makes a database where there is none: a mistyped directory would pass for an empty one. */
async function openStopped(config: Config): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) return await openDatabase({ kind: "server", url: config.databaseUrl });
  if (!existsSync(join(config.dataDir, "database"))) {
    throw new Refusal(`There is no database in ${config.dataDir}. Set ML_DATA_DIR to the service's directory.`);
  }
  try {
    return await openDatabase({ kind: "embedded", directory: config.dataDir });
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error));
  }
}

import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { openDatabase, otherProcesses, type OpenDatabase } from "../ledger/database.ts";
import { moveLedger, type MovedTable } from "../ledger/move.ts";
import { syncPath } from "../lib/whole-file.ts";
import { Refusal } from "./refusal.ts";

/** The embedded database's new name: it must never be started again by mistake, beside its copy. */
export const movedName = "database.moved";

/** Moves the embedded database of a stopped service to a PostgreSQL server. Throws Refusal, and has moved nothing then. */
export async function moveDatabase(
  config: Pick<Config, "dataDir">,
  url: string,
  onTable: (moved: MovedTable) => void,
): Promise<{ moved: MovedTable[]; kept: string }> {
  const place = join(config.dataDir, "database");
  const kept = join(config.dataDir, movedName);
  if (!existsSync(place)) throw new Refusal(`There is no embedded database in ${config.dataDir}.`);
  if (existsSync(kept)) throw new Refusal(`${kept} is there already, from an earlier move: put it elsewhere first.`);
  try {
    const moved = await copy(config.dataDir, url, onTable);
    renameSync(place, kept);
    syncPath(config.dataDir);
    return { moved, kept };
  } catch (error) {
    throw new Refusal(`Nothing was moved. ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function copy(directory: string, url: string, onTable: (moved: MovedTable) => void): Promise<MovedTable[]> {
  // Refused while the service runs: it holds the directory's lock.
  const from = await openDatabase({ kind: "embedded", directory });
  let to: OpenDatabase | undefined;
  try {
    to = await openDatabase({ kind: "server", url });
    const others = await otherProcesses(to.db);
    if (others.length > 0) throw new Error(`The target is in use by ${others.join(", ")}.`);
    return await moveLedger(from.db, to.db, onTable);
  } finally {
    await to?.close();
    await from.close();
  }
}

import { readFileSync } from "node:fs";
import { restoreBackup } from "../app/restore-backup.ts";
import { loadConfig } from "../config/config.ts";
import { defaultKeyFile } from "../config/master-key.ts";
import { systemClock } from "../lib/clock.ts";
import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector restore --from FILE    put a backup into ML_DATA_DIR, which must be empty but for the master key

  --json    answer in JSON

Every connection is paused, for what was written to the two systems since the backup is not remembered: reconcile, look, then resume.
For a PostgreSQL server (DATABASE_URL) use pg_restore.
`.trimStart();

/** `restore`: a backup into an empty data directory; the service is not running there yet. */
export function runRestore(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { from: { type: "string" } },
    run: async ({ values: { from }, words }) => {
      if (words.length > 0) throw new UsageError("restore takes no words.");
      if (from === undefined) throw new UsageError("Say what to restore: --from FILE.");
      const config = loadConfig(terminal.env);
      if (config.databaseUrl !== undefined) {
        throw new UsageError(
          "DATABASE_URL is set: use pg_restore, and pause the connections before the service starts.",
        );
      }
      const { connections } = await restoreBackup(config, read(from), systemClock);
      const paused = connections.length === 0 ? [] : [`Paused until a person resumes them: ${connections.join(", ")}.`];
      const key =
        config.masterKey === undefined && config.masterKeyFile === undefined
          ? [`Before the service is started, put the master key of that time into ${defaultKeyFile(config)}.`]
          : [];
      const restored = `Restored into ${config.dataDir}.`;
      return { json: { dataDir: config.dataDir, connections }, lines: [restored, ...paused, ...key], good: true };
    },
  });
}

function read(file: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new UsageError(`The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`);
  }
}

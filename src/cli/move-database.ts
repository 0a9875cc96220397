import { moveDatabase } from "../app/move-database.ts";
import { loadConfig } from "../config/config.ts";
import { defaultKeyFile } from "../config/master-key.ts";
import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector move-database --to URL    the embedded database of ML_DATA_DIR to a PostgreSQL server, such as
                                       postgres://user:password@host:5432/connector

  --json    answer in JSON

Stop the service first. The database named by URL must be empty. Everything is moved, users and audit trail included, or nothing; both
sides are compared row by row before it counts. The embedded database is kept under another name.
`.trimStart();

/** `move-database`: from the embedded database to a server. */
export function runMoveDatabase(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { to: { type: "string" } },
    run: async ({ values: { to }, words }) => {
      if (words.length > 0) throw new UsageError("move-database takes no words.");
      if (to === undefined) throw new UsageError("Say where to: --to URL.");
      if (!/^postgres(?:ql)?:$/.test(URL.parse(to)?.protocol ?? "")) {
        throw new UsageError("--to must be a URL that begins with postgres://.");
      }
      const config = loadConfig(terminal.env);
      if (config.databaseUrl !== undefined) {
        throw new UsageError(
          "DATABASE_URL is set: the database is a server's already. Unset it to move the embedded one.",
        );
      }
      const { moved, kept } = await moveDatabase(config, to, ({ table, rows }) =>
        terminal.err(`${table}: ${rows} rows`),
      );
      const rows = moved.reduce((sum, one) => sum + one.rows, 0);
      const key =
        config.masterKey === undefined && config.masterKeyFile === undefined ? defaultKeyFile(config) : undefined;
      return {
        json: { tables: moved.length, rows, kept },
        lines: [
          `${rows} rows of ${moved.length} tables moved and compared; the audit trail verifies on both sides.`,
          `The embedded database is kept as ${kept}; remove it when you are content.`,
          "Start the service with DATABASE_URL set to the new place" +
            (key === undefined ? "." : `, and ML_MASTER_KEY_FILE=${key}.`),
        ],
        good: true,
      };
    },
  });
}

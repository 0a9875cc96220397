import { z } from "zod";
import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { writeWholeFile } from "../lib/whole-file.ts";

const help = `
ml-connector backup --out FILE    the running service's database, as it is now, into FILE

  --json    answer in JSON

FILE holds everything but the master key: keep a copy of that elsewhere, for without it the credentials in a backup cannot be opened.
For a PostgreSQL server (DATABASE_URL) use pg_dump.
`.trimStart();

const status = z.object({ database: z.string() });

/** `backup`: of the embedded database, while the service runs. */
export function runBackup(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { out: { type: "string" } },
    run: async ({ values: { out }, words, api }) => {
      if (words.length > 0) throw new UsageError("backup takes no words.");
      if (out === undefined) throw new UsageError("Say where to: --out FILE.");
      const { database } = status.parse(await api.get("/status"));
      if (database === "server") {
        throw new UsageError("The database is a PostgreSQL server's: use pg_dump and the server's own backups.");
      }
      const { bytes, sha256 } = await writeWholeFile(out, (append) => api.download("/backup", append));
      return {
        json: { out, bytes, sha256 },
        lines: [`${bytes} bytes written to ${out}.`, "The master key is not in it: keep a copy of that elsewhere."],
        good: true,
      };
    },
  });
}

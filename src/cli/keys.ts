import { defaultKeyFile } from "../config/master-key.ts";
import { loadConfig, type Config } from "../config/config.ts";
import { rotateKeys } from "../app/rotate-keys.ts";
import { systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector keys rotate --new-key-file FILE    put all stored credentials under a new master key

  --json    answer in JSON

The service must be stopped. The current key is the service's: ML_MASTER_KEY, ML_MASTER_KEY_FILE, or its usual file. FILE holds the
new one; make it with: openssl rand -base64 32 > FILE
If it is interrupted, run it again with the same two keys; until it has finished the service does not start.
`.trimStart();

/** `keys`: rotate. Works on the stopped service's database, not through its API. */
export function runKeys(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { "new-key-file": { type: "string" } },
    run: async ({ values, words, json }) => {
      if (words.length !== 1 || words[0] !== "rotate") throw new UsageError("Say what to do: keys rotate.");
      const file = values["new-key-file"];
      if (file === undefined) throw new UsageError("Say where the new key is: --new-key-file FILE.");
      const config = loadConfig(terminal.env);
      const done = await rotateKeys(config, file, {
        clock: systemClock,
        random: systemRandom,
        onConnection: (id) => (json ? undefined : terminal.out(`  ${id}`)),
      });
      return { json: done, lines: [summary(done), ...afterwards(config, file)], good: true };
    },
  });
}

function summary({ wasDone, rewrapped, connections }: Awaited<ReturnType<typeof rotateKeys>>): string {
  if (wasDone) return "This database is under the new key already; nothing was left to do.";
  const many = connections === 1 ? "One connection is" : `${connections} connections are`;
  return `${many} under the new key, ${rewrapped.length} of them since now. The old key opens nothing in this database any more.`;
}

function afterwards(config: Config, file: string): string[] {
  const usual = defaultKeyFile(config);
  const where =
    config.masterKey !== undefined
      ? `set ML_MASTER_KEY to what ${file} holds`
      : config.masterKeyFile !== undefined
        ? `set ML_MASTER_KEY_FILE to ${file}`
        : `put ${file} in the place of ${usual}`;
  return [
    `Before the service is started, ${where}.`,
    "Keep the old key for as long as backups from before are kept: they need it. People have to sign in again.",
  ];
}

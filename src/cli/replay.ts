import { z } from "zod";
import { runClientCommand, UsageError } from "./client-command.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector replay --connection ID KEY...          have these records planned again from their sources
ml-connector replay --connection ID --state Failed  all records in a state (at most 500 at a time)

  --kind KIND      order or label
  --search TEXT    only records that match
  --dry-run        only tell which records match
  --json           answer in JSON

A replay writes nothing that is already so.
`.trimStart();

const replayed = z.object({ matched: z.number(), replayed: z.number(), keys: z.array(z.string()) });

/** `replay`: a person has records planned again. */
export function runReplay(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: {
      connection: { type: "string" },
      kind: { type: "string" },
      state: { type: "string" },
      search: { type: "string" },
      "dry-run": { type: "boolean" },
    },
    run: async ({ values, words, api }) => {
      const { connection, kind, state, search, "dry-run": dryRun = false } = values;
      if (connection === undefined) throw new UsageError("Say which connection: --connection ID.");
      if (words.length === 0 && state === undefined && search === undefined) {
        throw new UsageError("Say which records: their keys, --state or --search.");
      }
      const keys = words.length === 0 ? {} : { keys: words };
      const answer = await api.post("/replay", { connection, kind, state, search, dryRun, ...keys });
      const parsed = replayed.parse(answer);
      return { json: answer, lines: linesOf(parsed, dryRun), good: parsed.matched > 0 };
    },
  });
}

function linesOf({ matched, replayed: done, keys }: z.output<typeof replayed>, dryRun: boolean): string[] {
  if (matched === 0) return ["No record matches."];
  const many = matched === 1 ? "One record matches" : `${matched} records match`;
  const what = dryRun ? `${many}; nothing was done.` : `${many}; ${done} will be planned again.`;
  const rest = matched > keys.length ? [`  and ${matched - keys.length} more`] : [];
  return [what, ...keys.map((key) => printable(`  ${key}`)), ...rest];
}

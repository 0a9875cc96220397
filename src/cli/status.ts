import { z } from "zod";
import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, table, type Terminal } from "./terminal.ts";

const help = `
ml-connector status    what the running service is doing

  --json    answer in JSON

Exit code 0: the service is ready.
`.trimStart();

const counts = z.record(z.string(), z.number());
const status = z.object({
  version: z.string(),
  startedAt: z.string(),
  database: z.string(),
  connections: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      notices: z.array(z.object({ code: z.string(), text: z.string() })),
      counts: z.record(z.string(), counts),
    }),
  ),
  ready: z.boolean(),
});

/** `status`: the service at a glance. */
export function runStatus(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: {},
    run: async ({ words, api }) => {
      if (words.length > 0) throw new UsageError("status takes no words.");
      const answer = await api.get("/status");
      const parsed = status.parse(answer);
      return { json: answer, lines: linesOf(parsed), good: parsed.ready };
    },
  });
}

function linesOf({ version, startedAt, database, connections, ready }: z.output<typeof status>): string[] {
  const rows = connections.map(({ id, state, counts: of }) => [
    id,
    state,
    told(of["order"]),
    told(of["label"]),
    told(of["item"]),
    told(of["customer"]),
  ]);
  return [
    `ml-connector ${version}, ${ready ? "ready" : "NOT READY"}, on its ${database} database, since ${startedAt}`,
    ...(rows.length === 0
      ? ["There is no connection yet."]
      : table(["CONNECTION", "STATE", "ORDERS", "LABELS", "ITEMS", "CUSTOMERS"], rows)),
    ...connections.flatMap(({ id, notices }) => notices.map(({ code, text }) => `${id}: ${text} (${code})`)),
  ];
}

/** "12 Processed, 1 Failed"; states that nothing is in are left out. */
function told(of: z.output<typeof counts> | undefined): string {
  const parts = Object.entries(of ?? {}).filter(([, count]) => count > 0);
  return parts.length === 0 ? "none" : parts.map(([state, count]) => `${count} ${state}`).join(", ");
}

import { z } from "zod";
import { runClientCommand } from "./client-command.ts";
import { chosenConnection } from "./only-connection.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector preview [ID]    what would be written to ShipStation if connection ID ran now; nothing is written anywhere

  --json    answer in JSON

ID may be left out when there is only one connection. It may be paused, so that one can look before going live.
`.trimStart();

const preview = z.object({
  connection: z.string(),
  since: z.string(),
  counts: z.record(z.string(), z.number()),
  rules: z.array(z.object({ rule: z.string(), count: z.number() })),
  orders: z.array(
    z.object({
      kind: z.string(),
      key: z.string(),
      title: z.string(),
      rule: z.string().nullable(),
      text: z.string().nullable(),
      problems: z.array(z.object({ field: z.string(), found: z.string(), cure: z.string() })),
    }),
  ),
});
type Preview = z.output<typeof preview>;

const words: Record<string, string> = {
  create: "would be created",
  update: "would be updated",
  cancel: "would be cancelled",
  hold: "would be put on hold",
  aborted: "cannot go out and would wait for a person",
  filtered: "would be left out",
  settled: "need nothing",
};

/** `preview`: what a run would do. */
export function runPreview(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: {},
    run: async ({ words: given, api }) => {
      const id = await chosenConnection(api, given);
      const answer = await api.post(`/connections/${encodeURIComponent(id)}/preview`);
      return { json: answer, lines: linesOf(preview.parse(answer)), good: true };
    },
  });
}

function linesOf({ connection, since, counts, rules, orders }: Preview): string[] {
  const lines = [`${connection}: orders changed since ${since}. Nothing was written.`];
  for (const [kind, count] of Object.entries(counts)) {
    if (count === 0) continue;
    const listed = orders.filter((order) => order.kind === kind);
    const byRule = rules.map(({ rule, count: many }) => `${many} by ${rule}`).join(", ");
    lines.push("", `${count} ${words[kind] ?? kind}${kind === "filtered" ? ` (${byRule})` : ""}`);
    lines.push(...listed.flatMap(orderLines));
    if (count > listed.length) lines.push(`  and ${count - listed.length} more`);
  }
  if (Object.values(counts).every((count) => count === 0)) lines.push("There is no order to look at.");
  return lines.map(printable);
}

function orderLines({ key, title, text, problems }: Preview["orders"][number]): string[] {
  const cures = problems.map(({ field, found, cure }) => `    - ${field} (${found}): ${cure}`);
  return [`  ${[key, title, text].filter((part) => part).join("  ")}`, ...cures];
}

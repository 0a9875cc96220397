import { z } from "zod";
import { runClientCommand, UsageError } from "./client-command.ts";
import { chosenConnection } from "./only-connection.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector reconcile [ID]    compare both systems of connection ID and list every difference with its cure

  --days N    how far back (14)
  --replay    replay the records whose difference a replay mends; the rest needs a person
  --json      answer in JSON

ID may be left out when there is only one connection. Nothing is written to either system; a replayed record is
planned again by its flow. Exit code 0: no difference was found.
`.trimStart();

const reconciliation = z.object({
  connection: z.string(),
  since: z.string(),
  compared: z.object({ orders: z.number(), labels: z.number(), shipments: z.number() }),
  differences: z.array(
    z.object({
      kind: z.string(),
      records: z.array(z.object({ key: z.string() })),
      text: z.string(),
      cure: z.string(),
      problems: z.array(z.object({ field: z.string(), found: z.string(), cure: z.string() })),
    }),
  ),
  unchecked: z.number(),
  skipped: z.number(),
  replayed: z.number().nullable(),
});
type Reconciliation = z.output<typeof reconciliation>;

/** `reconcile`: the two systems, compared. */
export function runReconcile(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { days: { type: "string" }, replay: { type: "boolean" } },
    run: async ({ values, words, api }) => {
      const days = values.days === undefined ? undefined : Number(values.days);
      if (days !== undefined && (!Number.isInteger(days) || days < 1)) {
        throw new UsageError(`--days must be a whole number, not "${values.days ?? ""}".`);
      }
      const id = await chosenConnection(api, words);
      const body = { ...(days !== undefined && { days }), ...(values.replay === true && { replay: true }) };
      const answer = await api.post(`/connections/${encodeURIComponent(id)}/reconcile`, body);
      const parsed = reconciliation.parse(answer);
      return { json: answer, lines: linesOf(parsed), good: parsed.differences.length === 0 };
    },
  });
}

function linesOf({ connection, since, compared, differences, ...rest }: Reconciliation): string[] {
  const { orders, labels, shipments } = compared;
  const lines = [
    `${connection} since ${since}: ${orders} orders, ${labels} labels, ${shipments} ERP shipments compared.`,
  ];
  for (const { kind, records, text, cure, problems } of differences) {
    lines.push("", `${kind}  ${records.map(({ key }) => key).join(", ")}`, `  ${text}`, `  Do: ${cure}`);
    lines.push(...problems.map(({ field, found, cure: mend }) => `    - ${field} (${found}): ${mend}`));
  }
  if (differences.length === 0) lines.push("Both systems agree.");
  else lines.push("", differences.length === 1 ? "One difference." : `${differences.length} differences.`);
  if (rest.replayed !== null) lines.push(`${rest.replayed} records will be planned again.`);
  if (rest.unchecked > 0) lines.push(`${rest.unchecked} linked orders were not looked up: raise --days to list them.`);
  if (rest.skipped > 0) lines.push(`${rest.skipped} records were left out by a person and are not compared.`);
  return lines.map(printable);
}

import { z } from "zod";
import { runClientCommand } from "./client-command.ts";
import { chosenConnection } from "./only-connection.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector ping [ID]    try both systems of a connection, without writing anything, and report stage by stage

  --json    answer in JSON

ID may be left out when there is only one connection. Exit code 0: they fit (warnings do not count).
`.trimStart();

const report = z.object({
  connection: z.string(),
  fits: z.boolean(),
  stages: z.array(
    z.object({
      title: z.string(),
      verdict: z.enum(["ok", "warning", "failed", "skipped"]),
      text: z.string(),
      cure: z.string().nullable(),
      took: z.number(),
      details: z.array(z.string()),
    }),
  ),
});
type Report = z.output<typeof report>;

const marks = { ok: "ok     ", warning: "WARNING", failed: "FAILED ", skipped: "-      " };

/** `ping`: the fit report. */
export function runPing(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: {},
    run: async ({ words, api }) => {
      const id = await chosenConnection(api, words);
      const answer = await api.post(`/connections/${encodeURIComponent(id)}/ping`);
      const parsed = report.parse(answer);
      return { json: answer, lines: linesOf(parsed), good: parsed.fits };
    },
  });
}

function linesOf({ connection, fits, stages }: Report): string[] {
  const width = Math.max(...stages.map(({ title }) => title.length));
  const indent = " ".repeat(width + 13);
  const lines = stages.flatMap(({ title, verdict, text, cure, took, details }) => [
    `  ${marks[verdict]}  ${title.padEnd(width)}  ${text}${verdict === "skipped" ? "" : ` (${Math.round(took)} ms)`}`,
    ...(cure === null ? [] : [`${indent}Do: ${cure}`]),
    ...(verdict === "ok" ? [] : details.map((detail) => `${indent}- ${detail}`)),
  ]);
  const count = (wanted: string): number => stages.filter(({ verdict }) => verdict === wanted).length;
  const warnings = count("warning");
  const end = fits
    ? `${connection} fits${warnings === 0 ? "" : `, with ${warnings === 1 ? "a warning" : `${warnings} warnings`}`}.`
    : `${connection} does not fit yet: ${count("failed")} failed, ${count("skipped")} not tried.`;
  return [...lines, end].map(printable);
}

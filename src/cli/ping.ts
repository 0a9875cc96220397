import { z } from "zod";
import type { Api } from "./api.ts";
import { runClientCommand, UsageError } from "./client-command.ts";
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
      if (words.length > 1) throw new UsageError("Name one connection.");
      const id = words[0] ?? (await onlyConnection(api));
      const answer = await api.post(`/connections/${encodeURIComponent(id)}/ping`);
      const parsed = report.parse(answer);
      return { json: answer, lines: linesOf(parsed), good: parsed.fits };
    },
  });
}

async function onlyConnection(api: Api): Promise<string> {
  const { connections } = z
    .object({ connections: z.array(z.object({ id: z.string() })) })
    .parse(await api.get("/connections"));
  const [only] = connections;
  if (only && connections.length === 1) return only.id;
  if (!only) throw new UsageError("There is no connection yet: add one with connection add --file FILE.");
  throw new UsageError(`Say which connection: ${connections.map(({ id }) => id).join(", ")}.`);
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

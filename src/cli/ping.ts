import { z } from "zod";
import { ApiFailure } from "./api.ts";
import { runClientCommand } from "./client-command.ts";
import { chosenConnection } from "./only-connection.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";

const help = `
ml-connector ping [ID]    see whether both systems of a connection fit, stage by stage: what was tried, what came back, what it
                          means, and what to do. Reads only; signs in once; at most 30 calls to ShipStation and 150 to Acumatica

  --json    answer in JSON: {connection, fits, stages: [{id, title, verdict, tried, text, meaning, cure, took, details}], calls}
            verdict is ok, warning, failed or skipped; an id stays the same from version to version

ID may be left out when there is only one connection. Exit code 0: they fit (warnings do not count).
`.trimStart();

const stage = z.object({
  title: z.string(),
  verdict: z.enum(["ok", "warning", "failed", "skipped"]),
  tried: z.string(),
  text: z.string(),
  meaning: z.string().nullable(),
  cure: z.string().nullable(),
  took: z.number(),
  details: z.array(z.string()),
});
const report = z.object({
  connection: z.string(),
  fits: z.boolean(),
  stages: z.array(stage),
  calls: z.object({ acumatica: z.number(), shipstation: z.number() }),
});
type Report = z.output<typeof report>;
type Stage = z.output<typeof stage>;

const line = z.union([
  z.object({ trying: z.string() }),
  z.object({ stage }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ report: z.looseObject({}) }),
]);

const marks = { ok: "ok     ", warning: "WARNING", failed: "FAILED ", skipped: "-      " };

/** `ping`: the fit report. On a terminal each stage is named while it is tried. */
export function runPing(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: {},
    run: async ({ words, api, json }) => {
      const id = await chosenConnection(api, words);
      const progress = json ? undefined : terminal.progress;
      let answer: unknown;
      await api.postForLines(`/connections/${encodeURIComponent(id)}/ping`, (told) => {
        const parsed = line.parse(told);
        if ("trying" in parsed) progress?.(`${parsed.trying} …`);
        if ("error" in parsed) throw new ApiFailure(parsed.error.code, parsed.error.message);
        if ("report" in parsed) answer = parsed.report;
      });
      progress?.("");
      const parsed = report.parse(answer);
      return { json: answer, lines: linesOf(parsed), good: parsed.fits };
    },
  });
}

const indent = " ".repeat(marks.ok.length + 4);

function linesOf({ connection, fits, stages, calls }: Report): string[] {
  const count = (wanted: string): number => stages.filter(({ verdict }) => verdict === wanted).length;
  const warnings = count("warning");
  const end = fits
    ? `${connection} fits${warnings === 0 ? "" : `, with ${warnings === 1 ? "a warning" : `${warnings} warnings`}`}.`
    : `${connection} does not fit yet: ${count("failed")} failed, ${count("skipped")} not tried.`;
  const asked = `Nothing was written; ${calls.acumatica} calls to Acumatica, ${calls.shipstation} to ShipStation.`;
  return [...stages.flatMap(linesOfStage), end, asked].map(printable);
}

function linesOfStage({ title, verdict, tried, text, meaning, cure, took, details }: Stage): string[] {
  if (verdict === "skipped") return [`  ${marks.skipped}  ${title}`, `${indent}${text}`];
  return [
    `  ${marks[verdict]}  ${title} (${Math.round(took)} ms)`,
    `${indent}Tried: ${tried}`,
    `${indent}Found: ${text}`,
    ...(meaning === null ? [] : [`${indent}Means: ${meaning}`]),
    ...(cure === null ? [] : [`${indent}Do: ${cure}`]),
    ...(verdict === "ok" ? [] : details.map((detail) => `${indent}- ${detail}`)),
  ];
}

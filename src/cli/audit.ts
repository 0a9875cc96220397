import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Api } from "./api.ts";
import { runClientCommand, UsageError, type Answer } from "./client-command.ts";
import { printable, processTerminal, type Terminal } from "./terminal.ts";
import { writeWholeFile } from "../lib/whole-file.ts";

const help = `
ml-connector audit export    who did what, oldest first, as JSON lines
ml-connector audit verify    recompute the chain of hashes over the audit trail
ml-connector audit head      the ends of all chains, signed, as one JSON line: to be kept elsewhere

  --connection ID      of one connection; for verify, "-" means the entries that belong to none
  --since TIME         export: nothing older, such as 2026-01-31T00:00:00Z
  --out FILE           export: write to FILE instead of standard output
  --head SEQ:HASH      verify: whether this head, noted earlier, still holds; with --connection
  --heads FILE         verify: whether the signed heads in the last line of FILE still hold
  --json               answer in JSON

Exit code 0 of verify: nothing was found. Note the heads it prints where nobody who can reach this database can change them:
without one, a trail that was rewritten from end to end looks intact.
`.trimStart();

const options = {
  connection: { type: "string" },
  since: { type: "string" },
  out: { type: "string" },
  head: { type: "string" },
  heads: { type: "string" },
} as const;
type Values = Partial<Record<keyof typeof options, string>>;

const page = z.object({ entries: z.array(z.unknown()), next: z.string().nullable() });
const verified = z.object({
  intact: z.boolean(),
  isSigned: z.boolean().optional(),
  chains: z.array(
    z.object({
      connectionId: z.string().nullable(),
      head: z.object({ seq: z.number(), hash: z.string() }),
      earlier: z.number(),
      findings: z.array(z.object({ kind: z.string(), text: z.string() })),
      found: z.number(),
    }),
  ),
});

/** The API's largest page. */
const largestPage = "500";

/** `audit`: export, verify or head. */
export function runAudit(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options,
    run: async ({ values, words, json, api }) => {
      const [verb] = words;
      if (words.length === 1 && verb === "export") return await exportTrail(api, values, json, terminal);
      if (words.length === 1 && verb === "verify") return await verify(api, values);
      if (words.length === 1 && verb === "head") return await tellHeads(api, values);
      throw new UsageError("Say export, verify or head.");
    },
  });
}

async function exportTrail(api: Api, values: Values, json: boolean, terminal: Terminal): Promise<Answer> {
  const { connection, since, out, head } = values;
  if (head !== undefined) throw new UsageError("--head belongs to verify.");
  if (json && out === undefined) throw new UsageError("What is exported is JSON already; --json goes with --out.");
  const time = since === undefined ? undefined : new Date(since);
  if (time !== undefined && Number.isNaN(time.getTime())) throw new UsageError(`--since ${since ?? ""} is not a time.`);
  const query = { connection, since: time?.toISOString(), limit: largestPage };
  if (out === undefined) {
    await eachEntry(api, query, (line) => terminal.out(line));
    return { json: undefined, lines: [], good: true };
  }
  const entries = await writeWholeFile(out, (append) =>
    eachEntry(api, query, (line) => append(Buffer.from(`${line}\n`, "utf8"))),
  );
  const many = entries === 1 ? "One entry" : `${entries} entries`;
  return { json: { out, entries }, lines: [`${many} written to ${out}.`], good: true };
}

/** Page by page, so that a trail of any length passes through. Returns how many entries there were. */
async function eachEntry(
  api: Api,
  query: Record<string, string | undefined>,
  take: (line: string) => void,
): Promise<number> {
  let count = 0;
  for (let after: string | null = "0"; after !== null;) {
    const { entries, next } = page.parse(await api.get("/audit", { ...query, after }));
    for (const entry of entries) take(JSON.stringify(entry));
    count += entries.length;
    after = next;
  }
  return count;
}

/** Also with --json a single line, so that `>>` makes a file of them. */
async function tellHeads(api: Api, values: Values): Promise<Answer> {
  if (Object.keys(values).length > 0) throw new UsageError("head takes no options.");
  const signed = await api.get("/audit/heads");
  return { json: signed, lines: [JSON.stringify(signed)], good: true };
}

async function verify(api: Api, values: Values): Promise<Answer> {
  const { connection, head, heads, since, out } = values;
  if (heads !== undefined && (connection !== undefined || head !== undefined))
    throw new UsageError("--heads names the chains itself.");
  if (since !== undefined || out !== undefined) throw new UsageError("--since and --out belong to export.");
  if (head !== undefined && connection === undefined) throw new UsageError("--head goes with --connection.");
  const answer =
    heads === undefined
      ? await api.get("/audit/verify", { connection, head })
      : await api.post("/audit/heads/check", lastLine(heads));
  const { intact, isSigned, chains } = verified.parse(answer);
  const unsigned =
    isSigned === false ? ["These heads were NOT SIGNED by this service under its present master key."] : [];
  const lines = chains.flatMap((chain) => {
    const name = chain.connectionId ?? "(no connection)";
    const { seq, hash } = chain.head;
    const earlier =
      chain.earlier > 0 ? [`  ${chain.earlier} older entries are from before the chain: not covered.`] : [];
    const more = chain.found - chain.findings.length;
    return [
      `${name}: ${seq} entries, ${chain.found === 0 ? "intact" : `${chain.found} FOUND`}. Head ${seq}:${hash}`,
      ...earlier,
      ...chain.findings.map(({ kind, text }) => printable(`  ${kind}: ${text}`)),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ];
  });
  return {
    json: answer,
    lines: lines.length === 0 ? ["There is no entry yet."] : [...unsigned, ...lines],
    good: intact,
  };
}

function lastLine(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "");
  } catch {
    throw new UsageError(`The last line of ${file} is not what \`audit head\` printed.`);
  }
}

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { Refusal } from "../app/refusal.ts";
import { ConfigError, loadConfig } from "../config/config.ts";
import { asConnectorError } from "../lib/errors.ts";
import { ApiFailure, createApi, type Api } from "./api.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Asked in a way that cannot be meant; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Options = Record<string, { type: "string" | "boolean" }>;
type Values<O extends Options> = { [K in keyof O]?: O[K]["type"] extends "boolean" ? boolean : string };

/** A command line that was understood. */
export interface Given<O extends Options> {
  values: Values<O>;
  words: string[];
  json: boolean;
  api: Api;
}

/** What a command found: an object for `--json`, the same in lines for people, and whether that is good. */
export interface Answer {
  json: unknown;
  lines: readonly string[];
  good: boolean;
}

/**
 * Runs one command that talks to the service. Exit codes: 0 done and good; 1 not done, not found, does not fit, or no service;
 * 2 asked wrongly or configured wrongly.
 */
export async function runClientCommand<const O extends Options>(
  argv: readonly string[],
  terminal: Terminal,
  command: { help: string; options: O; run: (given: Given<O>) => Promise<Answer> },
): Promise<number> {
  const json = argv.includes("--json");
  try {
    const options: ParseArgsOptionsConfig = {
      ...command.options,
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    };
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (parsed.values["help"] === true) {
      terminal.out(command.help.trimEnd());
      return 0;
    }
    const config = loadConfig(terminal.env);
    const { json: _json, help: _help, ...own } = parsed.values;
    const values = own as Values<O>;
    const answer = await command.run({ values, words: parsed.positionals, json, api: createApi(config, terminal) });
    if (json) terminal.out(JSON.stringify(answer.json, null, 2));
    else answer.lines.forEach((line) => terminal.out(line));
    return answer.good ? 0 : 1;
  } catch (thrown) {
    return tell(thrown, terminal, json);
  }
}

function tell(thrown: unknown, terminal: Terminal, json: boolean): number {
  if (thrown instanceof UsageError || thrown instanceof ConfigError || isArgumentError(thrown)) {
    terminal.err(thrown.message);
    if (!(thrown instanceof ConfigError)) terminal.err("Add --help to see how it is used.");
    return 2;
  }
  const failure = thrown instanceof ApiFailure ? thrown : asFailure(thrown);
  if (json) {
    const { code, message, cure, problems } = failure;
    terminal.out(JSON.stringify({ error: { code, message, cure, problems } }, null, 2));
    return 1;
  }
  terminal.err(printable(failure.message));
  for (const { field, found, cure } of failure.problems) {
    const there = found === "" || found.startsWith("(") ? found : `(${found})`;
    terminal.err(printable(`  ${field}${there === "" ? "" : ` ${there}`}: ${cure}`));
  }
  if (failure.cure !== undefined) terminal.err(printable(failure.cure));
  return 1;
}

function asFailure(thrown: unknown): ApiFailure {
  if (thrown instanceof Refusal) return new ApiFailure("request.conflict", thrown.message);
  const error = asConnectorError(thrown);
  return new ApiFailure(error.code, error.message, error.cure);
}

const isArgumentError = (thrown: unknown): thrown is Error =>
  thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("ERR_PARSE_ARGS");

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a command answered in a process of its own. */
export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Runs `ml-connector <argv>` to its end. Variables of the test run are not handed on: the program refuses unknown ones. */
export async function runCommand(
  argv: readonly string[],
  given: { env?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<Outcome> {
  const inherited = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };
  const child = spawn(process.execPath, [main, ...argv], { env: { ...inherited, ...given.env }, stdio: "pipe" });
  const ended = once(child, "close");
  child.stdin.on("error", () => undefined); // A command that reads no input may be gone before it is given any.
  child.stdin.end(given.input ?? "");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, out, err };
}

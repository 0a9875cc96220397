import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A command of ours in a process of its own. */
export interface Program {
  /** All it has written, on both streams. */
  output(): string;
  isRunning(): boolean;
  /** Sends the signal and waits for the end. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<Exit>;
  pid: number | undefined;
  /** The end, whatever brings it. */
  ended: Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What this process has started and what has not ended yet. */
const running = new Set<ChildProcess>();

/**
 * `node src/main.ts …`, or another file in its place. The test run's own variables are not handed on: the program refuses names it
 * does not know.
 */
export function startProgram(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  entry: string = main,
): Program {
  const inherited = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };
  const child = spawn(process.execPath, [entry, ...argv], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  }
  // "close" comes after "exit", when all it wrote has been read.
  const ended = once(child, "close").then(([code, signal]): Exit => {
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return {
    output: () => text,
    pid: child.pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}

/** Ends all that is left running, for the end of a test file. */
export async function endPrograms(): Promise<void> {
  const left = [...running];
  const ended = left.map((child) => once(child, "exit"));
  for (const child of left) child.kill("SIGKILL");
  await Promise.all(ended);
}

/** On 127.0.0.1, free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const lookAgainMs = 40;
/** Lines of a program's output that a failure shows. */
const shownLines = 40;

/**
 * Asks again and again until the answer is neither undefined nor false. Fails after `withinMs`, or at once when a program that is
 * needed for it has ended; either way with what the programs wrote.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  { withinMs, needs }: { withinMs: number; needs: readonly Program[] },
): Promise<T> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    const gone = needs.some((program) => !program.isRunning());
    if (gone || Date.now() > endsAt) {
      const written = needs.map((program) => program.output().trim().split("\n").slice(-shownLines).join("\n"));
      const why = gone ? "A program that is needed has ended" : `${withinMs} ms were not enough`;
      throw new Error([`${why}, waiting for ${what}.`, ...written].join("\n\n"));
    }
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await pause(lookAgainMs);
  }
}

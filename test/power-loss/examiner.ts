import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Examination {
  directory: string;
  /** How many commits were acknowledged before the power went. */
  last: number;
  /** What the ledger held after each of them. */
  digests: readonly string[];
}

/** A start takes half a second; what is left of a database may keep it busy for ever. */
const longestMs = 60_000;

/** Looks at databases in a process of its own, a new one after a database that hung. */
export class Examiner {
  #process: ChildProcess | undefined;

  /** What is wrong with the database; undefined when nothing is. */
  async examine(one: Examination): Promise<string | undefined> {
    this.#process ??= fork(fileURLToPath(new URL("./examine.ts", import.meta.url)), [], { execArgv: [] });
    const answered = once(this.#process, "message", { signal: AbortSignal.timeout(longestMs) });
    this.#process.send(one);
    try {
      const [{ found }] = (await answered) as [{ found?: string }];
      return found;
    } catch (error) {
      await this.close();
      return `hangs: ${String(error)}`;
    }
  }

  async close(): Promise<void> {
    if (!this.#process) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    this.#process = undefined;
  }
}

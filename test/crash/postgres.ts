import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "../support/processes.ts";

/** A PostgreSQL server of the test's own, which it may treat as badly as it likes. */
export interface Cluster {
  url: string;
  /** `pg_ctl -m immediate restart`: no checkpoint, every session cut, recovery from the log. Resolves when it takes sessions again. */
  restartImmediately(): void;
  /** Ends one session of the service, as an administrator would. False if there is none. */
  terminateOne(pick: (count: number) => number): Promise<boolean>;
  /** Stops all its processes, as a frozen machine would, and returns how to go on. */
  freeze(): () => void;
  remove(): void;
}

/** Where Debian and others keep the server's programs, newest last. */
function programs(): string {
  const root = "/usr/lib/postgresql";
  const newest = readdirSync(root)
    .toSorted((left, right) => Number(left) - Number(right))
    .at(-1);
  if (newest === undefined) throw new Error("PostgreSQL's server programs are not installed.");
  return join(root, newest, "bin");
}

export async function createCluster(): Promise<Cluster> {
  const bin = programs();
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-postgres-"));
  const port = await freePort();
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  if (isRoot) chownSync(folder, idOf("-u"), idOf("-g"));
  const asUser = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  const run = (program: string, ...argv: string[]): void => {
    const [command = "", ...rest] = [...asUser, join(bin, program), ...argv];
    const { status, stderr } = spawnSync(command, rest, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  const data = join(folder, "data");
  const options = `-p ${port} -k '' -h 127.0.0.1 -c max_connections=100`;
  const control = (...argv: string[]): void =>
    run("pg_ctl", "-D", data, "-w", "-s", "-l", join(folder, "log"), "-o", options, ...argv);
  run("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync");
  control("start");
  const url = `postgres://tester@127.0.0.1:${port}/postgres`;
  const processes = (): number[] => {
    const main = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(main)], { encoding: "utf8" });
    return [main, ...stdout.split(/\s+/).filter(Boolean).map(Number)];
  };
  const signal = (pids: readonly number[], name: "SIGSTOP" | "SIGCONT"): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  return {
    url,
    restartImmediately: () => control("-m", "immediate", "restart"),
    terminateOne: async (pick) => {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      await client.connect();
      try {
        const { rows } = await client.query<{ pid: number }>(
          "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() order by pid",
        );
        const chosen = rows[pick(rows.length)];
        if (chosen) await client.query("select pg_terminate_backend($1)", [chosen.pid]);
        return chosen !== undefined;
      } finally {
        await client.end();
      }
    },
    freeze: () => {
      const pids = processes();
      signal(pids, "SIGSTOP");
      return () => signal(pids, "SIGCONT");
    },
    remove: () => {
      control("-m", "immediate", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

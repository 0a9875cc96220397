import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
  isRunning(): boolean;
  /** After it went down by itself. Resolves when it takes sessions again. */
  start(): void;
  /** What it has written to its log. */
  log(): string;
  remove(): void;
}

export interface ClusterOptions {
  /** An empty folder of the caller's that holds its files; its log stays elsewhere. */
  folder?: string;
  /** In megabytes, of one file of its write-ahead log. */
  walSegment?: number;
  /** As `name=value`. */
  settings?: readonly string[];
}

/** Where Debian and others keep the server's programs, of the newest version; undefined when they are not installed. */
export function serverPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const newest = (existsSync(root) ? readdirSync(root) : [])
    .toSorted((left, right) => Number(left) - Number(right))
    .at(-1);
  return newest === undefined ? undefined : join(root, newest, "bin");
}

export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const bin = serverPrograms();
  if (bin === undefined) throw new Error("PostgreSQL's server programs are not installed.");
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-postgres-"));
  const port = await freePort();
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  if (isRoot) for (const own of [folder, options.folder ?? folder]) chownSync(own, idOf("-u"), idOf("-g"));
  const asUser = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  const tryTo = (program: string, ...argv: string[]): { status: number | null; stderr: string } => {
    const [command = "", ...rest] = [...asUser, join(bin, program), ...argv];
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  };
  const run = (program: string, ...argv: string[]): void => {
    const { status, stderr } = tryTo(program, ...argv);
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  const data = join(options.folder ?? folder, "data");
  const logFile = join(folder, "log");
  const settings = ["max_connections=100", ...(options.settings ?? [])].map((setting) => `-c ${setting}`);
  const serverOptions = `-p ${port} -k '' -h 127.0.0.1 ${settings.join(" ")}`;
  const control = (...argv: string[]): void =>
    run("pg_ctl", "-D", data, "-w", "-s", "-l", logFile, "-o", serverOptions, ...argv);
  const isRunning = (): boolean => tryTo("pg_ctl", "-D", data, "status").status === 0;
  const walSegment = options.walSegment === undefined ? [] : [`--wal-segsize=${options.walSegment}`];
  run("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", ...walSegment);
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
    isRunning,
    start: () => control("start"),
    log: () => readFileSync(logFile, "utf8"),
    remove: () => {
      if (isRunning()) control("-m", "immediate", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoConnection, demoCredentials, type DemoOrigins } from "../../src/cli/demo-world.ts";
import { openDatabase } from "../../src/ledger/database.ts";
import type { Db } from "../../src/ledger/schema.ts";
import type { FaultFile } from "../../src/sandbox/fault-rules.ts";
import { createServerDatabase } from "./database.ts";
import { freePort, startProgram, until, type Exit, type Program } from "./processes.ts";

/** Both simulated systems in a process of their own, seen through their control routes. */
export interface SandboxProcess {
  origins: DemoOrigins;
  program: Program;
  get<T>(path: string): Promise<T>;
  send(method: "POST" | "PUT" | "PATCH", path: string, body: unknown): Promise<void>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Replaces all faults. */
  setFaults(faults: FaultFile): Promise<void>;
  /** Whether the first fault has hit a request. */
  hasHit: () => Promise<boolean>;
}

export async function startSandbox(orders: number, seed = 7): Promise<SandboxProcess> {
  const ports = ["--acumatica-port", "0", "--shipstation-port", "0"];
  const program = startProgram(["sandbox", ...ports, "--orders", String(orders), "--seed", String(seed)]);
  const addresses = (): string[] =>
    [...program.output().matchAll(/^(?:Acumatica|ShipStation) +(http:\S+)/gm)].map(([, url]) => url!);
  const [acumatica, shipstation] = await until(
    "the sandbox's addresses",
    () => Promise.resolve(addresses().length === 2 && addresses()),
    { withinMs: 60_000, needs: [program] },
  );
  const control = `${shipstation!}/_sandbox`;
  const tell = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    return readJson(await fetch(control + path, { method, headers, body: JSON.stringify(body) }));
  };
  const sandbox: SandboxProcess = {
    origins: { acumatica: acumatica!, shipstation: shipstation! },
    program,
    get: async (path) => readJson(await fetch(control + path)),
    send: async (method, path, body) => {
      await tell(method, path, body);
    },
    post: async <T>(path: string, body: unknown) => (await tell("POST", path, body)) as T,
    setFaults: (faults) => sandbox.send("PUT", "/faults", faults),
    hasHit: async () => ((await sandbox.get<{ rules: { fired: number }[] }>("/faults")).rules[0]?.fired ?? 0) > 0,
  };
  return sandbox;
}

/** One installation of the service: what outlives its processes, and the process of today. */
export interface Installation {
  program(): Program;
  /** Starts the service and waits until it is ready. */
  start(): Promise<void>;
  /** The same without waiting; `argv` goes to the entry in place of `serve`, where there is one. One may be named for this time alone. */
  begin(argv?: readonly string[], entry?: string): Program;
  isReady(): Promise<boolean>;
  /** Where the service keeps its files. */
  folder: string;
  /** One more `serve` on the same data and another port, with settings of its own; not waited for. */
  startAnother(env?: Record<string, string>): Promise<Program>;
  end(signal: "SIGTERM" | "SIGKILL"): Promise<Exit>;
  api<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
  /** With these members of the settings in place of the demo's; `flows` are merged. */
  addConnection(flows: object, settings?: object): Promise<void>;
  /** Opens the database; the service must have ended. */
  withLedger<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Ends what runs and forgets everything. */
  remove(): Promise<void>;
}

const token = "operator-token-of-the-tests-0123456789abcdef";
const masterKey = Buffer.alloc(32, 5).toString("base64");

export interface InstallOptions {
  /** A file that runs the service in place of `src/main.ts serve`. */
  entry?: string;
  /** Of an empty database, in place of one on the tests' server. */
  databaseUrl?: string;
  env?: Readonly<Record<string, string>>;
}

export async function install(
  database: "embedded" | "server",
  origins: DemoOrigins,
  options: InstallOptions = {},
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-test-"));
  const given = options.databaseUrl === undefined ? undefined : { url: options.databaseUrl, drop: () => undefined };
  const server = given ?? (database === "server" ? await createServerDatabase() : undefined);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const settings = {
    ML_PORT: String(port),
    ML_HOST: "127.0.0.1",
    ML_PUBLIC_URL: address,
    ML_DATA_DIR: folder,
    ML_ALLOWED_ORIGINS: `${origins.acumatica},${origins.shipstation}`,
    ML_API_TOKEN: token,
    ML_MASTER_KEY: masterKey,
    ...(server === undefined ? {} : { DATABASE_URL: server.url }),
    ...options.env,
  };
  const programs: Program[] = [];
  const serve = (env: Record<string, string>, argv: readonly string[] = [], entry = options.entry): Program => {
    const first = entry === undefined ? ["serve"] : [];
    const program = startProgram([...first, ...argv], { ...settings, ...env }, entry);
    programs.push(program);
    return program;
  };
  let today: Program | undefined;
  const program = (): Program => {
    if (!today) throw new Error("the service was not started yet");
    return today;
  };
  const api: Installation["api"] = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return readJson(await fetch(`${address}/api/v1${path}`, request));
  };
  const isReady = (): Promise<boolean> =>
    fetch(`${address}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const begin: Installation["begin"] = (argv, entry) => (today = serve({}, argv, entry));
  return {
    program,
    folder,
    begin,
    isReady,
    start: async () => {
      await until("the service to be ready", isReady, { withinMs: 90_000, needs: [begin()] });
    },
    startAnother: async (env = {}) => serve({ ML_PORT: String(await freePort()), ...env }),
    end: (signal) => program().end(signal),
    api,
    addConnection: async (flows, settings = {}) => {
      const file = demoConnection(origins, demoCredentials, true) as { settings: { flows: object } };
      Object.assign(file.settings.flows, flows);
      Object.assign(file.settings, settings);
      await api("POST", "/connections", file);
    },
    withLedger: async (work) => {
      const ledger = await openDatabase(
        server === undefined ? { kind: "embedded", directory: folder } : { kind: "server", url: server.url },
      );
      try {
        return await work(ledger.db);
      } finally {
        await ledger.close();
      }
    },
    remove: async () => {
      await Promise.all(programs.map((running) => running.end("SIGKILL")));
      await server?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

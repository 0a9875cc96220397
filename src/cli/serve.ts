import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ServerType } from "@hono/node-server";
import { createApp, type App, type AppOptions } from "../app.ts";
import { ConfigError, loadConfig, type Config } from "../config/config.ts";
import { createGuardedFetch } from "../connections/guarded-fetch.ts";
import { systemClock } from "../lib/clock.ts";
import { asConnectorError } from "../lib/errors.ts";
import { createLog } from "../lib/log.ts";
import { systemRandom } from "../lib/random.ts";
import { listen, stopListening } from "./listen.ts";

const help = `ml-connector serve [--role all|web|worker]

Starts the service: console, API and hooks on ML_HOST:ML_PORT (127.0.0.1:4400), and the flows. Settings come from the
environment: see docs/config.md. Stops on SIGINT or SIGTERM after the record at hand, within 25 seconds.
`;

/** For requests under way when the service stops. */
const answerMs = 3_000;
/** Container runtimes kill after thirty seconds; a call to the ERP may hang for ten minutes. */
const stopMs = 22_000;

/** Takes the options of the application as they are about to be used: whoever runs the service in another world changes them. */
export type InWorld = (options: AppOptions) => Promise<AppOptions>;

/** `serve`: the service in one process, or one role of it. */
export async function runServe(
  argv: string[],
  inWorld: InWorld = (options) => Promise.resolve(options),
): Promise<number> {
  let role: "all" | "web" | "worker";
  let config: Config;
  try {
    const { values } = parseArgs({ args: argv, options: { role: { type: "string" }, help: { type: "boolean" } } });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    role = asRole(values.role);
    config = loadConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError || error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const log = createLog(config.logLevel);
  const ports = {
    fetch: createGuardedFetch({ allowedOrigins: config.allowedOrigins }),
    clock: systemClock,
    random: systemRandom,
    log,
  };
  // Listened for before anything is opened: whoever is asked to stop while it starts, starts, and stops in order.
  const signalled = firstSignal();
  const folder = consoleFolder();
  let app: App | undefined;
  let server: ServerType | undefined;
  try {
    const options = { config, ports, role, ...(folder === undefined ? {} : { consoleFolder: folder }) };
    app = await createApp(await inWorld(options));
    if (role !== "worker") server = await listen({ fetch: app.web.fetch, port: config.port, hostname: config.host });
  } catch (error) {
    process.stderr.write(`The service did not start: ${whyNot(error)}\n`);
    await app?.stop();
    return 1;
  }
  const address = config.publicUrl ?? `http://${config.host}:${config.port}`;
  await app.start();
  for (const notice of app.notices) process.stderr.write(`${notice}\n`);
  process.stderr.write(`ml-connector is running (${role}). ${role === "worker" ? "" : `Console: ${address}`}\n`);
  if (app.setupToken !== undefined && role !== "worker") {
    process.stderr.write(
      `No user exists yet. Open ${address} and make the first one with this one-time token: ${app.setupToken}\n`,
    );
  }
  const signal = await signalled;
  log.info({ signal }, "stopping after the record at hand");
  // The web first: a console that goes on asking would find the database closed.
  if (server) await stopListening(server, answerMs);
  if (!(await isDoneWithin(stopMs, app.stop()))) {
    log.error({}, "a call did not end in time and is cut off; what became of it is looked up at the next start");
    process.exit(1);
  }
  return 0;
}

/** The driver's own words of a database that is away or full are not everybody's. */
function whyNot(error: unknown): string {
  const { code, message } = asConnectorError(error);
  if (code === "database.unavailable") return message;
  return error instanceof Error ? error.message : String(error);
}

async function isDoneWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const done = new AbortController();
  const late = systemClock.sleep(ms, done.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort();
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** Where the built console lies; undefined when it was not built. */
export function consoleFolder(): string | undefined {
  const folder = fileURLToPath(new URL("../../dist/console", import.meta.url));
  return existsSync(`${folder}/index.html`) ? folder : undefined;
}

function asRole(text: string | undefined): "all" | "web" | "worker" {
  if (text === undefined || text === "all") return "all";
  if (text === "web" || text === "worker") return text;
  throw new Error(`--role must be all, web or worker, not "${text}".`);
}

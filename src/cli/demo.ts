import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { createApp } from "../app.ts";
import { createGuardedFetch } from "../connections/guarded-fetch.ts";
import { createMovableClock } from "../lib/clock.ts";
import { createLog } from "../lib/log.ts";
import { createSeededRandom, newId, systemRandom } from "../lib/random.ts";
import { parseFaults, type FaultFile } from "../sandbox/fault-rules.ts";
import { createSandbox, sandboxV2Key } from "../sandbox/sandbox.ts";
import { buildConsole } from "./build-console.ts";
import { createWarehouse, keepPacking } from "./demo-warehouse.ts";
import { runOnce, type OnceResult } from "./demo-once.ts";
import { demoConfig, demoConnection, demoCredentials } from "./demo-world.ts";
import { listen, PortInUse, stopListening } from "./listen.ts";
import { consoleFolder, firstSignal } from "./serve.ts";

const help = `ml-connector demo [--port P] [--orders N] [--by-hand]
ml-connector demo --once [--orders N] [--json] [--seed S] [--no-webhooks] [--faults FILE]

Without --once: starts both sandboxes, the service and its console with a connection already made, and prints the console's
address and a sign-in. Orders that wait in ShipStation are packed after some seconds; with --by-hand only you buy
labels. With --once: N orders travel the whole journey without a person; the exit code is 0 only if all of
them are right. --json prints one JSON object as the last line.
`;

const options = {
  once: { type: "boolean" },
  orders: { type: "string" },
  json: { type: "boolean" },
  seed: { type: "string" },
  "no-webhooks": { type: "boolean" },
  faults: { type: "string" },
  port: { type: "string" },
  "by-hand": { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** How far above the service's port the sandboxes are. */
const portOf = { acumatica: 101, shipstation: 102 } as const;
/** For requests under way when the demo stops. */
const answerMs = 1_000;
/** Orders the demo begins with when nobody says otherwise. */
const firstOrders = 12;

export async function runDemo(argv: string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args: argv, options });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const orders = wholeNumber("--orders", values.orders, firstOrders, 1, 100_000);
    const seed = wholeNumber("--seed", values.seed, 1, 0, 2 ** 31);
    const webhooks = values["no-webhooks"] !== true;
    const faults = values.faults === undefined ? undefined : readFaults(values.faults);
    if (values.once === true) return await once({ orders, seed, webhooks, faults }, values.json === true);
    return await stay({
      orders,
      seed,
      webhooks,
      faults,
      // The sandboxes take two ports above it.
      port: wholeNumber("--port", values.port, 4400, 1, 65_535 - portOf.shipstation),
      byHand: values["by-hand"] === true,
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof PortInUse ? 1 : 2;
  }
}

interface DemoOptions {
  orders: number;
  seed: number;
  webhooks: boolean;
  faults: FaultFile | undefined;
}

async function once(demo: DemoOptions, asJson: boolean): Promise<number> {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const result = await runOnce({ ...demo, progress });
  process.stdout.write(asJson ? `${JSON.stringify(result)}\n` : `${describe(result)}\n`);
  return result.orders === demo.orders && result.shipped === demo.orders && result.failed === 0 ? 0 : 1;
}

function describe(result: OnceResult): string {
  return [
    `${result.shipped} of ${result.orders} orders are shipped in the ERP with their tracking numbers, ${result.failed} are not right.`,
    `ShipStation: ${result.shipstationCalls} calls, ${result.shipstationWriteCalls} of them writing orders. Acumatica: ${result.acumaticaCalls} calls.`,
    `Label to ERP: ${result.labelToErpMs.p50} ms (median), ${result.labelToErpMs.p95} ms (95 of 100). ${result.seconds} s in all.`,
    ...result.problems,
  ].join("\n");
}

/** Runs until it is stopped: sandboxes on ports of their own, the service with its console on `port`. */
async function stay(demo: DemoOptions & { port: number; byHand: boolean }): Promise<number> {
  process.stderr.write(`${await buildConsole()}\n`);
  const clock = createMovableClock();
  const log = createLog("warn");
  const origins = {
    acumatica: `http://127.0.0.1:${demo.port + portOf.acumatica}`,
    shipstation: `http://127.0.0.1:${demo.port + portOf.shipstation}`,
  };
  const fetch = createGuardedFetch({
    allowedOrigins: [origins.acumatica, origins.shipstation, `http://127.0.0.1:${demo.port}`],
  });
  const sandbox = createSandbox({
    clock,
    seed: demo.seed,
    orders: demo.orders,
    webhooks: demo.webhooks,
    fetch,
    ...(demo.faults === undefined ? {} : { faults: demo.faults }),
  });
  // All three ports first, so that a demo that runs already is told before anything is made.
  let answer: Answering[1] = () => new Response(null, { status: 503 });
  const [web, ...sandboxes] = await listenAll([
    [demo.port, (request, env) => answer(request, env)],
    [demo.port + portOf.acumatica, sandbox.acumaticaFetch],
    [demo.port + portOf.shipstation, sandbox.shipstationFetch],
  ]);
  const folder = mkdtempSync(join(tmpdir(), "ml-connector-demo-"));
  const console_ = consoleFolder();
  const app = await createApp({
    config: demoConfig(folder, demo.port, origins),
    ports: { fetch, clock, random: systemRandom, log },
    demo: controlRoutes(sandbox.shipstationFetch),
    ...(console_ === undefined ? {} : { consoleFolder: console_ }),
  });
  const user = { name: "Demo", email: "demo@example.com", password: newId(systemRandom).slice(0, 12) };
  await app.auth.createUser(user);
  answer = app.web.fetch;
  await app.addConnection(
    demoConnection(origins, { ...demoCredentials, v2ApiKey: sandboxV2Key }, demo.webhooks),
    "demo",
  );
  await app.start();
  process.stdout.write(
    [
      "",
      `  Console      http://127.0.0.1:${demo.port}`,
      `  Sign in      ${user.email}   ${user.password}`,
      "",
      `  Acumatica    ${origins.acumatica}   (sandbox)`,
      `  ShipStation  ${origins.shipstation}   (sandbox)`,
      `  API token    ${app.operatorToken}`,
      "",
      "  Open the console and choose “Both systems” to make orders and buy labels; what waits is packed by itself after some seconds.\n  Ctrl-C stops everything.",
      "",
    ].join("\n"),
  );
  const closing = new AbortController();
  const warehouse = createWarehouse(sandbox, clock, createSeededRandom(demo.seed + 1));
  const packing = demo.byHand ? Promise.resolve() : keepPacking(warehouse, clock, closing.signal);
  await firstSignal();
  closing.abort(new Error("stopping"));
  await packing;
  // A console that goes on asking must not find the database closed; the service gives its ERP session back.
  if (web) await stopListening(web, answerMs);
  await app.stop();
  await Promise.all(sandboxes.map((server) => stopListening(server)));
  rmSync(folder, { recursive: true, force: true });
  return 0;
}

type Answering = [port: number, fetch: Parameters<typeof listen>[0]["fetch"]];

/** On loopback; either all of them or none. */
async function listenAll(all: readonly Answering[]): Promise<ServerType[]> {
  const servers: ServerType[] = [];
  try {
    for (const [port, fetch] of all) servers.push(await listen({ fetch, port, hostname: "127.0.0.1" }));
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => stopListening(server)));
    throw error;
  }
}

/** `/demo/*` of the console is `/_sandbox/*` of the sandboxes. */
function controlRoutes(control: (request: Request) => Promise<Response>): Hono {
  const routes = new Hono();
  routes.all("*", async (c) => {
    const url = new URL(c.req.url);
    url.pathname = url.pathname.replace(/^\/demo/, "/_sandbox");
    const body = c.req.method === "GET" || c.req.method === "HEAD" ? undefined : await c.req.text();
    const headers = { "content-type": "application/json" };
    return control(new Request(url, { method: c.req.method, headers, ...(body ? { body } : {}) }));
  });
  return routes;
}

function readFaults(file: string): FaultFile {
  return parseFaults(JSON.parse(readFileSync(file, "utf8")));
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}

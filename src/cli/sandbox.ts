import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import type { ServerType } from "@hono/node-server";
import { createMovableClock } from "../lib/clock.ts";
import type { Fetch } from "../lib/http.ts";
import { parseFaults, type FaultFile } from "../sandbox/fault-rules.ts";
import {
  createSandbox,
  sandboxApiKey,
  sandboxApiSecret,
  sandboxErpPassword,
  sandboxErpTenant,
  sandboxErpUser,
  sandboxV2Key,
} from "../sandbox/sandbox.ts";
import { listen, stopListening } from "./listen.ts";

const usage = `Usage: ml-connector sandbox [--acumatica-port P] [--shipstation-port Q] [--orders N] [--seed S] [--faults FILE]

Serves a simulated Acumatica site and a simulated ShipStation account on 127.0.0.1 until stopped.

  --acumatica-port P    default 4410; 0 takes any free port
  --shipstation-port Q  default 4411; 0 takes any free port
  --orders N            open sales orders to begin with, default 25
  --seed S              the same seed gives the same orders, default 1
  --faults FILE         faults as JSON, see docs/sandbox.md`;

/** What was wrong with the command line, in one sentence. */
class BadArguments extends Error {}

interface SandboxArguments {
  acumaticaPort: number;
  shipstationPort: number;
  orders: number;
  seed: number;
  faults: FaultFile | undefined;
}

/** `ml-connector sandbox`: resolves once both servers have stopped. Sets exit code 2 for bad arguments, 1 for a busy port. */
export async function runSandbox(argv: string[]): Promise<void> {
  let given: SandboxArguments | "help";
  try {
    given = readArguments(argv);
  } catch (thrown) {
    // Only what the person typed can be wrong here; a defect keeps its stack.
    if (!(thrown instanceof BadArguments)) throw thrown;
    console.error(`${thrown.message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (given === "help") {
    console.log(usage);
    return;
  }
  await serveUntilStopped(given);
}

function readArguments(argv: string[]): SandboxArguments | "help" {
  const values = parseOptions(argv);
  if (values.help) return "help";
  const shipstationPort = wholeNumber("--shipstation-port", values["shipstation-port"], 65_535);
  const acumaticaPort = wholeNumber("--acumatica-port", values["acumatica-port"], 65_535);
  if (acumaticaPort === shipstationPort && acumaticaPort !== 0) {
    throw new BadArguments(`Both systems cannot listen on port ${acumaticaPort}.`);
  }
  return {
    acumaticaPort,
    shipstationPort,
    orders: wholeNumber("--orders", values.orders, 1_000_000),
    seed: wholeNumber("--seed", values.seed, 2 ** 31 - 1),
    faults: values.faults === undefined ? undefined : readFaults(values.faults),
  };
}

function parseOptions(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      strict: true,
      options: {
        "acumatica-port": { type: "string", default: "4410" },
        "shipstation-port": { type: "string", default: "4411" },
        orders: { type: "string", default: "25" },
        seed: { type: "string", default: "1" },
        faults: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (thrown) {
    throw new BadArguments(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > most) {
    throw new BadArguments(`${name} must be a whole number from 0 to ${most}, not "${text}".`);
  }
  return number;
}

function readFaults(path: string): FaultFile {
  try {
    const file = JSON.parse(readFileSync(path, "utf8")) as FaultFile;
    parseFaults(file);
    return file;
  } catch (thrown) {
    throw new BadArguments(`${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

async function serveUntilStopped({ acumaticaPort, shipstationPort, ...given }: SandboxArguments): Promise<void> {
  const sandbox = createSandbox({
    clock: createMovableClock(),
    seed: given.seed,
    orders: given.orders,
    fetch: (request) => fetch(request),
    ...(given.faults === undefined ? {} : { faults: given.faults }),
  });
  const servers: ServerType[] = [];
  try {
    servers.push(await onLoopback(sandbox.acumaticaFetch, acumaticaPort));
    servers.push(await onLoopback(sandbox.shipstationFetch, shipstationPort));
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
    await Promise.all(servers.map((server) => stopListening(server)));
    return;
  }
  const [acumaticaUrl = "", shipStationUrl = ""] = servers.map(urlOf);
  console.log(welcome(acumaticaUrl, shipStationUrl, given.orders));
  await signalled();
  await Promise.all(servers.map((server) => stopListening(server)));
}

/** Loopback only: the control routes ask for no password. */
const onLoopback = (answer: Fetch, port: number): Promise<ServerType> =>
  listen({ fetch: answer, port, hostname: "127.0.0.1", overrideGlobalObjects: false });

const urlOf = (server: ServerType): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

function welcome(acumaticaUrl: string, shipStationUrl: string, orders: number): string {
  return `Acumatica   ${acumaticaUrl}   (${orders} open sales orders)
  user ${sandboxErpUser}, password ${sandboxErpPassword}, tenant ${sandboxErpTenant}, endpoint Default/24.200.001
ShipStation ${shipStationUrl}
  API key ${sandboxApiKey}, secret ${sandboxApiSecret}
  V2 at ${shipStationUrl}/v2, API key ${sandboxV2Key}

Try:
  curl -u ${sandboxApiKey}:${sandboxApiSecret} ${shipStationUrl}/stores
  curl -H 'API-Key: ${sandboxV2Key}' ${shipStationUrl}/v2/labels
  curl -X POST ${acumaticaUrl}/_sandbox/orders -H 'content-type: application/json' -d '{"count":3}'
  curl -X POST ${shipStationUrl}/_sandbox/labels -H 'content-type: application/json' -d '{"all":true}'
  curl ${shipStationUrl}/_sandbox/check

Control routes: ${shipStationUrl}/_sandbox (on both ports). Ctrl-C stops.`;
}

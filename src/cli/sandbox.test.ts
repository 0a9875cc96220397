import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { runSandbox } from "./sandbox.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test.for([
  { name: "an unknown option", argv: ["--nope"], text: "--nope" },
  { name: "a port that is none", argv: ["--acumatica-port", "x"], text: "--acumatica-port must be a whole number" },
  { name: "a port too high", argv: ["--shipstation-port", "70000"], text: "65535" },
  { name: "one port for both", argv: ["--acumatica-port", "4500", "--shipstation-port", "4500"], text: "port 4500" },
  { name: "a fault file that is not there", argv: ["--faults", "/nowhere/faults.json"], text: "/nowhere/faults.json" },
  { name: "a stray word", argv: ["orders"], text: "orders" },
])("$name is told in a sentence, with exit code 2", async ({ argv, text }) => {
  const complaint = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await runSandbox(argv);
  expect(process.exitCode).toBe(2);
  expect(complaint.mock.calls.flat().join("\n")).toContain(text);
});

test("it serves both systems on loopback, prints what to try, and stops on SIGTERM with code 0", async () => {
  const program = `import("./src/cli/sandbox.ts").then(({ runSandbox }) => runSandbox(process.argv.slice(1)))`;
  const argv = ["--acumatica-port", "0", "--shipstation-port", "0", "--orders", "3", "--seed", "9"];
  const child = spawn(process.execPath, ["-e", program, "--", ...argv], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    let printed = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      printed += chunk.toString();
      if (printed.includes("Ctrl-C")) break;
    }
    const [erp, shipStation] = [...printed.matchAll(/^\w+ +(http:\/\/127\.0\.0\.1:\d+)/gm)].map(([, url]) => url);
    const [, key, secret] = /API key (\S+), secret (\S+)/.exec(printed) ?? [];
    const authorization = `Basic ${btoa(`${key ?? ""}:${secret ?? ""}`)}`;
    const stores = await fetch(`${shipStation ?? ""}/stores`, { headers: { authorization } });
    expect([stores.status, stores.headers.get("x-rate-limit-limit")]).toEqual([200, "40"]);
    const { orders } = (await (await fetch(`${erp ?? ""}/_sandbox/orders`)).json()) as { orders: unknown[] };
    expect(orders).toHaveLength(3);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

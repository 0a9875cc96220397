import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCanarySearch } from "../support/canaries.ts";
import { runCommand, type Outcome } from "../support/commands.ts";
import { endPrograms, freePort, startProgram, until, type Program } from "../support/processes.ts";
import { startSandbox, type SandboxProcess } from "../support/service.ts";

const password = "right P7xWq2LmZ9rTd4 password";
const wrongPassword = "wrong V5kNs8HbY3cJf6 password";
const keys = { apiKey: "3c9aT1vYq6HnXr0BzLd7", apiSecret: "Ws2Gm8PfKe5UjQx4Ri9o" };
const expiredKeys = { apiKey: "Nb6Vd1Zt8Ly3Fh0Ck7Sa", apiSecret: "Jp4Xw9Eg2Mu5Iq1Ro6Tv" };

let sandbox: SandboxProcess;
let service: Program;
let folder: string;
let env: Record<string, string>;
let nobody: string;
/** Everything that any command said. */
const said: string[] = [];

async function run(argv: string, input?: string): Promise<Outcome> {
  const outcome = await runCommand(argv.split(" "), { env, ...(input === undefined ? {} : { input }) });
  said.push(outcome.out, outcome.err);
  return outcome;
}
/** Members of the commands' answers in JSON; each command has some of them. */
interface Told {
  fits: boolean;
  stages: { verdict: string }[];
  ready: boolean;
  connections: { id: string }[];
  records: unknown[];
  record: { state: string };
  timeline: { event?: string }[];
}
/** The same with `--json`, parsed. */
async function ask(argv: string): Promise<{ code: number | null; answer: Told }> {
  const { code, out } = await run(`${argv} --json`);
  return { code, answer: JSON.parse(out) as Told };
}

const connectionFile = (id: string, acumatica: object = {}, change: object = {}): string =>
  JSON.stringify({
    id,
    name: `Shop ${id}`,
    state: "paused",
    acumatica: {
      ...{ instanceUrl: sandbox.origins.acumatica, tenant: "Brand", endpointVersion: "24.200.001" },
      ...{ username: "connector", password },
      ...acumatica,
    },
    shipstation: { ...keys, origin: sandbox.origins.shipstation },
    settings: { flows: { orderPollSeconds: 5, labelPollSeconds: 5 } },
    ...change,
  });

beforeAll(async () => {
  sandbox = await startSandbox(3);
  nobody = `http://127.0.0.1:${await freePort()}`;
  await sandbox.send("PUT", "/settings", {
    acumatica: {
      users: [
        { name: "connector", password },
        { name: "clerk", password },
      ],
      tenants: ["Brand", "Other"],
      maxSessions: 20,
    },
    shipstation: {
      callsPerMinute: 400,
      keys: [
        { key: keys.apiKey, secret: keys.apiSecret },
        { key: expiredKeys.apiKey, secret: expiredKeys.apiSecret, expiresAt: 1 },
      ],
    },
  });
  folder = mkdtempSync(join(tmpdir(), "ml-connector-commands-"));
  env = {
    ML_PORT: String(await freePort()),
    ML_DATA_DIR: folder,
    ML_ALLOWED_ORIGINS: [sandbox.origins.acumatica, sandbox.origins.shipstation, nobody].join(","),
    ML_LOG_LEVEL: "debug",
  };
  service = startProgram(["serve"], env);
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${env["ML_PORT"]!}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until("the service to be ready", isReady, { withinMs: 90_000, needs: [service] });
});
afterAll(async () => {
  await endPrograms();
  rmSync(folder, { recursive: true, force: true });
});

describe("without a service", () => {
  test("the program lists its commands, and each answers --help", async () => {
    const { code, out: listed } = await run("--help");
    expect(code).toBe(0);
    const commands = [...listed.matchAll(/^ {2}(\w+) +\w/gm)].map(([, command]) => command!);
    const known = ["demo", "serve", "sandbox", "ping", "connection", "records", "replay", "status"];
    expect(commands).toEqual(expect.arrayContaining(known));
    for (const command of commands) {
      const { code: helped, out, err } = await run(`${command} --help`);
      expect([command, helped, err]).toEqual([command, 0, ""]);
      expect(out).toContain(`ml-connector ${command}`);
    }
  });

  test.for([
    ["a command that does not exist", "unknown", /There is no command "unknown"/],
    ["an option that does not exist", "status --colour", /--colour/],
    ["a verb that does not exist", "connection steal", /There is no "connection steal"/],
    ["a role that does not exist", "serve --role king", /--role must be all, web or worker/],
    ["a port that is none", "sandbox --acumatica-port x", /--acumatica-port must be a whole number/],
    ["a replay of nothing in particular", "replay --connection good", /Say which records/],
    ["a file that is not there", "connection add --file /no/such/file.json", /cannot be read \(ENOENT\)/],
  ] as const)("%s is told in plain words, with exit code 2", async ([, argv, words]) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(words);
  });

  test("a service that does not answer is told with what to do, with exit code 1", async () => {
    const elsewhere = { ML_API_URL: nobody, ML_DATA_DIR: folder };
    const { code, err } = await runCommand(["status"], { env: elsewhere });
    expect(code).toBe(1);
    expect(err).toContain(`No service answers at ${nobody}`);
    expect(err).toContain("npm start");
  });
});

// In order: each test goes on from what the one before left behind, as a person at a terminal does.
describe("with a service and both systems", () => {
  test("a service without connections says so", async () => {
    expect(await run("connection list")).toMatchObject({ code: 0, out: "There is no connection yet.\n" });
    expect(await run("status")).toMatchObject({ code: 0, out: expect.stringContaining("There is no connection yet.") });
    expect(await run("ping")).toMatchObject({ code: 2, err: expect.stringContaining("connection add --file FILE") });
  });

  test("a file that cannot be a connection is told with every problem, and its secrets stay in it", async () => {
    const file = connectionFile("bad", { tenant: 7, apiKey: keys.apiKey, instanceUrl: "http://10.0.0.1" });
    const refused = await run("connection add --file -", file);
    expect(refused.code).toBe(1);
    for (const field of ["acumatica.tenant", "acumatica.apiKey", "acumatica.instanceUrl"]) {
      expect(refused.err).toContain(field);
    }
    const broken = await run("connection add --file -", file.replace(`"${password}"`, `"${password}`));
    expect(broken.code).toBe(2);
    expect(broken.err).toMatch(/Standard input is not valid JSON/);
  });

  test("a connection is added from a file, paused as the file says, and fits", async () => {
    const path = join(folder, "good.json");
    writeFileSync(path, connectionFile("good"));
    const added = await run(`connection add --file ${path}`);
    expect(added).toMatchObject({ code: 0, err: "" });
    expect(added.out).toMatch(/^Added Shop good \(good\), paused\. .*ml-connector ping good/);
    const { code, out } = await run("ping good");
    expect(out).toMatch(/ok +Acumatica: sign-in .*\n.*\n +Found: Signed in/);
    expect(out).toMatch(/^good fits/m);
    expect(code).toBe(0);
    const report = await ask("ping good");
    expect(report.answer.fits).toBe(true);
    expect(report.answer.stages.filter(({ verdict }) => verdict === "failed" || verdict === "skipped")).toEqual([]);
    expect(await sandbox.get("/check")).toMatchObject({ orders: 3, pushed: 0 });
  });

  test.for<{ id: string; wrong: string; file: () => string; stage: RegExp; cure: RegExp }>([
    {
      id: "wrong-password",
      wrong: "a wrong password",
      file: () => connectionFile("wrong-password", { username: "clerk", password: wrongPassword }, { state: "active" }),
      stage: /FAILED +Acumatica: sign-in \(\d+ ms\)\n.*\n +Found: Acumatica refused the user name or password of clerk/,
      cure: /Do: Enter the right password/,
    },
    {
      id: "wrong-tenant",
      wrong: "a wrong tenant",
      file: () => connectionFile("wrong-tenant", { tenant: "Nobody" }),
      stage: /FAILED +Acumatica: sign-in \(\d+ ms\)\n.*\n +Found: Acumatica does not know the tenant Nobody/,
      cure: /Do: .*SM203520/,
    },
    {
      id: "wrong-version",
      wrong: "an endpoint version that is not there",
      file: () => connectionFile("wrong-version", { endpointVersion: "26.200.001" }),
      stage: /FAILED +Acumatica: endpoint and version \(\d+ ms\)\n.*\n +Found: .*no endpoint Default 26\.200\.001/,
      cure: /Do: .*on offer: .*24\.200\.001/,
    },
    {
      id: "expired-key",
      wrong: "an expired ShipStation key",
      file: () =>
        connectionFile("expired-key", {}, { shipstation: { ...expiredKeys, origin: sandbox.origins.shipstation } }),
      stage: /FAILED +ShipStation: API key \(\d+ ms\)\n.*\n +Found: .*wrong, revoked or expired/,
      cure: /Do: .*new key pair/,
    },
    {
      id: "no-host",
      wrong: "a host where nothing answers",
      file: () => connectionFile("no-host", { instanceUrl: nobody }),
      stage:
        /FAILED +Acumatica: secure connection \(\d+ ms\)\n.*\n +Found: Nothing answers at http:\/\/127\.0\.0\.1:\d+/,
      cure: /Do: Check the address/,
    },
  ])("$wrong is named by ping, with its cure and exit code 1", async ({ id, file, stage, cure }) => {
    expect(await run("connection add --file -", file())).toMatchObject({ code: 0, err: "" });
    const { code, out } = await run(`ping ${id}`);
    expect(code).toBe(1);
    expect(out).toMatch(stage);
    expect(out).toMatch(cure);
    expect(out).toMatch(new RegExp(`^${id} does not fit yet: 1 failed`, "m"));
    const { code: same, answer } = await ask(`ping ${id}`);
    expect([same, answer.fits]).toEqual([1, false]);
    expect(answer.stages.filter(({ verdict }) => verdict === "failed")).toHaveLength(1);
  });

  test("the list shows every connection, with what stopped it", async () => {
    const { answer } = await ask("connection list");
    expect(answer.connections).toHaveLength(6);
    const stopped = async (): Promise<string | false> => {
      const { out } = await run("connection list");
      return /wrong-password .* stopped: /.test(out) && out;
    };
    const out = await until("the refused sign-in to stop its connection", stopped, {
      withinMs: 60_000,
      needs: [service, sandbox.program],
    });
    expect(out).toMatch(/^ID +NAME +TENANT +ACUMATICA +STATE$/m);
    expect(out).toMatch(/^good +Shop good +Brand +http:\S+ +paused$/m);
    expect(out).toMatch(/stopped: Acumatica refused .* Enter the right/);
  });

  test("a resumed connection sends its orders, and the records say so", async () => {
    expect(await run("connection resume good")).toMatchObject({ code: 0, out: "good is active.\n" });
    const processed = async (): Promise<boolean> => {
      const { answer } = await ask("records list --connection good --kind order --state Processed");
      return answer.records.length === 3;
    };
    await until("three orders in ShipStation", processed, { withinMs: 90_000, needs: [service, sandbox.program] });
    const { code, out } = await run("records list --kind order --search 000101");
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    expect(out).toMatch(/^good +order +SO\/000101 +Processed +\d{4}-/m);
    expect(await sandbox.get("/check")).toMatchObject({ orders: 3, pushed: 3 });
  });

  test("one record is shown with its whole story", async () => {
    const { code, out } = await run("records show good SO/000101");
    expect(code).toBe(0);
    expect(out).toMatch(/^order SO\/000101 of good: Processed$/m);
    expect(out).toMatch(/shipstation {2}POST http:\S+\/orders\/createorders {2}200/);
    const { answer } = await ask("records show good SO/000101");
    expect(answer.record.state).toBe("Processed");
    expect(answer.timeline.length).toBeGreaterThan(2);
    const missing = await run("records show good SO/999999");
    expect(missing).toMatchObject({ code: 1, out: "", err: expect.stringContaining("There is no such record") });
  });

  test("a replay is tried dry first, and then writes nothing that is already so", async () => {
    const dry = await run("replay --connection good --kind order --state Processed --dry-run");
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(/^3 records match; nothing was done\.$/m);
    const writes = async (): Promise<number> =>
      (await sandbox.get<{ shipstationWriteCalls: number }>("/stats")).shipstationWriteCalls;
    const before = await writes();
    const { code, out } = await run("replay --connection good --kind order SO/000101");
    expect([code, out]).toEqual([0, "One record matches; 1 will be planned again.\n  SO/000101\n"]);
    const planned = async (): Promise<boolean> => {
      const { answer } = await ask("records show good SO/000101");
      const replayed = answer.timeline.findIndex(({ event }) => event?.includes("replay"));
      return replayed >= 0 && replayed < answer.timeline.length - 1 && answer.record.state === "Processed";
    };
    await until("the replay to be done", planned, { withinMs: 60_000, needs: [service, sandbox.program] });
    expect(await writes()).toBe(before);
    expect(await run("replay --connection good SO/999999")).toMatchObject({ code: 1, out: "No record matches.\n" });
  });

  test("status tells at a glance", async () => {
    const { code, out } = await run("status");
    expect(code).toBe(0);
    expect(out).toMatch(/^ml-connector \d+\.\d+\.\d+, ready, on its embedded database, since \d{4}-/);
    expect(out).toMatch(/^good +active +3 Processed +none +/m);
    const { answer } = await ask("status");
    expect(answer.ready).toBe(true);
    expect(answer.connections).toHaveLength(6);
  });

  test("a removed connection is gone, and cannot be removed twice", async () => {
    expect(await run("connection remove no-host")).toMatchObject({ code: 0, out: "Removed no-host.\n", err: "" });
    const { out } = await run("connection list");
    expect(out).not.toContain("no-host");
    const again = await run("connection remove no-host");
    expect(again).toMatchObject({ code: 1, out: "", err: expect.stringContaining("no such connection") });
  });

  test("no secret was said by any command or by the service, and SIGTERM ends the service with 0", async () => {
    expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null });
    said.push(service.output());
    const token = readFileSync(join(folder, "operator.token"), "utf8").trim();
    const search = createCanarySearch([
      { name: "password", text: password },
      { name: "wrong password", text: wrongPassword },
      { name: "operator token", text: token },
      ...[keys, expiredKeys].flatMap(({ apiKey, apiSecret }) => [
        { name: "key", text: apiKey },
        { name: "secret", text: apiSecret },
        { name: "Basic header", text: Buffer.from(`${apiKey}:${apiSecret}`).toString("base64") },
      ]),
    ]);
    expect(said.join("\n")).toContain("signed in to Acumatica");
    expect(search(said.join("\n"))).toEqual([]);
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTerminal, testToken, type ApiAnswers } from "../../test/support/terminal.ts";
import { runConnection } from "./connection.ts";
import { runLabel } from "./label.ts";
import { runPing } from "./ping.ts";
import { runPreview } from "./preview.ts";
import { runReconcile } from "./reconcile.ts";
import { runRecords } from "./records.ts";
import { runReplay } from "./replay.ts";
import { runStatus } from "./status.ts";
import { table } from "./terminal.ts";

const acme = {
  id: "acme",
  name: "Acme",
  state: "active",
  stop: null,
  acumatica: { instanceUrl: "https://erp.example.com/Acme", tenant: "Acme" },
};
const aStage = (change: object): object => ({
  ...{ id: "x", title: "Acumatica: sign-in", verdict: "ok", text: "Signed in.", cure: null, took: 12.4, details: [] },
  ...{ tried: "One try.", meaning: null },
  ...change,
});
const aRecord = (change: object = {}): object => ({
  connectionId: "acme",
  kind: "order",
  key: "SO/000123",
  state: "Failed",
  title: "Ada Lovelace",
  reason: { code: "network.timeout", text: "No answer.", cure: "Nothing to do." },
  problems: [{ field: "Details[0]", found: "x", cure: "Mend it." }],
  dueAt: null,
  changedAt: "2026-01-05T08:00:00.000Z",
  shipstationOrderId: "991",
  trackingNumbers: ["1Z999"],
  shipmentNbrs: ["000077"],
  ...change,
});

type Run = typeof runPing;
async function run(command: Run, argv: string[], answers: ApiAnswers | undefined, given = {}) {
  const { terminal, out, err, asked } = createTerminal(answers, given);
  const code = await command(argv, terminal);
  return { code, out: out.join("\n"), err: err.join("\n"), asked };
}

describe("every command", () => {
  const commands: [string, Run, string[]][] = [
    ["connection", runConnection, ["list"]],
    ["ping", runPing, ["acme"]],
    ["preview", runPreview, ["acme"]],
    ["reconcile", runReconcile, ["acme"]],
    ["records", runRecords, ["list"]],
    ["replay", runReplay, ["--connection", "acme", "SO/1"]],
    ["status", runStatus, []],
  ];

  test.for(commands)("%s says how to start a service that is not running", async ([, command, argv]) => {
    const { code, out, err } = await run(command, argv, undefined);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/No service answers at http:\/\/127\.0\.0\.1:4999/);
    expect(err).toMatch(/npm start/);
  });

  test.for(commands)("%s explains itself without a service", async ([name, command]) => {
    const { code, out } = await run(command, ["--help"], undefined);
    expect(code).toBe(0);
    expect(out).toContain(`ml-connector ${name}`);
  });

  test.for(commands)("%s refuses options it does not know", async ([, command, argv]) => {
    const { code, err, asked } = await run(command, [...argv, "--colour"], {});
    expect([code, asked]).toEqual([2, []]);
    expect(err).toMatch(/--colour/);
  });

  test.for(commands)("%s with --json tells a failure in JSON", async ([, command, argv]) => {
    const { code, out, err } = await run(command, [...argv, "--json"], undefined);
    expect([code, err]).toEqual([1, ""]);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "network.unreachable" } });
  });

  test("the operator token travels in the header and is never shown", async () => {
    const { asked, out, err } = await run(runStatus, [], { "GET /status": [401, {}] });
    expect(asked[0]?.token).toBe(`Bearer ${testToken}`);
    expect(out + err).not.toContain(testToken);
    expect(err).toMatch(/does not accept the operator token/);
  });

  test("without a token nothing is sent, and the file to look for is named", async () => {
    const { code, err, asked } = await run(runStatus, [], {}, { env: { ML_API_TOKEN: "", ML_DATA_DIR: "/no/such" } });
    expect([code, asked]).toEqual([1, []]);
    expect(err).toMatch(/\/no\/such\/operator\.token/);
  });

  test("a wrong configuration is told before anything is done", async () => {
    const { code, err } = await run(runStatus, [], {}, { env: { ML_PORT: "x" } });
    expect(code).toBe(2);
    expect(err).toMatch(/ML_PORT/);
  });

  test("something else at the address is not taken for the service", async () => {
    const { code, err } = await run(runStatus, [], { "GET /status": [200, "<html>hello</html>"] });
    expect(code).toBe(1);
    expect(err).toMatch(/not this service/);
  });
});

describe("connection", () => {
  const file = { name: "Acme", acumatica: { password: "canary" } };

  test("adds what standard input holds, and does not repeat it", async () => {
    const answers = { "POST /connections": [201, acme] } satisfies ApiAnswers;
    const { code, out, err, asked } = await run(runConnection, ["add", "--file", "-"], answers, {
      input: JSON.stringify(file),
    });
    expect(code).toBe(0);
    expect(asked[0]?.body).toEqual(file);
    expect(out).toMatch(/Added Acme \(acme\).*ping acme/);
    expect(out + err).not.toContain("canary");
  });

  test("adds what a file holds", async () => {
    const directory = mkdtempSync(join(tmpdir(), "ml-cli-"));
    try {
      const path = join(directory, "acme.json");
      writeFileSync(path, `\uFEFF${JSON.stringify(file)}`);
      const { code, asked } = await run(runConnection, ["add", "--file", path], { "POST /connections": [201, acme] });
      expect([code, asked[0]?.body]).toEqual([0, file]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("a file that is no JSON is refused without quoting it", async () => {
    const input = `{ "acumatica": { "password": "canary" "x" } }`;
    const { code, out, err, asked } = await run(runConnection, ["add", "--file", "-"], {}, { input });
    expect([code, asked]).toEqual([2, []]);
    expect(err).toMatch(/not valid JSON/);
    expect(out + err).not.toContain("canary");
  });

  test("every problem of a refused file is told with its cure", async () => {
    const problems = [
      { field: "acumatica.tenant", found: "(missing)", cure: "Enter the tenant's login name." },
      { field: "shipstation.apiKey", found: "***", cure: "Enter the API key." },
    ];
    const error = { code: "connection.invalid", message: "Not valid.", cure: "Correct the fields.", problems };
    const { code, err } = await run(
      runConnection,
      ["add", "--file", "-"],
      { "POST /connections": [422, { error }] },
      { input: "{}" },
    );
    expect(code).toBe(1);
    expect(err).toContain("acumatica.tenant (missing): Enter the tenant's login name.");
    expect(err).toContain("shipstation.apiKey (***): Enter the API key.");
  });

  test("lists connections with what stopped them", async () => {
    const stopped = { ...acme, id: "b", state: "stopped", stop: { text: "Refused.", cure: "Enter the password." } };
    const { out } = await run(runConnection, ["list"], { "GET /connections": [200, { connections: [acme, stopped] }] });
    expect(out).toMatch(/^ID +NAME +TENANT/);
    expect(out).toMatch(/stopped: Refused\. Enter the password\./);
  });

  test.for([
    ["remove", "DELETE /connections/a%2Fb", 204, undefined, /Removed a\/b/],
    ["pause", "POST /connections/a%2Fb/pause", 200, { ...acme, state: "paused" }, /is paused/],
    ["resume", "POST /connections/a%2Fb/resume", 200, acme, /is active/],
    ["wake", "POST /connections/a%2Fb/wake", 200, acme, /is active/],
  ] as const)("%s asks for that one connection", async ([verb, call, status, body, text]) => {
    const { code, out } = await run(runConnection, [verb, "a/b"], { [call]: [status, body] });
    expect(code).toBe(0);
    expect(out).toMatch(text);
  });

  test("push tells what to enter in Acumatica, and renews it on demand", async () => {
    const destination = {
      url: "https://connector.example.com/hooks/acumatica/t",
      header: { name: "X-Doorbell-Key", value: "the-key" },
      steps: ["Make an inquiry.", "Enter it."],
    };
    const answers = {
      "POST /connections/acme/push": [200, destination],
      "POST /connections/acme/push/renew": [200, { ...destination, header: { name: "X-Doorbell-Key", value: "new" } }],
    } satisfies ApiAnswers;
    const { code, out } = await run(runConnection, ["push", "acme"], answers);
    expect(code).toBe(0);
    for (const part of [destination.url, "X-Doorbell-Key", "the-key", "2. Enter it."]) expect(out).toContain(part);
    expect((await run(runConnection, ["push", "acme", "--renew"], answers)).out).toContain("Header value  new");
    const asJson = await run(runConnection, ["push", "acme", "--json"], answers);
    expect(JSON.parse(asJson.out)).toEqual(destination);
  });

  test.for([[], ["add"], ["remove"], ["push"], ["frobnicate"], ["list", "a", "b"], ["add", "--file", "/no/such/file"]])(
    "%j is asked wrongly",
    async (argv) => {
      const { code, asked } = await run(runConnection, argv, {});
      expect([code, asked]).toEqual([2, []]);
    },
  );
});

describe("ping", () => {
  const bad = aStage({ verdict: "failed", text: "Refused.", cure: "Enter the right password.", details: ["said so"] });
  const skipped = aStage({ title: "Acumatica: endpoint", verdict: "skipped", text: "Not tried.", took: 0 });
  const aReport = (fits: boolean, stages: object[]) => ({
    ...{ connection: "acme", fits, stages },
    calls: { acumatica: 12, shipstation: 4 },
  });
  /** As the service tells it: line by line. */
  const told = (report: { stages: object[] }): string =>
    [...report.stages.flatMap((stage) => [{ trying: "x" }, { stage }]), { report }]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join("");
  const ping = (report: ReturnType<typeof aReport>, argv: string[] = ["acme"], given = {}) =>
    run(runPing, argv, { "POST /connections/acme/ping": [200, told(report)] }, given);

  test("two systems that fit exit with 0, and each stage says what was tried, found and meant", async () => {
    const { code, out } = await ping(
      aReport(true, [aStage({ meaning: "All is well." }), aStage({ verdict: "warning", cure: "Look." })]),
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /ok +Acumatica: sign-in \(12 ms\)\n +Tried: One try\.\n +Found: Signed in\.\n +Means: All is well\./,
    );
    expect(out).toMatch(/acme fits, with a warning\.\nNothing was written; 12 calls to Acumatica, 4 to ShipStation\.$/);
  });

  test("two that do not fit exit with 1, each fault with its cure", async () => {
    const { code, out } = await ping(aReport(false, [bad, skipped]));
    expect(code).toBe(1);
    expect(out).toMatch(/FAILED +Acumatica: sign-in/);
    expect(out).toMatch(/Found: Refused\.\n +Do: Enter the right password\.\n +- said so/);
    expect(out).toMatch(/1 failed, 1 not tried\./);
  });

  test("the report comes whole with --json", async () => {
    const report = aReport(false, [bad]);
    const { code, out } = await ping(report, ["acme", "--json"]);
    expect([code, JSON.parse(out)]).toEqual([1, report]);
  });

  test("on a terminal each stage is named while it is tried; with --json nothing but JSON comes", async () => {
    const seen: string[] = [];
    const given = { progress: (text: string) => void seen.push(text) };
    await ping(aReport(true, [aStage({})]), ["acme"], given);
    expect(seen).toEqual(["x …", ""]);
    await ping(aReport(true, [aStage({})]), ["acme", "--json"], given);
    expect(seen).toHaveLength(2);
  });

  test("a check that breaks off is told", async () => {
    const line = `{"trying":"x"}\n{"error":{"code":"internal.defect","message":"The check broke off."}}\n`;
    const { code, err } = await run(runPing, ["acme"], { "POST /connections/acme/ping": [200, line] });
    expect(code).toBe(1);
    expect(err).toMatch(/broke off/);
  });

  test("the only connection need not be named; one of several must", async () => {
    const report = told(aReport(true, [aStage({})]));
    const one = { "GET /connections": [200, { connections: [acme] }], "POST /connections/acme/ping": [200, report] };
    expect((await run(runPing, [], one as unknown as ApiAnswers)).code).toBe(0);
    const two = { "GET /connections": [200, { connections: [acme, { ...acme, id: "b" }] }] } satisfies ApiAnswers;
    const { code, err } = await run(runPing, [], two);
    expect(code).toBe(2);
    expect(err).toMatch(/acme, b/);
  });
});

describe("records", () => {
  test("lists what the filters ask for, page after page up to the limit", async () => {
    const many = (count: number): object[] => Array.from({ length: count }, () => aRecord());
    const { code, out, asked } = await run(runRecords, ["list", "--state", "Failed", "--limit", "250", "--json"], {
      "GET /records?state=Failed&limit=200": [200, { records: many(200), next: "m1" }],
      "GET /records?state=Failed&limit=50&after=m1": [200, { records: many(50), next: "m2" }],
    });
    expect([code, asked.length]).toEqual([0, 2]);
    const answer = JSON.parse(out) as { records: unknown[]; next: string };
    expect([answer.records.length, answer.next]).toEqual([250, "m2"]);
  });

  test("a row tells what an operator looks for", async () => {
    const { out } = await run(runRecords, ["list"], {
      "GET /records?limit=50": [200, { records: [aRecord()], next: null }],
    });
    expect(out).toMatch(/acme +order +SO\/000123 +Failed +2026-01-05T08:00:00\.000Z +Ada Lovelace; 1Z999; No answer\./);
  });

  test("text of other systems cannot move the cursor", async () => {
    const records = [aRecord({ title: "a\u001b[2Jb\nc\u202e" })];
    const { out } = await run(runRecords, ["list"], { "GET /records?limit=50": [200, { records, next: null }] });
    expect(out).toContain("a [2Jb c");
  });

  test("shows one record with its story", async () => {
    const timeline = [
      { at: "T1", type: "audit", subject: "", actor: "orders-out", event: "order.pushed", detail: { n: 1 } },
      { at: "T2", type: "effect", effectKey: "create/1", state: "done" },
      {
        ...{ at: "T3", type: "exchange", system: "shipstation", method: "POST", url: "/orders/createorders" },
        status: 200,
        tookMs: 9,
        failure: null,
      },
    ];
    const answer = { record: aRecord(), labels: [aRecord({ kind: "label", key: "S1" })], timeline, source: {} };
    const { out } = await run(runRecords, ["show", "acme", "SO/000123"], {
      "GET /records/acme/order/SO%2F000123": [200, answer],
    });
    expect(out).toMatch(/order SO\/000123 of acme: Failed/);
    expect(out).toMatch(/Details\[0\] \(x\): Mend it\./);
    expect(out).toMatch(/T1 {2}orders-out {2}order\.pushed/);
    expect(out).toMatch(/T3 {2}shipstation {2}POST \/orders\/createorders {2}200 {2}9 ms/);
    expect(out).toMatch(/There is no such thing\./);
  });

  test("shows where a label's parcel travels, how to have it as PDF, and what is missing", async () => {
    const path = "/records/acme/label/S87654321";
    const record = aRecord({ kind: "label", key: "S87654321" });
    const shown = {
      label: "S87654321",
      trackingNumber: "1Z9",
      trackingUrl: "https://carrier.example/1Z9",
      hasPdf: true,
    };
    const { out } = await run(runRecords, ["show", "acme", "S87654321"], {
      [`GET ${path}`]: [200, { record, labels: [], timeline: [], source: {} }],
      [`GET ${path}/parcels`]: [200, { parcels: [shown], notice: "The V2 key expires soon." }],
    });
    expect(out).toMatch(/S87654321 travels: https:\/\/carrier\.example\/1Z9/);
    expect(out).toMatch(/ml-connector label pdf acme S87654321 --out S87654321\.pdf/);
    expect(out).toMatch(/The V2 key expires soon\./);
  });

  test("a key without a slash is a label's", async () => {
    const { code, asked } = await run(runRecords, ["show", "acme", "S87654321"], {});
    expect([code, asked[0]?.path]).toEqual([1, "/records/acme/label/S87654321"]);
  });

  test.for([[], ["show"], ["show", "acme"], ["list", "x"], ["list", "--limit", "0"], ["list", "--limit", "ten"]])(
    "%j is asked wrongly",
    async (argv) => {
      expect((await run(runRecords, argv, {})).code).toBe(2);
    },
  );
});

describe("replay", () => {
  test("sends keys or filters, and tells what will be done", async () => {
    const answers = { "POST /replay": [200, { matched: 2, replayed: 2, keys: ["SO/1", "SO/2"] }] } satisfies ApiAnswers;
    const { code, out, asked } = await run(runReplay, ["--connection", "acme", "SO/1", "SO/2"], answers);
    expect(code).toBe(0);
    expect(asked[0]?.body).toEqual({ connection: "acme", keys: ["SO/1", "SO/2"], dryRun: false });
    expect(out).toMatch(/2 records match; 2 will be planned again/);
  });

  test("a dry run does nothing and says so", async () => {
    const answers = { "POST /replay": [200, { matched: 120, replayed: 0, keys: ["SO/1"] }] } satisfies ApiAnswers;
    const { out, asked } = await run(runReplay, ["--connection", "acme", "--state", "Aborted", "--dry-run"], answers);
    expect(asked[0]?.body).toEqual({ connection: "acme", state: "Aborted", dryRun: true });
    expect(out).toMatch(/120 records match; nothing was done\.\n {2}SO\/1\n {2}and 119 more/);
  });

  test("that nothing matched is not a success", async () => {
    const answers = { "POST /replay": [200, { matched: 0, replayed: 0, keys: [] }] } satisfies ApiAnswers;
    expect((await run(runReplay, ["--connection", "acme", "SO/9"], answers)).code).toBe(1);
  });

  test.for([[], ["SO/1"], ["--connection", "acme"], ["--connection", "acme", "--dry-run"]])(
    "%j is asked wrongly: a whole connection is never replayed by accident",
    async (argv) => {
      const { code, asked } = await run(runReplay, argv, {});
      expect([code, asked]).toEqual([2, []]);
    },
  );
});

describe("status", () => {
  test.for([
    { ready: true, code: 0, text: /, ready,/ },
    { ready: false, code: 1, text: /NOT READY/ },
  ])("ready or not shows in the exit code: $ready", async ({ ready, code, text }) => {
    const body = {
      ...{ version: "1.2.3", startedAt: "2026-01-05T08:00:00Z", database: "embedded", ready },
      connections: [
        {
          id: "acme",
          state: "active",
          notices: [{ code: "shipstation.own-store", text: "The own store is on." }],
          counts: { order: { Processed: 12, Failed: 1, Waiting: 0 }, label: {} },
        },
      ],
    };
    const answer = await run(runStatus, [], { "GET /status": [200, body] });
    expect(answer.code).toBe(code);
    expect(answer.out).toMatch(text);
    expect(answer.out).toMatch(/acme +active +12 Processed, 1 Failed +none/);
    expect(answer.out).toContain("acme: The own store is on. (shipstation.own-store)");
  });
});

test("a table is as wide as its widest cells", () => {
  expect(
    table(
      ["A", "BB"],
      [
        ["long", "x"],
        ["s", ""],
      ],
    ),
  ).toEqual(["A     BB", "long  x", "s"]);
});

describe("label pdf", () => {
  const address = "GET /connections/acme/labels/S87654321/pdf";

  test("writes the file that the service gives", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ml-connector-test-"));
    try {
      const out = join(folder, "label.pdf");
      const answer = await run(runLabel, ["pdf", "acme", "S87654321", "--out", out], {
        [address]: [200, Buffer.from("%PDF-1.4 small")],
      });
      expect([answer.code, readFileSync(out, "latin1")]).toEqual([0, "%PDF-1.4 small"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("says what the service says, and writes nothing", async () => {
    const error = { code: "shipstation.v2-missing", message: "This connection has no key.", cure: "Add one." };
    const out = join(tmpdir(), "ml-connector-no-such-file.pdf");
    const { code, err } = await run(runLabel, ["pdf", "acme", "S87654321", "--out", out], {
      [address]: [422, { error }],
    });
    expect(code).toBe(1);
    expect(err).toMatch(/This connection has no key\.[^]*Add one\./);
    expect(existsSync(out)).toBe(false);
  });

  test.for([
    [],
    ["pdf", "acme"],
    ["pdf", "acme", "F1", "--out", "x"],
    ["pdf", "acme", "S1"],
    ["print", "acme", "S1", "--out", "x"],
  ])("%j is asked wrongly", async (argv) => {
    expect((await run(runLabel, argv, {})).code).toBe(2);
  });
});

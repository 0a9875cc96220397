import { afterEach, expect, test } from "vitest";
import { openWeb, operator, type WebUnderTest } from "../../../test/support/web.ts";
import type { StageReport } from "../../connections/fit-stages.ts";
import type { WebDeps } from "../deps.ts";

let site: WebUnderTest | undefined;
afterEach(() => site?.opened.close());

const stage: StageReport = {
  ...{ id: "acumatica-sign-in", title: "Acumatica: sign-in", verdict: "ok", tried: "One sign-in.", text: "Signed in." },
  ...{ meaning: null, cure: null, took: 12, details: [] },
};
const report = { connection: "acme", fits: true, stages: [stage], calls: { acumatica: 3, shipstation: 2 } };

async function ask(checkFit: WebDeps["checkFit"], accept?: string): Promise<Response> {
  site = await openWeb({ checkFit });
  const headers = { ...operator, ...(accept === undefined ? {} : { accept }) };
  return site.web.request("/api/v1/connections/acme/ping", { method: "POST", headers });
}
const telling: WebDeps["checkFit"] = (_, onStage) => {
  onStage?.(stage.title, undefined);
  onStage?.(stage.title, stage);
  return Promise.resolve(report);
};

test("a fit check comes whole to who asks for JSON", async () => {
  const answer = await ask(telling);
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  expect(await answer.json()).toEqual(report);
});

test("a fit check tells each stage on a line of its own to who asks for lines", async () => {
  const answer = await ask(telling, "application/x-ndjson");
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await answer.text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ trying: stage.title }, { stage }, { report }]);
});

test("a line comes while the check still goes on", async () => {
  let finish: () => void = () => undefined;
  const slow: WebDeps["checkFit"] = async (_, onStage) => {
    onStage?.(stage.title, undefined);
    await new Promise<void>((resolve) => (finish = resolve));
    return report;
  };
  const reader = (await ask(slow, "application/x-ndjson")).body!.getReader();
  const { value } = (await reader.read()) as { value: Uint8Array };
  expect(JSON.parse(new TextDecoder().decode(value))).toEqual({ trying: stage.title });
  finish();
  const rest = (await reader.read()) as { value: Uint8Array };
  expect(JSON.parse(new TextDecoder().decode(rest.value))).toEqual({ report });
});

test("a check that breaks off says so, and not why", async () => {
  const answer = await ask(() => Promise.reject(new Error("canary")), "application/x-ndjson");
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ error: { code: "internal.defect" } });
  expect(text).not.toContain("canary");
});

import type { Clock } from "../lib/clock.ts";
import { asConnectorError, type ConnectorError } from "../lib/errors.ts";

export type Verdict = "ok" | "warning" | "failed" | "skipped";

/** What one stage found, in a plain sentence, and what to do about it. */
export interface Finding {
  verdict: Exclude<Verdict, "skipped">;
  text: string;
  cure?: string;
  details?: string[];
}

export interface Stage {
  id: string;
  title: string;
  /** Stages that must not have failed; otherwise this one is not tried. */
  needs: readonly string[];
  /** Throwing fails the stage with the error's own words. */
  look: () => Promise<Finding>;
}

/** A stage as it is shown. */
export interface StageReport {
  id: string;
  title: string;
  verdict: Verdict;
  text: string;
  cure: string | null;
  /** Milliseconds. */
  took: number;
  details: string[];
}

export const ok = (text: string, details: string[] = []): Finding => ({ verdict: "ok", text, details });
export const warning = (text: string, cure: string, details: string[] = []): Finding => ({
  ...{ verdict: "warning", text, cure, details },
});
export const failed = (text: string, cure: string, details: string[] = []): Finding => ({
  ...{ verdict: "failed", text, cure, details },
});
export const failedBy = (error: ConnectorError): Finding => failed(error.message, error.cure);

/** One after another, each at most once: nothing here is tried again, because a second wrong password may lock an account. */
export async function runStages(stages: readonly Stage[], clock: Clock): Promise<StageReport[]> {
  const reports: StageReport[] = [];
  for (const stage of stages) reports.push(await run(stage, reports, clock));
  return reports;
}

async function run(stage: Stage, before: readonly StageReport[], clock: Clock): Promise<StageReport> {
  const { id, title, needs } = stage;
  const bad = before.find((other) => needs.includes(other.id) && ["failed", "skipped"].includes(other.verdict));
  if (bad) {
    const text = `Not tried, because "${bad.title}" ${bad.verdict === "failed" ? "failed" : "was not tried"}.`;
    return { id, title, verdict: "skipped", text, cure: null, took: 0, details: [] };
  }
  const startedAt = clock.now();
  const finding = await stage.look().catch((thrown: unknown) => failedBy(asConnectorError(thrown)));
  const took = clock.now() - startedAt;
  const { verdict, text, cure, details = [] } = finding;
  return { id, title, verdict, text, cure: cure ?? null, took, details };
}

/** The same work, done at most once however many stages look at it. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= work());
}

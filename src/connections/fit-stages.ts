import type { Clock } from "../lib/clock.ts";
import { asConnectorError, type ConnectorError } from "../lib/errors.ts";

export const verdicts = ["ok", "warning", "failed", "skipped"] as const;
export type Verdict = (typeof verdicts)[number];

/** What one stage found, in a plain sentence, what that means, and what to do about it. */
export interface Finding {
  verdict: Exclude<Verdict, "skipped">;
  text: string;
  meaning?: string;
  cure?: string;
  details?: string[];
}

export interface Stage {
  id: string;
  title: string;
  /** What is asked, of whom. */
  tried: string;
  /** Stages that must not have failed; otherwise this one is not tried. */
  needs: readonly string[];
  /** Throwing fails the stage with the error's own words. */
  look: () => Promise<Finding>;
}

/** A stage as it is shown. The API and `ping --json` hand it out as it is. */
export interface StageReport {
  id: string;
  title: string;
  verdict: Verdict;
  tried: string;
  /** What came back. */
  text: string;
  /** What that means for the connector; null where it says so itself. */
  meaning: string | null;
  /** What to do; null where there is nothing to do. */
  cure: string | null;
  /** Milliseconds. */
  took: number;
  details: string[];
}

/** Told of a stage when it begins, and again when it is over. */
export type OnStage = (title: string, report: StageReport | undefined) => void;

type Extra = Pick<Finding, "meaning" | "details">;
export const ok = (text: string, extra: Extra = {}): Finding => ({ verdict: "ok", text, ...extra });
export const warning = (text: string, cure: string, extra: Extra = {}): Finding => ({
  ...{ verdict: "warning", text, cure },
  ...extra,
});
export const failed = (text: string, cure: string, extra: Extra = {}): Finding => ({
  ...{ verdict: "failed", text, cure },
  ...extra,
});
export const failedBy = (error: ConnectorError): Finding => failed(error.message, error.cure);

/** One after another, each at most once: nothing here is tried again, because a second wrong password may lock an account. */
export async function runStages(stages: readonly Stage[], clock: Clock, onStage?: OnStage): Promise<StageReport[]> {
  const reports: StageReport[] = [];
  for (const stage of stages) {
    onStage?.(stage.title, undefined);
    const report = await run(stage, reports, clock);
    reports.push(report);
    onStage?.(stage.title, report);
  }
  return reports;
}

async function run(stage: Stage, before: readonly StageReport[], clock: Clock): Promise<StageReport> {
  const { id, title, tried, needs } = stage;
  const bad = before.find((other) => needs.includes(other.id) && ["failed", "skipped"].includes(other.verdict));
  if (bad) {
    const text = `Not tried, because "${bad.title}" ${bad.verdict === "failed" ? "failed" : "was not tried"}.`;
    return { ...{ id, title, verdict: "skipped", tried, text }, meaning: null, cure: null, took: 0, details: [] };
  }
  const startedAt = clock.now();
  const finding = await stage.look().catch((thrown: unknown) => byError(asConnectorError(thrown)));
  const took = clock.now() - startedAt;
  const { verdict, text, meaning, cure, details = [] } = finding;
  return { id, title, verdict, tried, text, meaning: meaning ?? null, cure: cure ?? null, took, details };
}

/** To have asked enough is no fault of the systems. */
function byError(error: ConnectorError): Finding {
  if (error.code !== "fit.call-limit") return failedBy(error);
  return warning(error.message, error.cure, {
    meaning: "There is more here than a check looks at; nothing is known to be wrong.",
  });
}

/** The same work, done at most once however many stages look at it. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= work());
}

/** `7 things`, `one thing`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? `one ${one}` : `${count} ${many}`;

/** The first few, and how many more there are. */
export function some(names: readonly string[], shown = 5): string {
  const rest = names.length - shown;
  return rest > 0 ? `${names.slice(0, shown).join(", ")} and ${rest} more` : names.join(", ");
}

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { configPages } from "../config/describe.ts";
import { errorTable } from "../lib/error-table.ts";

/** The pages that are made from the code: `docs/config.md`, `.env.example` and `docs/errors.md`. */
export function generatedPages(): { path: string; text: string }[] {
  return [...configPages(), { path: "docs/errors.md", text: errorsPage() }];
}

const what = {
  retry: "tried again by itself, later each time",
  wait: "waits; no attempt is counted",
  person: "waits for a person",
  defect: "stops; a defect of ours",
} as const;

function errorsPage(): string {
  const entries = Object.entries(errorTable).map(([code, row]) =>
    [
      `## ${code}`,
      "",
      row.message,
      "",
      `- **Cause**: ${row.cause}`,
      `- **Cure**: ${row.cure}`,
      `- **Who can mend it**: ${row.who}`,
      `- **What the connector does**: ${what[row.disposition]}`,
      "",
    ].join("\n"),
  );
  const head = [
    "# Errors",
    "",
    "Every error has a code from one closed table (`src/lib/error-table.ts`); the code decides what happens. This page is made from that table:",
    "`node src/cli/write-docs.ts`. The console shows the same under *Errors*.",
    "",
  ];
  return [...head, ...entries].join("\n");
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, "../..");
  for (const { path, text } of generatedPages()) writeFileSync(resolve(root, path), text);
}

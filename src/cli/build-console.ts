import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const built = join(root, "dist", "console");
const sources = ["src/console", "vite.config.ts", "package-lock.json"].map((path) => join(root, path));

/**
 * Builds the console's pages into `dist/console`, unless they are newer than everything they are made from.
 * Answers what happened, in one line for a person. Throws if the build fails, leaving the old pages in place.
 */
export async function buildConsole(): Promise<string> {
  if (isUpToDate()) return "The console is up to date.";
  const { build } = await import("vite");
  const startedAt = performance.now();
  // Built aside and moved: a running service never serves half a console, and two builds do not mix.
  const aside = join(root, "dist", `console-${process.pid}`);
  try {
    await build({
      configFile: join(root, "vite.config.ts"),
      mode: "production",
      logLevel: "error",
      build: { outDir: aside },
    });
    // Another process may have built the same in the meantime, and may be serving it.
    if (isUpToDate()) return "The console is up to date.";
    rmSync(built, { recursive: true, force: true });
    renameSync(aside, built);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return `The console was built in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`;
}

function isUpToDate(): boolean {
  const page = join(built, "index.html");
  return existsSync(page) && modifiedAt(page) > Math.max(...sources.map(newestIn));
}

const modifiedAt = (path: string): number => statSync(path).mtimeMs;

/** Folders count too: removing a file changes its folder. */
function newestIn(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

if (import.meta.main) process.stderr.write(`${await buildConsole()}\n`);

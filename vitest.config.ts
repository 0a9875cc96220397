import { defineConfig } from "vitest/config";

const server = process.env["ML_TEST_DATABASE_URL"];
const isCi = process.env["CI"] === "true";

if (server === undefined) {
  if (isCi) throw new Error("CI needs a PostgreSQL server: set ML_TEST_DATABASE_URL");
  process.stderr.write("NOTICE: ML_TEST_DATABASE_URL is not set; the suites run on the embedded database only.\n");
}

/** Minutes of killed processes: `npm run crash-journey` runs them, not every run of the suite. */
const onRequest = process.env["ML_CRASH_TESTS"] === "1" ? [] : ["test/e2e/crash.test.ts"];
if (onRequest.length > 0)
  process.stderr.write("NOTICE: the crash tests are left out; npm run crash-journey runs them.\n");

/** Stories of what the two APIs say and how they may be read: no database has a part in them, one is enough (the server, where there is one). */
const onOneDatabase = ["variants", "endpoint-versions", "clock-change", "company", "oauth", "catalog", "mirror", "v2"]
  .map((name) => `test/integration/*${name}.test.ts`)
  .concat(["test/integration/fit-*.test.ts", "test/integration/value-tables.test.ts"]);

/** These start processes, set the world up as a whole or plant bugs in the text: each file in a process of its own. The others share theirs, which halves the computing. */
const apart = ["e2e", "simulation", "model", "power-loss", "crash", "replay"].map(
  (name) => `test/${name}/**/*.test.ts`,
);

/** Suites that use a database run twice: on the embedded one, and on a PostgreSQL server where there is one. */
const onBothDatabases = ["src/{ledger,connections,web,engine}/**/*.test.ts", "test/integration/**/*.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Published as modules without file endings, which Node itself does not find.
    server: { deps: { inline: ["shipstation-node"] } },
    projects: [
      {
        extends: true,
        test: {
          name: "embedded",
          isolate: false,
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...apart, ...(server === undefined ? [] : onOneDatabase)],
        },
      },
      { extends: true, test: { name: "apart", include: apart, exclude: onRequest } },
      ...(server === undefined
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: "server",
                isolate: false,
                include: onBothDatabases,
                env: { ML_TEST_ENGINE: "server" },
                globalSetup: "test/support/server-template.ts",
              },
            },
          ]),
    ],
  },
});

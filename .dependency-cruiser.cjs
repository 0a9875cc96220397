/** Who may import whom. Read it as documentation: one line a folder. */
const layers = {
  lib: ["lib"],
  core: ["core", "lib/problem", "lib/error-table"],
  mapping: ["mapping", "core", "acumatica/entities", "shipstation/v1/entities", "lib/problem", "lib/error-table"],
  acumatica: ["acumatica", "lib"],
  shipstation: ["shipstation", "lib"],
  config: ["config", "lib"],
  ledger: ["ledger", "core", "lib"],
  connections: ["connections", "acumatica", "shipstation", "mapping", "ledger", "core", "lib"],
  flows: ["flows", "connections", "core", "mapping", "acumatica", "shipstation", "ledger", "lib"],
  engine: ["engine", "flows", "ledger", "lib"],
  web: ["web", "connections", "flows", "engine", "ledger", "core", "config", "shipstation", "lib"],
  console: ["console"],
  sandbox: ["sandbox", "lib"],
  cli: ["cli", "app", "sandbox", "config", "connections", "lib"],
};
const test = "\\.test\\.tsx?$";
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      severity: "error",
      from: { path: `^src/${folder}/`, pathNot: test },
      to: { path: "^src/", pathNot: allowed.map((path) => `^src/${path}[/.]`) },
    })),
    {
      name: "pure-code-uses-no-package",
      severity: "error",
      from: { path: "^src/(core|mapping)/", pathNot: test },
      to: { path: "node_modules/" },
    },
    {
      name: "pure-code-uses-no-node-api",
      severity: "error",
      from: { path: "^src/(core|mapping)/", pathNot: test },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "pure-code-takes-only-types-from-outside",
      severity: "error",
      from: { path: "^src/(core|mapping)/", pathNot: test },
      to: { path: "^src/(acumatica|shipstation|lib)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "drivers-stay-in-the-ledger",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/ledger/", test] },
      to: { path: "node_modules/(pg|@electric-sql/pglite)/" },
    },
    {
      name: "only-cli-and-tests-see-the-sandbox",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(cli|sandbox)/", test] },
      to: { path: "^src/sandbox/" },
    },
    {
      name: "source-never-imports-tests",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: "^test/" },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: ["^src/main\\.ts$", "\\.d\\.ts$"] },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|node_modules/\\.cache)" },
  },
};

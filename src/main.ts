#!/usr/bin/env node
const commands: Record<string, { does: string; load: () => Promise<(argv: string[]) => Promise<number | void>> }> = {
  demo: {
    does: "both sandboxes, the service and its console, with orders flowing",
    load: async () => (await import("./cli/demo.ts")).runDemo,
  },
  serve: {
    does: "the service: console, API, hooks and flows",
    load: async () => (await import("./cli/serve.ts")).runServe,
  },
  sandbox: {
    does: "both simulated systems on ports, for any client",
    load: async () => (await import("./cli/sandbox.ts")).runSandbox,
  },
  ping: { does: "the fit report of a connection", load: async () => (await import("./cli/ping.ts")).runPing },
  connection: {
    does: "add, list or remove connections",
    load: async () => (await import("./cli/connection.ts")).runConnection,
  },
  records: {
    does: "list records, or show one with its timeline",
    load: async () => (await import("./cli/records.ts")).runRecords,
  },
  tables: {
    does: "show or edit value tables: which code of one system is which of the other",
    load: async () => (await import("./cli/tables.ts")).runTables,
  },
  label: { does: "save a label as PDF", load: async () => (await import("./cli/label.ts")).runLabel },
  preview: {
    does: "what would be written if a connection ran now; writes nothing",
    load: async () => (await import("./cli/preview.ts")).runPreview,
  },
  reconcile: {
    does: "compare both systems and list every difference with its cure",
    load: async () => (await import("./cli/reconcile.ts")).runReconcile,
  },
  replay: {
    does: "have records planned again from the sources",
    load: async () => (await import("./cli/replay.ts")).runReplay,
  },
  audit: {
    does: "export the audit trail, or verify its chain of hashes",
    load: async () => (await import("./cli/audit.ts")).runAudit,
  },
  keys: {
    does: "put all stored credentials under a new master key",
    load: async () => (await import("./cli/keys.ts")).runKeys,
  },
  backup: {
    does: "copy the running service's database to a file",
    load: async () => (await import("./cli/backup.ts")).runBackup,
  },
  restore: {
    does: "put a backup into an empty data directory, with all connections paused",
    load: async () => (await import("./cli/restore.ts")).runRestore,
  },
  "move-database": {
    does: "move the embedded database of a stopped service to a PostgreSQL server",
    load: async () => (await import("./cli/move-database.ts")).runMoveDatabase,
  },
  status: { does: "what the running service is doing", load: async () => (await import("./cli/status.ts")).runStatus },
};

function usage(): string {
  const rows = Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(14)} ${does}`);
  return ["ml-connector <command>", "", ...rows, "", "Each command answers --help.", ""].join("\n");
}

const [name = "", ...argv] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  const run = await command.load();
  const code = await run(argv);
  if (code !== undefined) process.exitCode = code;
} else if (["", "help", "--help", "-h"].includes(name)) {
  process.stdout.write(usage());
} else {
  process.stderr.write(`There is no command "${name}".\n\n${usage()}`);
  process.exitCode = 2;
}

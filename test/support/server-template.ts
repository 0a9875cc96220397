import { openDatabase } from "../../src/ledger/database.ts";
import { newId, systemRandom } from "../../src/lib/random.ts";
import { dropOnServer, onServer, serverUrl, templateOf } from "./database.ts";

/** Before the suites run on a server: one ledger is made there, and copied for each of their files. Afterwards all copies are dropped. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = newId(systemRandom).slice(0, 8);
  const url = new URL(serverUrl ?? "");
  await onServer(serverUrl, (ask) => ask(`create database ${templateOf(run)}`));
  url.pathname = `/${templateOf(run)}`;
  await (await openDatabase({ kind: "server", url: url.href })).close();
  process.env["ML_TEST_RUN"] = run;
  return async () => {
    const made = await onServer(serverUrl, (ask) =>
      ask(`select datname as name from pg_database where datname like 'ml_test_${run}_%'`),
    );
    for (const { name } of made) await dropOnServer(String(name));
  };
}

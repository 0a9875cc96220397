import pg from "pg";
import { openDatabase, type OpenDatabase } from "../../src/ledger/database.ts";
import { openEmptyMemory } from "./template.ts";
import { newId, systemRandom } from "../../src/lib/random.ts";

/** Of a PostgreSQL server on which the tests may make and drop databases. */
export const serverUrl = process.env["ML_TEST_DATABASE_URL"];

/** Which database this run of the suite uses; the configuration runs it once on each. */
export const engine: "embedded" | "server" = process.env["ML_TEST_ENGINE"] === "server" ? "server" : "embedded";

/** A fresh, empty ledger: in memory, or a database of its own on the server, dropped when closed. */
export async function openTestDatabase(): Promise<OpenDatabase> {
  if (engine === "embedded") return openEmptyMemory();
  const fresh = await createServerDatabase();
  const opened = await openDatabase({ kind: "server", url: fresh.url });
  return {
    ...opened,
    close: async () => {
      await opened.close();
      await fresh.drop();
    },
  };
}

/** An empty database on the server, by its URL. */
export async function createServerDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  if (serverUrl === undefined) throw new Error("ML_TEST_DATABASE_URL is not set: no PostgreSQL server to test on");
  const name = `ml_test_${newId(systemRandom).slice(0, 12)}`;
  await onServer(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`drop database if exists ${name} with (force)`) };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

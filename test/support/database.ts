import pg from "pg";
import { openDatabase, type OpenDatabase } from "../../src/ledger/database.ts";
import { emptied, shapeOf, type Run } from "./emptied.ts";
import { openEmptyMemory } from "./template.ts";
import { newId, systemRandom } from "../../src/lib/random.ts";

/** Of a PostgreSQL server on which the tests may make and drop databases. */
export const serverUrl = process.env["ML_TEST_DATABASE_URL"];

/** Which database this run of the suite uses; the configuration runs it once on each. */
export const engine: "embedded" | "server" = process.env["ML_TEST_ENGINE"] === "server" ? "server" : "embedded";

/** An empty ledger: in memory, or a database on the server. Closed, it is emptied for the next one. */
export async function openTestDatabase(): Promise<OpenDatabase> {
  if (engine === "embedded") return openEmptyMemory();
  const lent = await borrowServerDatabase();
  const opened = await openDatabase({ kind: "server", url: lent.url });
  return {
    ...opened,
    close: async () => {
      await opened.close();
      await lent.giveBack();
    },
  };
}

/** Set for a run of the suites, which then drops all that bear its name (`server-template.ts`). */
const runName = process.env["ML_TEST_RUN"];
/** Of this run: with today's schema, to be copied. */
export const templateOf = (run: string): string => `ml_test_${run}_template`;
const idle: string[] = [];
let shape: string | undefined;

/** An empty ledger on the server, by its URL: a copy of the run's template, or one that was given back. Without a run, a new one. */
export async function borrowServerDatabase(): Promise<{ url: string; giveBack(): Promise<void> }> {
  if (runName === undefined) {
    const fresh = await createServerDatabase();
    return { url: fresh.url, giveBack: () => fresh.drop() };
  }
  const url = idle.pop() ?? (await createOnServer(`ml_test_${runName}`, ` template ${templateOf(runName)}`));
  shape ??= await onServer(url, shapeOf);
  const wanted = shape;
  return {
    url,
    giveBack: async () => {
      const isGood = await onServer(url, async (run) => {
        await run(endOthers);
        return emptied(run, wanted);
      });
      if (isGood) idle.push(url);
    },
  };
}

/** Whoever still has a connection to it does not write into the next one's rows. */
const endOthers =
  "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

/** A database on the server without any tables, by its URL. */
export async function createServerDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const url = await createOnServer("ml_test");
  return { url, drop: () => dropOnServer(new URL(url).pathname.slice(1)) };
}

async function createOnServer(prefix: string, how = ""): Promise<string> {
  const name = `${prefix}_${newId(systemRandom).slice(0, 12)}`;
  await onServer(serverUrl, (run) => run(`create database ${name}${how}`));
  const url = new URL(serverUrl ?? "");
  url.pathname = `/${name}`;
  return url.href;
}

export const dropOnServer = (name: string): Promise<void> =>
  onServer(serverUrl, async (run) => {
    await run(`drop database if exists ${name} with (force)`);
  });

export async function onServer<T>(url: string | undefined, use: (run: Run) => Promise<T>): Promise<T> {
  if (url === undefined) throw new Error("ML_TEST_DATABASE_URL is not set: no PostgreSQL server to test on");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(async (statements) => {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(statements);
      return (Array.isArray(result) ? result.at(-1)! : result).rows as Record<string, unknown>[];
    });
  } finally {
    await client.end();
  }
}
